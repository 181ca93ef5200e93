"""A canonical rule as the text of RFC 5545 section 3.3.10, for who reads rules."""

from schemas.appointment import Day, Rule


def rrule_text(rule: Rule) -> str:
    """The RRULE without its property name. ``until`` is written as a date: the whole of that last day is meant."""
    month_days, positions = rule.month_days, rule.positions
    if rule.short_month == "clamp" and len(month_days) == 1 and month_days[0] > 28 and not positions:
        # The RFC form of "or the last day of a shorter month".
        month_days, positions = tuple(range(28, month_days[0] + 1)), (-1,)
    parts = {
        "FREQ": rule.frequency.upper(),
        "INTERVAL": str(rule.interval) if rule.interval != 1 else "",
        "BYMONTH": _numbers(rule.months),
        "BYWEEKNO": _numbers(rule.weeks),
        "BYYEARDAY": _numbers(rule.year_days),
        "BYMONTHDAY": _numbers(month_days),
        "BYDAY": ",".join(map(_day, rule.days)),
        "BYHOUR": _numbers(rule.hours),
        "BYMINUTE": _numbers(rule.minutes),
        "BYSECOND": _numbers(rule.seconds),
        "BYSETPOS": _numbers(positions),
        "WKST": rule.week_start[:2].upper() if rule.week_start != "monday" else "",
        "COUNT": str(rule.count) if rule.count is not None else "",
        "UNTIL": f"{rule.until:%Y%m%d}" if rule.until is not None else "",
    }
    return ";".join(f"{name}={value}" for name, value in parts.items() if value)


def _day(day: Day) -> str:
    return f"{day.nth or ''}{day.weekday[:2].upper()}"


def _numbers(numbers: tuple[int, ...]) -> str:
    return ",".join(map(str, numbers))
