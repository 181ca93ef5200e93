"""Translates a series for Google: its own spelling for rules, a rule for every pattern; all exceptions go along."""

from msgspec.structs import replace

from cxsync.recurrence.codes import Reason
from cxsync.recurrence.fault import offending
from cxsync.recurrence.held import Held
from cxsync.recurrence.parse.rrule import read_rrule
from cxsync.recurrence.rule import SUBDAILY, Rule
from cxsync.recurrence.series import Series
from cxsync.recurrence.verdict import Kind, Verdict
from cxsync.recurrence.write.google import date_line, end_part, pattern_line, rule_line
from cxsync.recurrence.zones import Zone


def to_google(series: Series, home: Zone) -> Verdict:
    """Google keeps the series on its own clock, floating ones on that of ``home``."""
    zone = series.zone if series.all_day else series.zone or home
    if zone is not None and zone.name is None:
        return Verdict(Kind.REFUSED, zone, reason=Reason.ZONE_UNKNOWN, offending=offending(series, Reason.ZONE_UNKNOWN))
    starts = series.starts()
    if series.ended and len(starts) < 2:
        return Verdict(Kind.SINGLE, zone, starts[0]) if starts else Verdict(Kind.EMPTY, zone)
    first = series.off_rule or series.first or starts[0]
    held = None if series.pattern is None else Held(series.pattern, first, series.end)
    lines = _rule_lines(series, zone, held)
    skipped = [item.at for item in series.removed if item.line == "exdate"]
    added = [item.at for item in series.extra]
    if not series.source.rules and series.source.system == "google":
        added = [at for at in series.base() if at != first] + added
    if skipped:
        lines.append(date_line("EXDATE", skipped, zone, all_day=series.all_day))
    if added:
        lines.append(date_line("RDATE", added, zone, all_day=series.all_day))
    removed = tuple(item for item in series.removed if item.line == "instance")
    return Verdict(Kind.EXACT, zone, first, None, tuple(lines), removed, series.moved)


def _rule_lines(series: Series, zone: Zone | None, held: Held | None) -> list[str]:
    if series.source.system != "google":
        if held is not None:
            return [pattern_line(held, zone, all_day=series.all_day)]
        end = end_part(series.end, zone, all_day=series.all_day)
        return [f"RRULE:{rule.text(end)}" for rule in series.source.rules]
    if held is not None and series.source.rules and series.source.rules[0].skip != "OMIT":
        return [pattern_line(held, zone, all_day=series.all_day)]
    lines = []
    for name, rules in (("RRULE", series.source.rules), ("EXRULE", series.source.excluding)):
        for given in rules:
            # Google answers hourly rules with an error; with named hours they are daily ones.
            rule = replace(given, freq="DAILY") if given.freq in SUBDAILY else given
            line = rule_line(rule, zone, all_day=series.all_day, name=name, floating=series.zone is None)
            # Proof by identity: what is written reads back as the very rule that was expanded.
            if _days(read_rrule(line.partition(":")[2])) != _days(rule):
                raise AssertionError(f"{rule.text()} does not read back from {line}")
            lines.append(line)
    return lines


def _days(rule: Rule) -> Rule:
    return replace(rule, written=(), until=None)
