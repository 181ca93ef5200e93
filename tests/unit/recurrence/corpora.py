"""Runs the expander over public corpora that stay outside this tree.

``python -m tests.unit.recurrence.corpora --corpora DIRECTORY`` prints, for each file of ``DIRECTORY/recurrence``, how
many cases were expanded as their source expects, how many refused (by reason) and how many came out wrong; ``--list``
names the refusals, ``--json`` prints the figures for the documentation. Exit code 1 if any case is wrong.
"""

import argparse
import json
import re
import sys
from collections import Counter
from pathlib import Path
from typing import Any

from msgspec import Struct, field

from cxsync.recurrence.check import check_line

Case = dict[str, Any]
SUBDAILY = ("freq:hourly", "freq:minutely", "freq:secondly")


class Figures(Struct):
    """Counts of one file."""

    right: int = 0
    expanded: int = 0
    inside: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    refusals: list[tuple[str, str, str]] = field(default_factory=list)
    decided: list[tuple[str, str, str]] = field(default_factory=list)


def main() -> int:
    """Exit code 0 if no case is wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--corpora", type=Path, required=True)
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    figures: dict[str, Figures] = {}
    for path in sorted((options.corpora / "recurrence").glob("*.json")):
        content = json.loads(path.read_text())
        cases = [case for key in ("cases", "exception_cases") for case in content.get(key, ())]
        figures[path.stem] = run(cases)
    if options.json:
        print(json.dumps(summary(figures), indent=1))  # noqa: T201 (a command line)
    else:
        show(figures, listing=options.list)
    return int(any(found.wrong for found in figures.values()))


def run(cases: list[Case]) -> Figures:
    """Judges every case of a file that says what is expected."""
    found = Figures()
    for case in cases:
        judged = judge(case)
        if judged is None:
            continue
        if case["kind"] == "expand" and not outside_the_standard(case):
            found.inside += 1
            found.expanded += judged == "right"
        if judged != "right" and not judged.startswith("refused ") and decided(case):
            found.decided.append((case["id"], case.get("rrule") or "", decided(case)))
        elif judged == "right":
            found.right += 1
        elif judged.startswith("refused "):
            found.refused[judged.split()[1]] += 1
            found.refusals.append((case["id"], case.get("rrule") or "", judged.split()[1]))
        else:
            found.wrong.append(f"{case['id']}: {judged}")
    return found


def judge(case: Case) -> str | None:
    """``right``, ``refused REASON``, what is wrong, or None for a case that is not for the expander."""
    kind = case["kind"]
    if kind == "invalid-rule":
        return _invalid(case)
    if kind == "wild-rule":
        return "right" if _answer(case | {"dtstart": "20260105T090000", "tz": "UTC"}) else "no answer"
    if kind == "windows-zone":
        return _windows(case)
    if kind == "translate" and "ews" in case and "rrule" in case:
        return _translate(case)
    if kind == "equivalence":
        return _equivalence(case)
    if kind == "expand-pattern":
        return _expand_pattern(case)
    if kind == "google-observation":
        return _google_observation(case)
    if kind == "recurrence-set-with-exceptions" and "components" in case:
        return _with_exceptions(case)
    if kind != "expand" or case.get("disputed") or any(tag in SUBDAILY for tag in case["tags"]):
        return None
    return _expand(case)


def outside_the_standard(case: Case) -> bool:
    """Whether a rule uses what RFC 5545 forbids or does not know."""
    for rule in [case.get("rrule") or "", *(case.get("rrules") or ()), *(case.get("exrules") or ())]:
        parts = dict(part.split("=", 1) for part in rule.upper().split(";") if "=" in part)
        freq, days = parts.get("FREQ"), parts.get("BYDAY", "")
        if parts.keys() & {"RSCALE", "SKIP", "BYEASTER"}:
            return True
        if ("BYWEEKNO" in parts and freq != "YEARLY") or ("BYMONTHDAY" in parts and freq == "WEEKLY"):
            return True
        if "BYYEARDAY" in parts and freq in ("DAILY", "WEEKLY", "MONTHLY"):
            return True
        counted = any(character.isdigit() for character in days)
        if counted and (freq not in ("MONTHLY", "YEARLY") or "BYWEEKNO" in parts):
            return True
        if "BYSETPOS" in parts and len([name for name in parts if name.startswith("BY")]) == 1:
            return True
        if case.get("value") == "DATE-TIME" and re.search(r"UNTIL=\d{8}(;|$)", rule):
            return True
    return not re.match(r"\d{4}(0\d|1[0-2])([0-2]\d|3[01])", str(case.get("dtstart")))


def decided(case: Case) -> str:
    """Why the product reads a case otherwise on purpose; empty if it does not."""
    engines = (case.get("engines") or {}).values()
    if list(engines).count("agree_if_dtstart_counts_first") >= 3:
        return "the source counts a start that is off the rule"
    until = re.search(r"UNTIL=\d{8}(;|$)", case.get("rrule") or "")
    if until and case.get("value") == "DATE-TIME":
        return "an UNTIL date on a timed series lasts to the end of that day"
    return ""


def _expand(case: Case) -> str:
    answer = _answer(case)
    if answer["expand"] is None:
        return f"refused {answer['reason']}"
    expected = sorted(case["expect"])
    in_utc = case.get("tz") not in (None, "UTC") and expected[0:1] and expected[0].endswith("Z")
    listed = "expand_utc" if in_utc else "expand"
    seen: list[str] = answer[listed]
    window = case.get("window") or {}
    if case.get("start_at_semantics"):
        case = {name: value for name, value in case.items() if name != "start_at"}
    floor = max(filter(None, (window.get("from"), case.get("start_at"), case.get("fast_forward_to"))), default=None)
    more = answer["more"]
    while more and len(seen) < len(expected) + 200:
        further = _answer(case, from_=_plain(answer["expand"][-1]))
        answer = further
        known = len(seen)
        seen += [at for at in further[listed] if at > seen[-1]]
        more = further["more"]
        if len(seen) == known:
            break
    if floor:
        seen = [at for at in seen if _plain(at) >= _plain(floor)]
    if "to" in window:
        seen, more = [at for at in seen if _plain(at) <= _plain(window["to"])], False
    if "to_exclusive" in window:
        seen, more = [at for at in seen if _plain(at) < _plain(window["to_exclusive"])], False
    wanted = expected if in_utc else [_as_shown(at, case) for at in expected]
    whole = case.get("complete") and not more
    same = (seen if whole else seen[: len(wanted)]) == wanted
    return "right" if same else f"{case.get('rrule')} expected {wanted[:5]} got {seen[:5]}"


def _as_shown(at: str, case: Case) -> str:
    """An expected start in the form of the answer: a gap is shown as the clock shows it."""
    shown = _plain(at)
    if case["value"] == "DATE":
        shown = shown[:8]
    return shown + "Z" if case.get("tz") == "UTC" and "T" in shown else shown


def _plain(at: str) -> str:
    return at.rstrip("Z")


def _answer(case: Case, from_: str | None = None) -> Case:
    line: Case = {"dtstart": case["dtstart"], "tz": case.get("tz")}
    for name in ("rrule", "rrules", "exrules", "exdates", "rdates"):
        if case.get(name):
            line[name] = case[name]
    if "rrule" not in line and "rrules" not in line and "rdates" not in line:
        line["rrule"] = case.get("rrule", "")
    if from_ is not None:
        line["from"] = from_
    answer = check_line(json.dumps(line).encode(), 1)
    if "error" in answer:
        return {"expand": None, "reason": "INVALID_INPUT"}
    return answer


def _invalid(case: Case) -> str:
    answer = _answer(case | {"dtstart": "20260105T090000", "tz": "UTC"})
    if answer["expand"] is None:
        return f"refused {answer['reason']}"
    # Read leniently on purpose: doubled semicolons, INTERVAL=0, lower case.
    rule = case["rrule"]
    lenient = ";;" in rule or "INTERVAL=0" in rule or rule != rule.upper()
    return "right" if lenient else f"{rule} was accepted"


def _windows(case: Case) -> str:
    line = {"dtstart": "20260105T090000", "tz": case["windows"], "rrule": "FREQ=WEEKLY", "home_zone": "Asia/Tokyo"}
    answer = check_line(json.dumps(line).encode(), 1)
    if answer["canonical"] is None:
        return f"refused {answer['reason']}"
    right = answer["canonical"]["tz"] in (case["iana_default"], "Asia/Tokyo", case["windows"])
    return "right" if right else f"{case['windows']} is {answer['canonical']['tz']}"


def _translate(case: Case) -> str:
    wanted = case["ews"]
    start = "20260101T153000"
    answer = _answer({"dtstart": start, "tz": "UTC", "rrule": case["rrule"]})
    if answer["exchange"]["verdict"] != "exact":
        # A start that is off the rule is one more occurrence; move it on.
        answer = _answer({"dtstart": answer["expand"][0].rstrip("Z"), "tz": "UTC", "rrule": case["rrule"]})
    found = answer["exchange"]
    if found["verdict"] != "exact":
        return f"{case['rrule']} is {found['verdict']} {found.get('reason')}"
    pattern = found["pattern"]
    same = pattern["element"] == wanted["el"] and pattern.get("DaysOfWeek") == wanted.get("days")
    same = same and pattern.get("Interval", 1) == wanted.get("interval", 1)
    same = same and pattern.get("DayOfWeekIndex") == wanted.get("index") and pattern.get("Month") == wanted.get("month")
    return "right" if same else f"{case['rrule']} is {pattern}, expected {wanted}"


def _expand_pattern(case: Case) -> str:
    given = case["range"]
    range_ = {
        "element": f"{given['type']}Recurrence",
        "StartDate": given["StartDate"],
        "NumberOfOccurrences": given["NumberOfOccurrences"],
    }
    answer = _check({"dtstart": case["expect"][0], "ews": {"pattern": case["pattern"], "range": range_}})
    return "right" if answer["expand"] == case["expect"] else f"{case['pattern']} got {answer['expand']}"


def _google_observation(case: Case) -> str:
    answer = _answer(case)
    shown = sorted([answer["off_rule_start"], *answer["expand"]])
    return "right" if shown == case["expect"] else f"{case['rrule']} shows {shown[:5]}"


def _with_exceptions(case: Case) -> str | None:
    """A set of one master with its changed instances; what is checked are numbers of occurrences."""
    masters = [part for part in case["components"] if "recurrence_id" not in part]
    if len(masters) != 1 or not masters[0].get("rrules"):
        return None
    master = masters[0]
    line: Case = {"dtstart": master["dtstart"]["value"], "tz": _tzid(master["dtstart"]), "rrules": master["rrules"]}
    for name in ("exdates", "rdates"):
        line[name] = [value for item in master.get(name, ()) for value in item["value"].split(",")]
    line["overrides"] = [
        {"recurrence_id": part["recurrence_id"]["value"], "start": part["dtstart"]["value"]}
        for part in case["components"]
        if "recurrence_id" in part
    ]
    answer = _check(line)
    if answer["expand"] is None:
        return f"refused {answer['reason']}"
    days = [at[:8] for at in answer["expand"]]
    for check in case["checks"]:
        if check["type"] == "total":
            seen = len(days)
        elif check["type"] == "on":
            seen = days.count(check["date"].replace("-", ""))
        elif check["type"] == "between":
            seen = sum(check["from"] <= day < check["to_exclusive"] for day in days)
        else:
            continue
        if seen != check["count"]:
            return f"{line} has {seen} for {check}"
    return "right"


def _tzid(value: Case) -> str | None:
    if value["value"].endswith("Z"):
        return "UTC"
    _, found, name = str(value.get("params", "")).partition("TZID=")
    return name or None if found else None


def _check(line: Case) -> Case:
    return check_line(json.dumps(line).encode(), 1)


def _equivalence(case: Case) -> str:
    answers = [_answer(case | {"rrule": rule}) for rule in case["rules"]]
    refused = [answer["reason"] for answer in answers if answer["expand"] is None]
    if refused:
        return f"refused {refused[0]}"
    lists = [answer["expand"][:10] for answer in answers]
    return "right" if all(listed == lists[0] for listed in lists) else f"{case['rules']}: {lists}"


def summary(figures: dict[str, Figures]) -> Case:
    """The figures as plain values."""
    return {
        name: {
            "right": found.right,
            "refused": dict(found.refused),
            "decided": len(found.decided),
            "wrong": len(found.wrong),
        }
        for name, found in figures.items()
        if found.right or found.refused or found.wrong
    }


def show(figures: dict[str, Figures], *, listing: bool) -> None:
    """Prints the table."""
    out = sys.stdout.write
    total = Figures()
    for name, found in figures.items():
        total.right += found.right
        total.refused.update(found.refused)
        total.wrong += found.wrong
        refused = ", ".join(f"{reason} {count}" for reason, count in sorted(found.refused.items()))
        out(f"{name:38} right {found.right:4}   refused {found.refused.total():3}   wrong {len(found.wrong):3}")
        out(f"   {refused}\n")
        for id_, rule, why in found.decided:
            out(f"    decided otherwise {id_}: {rule} ({why})\n")
        for wrong in found.wrong:
            out(f"    WRONG {wrong}\n")
        for refusal in found.refusals if listing else ():
            out(f"    refused {' '.join(refusal)}\n")
    share = 100 * total.right / max(1, total.right + total.refused.total() + len(total.wrong))
    out(f"{'all':38} right {total.right:4}   refused {total.refused.total():3}   wrong {len(total.wrong):3}")
    out(f"   {share:.1f} % as expected\n")
    expanded, inside = (sum(getattr(f, name) for f in figures.values()) for name in ("expanded", "inside"))
    out(f"expansion cases inside RFC 5545: {expanded} of {inside}, {100 * expanded / max(1, inside):.1f} %\n")


if __name__ == "__main__":
    sys.exit(main())
