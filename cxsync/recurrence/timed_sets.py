"""Rules that choose by BYSETPOS among several times of day: the sets are of starts, not of days."""

from collections.abc import Iterator
from datetime import date
from itertools import groupby

from msgspec.structs import replace

from cxsync.recurrence.expand import rule_days
from cxsync.recurrence.gregorian import month_of, weekday
from cxsync.recurrence.rule import Rule
from cxsync.recurrence.series import Point


def chosen_starts(rule: Rule, start: Point, times: tuple[int, ...], through: int) -> Iterator[Point]:
    """The starts from ``start`` to the day ``through``; positions count over days and times of one whole period."""
    explicit = replace(_named(rule, start[0]), by_set_pos=())
    for _, group in groupby(
        _until(rule_days(explicit, _begin(rule, start[0])), through), lambda day: _period(rule, day)
    ):
        members = [(day, seconds) for day in group for seconds in times]
        places = {place - 1 if place > 0 else len(members) + place for place in rule.by_set_pos}
        for place in sorted(places):
            if 0 <= place < len(members) and members[place] >= start:
                yield members[place]


def _until(days: Iterator[int], through: int) -> Iterator[int]:
    for day in days:
        if day > through:
            return
        yield day


def _named(rule: Rule, start: int) -> Rule:
    """The rule with the parts that it takes from the start written out, for it is anchored elsewhere now."""
    on = date.fromordinal(start)
    if rule.by_day or rule.by_month_day or rule.by_year_day or rule.freq == "DAILY":
        return rule
    if rule.freq == "WEEKLY" or rule.by_week_no:
        return replace(rule, by_day=((0, weekday(start)),))
    months = rule.by_month or (on.month,) if rule.freq == "YEARLY" else rule.by_month
    return replace(rule, by_month=months, by_month_day=(on.day,))


def _begin(rule: Rule, start: int) -> int:
    on = date.fromordinal(start)
    if rule.freq == "YEARLY":
        return date(on.year, 1, 1).toordinal()
    if rule.freq == "MONTHLY":
        return start - on.day + 1
    return start if rule.freq == "DAILY" else start - (weekday(start) - rule.week_start) % 7


def _period(rule: Rule, day: int) -> int:
    if rule.freq == "YEARLY":
        return date.fromordinal(day).year
    if rule.freq == "MONTHLY":
        return month_of(day)
    return day if rule.freq == "DAILY" else day - (weekday(day) - rule.week_start) % 7
