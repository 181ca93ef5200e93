"""The closed list of reasons why a series does not cross, and the three codes that mails are called by."""

from enum import StrEnum
from typing import Literal

Code = Literal["daily-series", "exception-in-series", "unsupported-recurrence"]


class Reason(StrEnum):
    """What is at fault; a detail below one of the three codes."""

    DAILY = "DAILY"
    DAILY_INTERVAL = "DAILY_INTERVAL"
    INTERVAL_LIMIT = "INTERVAL_LIMIT"
    COUNT_LIMIT = "COUNT_LIMIT"
    SHORT_MONTH_SKIP = "SHORT_MONTH_SKIP"
    SHORT_MONTH_CLAMP = "SHORT_MONTH_CLAMP"
    NEGATIVE_MONTHDAY = "NEGATIVE_MONTHDAY"
    MULTI_MONTHDAY = "MULTI_MONTHDAY"
    FIFTH_WEEKDAY = "FIFTH_WEEKDAY"
    SECOND_TO_LAST = "SECOND_TO_LAST"
    MULTI_NTH = "MULTI_NTH"
    NTH_OF_YEAR = "NTH_OF_YEAR"
    SETPOS = "SETPOS"
    LIMITER = "LIMITER"
    MULTI_MONTH = "MULTI_MONTH"
    BYYEARDAY = "BYYEARDAY"
    BYWEEKNO = "BYWEEKNO"
    SUBDAILY = "SUBDAILY"
    MULTI_TIME = "MULTI_TIME"
    WKST = "WKST"
    EXCEPTION = "EXCEPTION"
    CROSSES_NEIGHBOUR = "CROSSES_NEIGHBOUR"
    EXTRA_DATE = "EXTRA_DATE"
    LIST_OF_DATES = "LIST_OF_DATES"
    MULTIPLE_RULES = "MULTIPLE_RULES"
    START_OFF_RULE = "START_OFF_RULE"
    ZONE_DST = "ZONE_DST"
    ZONE_DAY_SHIFT = "ZONE_DAY_SHIFT"
    ZONE_UNKNOWN = "ZONE_UNKNOWN"
    REGENERATION = "REGENERATION"
    PATTERN_UNREAD = "PATTERN_UNREAD"
    CALENDAR = "CALENDAR"
    NEVER_OCCURS = "NEVER_OCCURS"
    INVALID_RULE = "INVALID_RULE"

    @property
    def code(self) -> Code:
        """The stable code that the mail is called by."""
        if self in _DAILY:
            return "daily-series"
        return "exception-in-series" if self in _EXCEPTION else "unsupported-recurrence"


_DAILY = frozenset({Reason.DAILY, Reason.DAILY_INTERVAL})
_EXCEPTION = frozenset({Reason.EXCEPTION, Reason.CROSSES_NEIGHBOUR, Reason.EXTRA_DATE})
