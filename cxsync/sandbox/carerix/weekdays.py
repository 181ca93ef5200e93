"""Weekdays on the wire (A10): inside this server 0 is Sunday and 6 is Saturday."""

from cxsync.sandbox.carerix.options import Options
from cxsync.sandbox.carerix.refusals import BrokenRule


def outward(day: int, options: Options) -> int:
    """A weekday as the interface prints it."""
    match options.weekdays:
        case "sunday-0":
            return day
        case "sunday-1":
            return day + 1
        case "monday-1":
            return day or 7


def inward(field: str, day: int, options: Options) -> int:
    """The weekday that a request means by ``day``; raises BrokenRule if there is none."""
    first = 0 if options.weekdays == "sunday-0" else 1
    if not first <= day <= first + 6:
        raise BrokenRule(field, f"weekdays run from {first} to {first + 6}, {day} is none")
    return day % 7 if options.weekdays == "monday-1" else day - first
