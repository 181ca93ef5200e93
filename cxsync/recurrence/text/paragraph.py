"""Puts the paragraph together: what the series is, whether Carerix can hold it, why not, what to do."""

from typing import Literal

from msgspec import Struct

from cxsync.recurrence.codes import Reason
from cxsync.recurrence.held import Held, Loose, Part
from cxsync.recurrence.pattern import Count, Daily, MonthlyRelative, Until, last_day
from cxsync.recurrence.series import Point, Series
from cxsync.recurrence.text.dutch import WORDS as DUTCH
from cxsync.recurrence.text.english import WORDS as ENGLISH
from cxsync.recurrence.text.phrase import chosen, clock, day, every, kind_of_day
from cxsync.recurrence.text.words import Words
from cxsync.recurrence.verdict import Kind, Verdict
from cxsync.recurrence.zones import Zone, instant, wall

Language = Literal["en", "nl"]
MOST_TOLD = 5
WORDS: dict[Language, Words] = {"en": ENGLISH, "nl": DUTCH}


class Outcome(Struct, frozen=True):
    """``series``: None if it cannot be read. ``verdict``: of Carerix. Dates are told on the clock of ``home``."""

    series: Series | None
    verdict: Verdict
    home: Zone


def paragraph(outcome: Outcome, language: Language) -> str:
    """One paragraph for the user."""
    words = WORDS[language]
    sentences = [_what(outcome, words)]
    verdict = outcome.verdict
    if verdict.kind is Kind.EMPTY:
        sentences.append(words.no_dates)
    elif verdict.kind is Kind.SINGLE:
        sentences.append(words.single)
    elif verdict.kind is Kind.EXACT:
        daily = outcome.series is not None and isinstance(outcome.series.pattern, Daily)
        sentences.append(words.converted if daily else words.exact)
    else:
        sentences += [_why(outcome, words), *_remedy(outcome, words)]
    return " ".join(filter(None, sentences))


def _what(outcome: Outcome, words: Words) -> str:
    series = outcome.series
    if series is None:
        return words.unreadable.format(part=outcome.verdict.offending)
    first = series.first or series.off_rule or series.start
    at = _home(series, first, outcome.home)
    when = words.all_day if series.all_day else words.at.format(time=clock(at[1]))
    starts = len(series.starts()) if series.ended else 0
    if series.ended and starts == 1:
        return f"{words.one_date} {words.on_date.format(date=day(at[0], words))} {when}."
    if series.pattern is not None:
        shape = every(series.pattern, first[0], words)
    else:
        shape = words.some_dates.format(n=starts) if starts else words.other_dates
        if outcome.verdict.reason is not None:
            shape = f"{shape} ({outcome.verdict.offending})"
    end = ""
    if isinstance(series.end, Count):
        end = ", " + words.times.format(n=series.end.n)
    elif isinstance(series.end, Until):
        last = series.end.day if series.pattern is None else last_day(series.pattern, first[0], series.end)
        end = ", " + words.until.format(date=day(last or series.end.day, words))
    return f"{shape} {when}, {words.starts.format(date=day(at[0], words))}{end}."


def _home(series: Series, at: Point, home: Zone) -> Point:
    if series.all_day or series.zone is None:
        return at
    return wall(home, instant(series.zone, *at))


def _why(outcome: Outcome, words: Words) -> str:
    verdict, series = outcome.verdict, outcome.series
    reason = verdict.reason or Reason.INVALID_RULE
    zone = "" if series is None or series.zone is None else series.zone.shown
    interval = "" if series is None or series.pattern is None else str(series.pattern.interval)
    what = f'"{verdict.offending}"'
    if series is not None and isinstance(series.pattern, MonthlyRelative):
        what = f'"{words.places[series.pattern.nth]} {kind_of_day(series.pattern.days, words)}"'
    cause = words.causes[reason]
    if reason is Reason.DAILY_INTERVAL and not interval:
        interval = verdict.offending.rpartition("=")[2]
    part = verdict.offending
    if series is not None and reason.code == "exception-in-series":
        part = _exceptions(series, outcome.home, words) or part
    return cause.format(part=part, zone=zone, home=outcome.home.shown, n=interval, what=what)


def _exceptions(series: Series, home: Zone, words: Words) -> str:
    """What differs from the rule, the first few in words."""

    def when(at: Point) -> str:
        there = _home(series, at, home)
        date = day(there[0], words)
        return date if series.all_day else words.moment.format(date=date, time=clock(there[1]))

    said = [(item.at, words.removed.format(at=when(item.at))) for item in series.removed]
    for item in series.moved:
        if item.to is None:
            said.append((item.at, words.changed.format(at=when(item.at))))
        else:
            said.append((item.at, words.moved.format(at=when(item.at), to=when(item.to))))
    said += [(item.at, words.added.format(at=when(item.at))) for item in series.extra]
    texts = [text for _, text in sorted(said)]
    return ", ".join(texts[:MOST_TOLD]) + (" …" if len(texts) > MOST_TOLD else "")


def _remedy(outcome: Outcome, words: Words) -> list[str]:
    verdict, series = outcome.verdict, outcome.series
    if series is None:
        return [words.no_way]
    said: list[str] = []
    if verdict.split:
        parts = "; ".join(_part(part, series, words) for part in verdict.split)
        form = words.instead if len(verdict.split) > 1 else words.instead_one
        said.append(form.format(n=len(verdict.split), parts=parts))
    elif verdict.alternative is not None:
        near = verdict.alternative
        what = chosen(near.pattern, near.first[0], words, series.pattern)
        if verdict.reason is Reason.ZONE_DST:
            said.append(words.recreate.format(zone=outcome.home.shown))
        if verdict.first_difference is None:
            said.append(words.make.format(what=what))
        else:
            said.append(words.choose.format(what=what, date=day(verdict.first_difference[0], words)))
    elif verdict.reason in words.remedy:
        said.append(words.remedy[verdict.reason])
    else:
        said.append(words.no_way)
    if verdict.carried is not None:
        said.append(words.carried)
    return said


def _part(part: Part, series: Series, words: Words) -> str:
    date = day(part.first[0], words)
    if isinstance(part, Loose):
        form = words.part_single_all_day if series.all_day else words.part_single
        return form.format(date=date, time=clock(part.first[1]))
    return words.part_series.format(what=_series(part, series, words), date=date, end=_end(part, words))


def _series(part: Held, series: Series, words: Words) -> str:
    text = every(part.pattern, part.first[0], words)
    if not text[0].isdigit():
        text = text[0].lower() + text[1:]
    return text if series.all_day else f"{text} {words.at.format(time=clock(part.first[1]))}"


def _end(part: Held, words: Words) -> str:
    if isinstance(part.end, Count):
        return ", " + words.times.format(n=part.end.n)
    return ", " + words.until.format(date=day(part.end.day, words)) if isinstance(part.end, Until) else ""
