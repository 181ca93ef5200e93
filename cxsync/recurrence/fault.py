"""Names what is at fault: the reason, and the part of the input as it was written."""

from cxsync.recurrence.codes import Reason
from cxsync.recurrence.rule import Rule
from cxsync.recurrence.series import Series

Fault = tuple[Reason, str]

_RULE_PARTS = {
    Reason.DAILY: ("FREQ",),
    Reason.DAILY_INTERVAL: ("INTERVAL", "FREQ"),
    Reason.INTERVAL_LIMIT: ("INTERVAL", "FREQ"),
    Reason.COUNT_LIMIT: ("COUNT", "UNTIL"),
    Reason.SHORT_MONTH_SKIP: ("BYMONTHDAY", "BYYEARDAY"),
    Reason.SHORT_MONTH_CLAMP: ("BYMONTHDAY", "SKIP", "BYDAY"),
    Reason.SETPOS: ("BYSETPOS", "BYDAY"),
    Reason.WKST: ("WKST",),
    Reason.FIFTH_WEEKDAY: ("BYDAY",),
}
_EWS_PARTS = {
    Reason.DAILY: ("element",),
    Reason.DAILY_INTERVAL: ("Interval",),
    Reason.INTERVAL_LIMIT: ("Interval", "element"),
    Reason.COUNT_LIMIT: ("NumberOfOccurrences", "EndDate"),
    Reason.SHORT_MONTH_SKIP: ("DayOfMonth",),
    Reason.SHORT_MONTH_CLAMP: ("DayOfMonth", "DayOfWeekIndex"),
    Reason.SETPOS: ("DaysOfWeek",),
    Reason.WKST: ("FirstDayOfWeek",),
}
_CARERIX_PARTS = {
    Reason.INTERVAL_LIMIT: ("recurrenceRate",),
    Reason.COUNT_LIMIT: ("recurrenceNumberOfTimes", "recurrenceExpiryDate"),
    Reason.SHORT_MONTH_SKIP: ("recurrenceMonthDay",),
    Reason.SHORT_MONTH_CLAMP: ("recurrenceMonthDay",),
    Reason.WKST: ("recurrenceDayList",),
}


def offending(series: Series, reason: Reason) -> str:
    """The part of the input that a reason is about."""
    source = series.source
    if reason in (Reason.ZONE_DST, Reason.ZONE_DAY_SHIFT, Reason.ZONE_UNKNOWN):
        return f"tz {series.zone.shown}" if series.zone is not None else "tz"
    if reason in (Reason.START_OFF_RULE, Reason.LIST_OF_DATES) and "dtstart" in source.parts:
        return f"dtstart {source.parts['dtstart']}"
    names = {"google": _RULE_PARTS, "exchange": _EWS_PARTS, "carerix": _CARERIX_PARTS}[source.system].get(reason, ())
    for rule in source.rules if source.system == "google" else ():
        found = rule.part(*names)
        if found is not None:
            return found
    for name in names:
        if name in source.parts:
            return source.parts[name] if name == "element" else f"{name}={source.parts[name]}"
    if reason is Reason.WKST:
        return "WKST=MO"
    return f"dtstart {source.parts.get('dtstart', '')}".strip()


def structural(series: Series) -> Fault:
    """Why no pattern gives a series' dates."""
    source = series.source
    if source.system != "google":
        return Reason.SETPOS, offending(series, Reason.SETPOS)
    if not source.rules:
        return Reason.LIST_OF_DATES, source.parts.get("rdates", "rdates")
    if len(source.rules) > 1 or source.excluding:
        others = (*source.rules[1:], *source.excluding)
        return Reason.MULTIPLE_RULES, others[0].text()
    rule = source.rules[0]
    reason, *parts = _of_rule(rule, several_times=len(series.strands) > 1)
    return Reason(reason), rule.part(*parts, "FREQ") or rule.freq


def _of_rule(rule: Rule, *, several_times: bool) -> tuple[str, ...]:
    nths = [nth for nth, _ in rule.by_day if nth]
    if several_times:
        return ("MULTI_TIME", "BYHOUR", "BYMINUTE", "BYSECOND")
    if rule.by_week_no:
        return ("BYWEEKNO", "BYWEEKNO")
    if rule.by_year_day:
        return ("BYYEARDAY", "BYYEARDAY")
    if nths and rule.freq == "YEARLY" and not rule.by_month:
        return ("NTH_OF_YEAR", "BYDAY")
    if rule.by_set_pos:
        return ("SETPOS", "BYSETPOS")
    if rule.by_day and rule.by_month_day:
        return ("LIMITER", "BYMONTHDAY")
    if rule.freq == "DAILY" and not (rule.by_month or rule.by_month_day):
        return ("DAILY_INTERVAL", "INTERVAL", "BYDAY")
    if len(rule.by_month_day) > 1:
        return ("MULTI_MONTHDAY", "BYMONTHDAY")
    if any(day < 0 for day in rule.by_month_day):
        return ("NEGATIVE_MONTHDAY", "BYMONTHDAY")
    if len(rule.by_day) > 1 and nths:
        return ("MULTI_NTH", "BYDAY")
    if any(nth >= 5 for nth in nths):
        return ("FIFTH_WEEKDAY", "BYDAY")
    if any(nth < -1 for nth in nths):
        return ("SECOND_TO_LAST", "BYDAY")
    if rule.by_month and (rule.freq in ("DAILY", "WEEKLY") or (rule.by_day and not nths)):
        return ("LIMITER", "BYMONTH")
    if rule.by_month and (len(rule.by_month) > 1 or rule.freq == "MONTHLY"):
        return ("MULTI_MONTH", "BYMONTH")
    return ("LIMITER", "INTERVAL", "BYMONTH", "BYDAY", "BYMONTHDAY")
