"""Writes ``docs/recurrence-conformance.md`` from what the product answers.

``python -m tests.unit.recurrence.conformance`` writes it, ``--check`` compares (exit code 1 if it differs). The figures
of the corpora, which stay outside this tree, are renewed with ``--corpora DIRECTORY`` and kept otherwise.
"""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from tests.unit.recurrence import corpora
from tests.unit.recurrence.verify import Json, ask

PAGE = Path(__file__).parents[3] / "docs" / "recurrence-conformance.md"
FIGURES = "## Public corpora"

RULES: tuple[tuple[str, str], ...] = (
    ("FREQ=DAILY", "20260105"),
    ("FREQ=DAILY;COUNT=5", "20260105"),
    ("FREQ=DAILY;BYDAY=MO,TU,WE,TH,FR", "20260105"),
    ("FREQ=DAILY;INTERVAL=7", "20260105"),
    ("FREQ=DAILY;INTERVAL=14", "20260105"),
    ("FREQ=DAILY;INTERVAL=2", "20260105"),
    ("FREQ=DAILY;INTERVAL=3", "20260105"),
    ("FREQ=DAILY;INTERVAL=10", "20260105"),
    ("FREQ=DAILY;INTERVAL=101", "20260105"),
    ("FREQ=DAILY;INTERVAL=2;BYDAY=MO,WE,FR", "20260105"),
    ("FREQ=DAILY;BYMONTHDAY=5", "20260105"),
    ("FREQ=DAILY;BYMONTH=1", "20260105"),
    ("FREQ=WEEKLY", "20260105"),
    ("FREQ=WEEKLY;BYDAY=MO,WE,FR", "20260105"),
    ("FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR,SA,SU", "20260105"),
    ("FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,SU", "20260106"),
    ("FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,SU;WKST=SU", "20260106"),
    ("FREQ=WEEKLY;INTERVAL=99", "20260105"),
    ("FREQ=WEEKLY;INTERVAL=100", "20260105"),
    ("FREQ=WEEKLY;BYDAY=MO,WE;BYSETPOS=1", "20260105"),
    ("FREQ=WEEKLY;BYDAY=MO;BYMONTH=1,2,3", "20260105"),
    ("FREQ=MONTHLY;BYMONTHDAY=15", "20260115"),
    ("FREQ=MONTHLY;BYMONTHDAY=28", "20260128"),
    ("FREQ=MONTHLY;BYMONTHDAY=29", "20260129"),
    ("FREQ=MONTHLY;BYMONTHDAY=30", "20260130"),
    ("FREQ=MONTHLY;BYMONTHDAY=31", "20260131"),
    ("FREQ=MONTHLY;INTERVAL=2;BYMONTHDAY=29", "20260129"),
    ("FREQ=MONTHLY;BYMONTHDAY=31;COUNT=2", "20260731"),
    ("FREQ=MONTHLY;BYMONTHDAY=-1", "20260131"),
    ("FREQ=MONTHLY;BYMONTHDAY=28,29,30;BYSETPOS=-1", "20260130"),
    ("FREQ=MONTHLY;BYMONTHDAY=-2", "20260130"),
    ("FREQ=MONTHLY;BYMONTHDAY=1,15", "20260101"),
    ("FREQ=MONTHLY;BYMONTHDAY=1,-1", "20260101"),
    ("FREQ=MONTHLY;BYDAY=2TU", "20260113"),
    ("FREQ=MONTHLY;BYDAY=-1FR", "20260130"),
    ("FREQ=MONTHLY;BYDAY=TU;BYSETPOS=2", "20260113"),
    ("FREQ=MONTHLY;BYDAY=5FR", "20260130"),
    ("FREQ=MONTHLY;BYDAY=-2FR", "20260123"),
    ("FREQ=MONTHLY;BYDAY=1TU,3TU", "20260106"),
    ("FREQ=MONTHLY;BYDAY=TU", "20260106"),
    ("FREQ=MONTHLY;INTERVAL=2;BYDAY=TU", "20260106"),
    ("FREQ=MONTHLY;BYDAY=TU;BYMONTHDAY=8,9,10,11,12,13,14", "20260113"),
    ("FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13", "20260213"),
    ("FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=1", "20260202"),
    ("FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1", "20260130"),
    ("FREQ=MONTHLY;BYDAY=SA,SU;BYSETPOS=1", "20260103"),
    ("FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR,SA,SU;BYSETPOS=3", "20260103"),
    ("FREQ=MONTHLY;BYDAY=MO,WE;BYSETPOS=1", "20260105"),
    ("FREQ=MONTHLY;INTERVAL=100", "20260105"),
    ("FREQ=YEARLY", "20260105"),
    ("FREQ=YEARLY;INTERVAL=8", "20260105"),
    ("FREQ=YEARLY;INTERVAL=9", "20260105"),
    ("FREQ=YEARLY", "20280229"),
    ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=-1", "20260228"),
    ("FREQ=YEARLY;BYMONTH=3,9;BYMONTHDAY=5", "20260305"),
    ("FREQ=YEARLY;BYMONTH=1,2;BYMONTHDAY=5", "20260105"),
    ("FREQ=YEARLY;BYMONTH=11;BYDAY=4TH", "20261126"),
    ("FREQ=YEARLY;BYDAY=TH", "20260101"),
    ("FREQ=YEARLY;BYDAY=20MO", "20260518"),
    ("FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO", "20260511"),
    ("FREQ=YEARLY;BYYEARDAY=59", "20260228"),
    ("FREQ=YEARLY;BYYEARDAY=100", "20260410"),
    ("FREQ=HOURLY;BYHOUR=9", "20260105"),
    ("FREQ=HOURLY", "20260105"),
    ("FREQ=WEEKLY;BYHOUR=9,15", "20260105"),
    ("RSCALE=GREGORIAN;FREQ=MONTHLY;SKIP=BACKWARD", "20260131"),
    ("RSCALE=HEBREW;FREQ=YEARLY", "20260105"),
    ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "20260105"),
    ("FREQ=WEEKLY;COUNT=1", "20260105"),
    ("FREQ=WEEKLY;COUNT=1500", "20260105"),
    ("FREQ=WEEKLY;UNTIL=20251231T000000Z", "20260105"),
    ("FREQ=WEEKLY;BYDAY=WE;COUNT=3", "20260105"),
)
PATTERNS: tuple[tuple[Json, str], ...] = (
    ({"element": "DailyRecurrence", "Interval": 1}, "20260105"),
    ({"element": "DailyRecurrence", "Interval": 5}, "20260105"),
    ({"element": "DailyRecurrence", "Interval": 21}, "20260105"),
    ({"element": "WeeklyRecurrence", "Interval": 0, "DaysOfWeek": "Monday"}, "20260105"),
    ({"element": "WeeklyRecurrence", "Interval": 2, "DaysOfWeek": "Tuesday Sunday"}, "20260106"),
    ({"element": "AbsoluteMonthlyRecurrence", "Interval": 1, "DayOfMonth": 15}, "20260115"),
    ({"element": "AbsoluteMonthlyRecurrence", "Interval": 1, "DayOfMonth": 29}, "20260129"),
    ({"element": "AbsoluteMonthlyRecurrence", "Interval": 1, "DayOfMonth": 30}, "20260130"),
    ({"element": "AbsoluteMonthlyRecurrence", "Interval": 1, "DayOfMonth": 31}, "20260131"),
    ({"element": "AbsoluteMonthlyRecurrence", "Interval": 12, "DayOfMonth": 31}, "20260131"),
    ({"element": "RelativeMonthlyRecurrence", "Interval": 1, "DaysOfWeek": "Monday", "DayOfWeekIndex": "First"},
     "20260105"),
    ({"element": "RelativeMonthlyRecurrence", "Interval": 1, "DaysOfWeek": "Day", "DayOfWeekIndex": "Second"},
     "20260102"),
    ({"element": "RelativeMonthlyRecurrence", "Interval": 1, "DaysOfWeek": "Day", "DayOfWeekIndex": "Last"},
     "20260131"),
    ({"element": "RelativeMonthlyRecurrence", "Interval": 1, "DaysOfWeek": "Weekday", "DayOfWeekIndex": "Last"},
     "20260130"),
    ({"element": "RelativeMonthlyRecurrence", "Interval": 1, "DaysOfWeek": "Monday Friday", "DayOfWeekIndex": "First"},
     "20260102"),
    ({"element": "AbsoluteYearlyRecurrence", "DayOfMonth": 5, "Month": "May"}, "20260505"),
    ({"element": "AbsoluteYearlyRecurrence", "DayOfMonth": 31, "Month": "April"}, "20260430"),
    ({"element": "AbsoluteYearlyRecurrence", "DayOfMonth": 29, "Month": "February"}, "20260228"),
    ({"element": "RelativeYearlyRecurrence", "DaysOfWeek": "Thursday", "DayOfWeekIndex": "Fourth", "Month": "November"},
     "20261126"),
    ({"element": "DailyRegeneration", "Interval": 1}, "20260105"),
)  # fmt: skip
FIELDS: tuple[tuple[Json, str], ...] = (
    ({"recurrenceWeekly": 1, "recurrenceRate": 2, "recurrenceDayList": "1,3"}, "20260105"),
    ({"recurrenceWeekly": 1, "recurrenceRate": 2, "recurrenceDayList": "0,2"}, "20260106"),
    ({"recurrenceMonthly": 1, "recurrenceRate": 1, "isAbsoluteMonthDay": 1, "recurrenceMonthDay": 15}, "20260115"),
    ({"recurrenceMonthly": 1, "recurrenceRate": 1, "isAbsoluteMonthDay": 1, "recurrenceMonthDay": 29}, "20260129"),
    ({"recurrenceMonthly": 1, "recurrenceRate": 3, "isAbsoluteMonthDay": 1, "recurrenceMonthDay": 31}, "20260131"),
    ({"recurrenceMonthly": 1, "recurrenceRate": 12, "isAbsoluteMonthDay": 1, "recurrenceMonthDay": 31}, "20260131"),
    ({"recurrenceMonthly": 1, "recurrenceRate": 1, "isRelativeMonthDay": 1, "recurrenceMonthDay": 2,
     "recurrenceDay": 2},
     "20260113"),
    ({"recurrenceMonthly": 1, "recurrenceRate": 1, "isRelativeMonthDay": 1, "recurrenceMonthDay": 5,
     "recurrenceDay": 5},
     "20260130"),
)  # fmt: skip


def main() -> int:
    """Writes or compares."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--corpora", type=Path)
    options = parser.parse_args()
    wanted = page(figures(options.corpora) if options.corpora else kept())
    if options.check:
        return int(not PAGE.exists() or PAGE.read_text() != wanted)
    PAGE.write_text(wanted)
    return 0


def page(corpora_figures: str) -> str:
    """The whole page."""
    lines = [
        "# What crosses, and as what",
        "",
        "Generated by `python -m tests.unit.recurrence.conformance` from the product's answers; a test compares it.",
        "Series in Europe/Amsterdam at 09:00, Carerix with Monday weeks and short months skipped. Each *exact* was",
        "expanded on both sides and compared. Ask about any other series: `cxsync recurrence check`",
        "([recurrence.md](recurrence.md)).",
        "",
        "## RRULE → Exchange, Carerix",
        "",
        "| RRULE | start | Exchange | Carerix |",
        "| --- | --- | --- | --- |",
        *(row(f"`{text}`", start, {"rrule": text}, "exchange", "carerix") for text, start in RULES),
        "",
        "## Exchange → RRULE, Carerix",
        "",
        "| pattern | start | RRULE | Carerix |",
        "| --- | --- | --- | --- |",
        *(row(f"`{values(p)}`", start, {"ews": {"pattern": p}}, "google", "carerix") for p, start in PATTERNS),
        "",
        "## Carerix → RRULE, Exchange",
        "",
        "| fields | start | RRULE | Exchange |",
        "| --- | --- | --- | --- |",
        *(
            row(f"`{values(f)}`", start, {"carerix": {"recurrence": 1, **f}}, "google", "exchange")
            for f, start in FIELDS
        ),
        "",
    ]
    return "\n".join(lines) + "\n" + corpora_figures


def row(name: str, start: str, given: Json, *systems: str) -> str:
    """One line of a table."""
    answer = ask({"dtstart": f"{start}T090000", "tz": "Europe/Amsterdam", **given})
    cells = " | ".join(cell(answer[system]) for system in systems)
    return f"| {name} | {start} | {cells} |"


def cell(target: Json) -> str:
    """A target in a few words: its form, or the reason with the proposal."""
    if target["verdict"] == "exact":
        return f"exact: {form(target)}"
    if target["verdict"] in ("single", "empty"):
        return str(target["verdict"])
    said = f"{target['verdict']} `{target['reason']}` (`{target['offending']}`)"
    if "split" in target:
        return f"{said}: {len(target['split'])} parts, the first {form(target['split'][0])}"
    if "alternative" in target:
        differs = target["first_difference"]
        ends = "the same dates" if differs is None else f"differs first on {differs[:8]}"
        return f"{said}: {form(target['alternative'])}, {ends}"
    return said


def form(target: Json) -> str:
    """A series in the words of its system."""
    if target.get("single"):
        return f"one appointment on {target['dtstart'][:8]}"
    if "recurrence" in target:
        return " ".join(f"`{line}`" for line in target["recurrence"])
    if "fields" in target:
        fields = {name: value for name, value in target["fields"].items() if value and name != "recurrence"}
        return f"`{values(fields)}`"
    range_ = {name: value for name, value in target["range"].items() if name != "StartDate"}
    shown = values(target["pattern"])
    return f"`{shown}`" if range_["element"] == "NoEndRecurrence" else f"`{shown}` `{values(range_)}`"


def values(given: Json) -> str:
    """Names and values, one after the other."""
    return " ".join(str(value) if name == "element" else f"{name}={value}" for name, value in given.items())


def kept() -> str:
    """The figures as they stand on the page."""
    text = PAGE.read_text() if PAGE.exists() else ""
    return text[text.index(FIGURES) :] if FIGURES in text else f"{FIGURES}\n"


def figures(directory: Path) -> str:
    """The figures of the corpora, with every refusal by name."""
    found: dict[str, corpora.Figures] = {}
    for path in sorted((directory / "recurrence").glob("*.json")):
        content: Any = json.loads(path.read_text())
        cases = [case for key in ("cases", "exception_cases") for case in content.get(key, ())]
        judged = corpora.run(cases)
        if judged.right or judged.refused or judged.wrong or judged.decided:
            found[path.stem] = judged
    lines = [
        FIGURES,
        "",
        "Cases that their sources do not dispute, of daily frequency or coarser, beside invalid rules, Windows zones",
        "and translations; `python -m tests.unit.recurrence.corpora --corpora DIRECTORY` counts them. *By decision*:",
        "this product reads the case otherwise, and says why below.",
        "",
        "| file | as expected | refused | by decision | wrong |",
        "| --- | --- | --- | --- | --- |",
        *(
            f"| {name} | {f.right} | {f.refused.total()} | {len(f.decided)} | {len(f.wrong)} |"
            for name, f in found.items()
        ),
        "",
        *_share(found),
        "### Refused, and why",
        "",
        "| case | rule | reason |",
        "| --- | --- | --- |",
        *(f"| {id_} | `{rule}` | {why} |" for f in found.values() for id_, rule, why in f.refusals),
        "",
        "### Read otherwise by decision",
        "",
        "| case | rule | why |",
        "| --- | --- | --- |",
        *(f"| {id_} | `{rule}` | {why} |" for f in found.values() for id_, rule, why in f.decided),
        "",
    ]
    return "\n".join(lines)


def _share(found: dict[str, corpora.Figures]) -> list[str]:
    right = sum(f.expanded for f in found.values())
    inside = sum(f.inside for f in found.values())
    wrong = sum(len(f.wrong) for f in found.values())
    return [
        f"Of the {inside} expansion cases that lie inside RFC 5545, {right} come out as their source expects "
        f"({100 * right / inside:.1f} %), {wrong or 'none'} wrong.",
        "",
    ]


if __name__ == "__main__":
    sys.exit(main())
