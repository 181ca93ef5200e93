"""The answer to one line of ``cxsync recurrence check``, as plain values ready for JSON."""

from contextlib import suppress
from typing import Any

from msgspec import to_builtins
from msgspec.structs import replace

from cxsync.recurrence.clock import shown
from cxsync.recurrence.codes import Reason
from cxsync.recurrence.expand import SearchLimitError, rule_days
from cxsync.recurrence.google import to_google
from cxsync.recurrence.gregorian import LAST_DAY, WEEKDAYS
from cxsync.recurrence.held import Loose, Part
from cxsync.recurrence.moment import day_text, point_text
from cxsync.recurrence.pattern import (
    WEEKEND,
    WORKING_DAYS,
    Count,
    Daily,
    End,
    MonthlyAbsolute,
    MonthlyRelative,
    Pattern,
    Until,
    Weekly,
    days_through,
    last_day,
)
from cxsync.recurrence.request import Asked
from cxsync.recurrence.rule import Rule
from cxsync.recurrence.series import Moved, Point, Series, System
from cxsync.recurrence.text import Outcome, paragraph
from cxsync.recurrence.times import by_time_of_day
from cxsync.recurrence.translate import to_carerix, to_exchange
from cxsync.recurrence.verdict import Kind, Verdict
from cxsync.recurrence.write.carerix import carerix_fields
from cxsync.recurrence.write.ews import ews_pattern, ews_range
from cxsync.recurrence.write.google import pattern_line
from cxsync.recurrence.zones import Zone, instant, wall

MOST_LISTED = 100
SYSTEMS: tuple[System, ...] = ("google", "exchange", "carerix")

Json = dict[str, Any]


def answer(id_: str, asked: Asked) -> Json:
    """All fields of the answer but for errors of the input."""
    if asked.series is None:
        return _unread(id_, asked)
    series = asked.series
    if asked.unclear is not None:
        unclear = asked.unclear
        verdict = Verdict(Kind.REFUSED, None, reason=unclear.reason, offending=unclear.offending)
        rule = replace(series, off_rule=None, removed=(), moved=(), extra=())
        carried = {
            "exchange": to_exchange(rule, asked.policy, asked.home),
            "carerix": to_carerix(rule, asked.policy, asked.home),
        }
        verdicts = {
            system: replace(verdict, zone=by_rule.zone, carried=by_rule.held)
            for system, by_rule in {"google": verdict, **carried}.items()
        }
        listed: Json = {"expand": None, "expand_utc": None, "more": False}
        listed |= {"reason": str(unclear.reason), "offending": unclear.offending}
    else:
        verdicts = {
            "google": to_google(series, asked.home),
            "exchange": to_exchange(series, asked.policy, asked.home),
            "carerix": to_carerix(series, asked.policy, asked.home),
        }
        listed = _listed(series, asked.listed_from)
    off = None if series.off_rule is None else _point(series, shown(series, series.off_rule))
    outcome = Outcome(series, verdicts["carerix"], asked.home)
    return {
        "id": id_,
        "canonical": canonical(series),
        **listed,
        "off_rule_start": off,
        **{system: target(system, verdicts[system], series) for system in SYSTEMS},
        "text": {language: paragraph(outcome, language) for language in ("en", "nl")},
    }


def _unread(id_: str, asked: Asked) -> Json:
    error = asked.unread
    if error is None:
        raise AssertionError("a series that is not read has a reason")
    refusal = {
        "verdict": "refused",
        "code": error.reason.code,
        "reason": str(error.reason),
        "offending": error.offending,
    }
    outcome = Outcome(None, Verdict(Kind.REFUSED, None, reason=error.reason, offending=error.offending), asked.home)
    return {
        "id": id_,
        "canonical": None,
        # A rule without any date can be read: it has no starts.
        "expand": [] if error.reason is Reason.NEVER_OCCURS else None,
        "expand_utc": [] if error.reason is Reason.NEVER_OCCURS else None,
        "more": False,
        "reason": str(error.reason),
        "offending": error.offending,
        "off_rule_start": None,
        **{system: dict(refusal) for system in SYSTEMS},
        "text": {language: paragraph(outcome, language) for language in ("en", "nl")},
    }


def canonical(series: Series) -> Json:
    """The series as understood."""
    first = series.first
    if series.ended and first is None and series.off_rule is None:
        shape: Json = {"kind": "empty"}
    elif series.ended and len(series.base()) == 1 and series.source.system != "carerix":
        shape = {"kind": "single"}
    elif series.pattern is None:
        shape = _other(series)
    else:
        shape = pattern_values(series.pattern)
    zone = series.zone
    return {
        **shape,
        "end": _end(series),
        "excluded": [_point(series, shown(series, item.at)) for item in series.removed],
        "extra": [_point(series, shown(series, item.at)) for item in series.extra],
        "moved": [_moved(series, item) for item in series.moved],
        "tz": None if zone is None else zone.name,
    }


def pattern_values(pattern: Pattern) -> Json:
    """Kind and values of a pattern."""
    if isinstance(pattern, Weekly):
        return {
            "kind": "weekly",
            "interval": pattern.interval,
            "days": [WEEKDAYS[day] for day in pattern.days],
            "week_start": WEEKDAYS[pattern.week_start],
        }
    if isinstance(pattern, Daily):
        return {"kind": "daily", "interval": pattern.interval}
    if isinstance(pattern, MonthlyAbsolute):
        short = pattern.short_month if pattern.day > 28 else "skip"
        return {"kind": "monthly-absolute", "interval": pattern.interval, "day": pattern.day, "short_month": short}
    return {
        "kind": "monthly-relative",
        "interval": pattern.interval,
        "nth": pattern.nth,
        "day": _day_kind(pattern),
    }


def _day_kind(pattern: MonthlyRelative) -> str:
    if pattern.days == WORKING_DAYS:
        return "weekday"
    return "weekend" if pattern.days == WEEKEND else WEEKDAYS[pattern.days[0]]


def _other(series: Series) -> Json:
    rules = series.source.rules
    if not rules:
        single = series.ended and len(series.base()) == 1
        return {"kind": "single"} if single else {"kind": "other", "rule": None}
    return {"kind": "other", "rule": rules[0].text() if len(rules) == 1 else [rule.text() for rule in rules]}


def _end(series: Series) -> Json | None:
    end: End = series.end
    if end is None and series.source.rules and series.pattern is None:
        rules = series.source.rules
        if len(rules) == 1 and rules[0].count is not None:
            end = Count(rules[0].count)
        elif series.ended and series.first is not None:
            return {"until": day_text(series.base()[-1][0])}
    if isinstance(end, Count):
        return {"count": end.n}
    return {"until": day_text(end.day)} if isinstance(end, Until) else None


def _moved(series: Series, item: Moved) -> Json:
    at, to = shown(series, item.at), None if item.to is None else shown(series, item.to)
    utc = series.zone is not None and series.zone.name == "UTC"
    return _modified(replace(item, at=at, to=to), all_day=series.all_day, utc=utc)


def _modified(item: Moved, *, all_day: bool, utc: bool = False) -> Json:
    values: Json = {"original": point_text(*item.at, all_day=all_day, utc=utc)}
    if item.to is not None:
        values["start"] = point_text(*item.to, all_day=all_day, utc=utc)
    if item.duration is not None:
        values["duration"] = item.duration
    if item.changed:
        values["changed"] = list(item.changed)
    return values


def _point(series: Series, at: Point) -> str:
    utc = series.zone is not None and series.zone.name == "UTC"
    return point_text(*at, all_day=series.all_day, utc=utc)


def _listed(series: Series, from_: Point | None) -> Json:
    """The first hundred starts that take place; the start off the rule is not among them."""
    starts, whole = _long_list(series, from_)
    seen = sorted(shown(series, at) for at in starts)
    if from_ is not None:
        seen = [at for at in seen if at >= from_]
    listed = seen[:MOST_LISTED]
    utc = None
    if series.zone is not None and not series.all_day:
        utc = [point_text(*wall(None, instant(series.zone, *at)), utc=True) for at in listed]
    return {
        "expand": [_point(series, at) for at in listed],
        "expand_utc": utc,
        "more": len(seen) > MOST_LISTED or not whole,
    }


def _long_list(series: Series, from_: Point | None) -> tuple[list[Point], bool]:
    """Starts enough for the answer, and whether there are no later ones; patterns reckon beyond what is listed."""
    bare = series if series.off_rule is None else _without_off_rule(series)
    if series.ended:
        return bare.starts(), True
    through = min(strand.through for strand in series.strands)
    known = [at for at in bare.starts() if at[0] <= through]
    if len([at for at in known if from_ is None or at >= from_]) > MOST_LISTED:
        return known, False
    known += _later(series, max(through + 1, (from_ or (0, 0))[0]))
    return known, len(known) > 0 and known[-1][0] >= LAST_DAY - 366 * 100


def _later(series: Series, begin: int) -> list[Point]:
    strand = series.strands[0]
    if begin > LAST_DAY:
        return []
    if series.pattern is not None and strand.days:
        first = strand.days[0]
        last = last_day(series.pattern, first, series.end)
        stop = LAST_DAY if last is None else last
        span = 366 * 12 * (MOST_LISTED + 1)
        further = days_through(series.pattern, _aligned(series.pattern, first, begin), min(stop, begin + span))
        return [(day, strand.seconds) for day in further if day >= begin]
    if len(series.source.rules) != 1 or series.source.excluding:
        return []
    rule: Rule = series.source.rules[0]
    found: list[int] = []
    by_day, _ = by_time_of_day(rule, series.start[1], all_day=series.all_day)
    with suppress(SearchLimitError):
        for day in rule_days(by_day, series.start[0]):
            if day >= begin:
                found.append(day)
            if len(found) > MOST_LISTED:
                break
    return sorted((day, each.seconds) for day in found for each in series.strands)


def _aligned(pattern: Pattern, first: int, begin: int) -> int:
    """The last start of the pattern before ``begin``, from which it goes on as from the first."""
    return last_day(pattern, first, Until(begin)) or first


def _without_off_rule(series: Series) -> Series:
    return replace(series, off_rule=None)


def target(system: System, verdict: Verdict, series: Series) -> Json:
    """One target of the answer."""
    found: Json = {"verdict": str(verdict.kind)}
    if verdict.reason is not None:
        found |= {"code": verdict.reason.code, "reason": str(verdict.reason), "offending": verdict.offending}
    if verdict.kind is Kind.SINGLE and verdict.first is not None:
        found |= _first(verdict.first, verdict.zone, series)
    if verdict.kind is Kind.EXACT and verdict.first is not None:
        if verdict.held is None:
            at = point_text(*verdict.first, all_day=series.all_day)
            found |= {**_first(verdict.first, verdict.zone, series), "dtstart": at, "recurrence": list(verdict.lines)}
        else:
            found |= form(system, verdict.held, verdict.zone, series)
        if verdict.removed:
            found["deleted"] = [point_text(*item.at, all_day=series.all_day) for item in verdict.removed]
        if verdict.moved:
            found["modified"] = [_modified(item, all_day=series.all_day) for item in verdict.moved]
    if verdict.split:
        found["split"] = [form(system, part, verdict.zone, series) for part in verdict.split]
    if verdict.alternative is not None:
        found["alternative"] = form(system, verdict.alternative, verdict.zone, series)
        differs = verdict.first_difference
        found["first_difference"] = None if differs is None else _in_zone(differs, verdict.zone, series)
    if verdict.carried is not None:
        found["carried"] = form(system, verdict.carried, verdict.zone, series)
    return found


def form(system: System, part: Part, zone: Zone | None, series: Series) -> Json:
    """A series or a loose appointment in the words of a system."""
    if isinstance(part, Loose):
        return {**_first(part.first, zone, series), "single": True}
    # A series begins at its own time of day, also where its first start lies in a gap of the clock.
    at = point_text(*part.first, all_day=series.all_day)
    found = {**_first(part.first, zone, series), "dtstart": at}
    if system == "carerix":
        return {**found, "fields": carerix_fields(part)}
    if system == "exchange":
        return {**found, "pattern": _present(ews_pattern(part)), "range": _present(ews_range(part))}
    return {**found, "recurrence": [pattern_line(part, zone, all_day=series.all_day)]}


def _present(struct: Any) -> Json:
    values: Json = to_builtins(struct)
    return {name: value for name, value in values.items() if value is not None}


def _first(at: Point, zone: Zone | None, series: Series) -> Json:
    name: Any = None
    if zone is not None:
        name = zone.name or {"id": zone.id, "rule": zone.rule}
    return {"dtstart": _in_zone(at, zone, series), "tz": name}


def _in_zone(at: Point, zone: Zone | None, series: Series) -> str:
    if not series.all_day and zone is not None:
        at = wall(zone, instant(zone, *at))
    return point_text(*at, all_day=series.all_day)
