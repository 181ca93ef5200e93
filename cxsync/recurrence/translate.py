"""Translates a series for Exchange or Carerix: exact where proved, otherwise refused with a proposal."""

from itertools import islice

from msgspec.structs import replace

from cxsync.recurrence.alternative import nearest
from cxsync.recurrence.clock import View, on_clock
from cxsync.recurrence.codes import Reason
from cxsync.recurrence.fault import offending, structural
from cxsync.recurrence.held import Held, end_for, shape_for
from cxsync.recurrence.pattern import Count, End, Pattern, Until, days, last_day
from cxsync.recurrence.policy import Policy
from cxsync.recurrence.prove import exactly, proved
from cxsync.recurrence.series import Point, Series, System
from cxsync.recurrence.split import around_exceptions, runs, split
from cxsync.recurrence.verdict import Kind, Verdict
from cxsync.recurrence.zones import Zone


def to_exchange(series: Series, policy: Policy, home: Zone) -> Verdict:
    """Exchange keeps the series on its own clock, floating ones on that of ``home``; exceptions go along."""
    zone = series.zone if series.all_day else series.zone or home
    view = View(series)
    few = _few(view, zone)
    if few is not None:
        return few
    base = _base("exchange", view, series, policy)
    if isinstance(base, Verdict):
        return _with_proposals("exchange", base, view, series.pattern, policy)
    fault: tuple[Reason, str] | None = None
    if series.extra:
        fault = (Reason.EXTRA_DATE, series.extra[0].written)
    elif series.off_rule is not None:
        fault = (Reason.START_OFF_RULE, offending(series, Reason.START_OFF_RULE))
    else:
        crossing = _crossing(series)
        if crossing:
            fault = (Reason.CROSSES_NEIGHBOUR, crossing)
    if fault is not None:
        return _refused_around("exchange", view, base, fault, policy)
    return Verdict(Kind.EXACT, zone, base.first, base, removed=series.removed, moved=series.moved)


def to_carerix(series: Series, policy: Policy, home: Zone) -> Verdict:
    """Carerix recurs on the clock of ``home`` and knows no exceptions."""
    view = on_clock(series, home)
    own_single = series.source.system == "carerix" and series.pattern is not None
    few = _few(view, home)
    if few is not None and not (own_single and few.kind is Kind.SINGLE):
        return few
    base = _base("carerix", view, series, policy)
    if isinstance(base, Verdict):
        return _with_proposals("carerix", base, view, series.pattern, policy)
    if not view.series.has_exceptions:
        return Verdict(Kind.EXACT, home, base.first, base)
    folded = _folded(view.series, base, policy)
    if folded is not None:
        return Verdict(Kind.EXACT, home, folded.first, folded)
    fault = (Reason.START_OFF_RULE, offending(series, Reason.START_OFF_RULE))
    if series.removed or series.moved:
        fault = (Reason.EXCEPTION, min(_inside(view.series))[1])
    elif series.extra:
        fault = (Reason.EXTRA_DATE, series.extra[0].written)
    return _refused_around("carerix", view, base, fault, policy)


def _few(view: View, zone: Zone | None) -> Verdict | None:
    """Empty or single, if at most one start takes place."""
    series = view.series
    if not series.ended:
        return None
    starts = series.starts()
    if len(starts) > 1:
        return None
    return Verdict(Kind.SINGLE, zone, starts[0]) if starts else Verdict(Kind.EMPTY, zone)


def _base(system: System, view: View, source: Series, policy: Policy) -> Held | Verdict:
    """The target's form of the series by its rule, or the refusal without proposals; ``source`` is the series on its
    own clock."""
    series, original = view.series, source.pattern

    def refused(reason: Reason, part: str) -> Verdict:
        return Verdict(Kind.REFUSED, series.zone, reason=reason, offending=part)

    if original is None:
        return refused(*structural(source))
    shape = shape_for(system, original, policy)
    if shape.pattern is None:
        return refused(shape.reason, offending(source, shape.reason))
    if not view.steady:
        return refused(Reason.ZONE_DST, offending(source, Reason.ZONE_DST))
    if series.pattern is not None:
        shape = shape_for(system, series.pattern, policy)
    reason = Reason.ZONE_DAY_SHIFT if view.shift else shape.reason
    first = series.first
    if series.pattern is None or shape.pattern is None or first is None:
        return refused(reason, offending(source, reason))
    end, fits = end_for(system, series.pattern, first[0], series.end)
    if not fits:
        refusal = refused(Reason.COUNT_LIMIT, offending(source, Reason.COUNT_LIMIT))
        return _without_end(refusal, Held(shape.pattern, first), series)
    held = Held(shape.pattern, first, end)
    if not proved(system, held, series, policy):
        if reason is Reason.WKST and any(rule.freq == "DAILY" for rule in source.source.rules):
            # Every n days on some weekdays: weekly only in weeks that begin on a day of their own.
            reason = Reason.DAILY_INTERVAL
        return refused(reason, offending(source, reason))
    return held


def _without_end(refusal: Verdict, endless: Held, series: Series) -> Verdict:
    """The same series without an end, if it differs on a day that has a date."""
    if series.pattern is None:
        return refusal
    last = last_day(series.pattern, endless.first[0], series.end)
    beyond = None if last is None else next(islice(days(endless.pattern, last), 1, None), None)
    if beyond is None:
        return refusal
    return replace(refusal, alternative=endless, first_difference=(beyond, endless.first[1]))


def _with_proposals(system: System, refusal: Verdict, view: View, original: Pattern | None, policy: Policy) -> Verdict:
    series = view.series
    if refusal.alternative is not None:
        return refusal
    parts = split(system, series, policy)
    if not parts or len(parts) > 2:
        in_time = runs(system, series, policy)
        if in_time and (not parts or len(in_time) < len(parts)):
            parts = in_time
    near = nearest(system, series, original, policy)
    same = near is not None and near.differs is None
    if parts and not same and len(parts) > 1:
        return replace(refusal, kind=Kind.SPLIT, split=parts)
    if near is None:
        return refusal
    return replace(refusal, alternative=near.series, first_difference=near.differs)


def _refused_around(system: System, view: View, base: Held, fault: tuple[Reason, str], policy: Policy) -> Verdict:
    series = view.series
    parts = around_exceptions(system, series, base, policy)
    carried = base if fault[0].code == "exception-in-series" else None
    verdict = Verdict(
        Kind.SPLIT if parts else Kind.REFUSED,
        series.zone,
        reason=fault[0],
        offending=fault[1],
        split=parts,
        carried=carried,
    )
    if parts or carried is not None:
        return verdict
    near = nearest(system, series, series.pattern, policy)
    return verdict if near is None else replace(verdict, alternative=near.series, first_difference=near.differs)


def _folded(series: Series, base: Held, policy: Policy) -> Held | None:
    """Occurrences removed at either end only move the start and shorten the series."""
    if series.moved or series.extra or series.off_rule is not None:
        return None
    strand = series.strands[0]
    gone = {item.at[0] for item in series.removed}
    kept = list(strand.days)
    before = 0
    while kept and kept[0] in gone:
        gone.discard(kept.pop(0))
        before += 1
    while strand.ended and kept and kept[-1] in gone:
        gone.discard(kept.pop())
    if gone or len(kept) < 2:
        return None
    end: End = series.end
    if isinstance(end, Count):
        end = Count(len(kept)) if strand.ended else Count(end.n - before)
    elif isinstance(end, Until) and kept[-1] != strand.days[-1]:
        end = Until(kept[-1])
    end, fits = end_for("carerix", base.pattern, kept[0], end)
    held = Held(base.pattern, (kept[0], strand.seconds), end)
    if not fits or (strand.ended and not exactly("carerix", held, kept, None, policy)):
        return None
    if not strand.ended and end is None and not exactly("carerix", held, kept, strand.through, policy):
        return None
    return held


def _inside(series: Series) -> list[tuple[Point, str]]:
    """The exceptions that are not merely an end cut off."""
    gone = {item.at for item in series.removed}
    kept = [at for at in series.base() if at not in gone]
    removed = [
        (item.at, item.written)
        for item in series.removed
        if kept and kept[0] < item.at and (item.at < kept[-1] or not series.ended)
    ]
    moved = [(item.at, item.written) for item in series.moved]
    return removed + moved or [(item.at, item.written) for item in series.removed]


def _crossing(series: Series) -> str | None:
    """An occurrence that was moved past a neighbour or onto its day: ErrorOccurrenceCrossingBoundary."""
    places = {item.at: item.to or item.at for item in series.moved}
    gone = {item.at for item in series.removed}
    kept = [(at, places.get(at, at)) for at in series.base() if at not in gone]
    for place, (at, now) in enumerate(kept):
        if at not in places:
            continue
        earlier = kept[place - 1][1] if place else None
        later = kept[place + 1][1] if place + 1 < len(kept) else None
        if (earlier is not None and now[0] <= earlier[0]) or (later is not None and now[0] >= later[0]):
            return next(item.written for item in series.moved if item.at == at)
    return None
