"""Rules, starts and zones for property tests, by hypothesis."""

from datetime import date, timedelta
from typing import Any

from hypothesis import strategies as st

Json = dict[str, Any]
DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
ZONES = ("Europe/Amsterdam", "Europe/London", "Europe/Helsinki", "UTC", "America/New_York", "Asia/Kolkata", None)
TIMES = ("T090000", "T003000", "T233000", "T023000")


def _some(values: tuple[Any, ...], most: int) -> st.SearchStrategy[list[Any]]:
    return st.lists(st.sampled_from(values), min_size=1, max_size=most, unique=True)


@st.composite
def rules(draw: st.DrawFn) -> str:
    """A rule of daily frequency or coarser, without an end."""
    freq = draw(st.sampled_from(("DAILY", "WEEKLY", "WEEKLY", "MONTHLY", "MONTHLY", "YEARLY")))
    parts = [f"FREQ={freq}"]
    interval = draw(st.sampled_from((1, 1, 1, 2, 3, 4, 7, 12, 14)))
    if interval > 1:
        parts.append(f"INTERVAL={interval}")
    months = draw(st.none() | _some(tuple(range(1, 13)), 4)) if freq != "DAILY" else None
    day = draw(st.sampled_from(("none", "days", "days", "month-days", "counted")))
    if freq in ("DAILY", "WEEKLY"):
        months = draw(st.sampled_from((None, None, None, [1, 2, 3], [6])))
        if day != "none":
            parts.append("BYDAY=" + ",".join(draw(_some(DAYS, 7))))
    elif day == "month-days" and (freq == "MONTHLY" or months):
        numbers = draw(_some((1, 2, 13, 15, 28, 29, 30, 31, -1, -2), 3))
        parts.append("BYMONTHDAY=" + ",".join(map(str, numbers)))
    elif day == "counted":
        places = draw(_some((1, 2, 3, 4, 5, -1, -2), 2))
        parts.append("BYDAY=" + ",".join(f"{place}{draw(st.sampled_from(DAYS))}" for place in places))
    elif day == "days" and (freq == "MONTHLY" or months):
        chosen = draw(st.sampled_from((DAYS[:5], DAYS[5:], DAYS, DAYS[:1], ("MO", "WE"))))
        parts += ["BYDAY=" + ",".join(chosen), f"BYSETPOS={draw(st.sampled_from((1, 2, 3, 4, -1, -2)))}"]
    if months:
        parts.append("BYMONTH=" + ",".join(map(str, sorted(months))))
    if draw(st.booleans()):
        parts.append(f"WKST={draw(st.sampled_from(('MO', 'SU', 'SA')))}")
    return ";".join(parts)


@st.composite
def lines(draw: st.DrawFn) -> Json:
    """A line of input: a rule with a start, an end and a zone; sometimes with exceptions on its first starts."""
    on = date(2025, 1, 1) + timedelta(days=draw(st.integers(0, 1500)))
    all_day = draw(st.sampled_from((False, False, False, True)))
    rule = draw(rules())
    end = draw(st.sampled_from(("", "", "COUNT=1", "COUNT=2", "COUNT=7", "COUNT=30", "UNTIL")))
    if end == "UNTIL":
        last = on + timedelta(days=draw(st.integers(-3, 900)))
        end = f"UNTIL={last:%Y%m%d}" + ("" if all_day else draw(st.sampled_from(("T225959Z", "T080000Z"))))
    line: Json = {
        "dtstart": f"{on:%Y%m%d}" + ("" if all_day else draw(st.sampled_from(TIMES))),
        "rrule": f"{rule};{end}".strip(";"),
        "tz": None if all_day else draw(st.sampled_from(ZONES)),
    }
    policy = {
        "week_start": draw(st.sampled_from(("MO", "MO", "SU"))),
        "short_month": draw(st.sampled_from(("skip", "skip", "clamp"))),
        "daily_series": draw(st.sampled_from(("refuse", "refuse", "convert"))),
    }
    return {**line, "policy": policy}


@st.composite
def exceptions(draw: st.DrawFn, starts: list[str]) -> Json:
    """Removed, moved, changed and extra occurrences on some of these starts (wall clock)."""
    chosen = draw(st.lists(st.sampled_from(starts), max_size=3, unique=True)) if starts else []
    found: Json = {"exdates": [], "overrides": []}
    for at in chosen:
        kind = draw(st.sampled_from(("exdate", "cancelled", "moved", "changed")))
        if kind == "exdate":
            found["exdates"].append(at)
        elif kind == "cancelled":
            found["overrides"].append({"recurrence_id": at, "cancelled": True})
        elif kind == "changed":
            found["overrides"].append({"recurrence_id": at, "changed": ["subject"]})
        else:
            to = date(int(at[:4]), int(at[4:6]), int(at[6:8])) + timedelta(days=draw(st.integers(-9, 9)))
            moved = f"{to:%Y%m%d}" + ("" if len(at) == 8 else "T110000" + "Z" * at.endswith("Z"))
            found["overrides"].append({"recurrence_id": at, "start": moved})
    return found
