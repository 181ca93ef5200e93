"""Takes a series apart into several that together have exactly its starts, each of which the target holds."""

from collections.abc import Callable, Hashable, Iterator
from datetime import date

from cxsync.recurrence.fit import candidates, common_head
from cxsync.recurrence.gregorian import Month, month_of, weekday
from cxsync.recurrence.held import Held, Loose, Part, counted, end_for, shape_for
from cxsync.recurrence.pattern import Count, End, Pattern, Until, is_last_of_month, last_day
from cxsync.recurrence.policy import Policy
from cxsync.recurrence.prove import exactly
from cxsync.recurrence.series import Point, Series, System

MOST_PARTS = 12
LOOSE = 3
"""So few starts of a group may become loose appointments."""
_HEADS = (2, 3, 6, 15, 40)


def split(system: System, series: Series, policy: Policy) -> tuple[Part, ...]:
    """At most twelve parts with exactly the starts that take place, none twice; empty if that cannot be.

    ``series`` is on the target's clock. The way with the fewest parts wins.
    """
    starts = series.starts()
    if not starts:
        return ()
    through = None if series.ended else min(strand.through for strand in series.strands)
    last = None
    if through is not None and series.end is not None:
        last = last_day(series.pattern, series.strands[0].days[0], series.end) if series.pattern else None
        if last is None:
            return ()
    # Without exceptions each group has one pattern or none; with them it has one between each two.
    settled = max((at[0] for at in series.exceptional()), default=None)
    best: tuple[Part, ...] = ()
    for groups in _partitions(starts, through is None):
        parts = _parts(system, groups, through, last, series.end, policy, settled)
        if parts and (not best or len(parts) < len(best)):
            best = parts
    return best


def _partitions(starts: list[Point], ended: bool) -> Iterator[list[list[Point]]]:
    """Ways to group the starts; a group has one time of day."""
    for key in _keys(starts[0][0]):
        groups: dict[Hashable, list[Point]] = {}
        for start in starts:
            groups.setdefault((start[1], key(start[0])), []).append(start)
            if len(groups) > MOST_PARTS:
                break
        else:
            yield sorted(groups.values())
    if ended and len(starts) <= MOST_PARTS:
        yield [[start] for start in starts]


def _keys(first: int) -> Iterator[Callable[[int], Hashable]]:
    begin = first - weekday(first)
    yield lambda day: 0
    yield from (_week_modulo(begin, weeks) for weeks in range(2, 7))
    yield weekday
    yield lambda day: date.fromordinal(day).day
    yield lambda day: 0 if is_last_of_month(day) else date.fromordinal(day).day
    yield lambda day: date.fromordinal(day).month
    yield lambda day: (weekday(day), (date.fromordinal(day).day - 1) // 7)
    yield lambda day: (weekday(day), day + 7 > Month.of(month_of(day)).last)
    yield lambda day: (date.fromordinal(day).month, date.fromordinal(day).day)
    yield lambda day: (date.fromordinal(day).month, weekday(day))


def _week_modulo(begin: int, weeks: int) -> Callable[[int], Hashable]:
    return lambda day: (day - begin) // 7 % weeks


def _parts(
    system: System,
    groups: list[list[Point]],
    through: int | None,
    last: int | None,
    like: End,
    policy: Policy,
    settled: int | None,
) -> tuple[Part, ...]:
    parts: list[Part] = []
    for group in groups:
        days = [day for day, _ in group]
        found = _in_time(system, days, group[0][1], through, last, like, policy, MOST_PARTS - len(parts), settled)
        if not found:
            return ()
        parts.extend(found)
    return tuple(sorted(parts, key=lambda part: part.first))


def _in_time(
    system: System,
    days: list[int],
    seconds: int,
    through: int | None,
    last: int | None,
    like: End,
    policy: Policy,
    most: int,
    settled: int | None = 0,
) -> list[Part]:
    """Parts one after the other in time, each as long as one pattern goes on; empty if more than ``most``.

    An endless series has one pattern from the day ``settled`` on, after its last exception.
    """
    parts: list[Part] = []
    while days:
        if len(parts) == most:
            return []
        pattern = held_pattern(system, days, through, policy)
        size = len(days)
        end: End = Until(last) if last is not None else None
        if pattern is None or through is None:
            if pattern is None:
                few = through is None and len(days) <= LOOSE
                if not few and (settled is None or (through is not None and days[0] > settled)):
                    return []
                size, pattern = _longest(system, days, policy)
            end = counted(days[:size], like)
        if pattern is None or (size == 1 and end is not None):
            parts.append(Loose((days[0], seconds)))
            size = 1
        else:
            end, fits = end_for(system, pattern, days[0], end)
            if not fits:
                return []
            parts.append(Held(pattern, (days[0], seconds), end))
        days = days[size:]
        if through is not None and len(days) == 1:
            # One start left of an endless series is no proof of what follows.
            return []
        if through is not None and isinstance(parts[-1], Held) and not days and isinstance(parts[-1].end, Count):
            return []
    return parts


def held_pattern(system: System, days: list[int], through: int | None, policy: Policy) -> Pattern | None:
    """A pattern of the target that gives exactly these days (all of them, or endless up to ``through``), proved."""
    if len(days) < 2:
        return None
    for pattern in candidates(days, weekly=True, interval=0, week_start=policy.week_start):
        shape = shape_for(system, pattern, policy).pattern
        if shape is None or common_head(shape, days) < len(days):
            continue
        end = None if through is not None else Count(len(days))
        if exactly(system, Held(shape, (days[0], 0), end), days, through, policy):
            return shape
    return None


def runs(system: System, series: Series, policy: Policy) -> tuple[Part, ...]:
    """For a bounded series: one part after the other in time, each at one time of day (half a year of summer time)."""
    starts = series.starts() if series.ended else []
    parts: list[Part] = []
    place = 0
    while place < len(starts):
        stop = place + 1
        while stop < len(starts) and starts[stop][1] == starts[place][1]:
            stop += 1
        days = [day for day, _ in starts[place:stop]]
        most = MOST_PARTS - len(parts)
        found = _in_time(system, days, starts[place][1], None, None, series.end, policy, most)
        if not found:
            return ()
        parts.extend(found)
        place = stop
    return tuple(parts)


def _longest(system: System, days: list[int], policy: Policy) -> tuple[int, Pattern | None]:
    """How many of the first days one pattern gives at most, and that pattern."""
    best: tuple[int, Pattern | None] = (1, None)
    tried: set[Pattern] = set()
    for size in _HEADS:
        if size > len(days):
            break
        for pattern in candidates(days[:size], weekly=True, interval=0, week_start=policy.week_start):
            shape = shape_for(system, pattern, policy).pattern
            if shape is None or shape in tried:
                continue
            tried.add(shape)
            count = common_head(shape, days)
            if count > best[0]:
                held = Held(shape, (days[0], 0), Count(count))
                if exactly(system, held, days[:count], None, policy):
                    best = (count, shape)
    return best


def around_exceptions(system: System, series: Series, held: Held, policy: Policy) -> tuple[Part, ...]:
    """The series by its rule, ended before each exception and begun anew after it; loose appointments for what moved,
    changed or was added. ``held`` is the target's form of the rule."""
    gone = {item.at for item in series.removed} | {item.at for item in series.moved}
    strand = series.strands[0]
    parts: list[Part] = [Loose(item.to or item.at) for item in series.moved]
    parts += [Loose(item.at) for item in series.extra]
    if series.off_rule is not None:
        parts.append(Loose(series.off_rule))
    pieces: list[list[int]] = [[]]
    for day in strand.days:
        if (day, strand.seconds) in gone:
            pieces.append([])
        else:
            pieces[-1].append(day)
    if len(parts) + len([days for days in pieces if days]) > MOST_PARTS:
        return ()
    for place, days in enumerate(pieces):
        if not days:
            continue
        tail = place == len(pieces) - 1 and not strand.ended
        part = _tail(system, held, series, days) if tail else _run(system, held, days, series.end, policy)
        if part is None:
            return ()
        parts.append(part)
    if len({part.first for part in parts}) < len(parts) or len(parts) > MOST_PARTS:
        return ()
    return tuple(sorted(parts, key=lambda part: part.first))


def _run(system: System, held: Held, days: list[int], like: End, policy: Policy) -> Part | None:
    first = (days[0], held.first[1])
    if len(days) == 1:
        return Loose(first)
    end, fits = end_for(system, held.pattern, days[0], counted(days, like))
    part = Held(held.pattern, first, end)
    return part if fits and exactly(system, part, days, None, policy) else None


def _tail(system: System, held: Held, series: Series, days: list[int]) -> Part | None:
    end = series.end
    if isinstance(end, Count):
        end = Count(end.n - series.strands[0].days.index(days[0]))
    end, fits = end_for(system, held.pattern, days[0], end)
    return Held(held.pattern, (days[0], held.first[1]), end) if fits else None
