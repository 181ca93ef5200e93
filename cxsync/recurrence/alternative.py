"""The nearest single series that a target holds, where it cannot hold the one that is asked for."""

from collections.abc import Iterator
from datetime import date

from msgspec import Struct
from msgspec.structs import replace

from cxsync.recurrence.fit import candidates
from cxsync.recurrence.gregorian import LAST_DAY, Month, month_of, weekday
from cxsync.recurrence.held import Held, end_for, shape_for
from cxsync.recurrence.pattern import EVERY_DAY, Count, Daily, End, MonthlyAbsolute, MonthlyRelative, Pattern, Weekly
from cxsync.recurrence.policy import Policy
from cxsync.recurrence.prove import first_difference
from cxsync.recurrence.series import Point, Series, System
from cxsync.recurrence.shape import guess


class Near(Struct, frozen=True):
    """``differs``: the first start that only one of the two has; None: the same dates, proved."""

    series: Held
    differs: Point | None


def nearest(system: System, series: Series, original: Pattern | None, policy: Policy) -> Near | None:
    """Of all series with the same first start the one that stays equal longest; ``series`` is on the target's clock.

    ``original``: the pattern on the series' own clock. Equal ones: the first in the order of ``_ideas``.
    """
    if series.off_rule is not None:
        # The nearest series is that of the rule; it differs by that one start at the latest.
        near = nearest(system, replace(series, off_rule=None), original, policy)
        if near is None:
            return None
        return Near(near.series, min(series.off_rule, near.differs or series.off_rule))
    starts = series.starts()
    if not starts:
        return None
    through = LAST_DAY if series.ended else min(strand.through for strand in series.strands)
    wanted: End = series.end
    if series.ended and (wanted is None or (isinstance(wanted, Count) and series.has_exceptions)):
        wanted = Count(len(starts))
    by_weekday = any(rule.by_day for rule in series.source.rules)
    best: Near | None = None
    tried: set[Pattern] = set()
    for idea in _ideas(series, starts, original):
        shape = shape_for(system, idea, replace(policy, daily_series="convert")).pattern
        if shape is None or shape in tried:
            continue
        tried.add(shape)
        end, fits = end_for(system, shape, starts[0][0], wanted)
        held = Held(shape, starts[0], end)
        if not fits:
            continue
        differs = first_difference(starts, held, through)
        if differs == starts[0]:
            continue
        if differs is None and not (series.ended or series.end is None):
            continue
        if (
            best is None
            or differs is None
            or _rank(held, differs, by_weekday) > _rank(best.series, best.differs or differs, by_weekday)
        ):
            best = Near(held, differs)
        if differs is None:
            break
    return best


def _rank(held: Held, differs: Point, by_weekday: bool) -> tuple[bool, Point]:
    """Who chose a weekday of the month is served with one, even if a day of the month stays equal longer."""
    return by_weekday and not isinstance(held.pattern, MonthlyAbsolute), differs


def _ideas(series: Series, starts: list[Point], original: Pattern | None) -> Iterator[Pattern]:
    first = starts[0][0]
    for pattern in (series.pattern, original):
        if pattern is not None:
            yield from _near_pattern(pattern, first)
    days = [day for day, seconds in starts if seconds == starts[0][1]]
    if series.ended:
        yield from candidates(days, weekly=True, interval=0, week_start=0)
    for rule in series.source.rules:
        yield from _near_rule(rule.freq, rule.interval, first)
        lighter = (
            replace(rule, by_month=()),
            replace(rule, by_month_day=()),
            replace(rule, by_set_pos=()),
            replace(rule, by_month=(), by_month_day=(), by_set_pos=()),
        )
        for other in lighter if rule.freq in ("DAILY", "WEEKLY", "MONTHLY", "YEARLY") else ():
            near = guess(other, first)
            if near is not None:
                yield near
    if not series.source.rules:
        yield from _near_rule("MONTHLY" if len(days) > 1 and days[1] - days[0] > 27 else "WEEKLY", 1, first)


def _near_pattern(pattern: Pattern, first: int) -> Iterator[Pattern]:
    yield pattern
    if isinstance(pattern, Daily):
        yield Weekly(1, EVERY_DAY)
        yield Weekly(max(1, round(pattern.interval / 7)), (weekday(first),))
    elif isinstance(pattern, Weekly):
        yield Weekly(min(pattern.interval, 99), pattern.days)
    elif isinstance(pattern, MonthlyRelative):
        yield from _monthly(min(pattern.interval, 99), first)
    else:
        yield MonthlyAbsolute(min(pattern.interval, 99), pattern.day, pattern.short_month)
        yield from _monthly(min(pattern.interval, 99), first)


def _near_rule(freq: str, interval: int, first: int) -> Iterator[Pattern]:
    if freq == "DAILY":
        yield from _near_pattern(Daily(interval), first)
    elif freq == "WEEKLY":
        yield Weekly(interval, (weekday(first),))
    elif freq in ("MONTHLY", "YEARLY"):
        yield from _monthly(min(interval * (12 if freq == "YEARLY" else 1), 96 if freq == "YEARLY" else 99), first)


def _monthly(interval: int, first: int) -> Iterator[Pattern]:
    day = date.fromordinal(first).day
    nth = (day - 1) // 7 + 1
    if nth < 5:
        yield MonthlyRelative(interval, nth, (weekday(first),))
    if first + 7 > Month.of(month_of(first)).last:
        yield MonthlyRelative(interval, -1, (weekday(first),))
    yield MonthlyAbsolute(interval, day)
