"""Patterns, dates and times in the words of a language."""

from datetime import date

from cxsync.recurrence.pattern import (
    EVERY_DAY,
    WEEKEND,
    WORKING_DAYS,
    Daily,
    MonthlyAbsolute,
    MonthlyRelative,
    Pattern,
    Weekly,
)
from cxsync.recurrence.text.words import Words


def day(on: int, words: Words) -> str:
    """``2 February 2026``."""
    at = date.fromordinal(on)
    return f"{at.day} {words.months[at.month - 1]} {at.year}"


def clock(seconds: int) -> str:
    """``10:00``."""
    return f"{seconds // 3600:02}:{seconds % 3600 // 60:02}"


def weekday_list(days: tuple[int, ...], words: Words) -> str:
    """``Monday, Wednesday and Friday``; runs of three or more as ``Monday to Friday``."""
    if len(days) > 2 and days == tuple(range(days[0], days[-1] + 1)):
        return f"{words.weekdays[days[0]]} {words.to} {words.weekdays[days[-1]]}"
    names = [words.weekdays[on] for on in days]
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} {words.and_} {names[-1]}"


def kind_of_day(days: tuple[int, ...], words: Words) -> str:
    """``Monday``, ``working day``, ``weekend day``."""
    if days == WORKING_DAYS:
        return words.working_day
    return words.weekend_day if days == WEEKEND else words.weekdays[days[0]]


def every(pattern: Pattern, first: int, words: Words) -> str:
    """The pattern as the beginning of a sentence."""
    if isinstance(pattern, Daily):
        return words.every_day if pattern.interval == 1 else words.every_days.format(n=pattern.interval)
    if isinstance(pattern, Weekly):
        days = weekday_list(pattern.days, words)
        if pattern.interval > 1:
            return words.every_weeks.format(n=pattern.interval, days=days)
        return words.every_weekday.format(days=days)
    month = words.months[date.fromordinal(first).month - 1]
    years, odd = divmod(pattern.interval, 12)
    years = 0 if odd else years
    if isinstance(pattern, MonthlyAbsolute):
        return _on_day(pattern, month, years, words)
    nth, kind = words.places[pattern.nth], kind_of_day(pattern.days, words)
    form = words.nth_of_month if pattern.interval == 1 else words.nth_of_months
    if years:
        form = words.nth_of_year if years == 1 else words.nth_of_years
    return form.format(nth=nth, day=kind, n=years or pattern.interval, month=month)


def _on_day(pattern: MonthlyAbsolute, month: str, years: int, words: Words) -> str:
    last = pattern.short_month == "clamp" and pattern.day == 31
    if last and years != 1:
        return (words.last_day_of_month if pattern.interval == 1 else words.last_day_of_months).format(
            n=pattern.interval
        )
    if years:
        if last or (pattern.short_month == "clamp" and pattern.day > 28):
            return words.last_day_of_year.format(month=month)
        form = words.day_of_year if years == 1 else words.day_of_years
        return form.format(day=pattern.day, month=month, n=years)
    text = (words.day_of_month if pattern.interval == 1 else words.day_of_months).format(
        day=pattern.day, n=pattern.interval
    )
    return words.clamped.format(text=text) if pattern.short_month == "clamp" and pattern.day > 28 else text


def chosen(pattern: Pattern, first: int, words: Words, like: Pattern | None) -> str:
    """The pattern as a proposal: ``the first Monday``, if it recurs as often as the series does."""
    usual = 1 if like is None else like.interval
    if isinstance(pattern, MonthlyRelative) and usual == pattern.interval:
        return words.nth_choice.format(nth=words.places[pattern.nth], day=kind_of_day(pattern.days, words))
    if isinstance(pattern, Weekly) and pattern.days == EVERY_DAY:
        text = words.every_weekday.format(days=weekday_list(EVERY_DAY, words))
        return text[0].lower() + text[1:]
    text = every(pattern, first, words)
    return text if text[0].isdigit() else text[0].lower() + text[1:]
