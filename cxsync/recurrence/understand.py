"""From what a reader found to the canonical series: starts by dateutil, the pattern confirmed against them."""

from collections.abc import Iterator, Sequence
from itertools import chain, islice

from cxsync.recurrence.codes import Reason
from cxsync.recurrence.errors import UnreadableSeriesError
from cxsync.recurrence.expand import gives_any, rule_days
from cxsync.recurrence.fit import fit, follows
from cxsync.recurrence.gregorian import LAST_DAY
from cxsync.recurrence.horizon import MOST_BY_WEEKS, horizon, listed, steps, steps_by_weeks
from cxsync.recurrence.moment import Moment
from cxsync.recurrence.pattern import Count, End, Pattern, Until
from cxsync.recurrence.rule import Rule
from cxsync.recurrence.series import Point, Series, Source, Strand
from cxsync.recurrence.shape import guess, spelled
from cxsync.recurrence.timed_sets import chosen_starts
from cxsync.recurrence.times import by_time_of_day
from cxsync.recurrence.zones import Zone


def from_rules(
    source: Source, start: Point, *, all_day: bool, duration: int, zone: Zone | None, dates: Sequence[Point] = ()
) -> Series:
    """A series of RRULEs (``source.rules``) less EXRULEs; without any rule ``dates`` and the start are its list.

    Raises UnreadableSeriesError: NEVER_OCCURS, SUBDAILY.
    """
    if not source.rules:
        listed_dates = {start, *dates}
        if source.excluding:
            listed_dates -= _union(source.excluding, start, zone, all_day=all_day)[0]
        strands = _strands(listed_dates, LAST_DAY, ended=True)
        return Series(source, all_day, duration, zone, start, strands)
    single = len(source.rules) == 1 and not source.excluding
    if single:
        rule, times = by_time_of_day(source.rules[0], start[1], all_day=all_day)
        if len(times) == 1:
            strand, pattern, end = _one(rule, start, times[0], zone)
            off = None if strand.days and (strand.days[0], strand.seconds) == start else start
            if isinstance(end, Until) and end.day < start[0]:
                off = None
            return Series(source, all_day, duration, zone, start, (strand,), pattern, end, off)
    found, through, ended = _union(source.rules, start, zone, all_day=all_day)
    if not found and not any(gives_any(_by_days(rule, start, all_day=all_day), start[0]) for rule in source.rules):
        raise never(source.rules[0])
    off = None if start in found else start
    if source.excluding:
        out, _, _ = _union(source.excluding, start, zone, all_day=all_day)
        found -= out
        off = None if off in out else off
    strands = _strands(found, through, ended=ended)
    pattern, end = None, None
    if len(strands) == 1 and not single and (ended or all(rule.endless for rule in source.rules)):
        pattern = _merged(source.rules, strands[0])
        end = Count(len(strands[0].days)) if ended else None
    return Series(source, all_day, duration, zone, start, strands, pattern, end if pattern else None, off)


def from_pattern(
    source: Source,
    shape: Pattern | Rule,
    anchor: int,
    end: End,
    start: Point,
    *,
    all_day: bool,
    duration: int,
    zone: Zone | None,
) -> Series:
    """A series of one pattern; ``anchor`` is the day whose period is the first. It begins at its first date on the
    pattern, ``start`` or later. Raises UnreadableSeriesError (NEVER_OCCURS)."""
    rule = shape if isinstance(shape, Rule) else spelled(shape, anchor)
    pattern = None if isinstance(shape, Rule) else shape
    begin = (max(anchor, start[0]), start[1])
    strand = _list(rule, pattern, begin, start[1], end)
    if not strand.days and not gives_any(rule, begin[0]):
        raise never(rule, *source.parts.values())
    if pattern is None or not _confirmed(pattern, strand):
        pattern = None
    return Series(source, all_day, duration, zone, start, (strand,), pattern, end)


def never(rule: Rule, *written: str) -> UnreadableSeriesError:
    """The rule gives no date at all."""
    part = rule.part("BYMONTHDAY", "BYYEARDAY", "BYSETPOS", "BYDAY", "BYWEEKNO", "BYMONTH", "FREQ")
    return UnreadableSeriesError(Reason.NEVER_OCCURS, part or next(iter(written), rule.freq), "no day fits the rule")


def until_point(rule: Rule, zone: Zone | None) -> Point | None:
    """UNTIL on the series' clock: a date lasts to the end of its day, a time without Z is local."""
    if rule.until is None:
        return None
    at = rule.until.at
    seconds = at.hour * 3600 + at.minute * 60 + at.second
    if rule.until.is_date:
        return at.toordinal(), 86399
    return Moment(at.toordinal(), seconds, rule.until.is_utc).on_clock(zone)


def rule_end(rule: Rule, seconds: int, zone: Zone | None) -> End:
    """The end of a rule whose starts are at one time of day."""
    if rule.count is not None:
        return Count(rule.count)
    point = until_point(rule, zone)
    if point is not None and point[0] >= LAST_DAY - 1:
        return None  # "until 9999" is how some programs write "for ever"; no later date exists
    return None if point is None else Until(point[0] if seconds <= point[1] else point[0] - 1)


def _one(rule: Rule, start: Point, seconds: int, zone: Zone | None) -> tuple[Strand, Pattern | None, End]:
    # The end of a date-only UNTIL on an all-day series is that date, for 0 <= 86399.
    end = rule_end(rule, seconds, zone)
    pattern = guess(rule, start[0])
    strand = _list(rule, pattern, start, seconds, end)
    if not strand.days and not gives_any(rule, start[0]):
        raise never(rule)
    if pattern is None or not _confirmed(pattern, strand):
        pattern = _recognised(rule, start, seconds, strand)
    return strand, pattern, end


def _list(rule: Rule, pattern: Pattern | None, start: Point, seconds: int, end: End) -> Strand:
    weeks = steps_by_weeks(rule, pattern)
    days = rule_days(rule, start[0])
    if seconds < start[1]:
        days = (day for day in days if day > start[0])
    return listed(
        days,
        seconds,
        weeks=weeks,
        count=end.n if isinstance(end, Count) else None,
        until=end.day if isinstance(end, Until) else None,
        limit=horizon(start[0], weeks=weeks, interval=steps(rule)),
    )


def _confirmed(pattern: Pattern, strand: Strand) -> bool:
    if not strand.days:
        return True
    through = strand.days[-1] if strand.ended and strand.through == LAST_DAY else strand.through
    return follows(pattern, strand.days, through)


def _recognised(rule: Rule, start: Point, seconds: int, strand: Strand) -> Pattern | None:
    """The pattern of the rule without its end, if that is also what the strand shows."""
    wide = strand if not strand.ended else _list(rule, None, start, seconds, None)
    weekly = rule.freq == "WEEKLY" or bool(rule.by_day)
    months = rule.interval * {"MONTHLY": 1, "YEARLY": 12}.get(rule.freq, 0)
    pattern = fit(wide.days, wide.through, weekly=weekly, interval=months, week_start=rule.week_start)
    return pattern if pattern is not None and _confirmed(pattern, strand) else None


def _merged(rules: tuple[Rule, ...], strand: Strand) -> Pattern | None:
    through = strand.days[-1] if strand.ended else strand.through
    weekly = any(rule.freq == "WEEKLY" or rule.by_day for rule in rules)
    return fit(strand.days, through, weekly=weekly, week_start=rules[0].week_start)


def _union(rules: tuple[Rule, ...], start: Point, zone: Zone | None, *, all_day: bool) -> tuple[set[Point], int, bool]:
    """All starts of several rules or times: the set, the day through which it is whole, whether it has ended."""
    found: set[Point] = set()
    through, ended = LAST_DAY, True
    for given in rules:
        rule, times = by_time_of_day(given, start[1], all_day=all_day)
        weeks = steps_by_weeks(rule, None)
        limit = horizon(start[0], weeks=weeks, interval=steps(rule))
        until = until_point(given, zone)
        if rule.by_set_pos and len(times) > 1:
            chosen = chosen_starts(rule, start, times, min(limit, LAST_DAY if until is None else until[0]))
            points = list(islice((at for at in chosen if until is None or at <= until), given.count or MOST_BY_WEEKS))
            found.update(points)
            if len(points) != given.count and (until is None or until[0] > limit):
                ended, through = False, min(through, limit)
            continue
        strands = [
            listed(
                _from(rule_days(rule, start[0]), start, seconds),
                seconds,
                weeks=weeks,
                count=given.count,
                until=None if until is None else until[0] if seconds <= until[1] else until[0] - 1,
                limit=limit,
                share=len(times),
            )
            for seconds in times
        ]
        points = sorted(chain.from_iterable(((day, strand.seconds) for day in strand.days) for strand in strands))
        if given.count is not None:
            points = points[: given.count]
            strands_end = len(points) == given.count or all(strand.ended for strand in strands)
        else:
            strands_end = all(strand.ended for strand in strands)
        found.update(points)
        if not strands_end:
            ended = False
            through = min([through, *(strand.through for strand in strands if not strand.ended)])
    if not ended:
        found = {point for point in found if point[0] <= through}
    return found, through, ended


def _by_days(rule: Rule, start: Point, *, all_day: bool) -> Rule:
    return by_time_of_day(rule, start[1], all_day=all_day)[0]


def _from(days: Iterator[int], start: Point, seconds: int) -> Iterator[int]:
    return days if seconds >= start[1] else (day for day in days if day > start[0])


def _strands(points: set[Point], through: int, *, ended: bool) -> tuple[Strand, ...]:
    by_time: dict[int, list[int]] = {}
    for day, seconds in sorted(points):
        by_time.setdefault(seconds, []).append(day)
    return tuple(Strand(seconds, days, through, ended) for seconds, days in sorted(by_time.items()))
