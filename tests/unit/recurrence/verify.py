"""Checks everything that an answer claims, by carrying it out with the oracle."""

import json
import os
from datetime import datetime, timedelta
from typing import Any

from cxsync.recurrence.check import check_line
from tests.unit.recurrence.oracle import instants, moment, starts_of

Json = dict[str, Any]
BEYOND_THE_ORACLE = ("EXRULE", "BYHOUR", "BYMINUTE", "BYSECOND", "BYWEEKNO", "FREQ=HOURLY", "RSCALE")
FEW_YEARS = timedelta(days=366 * int(os.environ.get("CXSYNC_TEST_YEARS", "4")))


def ask(line: Json) -> Json:
    """The answer to a line, through its JSON form."""
    answer: Json = json.loads(json.dumps(check_line(json.dumps(line).encode(), 1)))
    return answer


def expected_instants(answer: Json) -> list[datetime]:
    """The starts that the targets must have, as far as they are listed."""
    listed = answer["expand_utc"] if answer["expand_utc"] is not None else answer["expand"]
    found = [moment(at) for at in listed]
    if answer["off_rule_start"] is not None:
        tz = answer["canonical"]["tz"] if answer["expand_utc"] is not None else None
        found += instants([moment(answer["off_rule_start"])], tz)
    return sorted(found)


def faults(line: Json, answer: Json) -> list[str]:
    """What an answer claims that is not so; empty if all holds."""
    if "error" in answer or answer["expand"] is None:
        return [] if "error" in answer else _refused_alike(answer)
    wanted = expected_instants(answer)
    if answer["more"] or (wanted and wanted[-1] - wanted[0] > 2 * FEW_YEARS):
        limit = min(wanted[-1], wanted[0] + FEW_YEARS)
        wanted = [at for at in wanted if at <= limit]
    else:
        limit = max([*wanted, moment(line.get("dtstart") or answer["google"]["dtstart"])]) + timedelta(days=800)
    check = _Check(line, answer, wanted, limit)
    for system in ("google", "exchange", "carerix"):
        check.target(system, answer[system])
    return check.found


def _refused_alike(answer: Json) -> list[str]:
    targets = [answer[system] for system in ("google", "exchange", "carerix")]
    same = all(t["verdict"] == "refused" and t["reason"] == answer["reason"] for t in targets)
    return [] if same else [f"{answer['reason']} is not every target's"]


class _Check:
    def __init__(self, line: Json, answer: Json, wanted: list[datetime], limit: datetime) -> None:
        self.line, self.answer, self.wanted, self.limit = line, answer, wanted, limit
        self.found: list[str] = []
        self.zoned = answer["expand_utc"] is not None

    def target(self, system: str, target: Json) -> None:
        """Carries out what one target says."""
        verdict = target["verdict"]
        if any(part in line for line in target.get("recurrence", ()) for part in BEYOND_THE_ORACLE):
            return
        if verdict in ("exact", "single"):
            self._same(f"{system} {verdict}", self._starts(target))
        if verdict == "empty" and (self.wanted or self.answer["more"]):
            self.found.append(f"{system} is empty but has {self.wanted[:3]}")
        if verdict in ("split", "refused"):
            if not target["offending"]:
                self.found.append(f"{system} names nothing as offending")
            if target["code"] not in ("daily-series", "exception-in-series", "unsupported-recurrence"):
                self.found.append(f"{system} has code {target['code']}")
        if "split" in target:
            self._split(system, target["split"])
        if "alternative" in target:
            self._alternative(system, target)
        if verdict == "split" and not 2 <= len(target["split"]) <= 12:
            self.found.append(f"{system} splits into {len(target['split'])}")

    def _starts(self, form: Json) -> list[datetime]:
        zone = form["tz"] if self.zoned else None
        to = (self.limit + timedelta(days=2)).date()
        return [at for at in instants(starts_of(form, to, self.line.get("policy")), zone) if at <= self.limit]

    def _same(self, name: str, starts: list[datetime]) -> None:
        if starts != self.wanted:
            differs = sorted(set(starts) ^ set(self.wanted))[:3]
            self.found.append(f"{name} differs on {differs}")

    def _split(self, system: str, parts: list[Json]) -> None:
        starts = [at for part in parts for at in self._starts(part)]
        if len(set(starts)) < len(starts):
            self.found.append(f"{system} split has a start twice")
        self._same(f"{system} split", sorted(starts))

    def _alternative(self, system: str, target: Json) -> None:
        form, said = target["alternative"], target["first_difference"]
        starts = self._starts(form)
        differing = sorted(set(starts) ^ set(self.wanted))
        first = None if said is None else instants([moment(said)], form["tz"] if self.zoned else None)[0]
        beyond = first is not None and first > self.limit
        if (differing[0] if differing else None) != (None if beyond else first):
            self.found.append(f"{system} alternative differs first on {differing[:1]}, not {said}")
