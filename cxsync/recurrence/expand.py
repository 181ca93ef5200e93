"""The days that a rule gives, by dateutil, with a bound on every search.

dateutil looks for the next date until the year 9999 and so takes seconds over a rule that never yields. Two turns bound
it. Filters of daily and weekly rules are applied here, to steps that always yield. Monthly and yearly rules are tried
first at the end of dateutil's calendar, a multiple of 400 years (one cycle of the Gregorian calendar) later, where it
stops by itself. COUNT is never given to it: occurrences are counted from the start, sets are formed per whole period.
"""

from collections.abc import Iterator
from datetime import MAXYEAR, date, datetime
from itertools import groupby
from typing import Literal

from dateutil import rrule as dateutil
from msgspec.structs import replace

from cxsync.recurrence.codes import Reason
from cxsync.recurrence.errors import UnreadableSeriesError
from cxsync.recurrence.gregorian import LAST_DAY, days_in, weekday
from cxsync.recurrence.pattern import MonthlyAbsolute, days
from cxsync.recurrence.rule import Rule

STEPS = 12_000
"""Most steps of a filtered daily or weekly rule that one search looks at."""
WEEK_STEPS, WEEK_DAYS = 40_000, 600 * 366
"""The same for rules of week numbers: days looked at, and how far ahead."""

_FREQUENCY: dict[str, Literal[0, 1, 2]] = {
    "YEARLY": dateutil.YEARLY,
    "MONTHLY": dateutil.MONTHLY,
    "WEEKLY": dateutil.WEEKLY,
}
_WINDOW = 120
_NEVER_CHECKED = ("by_month", "by_month_day", "by_year_day", "by_set_pos")


class SearchLimitError(Exception):
    """A search was given up; every day up to ``through`` was looked at."""

    def __init__(self, through: int) -> None:
        self.through = through
        super().__init__(f"no further date before day {through}")


def gives_any(rule: Rule, start: int) -> bool:
    """Whether a bounded search finds any day of the rule."""
    try:
        return next(rule_days(rule, start), None) is not None
    except SearchLimitError:
        return False


def rule_days(rule: Rule, start: int) -> Iterator[int]:
    """Days (ordinals) of a rule without its end, from ``start`` on, ascending; bounded if it never yields.

    ``rule`` has no parts below the day. Missing parts come from the start (RFC 5545 3.3.10). Raises SearchLimitError
    where a filter lets nothing through for too long.
    """
    if rule.skip == "BACKWARD":
        yield from _clamped(rule, start)
        return
    rule = _explicit(rule, start)
    if rule.by_week_no:
        # dateutil 2.9 to 4.0 misses days of January that lie in the last week of the year before.
        wanted = set(rule.by_week_no)
        for looked, day in enumerate(rule_days(replace(rule, by_week_no=()), start)):
            if looked == WEEK_STEPS or day > start + WEEK_DAYS:
                raise SearchLimitError(day - 1)
            if not wanted.isdisjoint(_week_numbers(day, rule.week_start)):
                yield day
    elif rule.freq in ("DAILY", "WEEKLY"):
        yield from _filtered(rule, start)
    elif _yields(rule, start):
        yield from _ordinals(_dateutil(rule, date.fromordinal(start)), start)


def _clamped(rule: Rule, start: int) -> Iterator[int]:
    # RFC 7529 4.1: BACKWARD takes the last day of a month that lacks the day.
    on = date.fromordinal(start)
    day = rule.by_month_day[0] if rule.by_month_day else on.day
    months = rule.interval * (12 if rule.freq == "YEARLY" or rule.by_month else 1)
    begin = date(on.year, rule.by_month[0], 1).toordinal() if rule.by_month else start - on.day + 1
    for found in days(MonthlyAbsolute(months, day, "clamp"), begin):
        if found >= start:
            yield found


def _explicit(rule: Rule, start: int) -> Rule:
    """Where dateutil and RFC 5545 differ, the rule in a spelling that both read alike."""
    if rule.by_week_no and not (rule.by_day or rule.by_month_day or rule.by_year_day):
        # The weekday comes from the start; dateutil would take the whole week. If the start is itself off the rule,
        # engines are of two minds.
        rule = replace(rule, by_day=((0, weekday(start)),))
        if next(rule_days(rule, start), None) != start:
            raise UnreadableSeriesError(Reason.BYWEEKNO, rule.part("BYWEEKNO") or "BYWEEKNO", "name the day with BYDAY")
    if any(nth for nth, _ in rule.by_day) and any(not nth for nth, _ in rule.by_day):
        # "Every Tuesday and the first Monday": dateutil would ask for both at once.
        most = 53 if rule.freq == "YEARLY" and not rule.by_month else 5
        counted = [(n, day) for nth, day in rule.by_day for n in ((nth,) if nth else (*range(1, most + 1),))]
        rule = replace(rule, by_day=tuple(dict.fromkeys(counted)))
    if rule.freq == "DAILY" and rule.interval == 1 and rule.by_month_day and not rule.by_set_pos:
        rule = replace(rule, freq="MONTHLY")
    return rule


def _filtered(rule: Rule, start: int) -> Iterator[int]:
    """Daily and weekly rules: dateutil steps, the limiting parts are looked at here."""
    begin = start
    if rule.freq == "WEEKLY":
        wanted = {day for _, day in rule.by_day} or {weekday(start)}
        # A set belongs to a whole week, also to the one in which the series starts.
        begin = start - (weekday(start) - rule.week_start) % 7
        steps = dateutil.rrule(
            dateutil.WEEKLY,
            datetime.fromordinal(max(begin, 1)),
            rule.interval,
            rule.week_start,
            byweekday=sorted(wanted),
        )
    else:
        wanted = {day for _, day in rule.by_day} or set(range(7))
        steps = dateutil.rrule(dateutil.DAILY, datetime.fromordinal(start), min(rule.interval, LAST_DAY))
    if not (rule.by_month or rule.by_month_day or rule.by_set_pos or (rule.freq == "DAILY" and rule.by_day)):
        yield from _ordinals(steps, start)
        return
    months, month_days = set(rule.by_month), set(rule.by_month_day)

    def kept(at: datetime) -> bool:
        return (
            (not months or at.month in months)
            and at.weekday() in wanted
            and (not month_days or at.day in month_days or _from_end(at) in month_days)
        )

    found = (at for at in _limited(steps) if kept(at))
    if not rule.by_set_pos:
        yield from _ordinals(found, start)
        return
    if all(abs(place) > len(wanted) for place in rule.by_set_pos):
        return
    if begin < start and rule.freq == "WEEKLY" and _first_week_matters(wanted, rule, start):
        # Some engines choose from the whole week, some from what is left of it.
        raise UnreadableSeriesError(Reason.SETPOS, rule.part("BYSETPOS") or "BYSETPOS", "start on the first chosen day")
    size = 7 if rule.freq == "WEEKLY" else 1
    for _, group in groupby(found, lambda at: (at.toordinal() - begin) // size):
        period = [at.toordinal() for at in group]
        for day in sorted(_chosen(period, rule.by_set_pos)):
            if day >= start:
                yield day


def _first_week_matters(wanted: set[int], rule: Rule, start: int) -> bool:
    week = start - (weekday(start) - rule.week_start) % 7
    whole = [day for day in range(week, week + 7) if weekday(day) in wanted]
    left = [day for day in whole if day >= start]
    return {day for day in _chosen(whole, rule.by_set_pos) if day >= start} != _chosen(left, rule.by_set_pos)


def _limited(steps: Iterator[datetime] | dateutil.rrule) -> Iterator[datetime]:
    for looked, at in enumerate(steps):
        if looked == STEPS:
            raise SearchLimitError(at.toordinal() - 1)
        yield at


def _week_numbers(day: int, week_start: int) -> tuple[int, int]:
    """The number of a day's week, from the start and from the end of the year that holds most of that week."""
    middle = day - (weekday(day) - week_start) % 7 + 3
    year = date.fromordinal(min(middle, LAST_DAY)).year
    number = (middle - date(year, 1, 1).toordinal()) // 7 + 1
    last = date(year, 12, 31).toordinal()
    weeks = number + (last - middle) // 7
    return number, number - weeks - 1


def _chosen(period: list[int], positions: tuple[int, ...]) -> set[int]:
    places = (place - 1 if place > 0 else len(period) + place for place in positions)
    return {period[place] for place in places if 0 <= place < len(period)}


def _from_end(at: datetime) -> int:
    return at.day - 1 - days_in(at.year, at.month)


def _yields(rule: Rule, start: int) -> bool:
    """Whether a monthly or yearly rule gives any date at all, found out within a bounded search."""
    on = date.fromordinal(start)
    if not any(getattr(rule, name) for name in _NEVER_CHECKED) and all(abs(nth) < 5 for nth, _ in rule.by_day):
        often = rule.by_day or on.day <= (28 if rule.freq == "MONTHLY" or on.month == 2 else 31)
        if often:
            return True
    cycles = (MAXYEAR - _WINDOW - on.year) // 400
    if cycles > 0 and any(True for _ in _dateutil(rule, on.replace(year=on.year + 400 * cycles))):
        return True
    # An interval can be out of step with that window; then its own search has few steps.
    steps = (MAXYEAR - on.year) * (12 if rule.freq == "MONTHLY" else 1) // rule.interval
    return steps < 2000 and any(True for _ in _dateutil(rule, on))


def _dateutil(rule: Rule, start: date) -> dateutil.rrule:
    return dateutil.rrule(
        _FREQUENCY[rule.freq],
        datetime(start.year, start.month, start.day),  # noqa: DTZ001 (days only)
        rule.interval,
        rule.week_start,
        bymonth=rule.by_month or None,
        bymonthday=rule.by_month_day or None,
        byyearday=rule.by_year_day or None,
        byweekday=[dateutil.weekday(day, nth) if nth else dateutil.weekday(day) for nth, day in rule.by_day] or None,
        bysetpos=rule.by_set_pos or None,
    )


def _ordinals(found: Iterator[datetime] | dateutil.rrule, start: int) -> Iterator[int]:
    for at in found:
        day = at.toordinal()
        if day >= start:
            yield day
