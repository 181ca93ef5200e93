"""Recurrences as XML, both ways."""

from datetime import date, datetime, timedelta

from lxml import etree

from cxsync.sandbox.exchange.rule import ALL_DAYS, WEEKEND, WORKDAYS, Kind, Rule
from cxsync.sandbox.exchange.soap import ResponseError
from cxsync.sandbox.exchange.zones import Zone

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS = (
    "January", "February", "March", "April", "May", "June", "July",
    "August", "September", "October", "November", "December",
)  # fmt: skip
INDEX = {"First": 1, "Second": 2, "Third": 3, "Fourth": 4, "Last": -1}
_SETS = {"Day": ALL_DAYS, "Weekday": WORKDAYS, "WeekendDay": WEEKEND}
_KINDS: dict[str, Kind] = {
    "RelativeYearlyRecurrence": "yearly-nth",
    "AbsoluteYearlyRecurrence": "yearly",
    "RelativeMonthlyRecurrence": "monthly-nth",
    "AbsoluteMonthlyRecurrence": "monthly",
    "WeeklyRecurrence": "weekly",
    "DailyRecurrence": "daily",
}
_TAGS = {kind: tag for tag, kind in _KINDS.items()}


def read_rule(element: etree._Element, week_start: str) -> Rule:
    """A Recurrence element; ``week_start`` is the mailbox's own, for a weekly rule that does not say."""
    pattern, spread = element[0], element[1]
    kind = _KINDS[etree.QName(pattern).localname]
    text = {etree.QName(child).localname: child.text or "" for child in (*pattern, *spread)}
    days: set[int] = set()
    for name in text.get("DaysOfWeek", "").split():
        if kind == "weekly" and name in _SETS:
            raise ResponseError(
                "ErrorCalendarInvalidDayForWeeklyRecurrence", f"'{name}' cannot be used in a weekly recurrence."
            )
        days |= _SETS.get(name) or {WEEKDAYS.index(name)}
    if kind == "weekly" and not days:
        raise ResponseError("ErrorCalendarInvalidDayForWeeklyRecurrence", "A weekly recurrence needs a day.")
    first_day = text.get("FirstDayOfWeek") or week_start
    if first_day not in WEEKDAYS:
        raise ResponseError("ErrorCalendarInvalidPropertyValue", f"'{first_day}' cannot start a week.")
    return Rule(
        kind,
        read_date(text["StartDate"]),
        int(text.get("Interval") or 1),
        frozenset(days),
        INDEX.get(text.get("DayOfWeekIndex", ""), 0),
        int(text.get("DayOfMonth") or 0),
        MONTHS.index(text["Month"]) + 1 if "Month" in text else 0,
        WEEKDAYS.index(first_day),
        read_date(text["EndDate"]) if "EndDate" in text else None,
        int(text["NumberOfOccurrences"]) if "NumberOfOccurrences" in text else None,
    )


def read_date(text: str) -> date:
    """An xs:date; the zone that may follow it says nothing about a day."""
    try:
        found = date.fromisoformat(text.strip()[:10])
    except ValueError:
        raise ResponseError("ErrorCalendarOutOfRange", f"'{text}' is not a date.") from None
    if not 1601 <= found.year <= 9998:
        raise ResponseError("ErrorCalendarOutOfRange", f"'{text}' lies outside the years that a calendar has.")
    return found


def rule_xml(rule: Rule, zone: Zone) -> str:
    """The Recurrence element; dates carry the offset that ``zone`` has on them, as Exchange writes them."""
    parts = ""
    if rule.kind in ("daily", "weekly", "monthly", "monthly-nth"):
        parts += f"<t:Interval>{rule.interval}</t:Interval>"
    if rule.kind == "weekly":
        listed = " ".join(WEEKDAYS[day] for day in sorted(rule.days, key=lambda day: (day + 1) % 7))
        parts += (
            f"<t:DaysOfWeek>{listed}</t:DaysOfWeek><t:FirstDayOfWeek>{WEEKDAYS[rule.week_start]}</t:FirstDayOfWeek>"
        )
    if rule.nth:
        index = next(name for name, number in INDEX.items() if number == rule.nth)
        parts += f"<t:DaysOfWeek>{_set_name(rule.days)}</t:DaysOfWeek><t:DayOfWeekIndex>{index}</t:DayOfWeekIndex>"
    if rule.kind in ("monthly", "yearly"):
        parts += f"<t:DayOfMonth>{rule.day}</t:DayOfMonth>"
    if rule.kind in ("yearly", "yearly-nth"):
        parts += f"<t:Month>{MONTHS[rule.month - 1]}</t:Month>"
    tag = _TAGS[rule.kind]
    start = f"<t:StartDate>{date_text(rule.first, zone)}</t:StartDate>"
    if rule.last is not None:
        end = f"<t:EndDate>{date_text(rule.last, zone)}</t:EndDate>"
        spread = f"<t:EndDateRecurrence>{start}{end}</t:EndDateRecurrence>"
    elif rule.count is not None:
        number = f"<t:NumberOfOccurrences>{rule.count}</t:NumberOfOccurrences>"
        spread = f"<t:NumberedRecurrence>{start}{number}</t:NumberedRecurrence>"
    else:
        spread = f"<t:NoEndRecurrence>{start}</t:NoEndRecurrence>"
    return f"<t:Recurrence><t:{tag}>{parts}</t:{tag}>{spread}</t:Recurrence>"


def _set_name(days: frozenset[int]) -> str:
    for name, members in _SETS.items():
        if members == days:
            return name
    return WEEKDAYS[next(iter(days))]


def date_text(day: date, zone: Zone) -> str:
    """``day`` with the offset that is in force in ``zone`` at its midnight."""
    offset = zone.offset(datetime.fromisoformat(f"{day.isoformat()}T00:00:00+00:00"))
    if not offset:
        return f"{day.isoformat()}Z"
    minutes = int(abs(offset).total_seconds()) // 60
    return f"{day.isoformat()}{'-' if offset < timedelta() else '+'}{minutes // 60:02d}:{minutes % 60:02d}"
