"""The dialog's recurrence as the RRULE that Google's program writes for it."""

from datetime import date, datetime, time

from cxsync.sandbox.core.action import Rule, Weekday
from cxsync.sandbox.core.refusal import BadInput
from cxsync.sandbox.google import moments

_DAYS: tuple[Weekday, ...] = ("mo", "tu", "we", "th", "fr", "sa", "su")
_FREQUENCIES = {"monthly-nth": "MONTHLY", "yearly-nth": "YEARLY"}


def rule_line(rule: Rule, first: date, zone: str | None) -> str:
    """``RRULE:…`` for a series that begins on ``first``; ``zone`` None: all-day."""
    if rule.interval < 1:
        raise BadInput("rule.interval", rule.interval, "1 or more")
    if rule.count is not None and rule.until is not None:
        raise BadInput("rule.until", rule.until, "not beside count")
    parts = [f"FREQ={_FREQUENCIES.get(rule.frequency, rule.frequency.upper())}"]
    if rule.week_start is not None:
        parts.append(f"WKST={rule.week_start.upper()}")
    if rule.until is not None:
        parts.append(f"UNTIL={_until(rule.until, zone)}")
    if rule.count is not None:
        parts.append(f"COUNT={rule.count}")
    if rule.interval != 1:
        parts.append(f"INTERVAL={rule.interval}")
    parts += _days(rule, first)
    return "RRULE:" + ";".join(parts)


def _days(rule: Rule, first: date) -> list[str]:
    weekdays = list(rule.weekdays) or [_DAYS[first.weekday()]]
    month = [f"BYMONTH={rule.month or first.month}"]
    match rule.frequency:
        case "daily":
            return []
        case "weekly":
            return [f"BYDAY={','.join(day.upper() for day in sorted(weekdays, key=_DAYS.index))}"]
        case "monthly":
            return [f"BYMONTHDAY={rule.day or first.day}"]
        case "yearly":
            return [*month, f"BYMONTHDAY={rule.day or first.day}"] if rule.day or rule.month else []
        case _:
            if rule.nth not in (1, 2, 3, 4, -1):
                raise BadInput("rule.nth", rule.nth, "1 to 4, or -1 for the last")
            if len(weekdays) == 1:
                days = [f"BYDAY={rule.nth}{weekdays[0].upper()}"]
            else:
                days = [f"BYDAY={','.join(day.upper() for day in weekdays)}", f"BYSETPOS={rule.nth}"]
            return [*(month if rule.frequency == "yearly-nth" else []), *days]


def _until(text: str, zone: str | None) -> str:
    """The end of the last day in UTC, or the day itself when all-day."""
    try:
        last = date.fromisoformat(text)
    except ValueError:
        raise BadInput("rule.until", text, "a date such as 2026-12-31") from None
    if zone is None:
        return last.strftime("%Y%m%d")
    end = datetime.combine(last, time(23, 59, 59), moments.zone(zone))
    return moments.stamp({"dateTime": moments.utc_text(end)})
