"""The simplest rule that says the same: servers and people spell one rule in many ways.

Only spellings are folded that give the same starts for ever; count and until stay different things.
"""

from calendar import monthrange
from collections.abc import Iterable
from datetime import date, datetime, timedelta

from msgspec.structs import replace

from schemas.appointment import Day, Rule
from schemas.words import Weekday

WEEKDAYS: tuple[Weekday, ...] = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def simplest(rule: Rule, start: datetime) -> Rule:
    """``rule`` of a series that starts at the wall clock ``start``, in its simplest spelling."""
    rule = _without_clock(rule, start)
    if _exotic(rule):
        return rule
    rule = _yearly_as_monthly(_daily_as_weekly(rule, start), start)
    if rule.frequency == "weekly" and not rule.months and not rule.month_days and not rule.positions:
        rule = _weekly(rule, start)
    elif rule.frequency == "monthly":
        rule = _monthly(rule, start)
    return _last_day(rule, start.date())


def falls_on(rule: Rule, start: datetime, day: date) -> bool | None:
    """Whether a series with this rule and start has an occurrence on ``day``, its end apart; None: not simple enough
    to say."""
    rule = simplest(rule, start)
    return None if not _simple(rule) else day in _days_of_period(rule, start.date(), day)


def _without_clock(rule: Rule, start: datetime) -> Rule:
    """BYHOUR, BYMINUTE and BYSECOND that only repeat the start say nothing."""
    return replace(
        rule,
        hours=() if rule.hours == (start.hour,) else rule.hours,
        minutes=() if rule.minutes == (start.minute,) else rule.minutes,
        seconds=() if rule.seconds == (start.second,) else rule.seconds,
    )


def _exotic(rule: Rule) -> bool:
    sub_daily = rule.frequency in {"hourly", "minutely", "secondly"}
    return bool(sub_daily or rule.year_days or rule.weeks or rule.hours or rule.minutes or rule.seconds)


def _daily_as_weekly(rule: Rule, start: datetime) -> Rule:
    if rule.frequency != "daily" or rule.months or rule.month_days or rule.positions:
        return rule
    if rule.interval == 1:
        return replace(rule, frequency="weekly", days=rule.days or tuple(Day(weekday=name) for name in WEEKDAYS))
    if rule.interval % 7 == 0 and not rule.days:
        return replace(rule, frequency="weekly", interval=rule.interval // 7, days=(_day(start),))
    return rule


def _yearly_as_monthly(rule: Rule, start: datetime) -> Rule:
    months = set(rule.months)
    if rule.frequency != "yearly" or (months and months != {start.month}):
        return rule
    if not months and (rule.days or rule.month_days):
        return rule  # days of the year, or that day of every month
    return replace(rule, frequency="monthly", interval=12 * rule.interval, months=())


def _weekly(rule: Rule, start: datetime) -> Rule:
    names = {day.weekday for day in rule.days} or {WEEKDAYS[start.weekday()]}
    days = tuple(Day(weekday=name) for name in WEEKDAYS if name in names)
    plain_week = rule.interval == 1 or days == (_day(start),)
    return replace(rule, days=days, week_start="monday" if plain_week else rule.week_start, short_month="skip")


def _monthly(rule: Rule, start: datetime) -> Rule:
    days, positions, month_days = tuple(set(rule.days)), rule.positions, tuple(sorted(set(rule.month_days)))
    if len(days) == 1 and days[0].nth is None and positions and not month_days:
        days, positions = tuple(Day(weekday=days[0].weekday, nth=nth) for nth in set(positions)), ()
    if not days and not month_days:
        month_days = (start.day,)
    short_month = rule.short_month
    if month_days == (31,) and short_month == "clamp":
        month_days = (-1,)
    if all(abs(day) <= 28 for day in month_days):
        short_month = "skip"
    ordered = tuple(sorted(days, key=lambda day: (day.nth or 0, WEEKDAYS.index(day.weekday))))
    return replace(
        rule,
        days=ordered,
        positions=tuple(sorted(set(positions))),
        month_days=month_days,
        months=tuple(sorted(set(rule.months))),
        week_start="monday",
        short_month=short_month,
    )


def _last_day(rule: Rule, start: date) -> Rule:
    """An until between two occurrences means the earlier of them: Exchange answers with that one."""
    if rule.until is None or not _simple(rule):
        return rule
    looked = rule.until
    for _ in range(49):  # eight leap years lie between two 29ths of February at most
        days = [day for day in _days_of_period(rule, start, looked) if start <= day <= rule.until]
        if days:
            return replace(rule, until=max(days))
        before = _first_of_period(rule, looked) - timedelta(days=1)
        steps = _periods_between(rule, start, before) % rule.interval
        looked = _periods_back(rule, before, steps)
        if looked < start:
            break
    return rule


def _simple(rule: Rule) -> bool:
    if _exotic(rule) or rule.months or rule.positions or rule.interval < 1:
        return False
    if rule.frequency == "weekly":
        return not rule.month_days
    return rule.frequency == "monthly" and not (rule.days and rule.month_days)


def _first_of_period(rule: Rule, day: date) -> date:
    if rule.frequency == "monthly":
        return day.replace(day=1)
    return day - timedelta(days=(day.weekday() - WEEKDAYS.index(rule.week_start)) % 7)


def _periods_between(rule: Rule, start: date, day: date) -> int:
    if rule.frequency == "monthly":
        return (day.year - start.year) * 12 + day.month - start.month
    return (_first_of_period(rule, day) - _first_of_period(rule, start)).days // 7


def _periods_back(rule: Rule, day: date, steps: int) -> date:
    if rule.frequency == "weekly":
        return day - timedelta(weeks=steps)
    month = day.year * 12 + day.month - 1 - steps
    year, zero_based = divmod(month, 12)
    return date(year, zero_based + 1, monthrange(year, zero_based + 1)[1]) if year >= 1 else date.min


def _days_of_period(rule: Rule, start: date, day: date) -> set[date]:
    """The days on which the rule falls within the week or month of ``day``."""
    if _periods_between(rule, start, day) % rule.interval:
        return set()
    first = _first_of_period(rule, day)
    if rule.frequency == "weekly":
        wanted = {WEEKDAYS.index(one.weekday) for one in rule.days}
        week = (first + timedelta(days=step) for step in range(7))
        return {one for one in week if one.weekday() in wanted}
    length = monthrange(first.year, first.month)[1]
    return {first.replace(day=number) for number in _numbers(rule, first, length)}


def _numbers(rule: Rule, first: date, length: int) -> Iterable[int]:
    for number in rule.month_days:
        wanted = length + 1 + number if number < 0 else number
        if 1 <= wanted <= length:
            yield wanted
        elif number > 0 and rule.short_month == "clamp":
            yield length
    for day in rule.days:
        offset = (WEEKDAYS.index(day.weekday) - first.weekday()) % 7
        numbers = range(1 + offset, length + 1, 7)
        if day.nth is None:
            yield from numbers
        elif -len(numbers) <= day.nth <= len(numbers) and day.nth:
            yield numbers[day.nth - 1 if day.nth > 0 else day.nth]


def _day(start: datetime) -> Day:
    return Day(weekday=WEEKDAYS[start.weekday()])
