"""Reads RRULE text (RFC 5545 3.3.10): lenient about form, strict about meaning; no part is ever dropped."""

import re
from collections.abc import Callable
from datetime import datetime

from msgspec.structs import replace

from cxsync.recurrence.codes import Reason
from cxsync.recurrence.errors import UnreadableSeriesError
from cxsync.recurrence.gregorian import WEEKDAYS
from cxsync.recurrence.rule import Rule, UntilValue

_FREQUENCIES = ("YEARLY", "MONTHLY", "WEEKLY", "DAILY", "HOURLY", "MINUTELY", "SECONDLY")
_DAY = re.compile(r"([+-]?\d{1,2})?(MO|TU|WE|TH|FR|SA|SU)")
_UNTIL = re.compile(r"(\d{8})(?:T(\d{6})(Z?))?")
_NUMBER = re.compile(r"[+-]?\d{1,9}")
_BY = (
    "BYMONTH",
    "BYMONTHDAY",
    "BYYEARDAY",
    "BYWEEKNO",
    "BYDAY",
    "BYHOUR",
    "BYMINUTE",
    "BYSECOND",
)


def read_rrule(text: str) -> Rule:
    """The rule of one RRULE value without its property name.

    A doubled or trailing semicolon, lower case and INTERVAL=0 are accepted, COUNT=-1 beside UNTIL is ignored. Raises
    UnreadableSeriesError (INVALID_RULE, or CALENDAR for another RSCALE) that names the part.
    """
    parts: dict[str, str] = {}
    for raw in filter(None, (piece.strip() for piece in text.split(";"))):
        name, equals, value = raw.partition("=")
        name = name.strip().upper()
        if not equals or name not in _KNOWN:
            raise _invalid(raw, f"parts are NAME=VALUE with one of {', '.join(_KNOWN)}")
        if name in parts:
            raise _invalid(raw, f"{name} may stand once")
        if not value.strip():
            raise _invalid(raw, f"{name} needs a value")
        parts[name] = raw
    values = {name: raw.partition("=")[2].strip().upper() for name, raw in parts.items()}
    if "FREQ" not in parts:
        raise _invalid(text or "FREQ", "a rule begins with FREQ=")
    if "UNTIL" in parts and values.get("COUNT") == "-1":
        del values["COUNT"], parts["COUNT"]
    rule = Rule("", written=tuple(parts.items()))
    for name, value in values.items():
        rule = _READERS[name](rule, value, parts[name])
    _check(rule)
    return rule


def _invalid(part: str, hint: str) -> UnreadableSeriesError:
    return UnreadableSeriesError(Reason.INVALID_RULE, part, hint)


def _freq(rule: Rule, value: str, raw: str) -> Rule:
    if value not in _FREQUENCIES:
        raise _invalid(raw, f"one of {', '.join(_FREQUENCIES)}")
    return replace(rule, freq=value)


def _interval(rule: Rule, value: str, raw: str) -> Rule:
    if not re.fullmatch(r"\+?\d{1,9}", value):
        raise _invalid(raw, "a whole number from 1")
    return replace(rule, interval=max(1, int(value)))


def _count(rule: Rule, value: str, raw: str) -> Rule:
    if not re.fullmatch(r"\+?\d{1,9}", value) or int(value) == 0:
        raise _invalid(raw, "a whole number from 1")
    return replace(rule, count=int(value))


def _until(rule: Rule, value: str, raw: str) -> Rule:
    match = _UNTIL.fullmatch(value)
    if match is None:
        raise _invalid(raw, "a date 20261231 or a time 20261231T080000Z")
    try:
        at = datetime.strptime(match[1] + (match[2] or "000000"), "%Y%m%d%H%M%S")  # noqa: DTZ007 (zone is_utc's)
    except ValueError as error:
        raise _invalid(raw, "no such date or time") from error
    return replace(rule, until=UntilValue(at, match[2] is None, match[3] == "Z"))


def _numbers(field: str, low: int, high: int, *, negative: bool = False) -> Callable[[Rule, str, str], Rule]:
    def read(rule: Rule, value: str, raw: str) -> Rule:
        found = []
        for item in value.split(","):
            number = int(item) if _NUMBER.fullmatch(item.strip()) else None
            if number is None or not (low <= number <= high or (negative and low <= -number <= high)):
                raise _invalid(raw, f"numbers from {low} to {high}{', or from the end with a minus' * negative}")
            found.append(number)
        return replace(rule, **{field: tuple(dict.fromkeys(found))})

    return read


def _by_day(rule: Rule, value: str, raw: str) -> Rule:
    found = []
    for item in value.split(","):
        match = _DAY.fullmatch(item.strip())
        nth = int(match[1]) if match and match[1] else None
        if match is None or nth == 0 or abs(nth or 0) > 53:
            raise _invalid(raw, "weekdays MO to SU, counted as in 2TU or -1FR")
        found.append((nth or 0, WEEKDAYS.index(match[2])))
    return replace(rule, by_day=tuple(dict.fromkeys(found)))


def _week_start(rule: Rule, value: str, raw: str) -> Rule:
    if value not in WEEKDAYS:
        raise _invalid(raw, "one weekday, MO to SU")
    return replace(rule, week_start=WEEKDAYS.index(value))


def _rscale(rule: Rule, value: str, raw: str) -> Rule:
    if value not in ("GREGORIAN", "GREGORY"):
        raise UnreadableSeriesError(Reason.CALENDAR, raw, "only the Gregorian calendar is known")
    return rule


def _skip(rule: Rule, value: str, raw: str) -> Rule:
    # RFC 7529: SKIP needs RSCALE. FORWARD exists in no calendar that we write to.
    if value not in ("OMIT", "BACKWARD") or rule.part("RSCALE") is None:
        raise _invalid(raw, "SKIP=OMIT or SKIP=BACKWARD, beside RSCALE=GREGORIAN")
    return replace(rule, skip=value)


_READERS: dict[str, Callable[[Rule, str, str], Rule]] = {
    "RSCALE": _rscale,
    "FREQ": _freq,
    "INTERVAL": _interval,
    "COUNT": _count,
    "UNTIL": _until,
    "BYMONTH": _numbers("by_month", 1, 12),
    "BYMONTHDAY": _numbers("by_month_day", 1, 31, negative=True),
    "BYYEARDAY": _numbers("by_year_day", 1, 366, negative=True),
    "BYWEEKNO": _numbers("by_week_no", 1, 53, negative=True),
    "BYDAY": _by_day,
    "BYSETPOS": _numbers("by_set_pos", 1, 366, negative=True),
    "BYHOUR": _numbers("by_hour", 0, 23),
    "BYMINUTE": _numbers("by_minute", 0, 59),
    "BYSECOND": _numbers("by_second", 0, 59),
    "WKST": _week_start,
    "SKIP": _skip,
}
_KNOWN = tuple(_READERS)


def _check(rule: Rule) -> None:
    """The table of RFC 5545 3.3.10: which part may stand beside which frequency."""
    counted = any(nth for nth, _ in rule.by_day)
    wrong = (
        ("COUNT", rule.count is not None and rule.until is not None, "either COUNT or UNTIL, not both"),
        ("BYWEEKNO", rule.by_week_no and rule.freq != "YEARLY", "BYWEEKNO goes with FREQ=YEARLY"),
        (
            "BYYEARDAY",
            rule.by_year_day and rule.freq in ("DAILY", "WEEKLY", "MONTHLY"),
            "BYYEARDAY goes with FREQ=YEARLY",
        ),
        ("BYMONTHDAY", rule.by_month_day and rule.freq == "WEEKLY", "BYMONTHDAY does not go with FREQ=WEEKLY"),
        (
            "BYDAY",
            counted and (rule.freq not in ("MONTHLY", "YEARLY") or rule.by_week_no),
            "counted weekdays go with FREQ=MONTHLY or YEARLY, without BYWEEKNO",
        ),
        ("BYSETPOS", rule.by_set_pos and not rule.part(*_BY), "BYSETPOS needs another BY part to choose from"),
        (
            "BYMONTHDAY",
            rule.freq == "YEARLY" and rule.by_month_day and not (rule.by_month or rule.by_week_no or rule.by_year_day),
            # Half of the engines take every month, half the month of the start.
            "programs read a day of the year's months in two ways; name the months with BYMONTH",
        ),
        ("BYWEEKNO", rule.by_week_no and rule.by_set_pos, "programs read a set of weeks' days in two ways"),
        ("SKIP", rule.skip != "OMIT" and not _skippable(rule), "SKIP=BACKWARD goes with one day of the month"),
    )
    for name, is_wrong, hint in wrong:
        if is_wrong:
            raise _invalid(rule.part(name) or name, hint)


def _skippable(rule: Rule) -> bool:
    others = rule.by_day or rule.by_set_pos or rule.by_year_day or rule.by_week_no or len(rule.by_month_day) > 1
    backwards = any(day < 0 for day in rule.by_month_day)
    return rule.freq in ("MONTHLY", "YEARLY") and not others and not backwards and len(rule.by_month) < 2
