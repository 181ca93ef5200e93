"""Between the words of the people page and those of the store: rules, busy states."""

from datetime import date, datetime

from cxsync.sandbox.core.action import Rule as SpokenRule
from cxsync.sandbox.core.refusal import BadInput
from cxsync.sandbox.exchange.options import Options
from cxsync.sandbox.exchange.rule import Rule
from cxsync.sandbox.exchange.rule_xml import INDEX, MONTHS, WEEKDAYS

DAYS = ("mo", "tu", "we", "th", "fr", "sa", "su")
BUSY = {"free": "Free", "tentative": "Tentative", "busy": "Busy", "away": "OOF", "elsewhere": "WorkingElsewhere"}
SPOKEN_BUSY = {value: key for key, value in BUSY.items()}
_ORDINALS = {number: name.lower() for name, number in INDEX.items()}


def rule_of(spoken: SpokenRule, start: date | datetime, options: Options) -> Rule:
    """The rule as Exchange keeps it; what the person leaves open follows from ``start`` (wall clock)."""
    day = start.date() if isinstance(start, datetime) else start
    kind = spoken.frequency
    days = frozenset(DAYS.index(each) for each in spoken.weekdays)
    if not days and kind in ("weekly", "monthly-nth", "yearly-nth"):
        days = frozenset((day.weekday(),))
    nth = spoken.nth if spoken.nth is not None else min((day.day - 1) // 7 + 1, 4)
    try:
        last = date.fromisoformat(spoken.until) if spoken.until is not None else None
    except ValueError:
        raise BadInput("rule.until", spoken.until, "a date such as 2026-12-31") from None
    return Rule(
        kind,
        day,
        spoken.interval,
        days if kind not in ("daily", "monthly", "yearly") else frozenset(),
        nth if kind.endswith("-nth") else 0,
        (spoken.day or day.day) if kind in ("monthly", "yearly") else 0,
        (spoken.month or day.month) if kind.startswith("yearly") else 0,
        DAYS.index(spoken.week_start) if spoken.week_start else WEEKDAYS.index(options.first_day_of_week),
        last,
        spoken.count,
    )


def text_of_rule(rule: Rule) -> str:
    """A rule in words, for the people page."""
    named = ", ".join(WEEKDAYS[day] for day in sorted(rule.days))
    match rule.kind:
        case "daily":
            text = f"every {rule.interval} day(s)"
        case "weekly":
            text = f"every {rule.interval} week(s) on {named}"
        case "monthly":
            text = f"day {rule.day} of every {rule.interval} month(s)"
        case "monthly-nth":
            text = f"the {_ORDINALS[rule.nth]} {named} of every {rule.interval} month(s)"
        case "yearly":
            text = f"{rule.day} {MONTHS[rule.month - 1]} every year"
        case _:
            text = f"the {_ORDINALS[rule.nth]} {named} of {MONTHS[rule.month - 1]} every year"
    if rule.last is not None:
        return f"{text} until {rule.last.isoformat()}"
    return f"{text}, {rule.count} times" if rule.count is not None else text
