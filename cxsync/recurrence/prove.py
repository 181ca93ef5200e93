"""Proof that one series, as a target would read it back, gives exactly the starts that it should."""

from itertools import zip_longest

from msgspec import convert

from cxsync.recurrence.held import Held
from cxsync.recurrence.moment import read_moment
from cxsync.recurrence.parse.carerix import CarerixFields, read_carerix_end, read_carerix_pattern
from cxsync.recurrence.parse.ews import read_ews_pattern, read_ews_range
from cxsync.recurrence.pattern import Count, Pattern, Until, days, days_through, last_day, nth_day
from cxsync.recurrence.policy import Policy
from cxsync.recurrence.series import Point, Series, System
from cxsync.recurrence.write.carerix import carerix_fields
from cxsync.recurrence.write.ews import ews_pattern, ews_range


def read_back(system: System, series: Held, policy: Policy) -> Held | None:
    """What the target makes of what would be written; None if it makes no single pattern of it."""
    if system == "carerix":
        fields = convert(carerix_fields(series), CarerixFields)
        pattern: Pattern | None = read_carerix_pattern(fields, policy)
        return None if pattern is None else Held(pattern, series.first, read_carerix_end(fields))
    if system == "exchange":
        written = ews_range(series)
        start = read_moment(written.start_date or "").day
        shape, _ = read_ews_pattern(ews_pattern(series), start)
        return Held(shape, (start, series.first[1]), read_ews_range(written)) if isinstance(shape, Pattern) else None
    return series


def gives(series: Held, through: int) -> list[int]:
    """The days of a series up to ``through``, its end heeded."""
    first, end = series.first[0], series.end
    if isinstance(end, Until):
        return days_through(series.pattern, first, min(through, end.day))
    if isinstance(end, Count):
        last = nth_day(series.pattern, first, end.n)
        return days_through(series.pattern, first, through if last is None else min(through, last))
    return days_through(series.pattern, first, through)


def proved(system: System, candidate: Held, series: Series, policy: Policy) -> bool:
    """Whether the candidate, read back, has the starts of the series by its rule: all of them if they end, else as far
    as they are listed, and the same end."""
    if len(series.strands) != 1 or not series.strands[0].days:
        return False
    strand = series.strands[0]
    back = read_back(system, candidate, policy)
    if back is None or back.first != (strand.days[0], strand.seconds):
        return False
    if strand.ended:
        # One day more than the last start must not be there, nor any later one.
        return back.end is not None and _whole(back) == strand.days
    if gives(back, strand.through) != strand.days or (back.end is None) != (series.end is None):
        return False
    return series.end is None or (
        series.pattern is not None
        and last_day(back.pattern, back.first[0], back.end) == last_day(series.pattern, strand.days[0], series.end)
    )


def exactly(system: System, candidate: Held, days: list[int], through: int | None, policy: Policy) -> bool:
    """Whether the candidate, read back, gives these days: all and no more, or (``through``) so far without an end."""
    back = read_back(system, candidate, policy)
    if back is None or back.first[0] != days[0]:
        return False
    if through is None:
        return back.end is not None and _whole(back) == days
    return back.end is None and gives(back, through) == days


def _whole(series: Held) -> list[int]:
    last = last_day(series.pattern, series.first[0], series.end)
    return [] if last is None else days_through(series.pattern, series.first[0], last)


def first_difference(starts: list[Point], candidate: Held, through: int) -> Point | None:
    """The first start up to ``through`` that only one of the two has; found without expanding further than that."""
    seconds = candidate.first[1]
    last = through
    if candidate.end is not None:
        last = min(through, last_day(candidate.pattern, candidate.first[0], candidate.end) or through)
    mine = ((day, seconds) for day in days(candidate.pattern, candidate.first[0], last))
    ours: Point | None
    theirs: Point | None
    for ours, theirs in zip_longest(starts, mine):
        if ours != theirs:
            return theirs if ours is None else ours if theirs is None else min(ours, theirs)
    return None
