"""Recurrence by walking the days and asking of each whether the rule holds: shares nothing with product or dateutil.

Slow, short and plain on purpose. Three readers: RRULE text (daily and coarser), Exchange elements, Carerix fields.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

WEEKDAYS = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"]
NAMES = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
MONTHS = ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
          "November", "December"]  # fmt: skip
DAY = timedelta(days=1)

Holds = Callable[[date], bool]


def month_length(on: date) -> int:
    """Days in the month of a date."""
    following = date(on.year + on.month // 12, on.month % 12 + 1, 1)
    return (following - date(on.year, on.month, 1)).days


def week_of(on: date, week_start: int) -> date:
    """The first day of a date's week."""
    return on - DAY * ((on.weekday() - week_start) % 7)


def months_between(a: date, b: date) -> int:
    """Months from one date's month to the other's."""
    return (b.year - a.year) * 12 + b.month - a.month


def rule_holds(text: str, start: date) -> Holds:
    """Whether a day belongs to the rule, its start, COUNT and UNTIL aside."""
    parts = dict(part.split("=") for part in text.split(";"))
    freq, interval = parts["FREQ"], int(parts.get("INTERVAL", 1))
    week_start = WEEKDAYS.index(parts.get("WKST", "MO"))
    numbers = {
        name: [int(n) for n in parts[name].split(",")] for name in parts if name.startswith("BY") and name != "BYDAY"
    }
    by_day = (
        [(int(item[:-2] or 0), WEEKDAYS.index(item[-2:])) for item in parts["BYDAY"].split(",")]
        if "BYDAY" in parts
        else []
    )
    positions = numbers.get("BYSETPOS", [])
    limited = {"BYMONTHDAY", "BYYEARDAY", "BYDAY", "BYWEEKNO"} & parts.keys()

    def candidate(on: date) -> bool:
        if "BYMONTH" in numbers and on.month not in numbers["BYMONTH"]:
            return False
        if "BYMONTHDAY" in numbers and not {on.day, on.day - month_length(on) - 1} & set(numbers["BYMONTHDAY"]):
            return False
        if "BYYEARDAY" in numbers:
            nth, last = (on - date(on.year, 1, 1)).days + 1, (date(on.year, 12, 31) - date(on.year, 1, 1)).days + 1
            if not {nth, nth - last - 1} & set(numbers["BYYEARDAY"]):
                return False
        if by_day:
            return any(day == on.weekday() and _nth(on, nth, freq, "BYMONTH" in numbers) for nth, day in by_day)
        if limited:
            return True
        if freq == "YEARLY":
            return on.day == start.day and ("BYMONTH" in numbers or on.month == start.month)
        if freq == "MONTHLY":
            return on.day == start.day
        return freq == "DAILY" or on.weekday() == start.weekday()

    def period(on: date) -> list[date]:
        if freq == "YEARLY":
            begin, end = date(on.year, 1, 1), date(on.year, 12, 31)
        elif freq == "MONTHLY":
            begin, end = on.replace(day=1), on.replace(day=month_length(on))
        elif freq == "WEEKLY":
            begin = week_of(on, week_start)
            end = begin + 6 * DAY
        else:
            begin = end = on
        return [begin + DAY * n for n in range((end - begin).days + 1)]

    def holds(on: date) -> bool:
        steps = {
            "YEARLY": on.year - start.year,
            "MONTHLY": months_between(start, on),
            "WEEKLY": (week_of(on, week_start) - week_of(start, week_start)).days // 7,
            "DAILY": (on - start).days,
        }[freq]
        if steps % interval or not candidate(on):
            return False
        if not positions:
            return True
        chosen = [day for day in period(on) if candidate(day)]
        return any(0 < n <= len(chosen) and chosen[n - 1] == on for n in positions) or any(
            0 < -n <= len(chosen) and chosen[n] == on for n in positions if n < 0
        )

    return holds


def _nth(on: date, nth: int, freq: str, by_month: bool) -> bool:
    if nth == 0:
        return True
    if freq == "MONTHLY" or by_month:
        before, after = (on.day - 1) // 7 + 1, (month_length(on) - on.day) // 7 + 1
    else:
        before = ((on - date(on.year, 1, 1)).days) // 7 + 1
        after = ((date(on.year, 12, 31) - on).days) // 7 + 1
    return nth == before or nth == -after


def ews_holds(pattern: dict[str, Any], start: date) -> Holds:
    """The same for an Exchange element; a day that the month lacks becomes its last."""
    element, interval = pattern["element"], pattern.get("Interval") or 1
    names = pattern.get("DaysOfWeek", "").split()
    groups = {"Day": NAMES, "Weekday": NAMES[:5], "WeekendDay": NAMES[5:]}
    wanted = {NAMES.index(day) for name in names for day in groups.get(name, [name])}
    week_start = NAMES.index(pattern.get("FirstDayOfWeek", "Sunday"))

    def absolute(on: date) -> bool:
        return bool(on.day == min(pattern["DayOfMonth"], month_length(on)))

    def relative(on: date) -> bool:
        days = [day for day in range(1, month_length(on) + 1) if on.replace(day=day).weekday() in wanted]
        place = ["First", "Second", "Third", "Fourth", "Last"].index(pattern["DayOfWeekIndex"])
        return on.day == days[-1 if place == 4 else place]

    def holds(on: date) -> bool:
        if element == "DailyRecurrence":
            return (on - start).days % interval == 0
        if element == "WeeklyRecurrence":
            weeks = (week_of(on, week_start) - week_of(start, week_start)).days // 7
            return weeks % interval == 0 and on.weekday() in wanted
        if "Monthly" in element and months_between(start, on) % interval:
            return False
        if "Yearly" in element and on.month != MONTHS.index(pattern["Month"]) + 1:
            return False
        return absolute(on) if "Absolute" in element else relative(on)

    return holds


def carerix_holds(fields: dict[str, Any], start: date, week_start: int = 0, short_month: str = "skip") -> Holds:
    """The same for Carerix fields."""
    rate = fields.get("recurrenceRate") or 1
    wanted = {int(day) for day in str(fields.get("recurrenceDayList", "")).split(",") if day}

    def holds(on: date) -> bool:
        if fields.get("recurrenceWeekly"):
            weeks = (week_of(on, week_start) - week_of(start, week_start)).days // 7
            return weeks % rate == 0 and on.isoweekday() % 7 in wanted
        if months_between(start, on) % rate:
            return False
        day = fields["recurrenceMonthDay"]
        if fields.get("isAbsoluteMonthDay"):
            return bool(on.day == (min(day, month_length(on)) if short_month == "clamp" else day))
        if on.isoweekday() % 7 != fields.get("recurrenceDay", 0):
            return False
        return on.day + 7 > month_length(on) if day == 5 else bool((on.day - 1) // 7 + 1 == day)

    return holds


def walk(holds: Holds, start: date, *, count: int | None = None, last: date | None = None, to: date) -> Iterator[date]:
    """The days from the start on: at most ``count``, none after ``last``, looked for until ``to``."""
    on = start
    while on <= to and (last is None or on <= last) and count != 0:
        if holds(on):
            yield on
            count = None if count is None else count - 1
        on += DAY


def moment(text: str) -> datetime:
    """Basic form as a naive time."""
    text = text.rstrip("Z")
    return datetime.strptime(text, "%Y%m%dT%H%M%S" if "T" in text else "%Y%m%d")  # noqa: DTZ007 (a wall clock)


def starts_of(form: dict[str, Any], to: date, policy: dict[str, str] | None = None) -> list[datetime]:
    """The starts of one target form of the answer, as wall clock of its zone, exceptions that go along applied."""
    begin = moment(form["dtstart"])
    if form.get("single") or form.get("verdict") == "single":
        return [begin] if begin.date() <= to else []
    start, at = begin.date(), begin.time()
    if "fields" in form:
        fields = form["fields"]
        policy = policy or {}
        holds = carerix_holds(
            fields, start, WEEKDAYS.index(policy.get("week_start", "MO")), policy.get("short_month", "skip")
        )
        count = fields.get("recurrenceNumberOfTimes") if fields.get("isRangeNumberOfTimes") else None
        last = moment(fields["recurrenceExpiryDate"]).date() if fields.get("isRangeEndDate") else None
        days = set(walk(holds, start, count=count, last=last, to=to))
    elif "pattern" in form:
        range_ = form["range"]
        assert range_["StartDate"] == f"{start:%Y%m%d}"
        last = moment(range_["EndDate"]).date() if "EndDate" in range_ else None
        holds = ews_holds(form["pattern"], start)
        days = set(walk(holds, start, count=range_.get("NumberOfOccurrences"), last=last, to=to))
    else:
        return _google(form, begin, to)
    return _with_exceptions({datetime.combine(day, at) for day in days}, form)


def _google(form: dict[str, Any], begin: datetime, to: date) -> list[datetime]:
    found = {begin}
    for line in form["recurrence"]:
        name, _, text = line.partition(":")
        if name.startswith("RRULE"):
            found |= set(rule_starts(text, begin, form["tz"], to))
        elif name.startswith("RDATE"):
            found |= {moment(item) for item in text.split(",")}
    for line in form["recurrence"]:
        name, _, text = line.partition(":")
        if name.startswith("EXDATE"):
            found -= {moment(item) for item in text.split(",")}
    return _with_exceptions(found, form)


def rule_starts(text: str, begin: datetime, tz: str | None, to: date) -> Iterator[datetime]:
    """The starts of a rule with one time of day, wall clock."""
    parts = dict(part.split("=") for part in text.split(";"))
    until = parts.pop("UNTIL", None)
    count = int(parts.pop("COUNT", 0)) or None
    holds = rule_holds(";".join(f"{name}={value}" for name, value in parts.items()), begin.date())
    for day in walk(holds, begin.date(), count=count, to=to):
        at = datetime.combine(day, begin.time())
        if until is not None:
            limit = moment(until)
            if until.endswith("Z") and tz not in (None, "UTC"):
                if at.replace(tzinfo=ZoneInfo(tz)).astimezone(UTC).replace(tzinfo=None) > limit:
                    return
            elif at > (limit if "T" in until else datetime.combine(limit.date(), time.max)):
                return
        yield at


def _with_exceptions(found: set[datetime], form: dict[str, Any]) -> list[datetime]:
    found -= {moment(item) for item in form.get("deleted", ())}
    for item in form.get("modified", ()):
        found.discard(moment(item["original"]))
        found.add(moment(item.get("start", item["original"])))
    return sorted(found)


def instants(starts: list[datetime], tz: str | None) -> list[datetime]:
    """Wall clock as instants; without a zone as it is."""
    if tz is None:
        return starts
    zone = ZoneInfo(tz)
    return [at.replace(tzinfo=zone).astimezone(UTC).replace(tzinfo=None) for at in starts]
