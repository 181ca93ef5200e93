"""The grid: every Exchange pattern × interval × end × start × zone, every Carerix shape × end × policy."""

from collections.abc import Iterator
from itertools import product
from typing import Any

from tests.unit.recurrence.verify import ask, faults

Json = dict[str, Any]

INTERVALS = (0, 1, 2, 3, 7, 12, 98, 99, 100, 999)
ZONES: tuple[Any, ...] = (
    "Europe/Amsterdam",
    "Europe/London",
    "UTC",
    "America/New_York",
    {"id": "Customized Time Zone", "rule": "CET-1CEST,M3.5.0,M10.5.0/3"},
)
STARTS = {
    "weekly": ("20260106T090000", "20260107T003000"),
    "monthly": ("20260115T090000", "20260129T090000", "20260130T233000", "20260131T090000", "20280229T090000"),
}
RANGES: tuple[Json, ...] = (
    {},
    {"element": "EndDateRecurrence", "EndDate": "45001231"},
    {"element": "EndDateRecurrence", "EndDate": "20261231"},
    {"element": "NumberedRecurrence", "NumberOfOccurrences": 1},
    {"element": "NumberedRecurrence", "NumberOfOccurrences": 2},
    {"element": "NumberedRecurrence", "NumberOfOccurrences": 999},
)
PATTERNS: tuple[Json, ...] = (
    {"element": "DailyRecurrence"},
    {"element": "WeeklyRecurrence", "DaysOfWeek": "Tuesday"},
    {"element": "WeeklyRecurrence", "DaysOfWeek": "Tuesday Sunday", "FirstDayOfWeek": "Sunday"},
    {"element": "WeeklyRecurrence", "DaysOfWeek": "Monday Wednesday Friday", "FirstDayOfWeek": "Monday"},
    {"element": "AbsoluteMonthlyRecurrence", "DayOfMonth": 15},
    {"element": "AbsoluteMonthlyRecurrence", "DayOfMonth": 29},
    {"element": "AbsoluteMonthlyRecurrence", "DayOfMonth": 31},
    {"element": "RelativeMonthlyRecurrence", "DaysOfWeek": "Tuesday", "DayOfWeekIndex": "First"},
    {"element": "RelativeMonthlyRecurrence", "DaysOfWeek": "Friday", "DayOfWeekIndex": "Last"},
    {"element": "RelativeMonthlyRecurrence", "DaysOfWeek": "Weekday", "DayOfWeekIndex": "Last"},
    {"element": "RelativeMonthlyRecurrence", "DaysOfWeek": "WeekendDay", "DayOfWeekIndex": "Second"},
    {"element": "RelativeMonthlyRecurrence", "DaysOfWeek": "Day", "DayOfWeekIndex": "Last"},
    {"element": "AbsoluteYearlyRecurrence", "DayOfMonth": 29, "Month": "February"},
    {"element": "AbsoluteYearlyRecurrence", "DayOfMonth": 5, "Month": "May"},
    {"element": "RelativeYearlyRecurrence", "DaysOfWeek": "Thursday", "DayOfWeekIndex": "Fourth", "Month": "November"},
)
SHAPES: tuple[Json, ...] = (
    *({"recurrenceWeekly": 1, "recurrenceDayList": days} for days in ("1", "0", "1,3,5", "0,2", "0,1,2,3,4,5,6")),
    *({"recurrenceMonthly": 1, "isAbsoluteMonthDay": 1, "recurrenceMonthDay": day} for day in (1, 15, 28, 29, 30, 31)),
    *(
        {"recurrenceMonthly": 1, "isRelativeMonthDay": 1, "recurrenceMonthDay": nth, "recurrenceDay": day}
        for nth, day in ((1, 1), (2, 0), (4, 3), (5, 5))
    ),
)
ENDS: tuple[Json, ...] = (
    {},
    {"isRangeEndDate": 1, "recurrenceExpiryDate": "20271231"},
    {"isRangeNumberOfTimes": 1, "recurrenceNumberOfTimes": 2},
    {"isRangeNumberOfTimes": 1, "recurrenceNumberOfTimes": 10},
    {"isRangeNumberOfTimes": 1, "recurrenceNumberOfTimes": 999},
)


def exchange_lines() -> Iterator[Json]:
    """Every cell of the Exchange half."""
    for pattern, interval, range_, zone in product(PATTERNS, INTERVALS, RANGES, ZONES):
        weekly = pattern["element"] in ("DailyRecurrence", "WeeklyRecurrence")
        if "Yearly" in pattern["element"] and interval > 0:
            continue
        numbered = pattern if "Yearly" in pattern["element"] else {**pattern, "Interval": interval}
        for start in STARTS["weekly" if weekly else "monthly"]:
            yield {"dtstart": start, "tz": zone, "ews": {"pattern": numbered, "range": range_}}


def carerix_lines() -> Iterator[Json]:
    """Every cell of the Carerix half."""
    rates, starts = (1, 2, 3, 12, 99), ("20260101T090000", "20260131T233000")
    for shape, rate, end, short, week in product(SHAPES, rates, ENDS, ("skip", "clamp"), ("MO", "SU")):
        for start in starts:
            fields = {"recurrence": 1, "recurrenceRate": rate, **shape, **end}
            yield {
                "dtstart": start,
                "carerix": fields,
                "policy": {"short_month": short, "week_start": week},
            }


def cell_faults(line: Json) -> list[str]:
    """What is wrong with the answer to one cell; for Carerix also whether it comes back as it went."""
    answer = ask(line)
    if "error" in answer:
        return [f"error {answer['error']}"]
    found = faults(line, answer)
    if "carerix" in line and answer["expand"]:
        found += _round_trips(line, answer)
    return found


def _round_trips(line: Json, answer: Json) -> list[str]:
    own = answer["carerix"]
    if own["verdict"] != "exact":
        return [f"Carerix cannot hold its own {own}"]
    found = []
    for system in ("google", "exchange"):
        there = answer[system]
        if there["verdict"] != "exact":
            continue
        back: Json = {"dtstart": there["dtstart"], "tz": there["tz"], "policy": line["policy"]}
        if system == "google":
            back["rrule"] = there["recurrence"][0].removeprefix("RRULE:")
        else:
            back["ews"] = {"pattern": there["pattern"], "range": there["range"]}
        again = ask(back)["carerix"]
        if again.get("fields") != own["fields"] or again["dtstart"] != own["dtstart"]:
            found.append(f"through {system} came back {again}, went {own}")
    return found
