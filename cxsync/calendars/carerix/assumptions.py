"""Every reading of Carerix that no tenant has confirmed yet, once: what differs there is changed here.

The numbers are those of the wire contract. What differs from tenant to tenant by design is a setting of the tenant
(:class:`cxsync.calendars.carerix.access.Access`) and named here beside its number.
"""

from datetime import timedelta
from typing import Final, Literal

from msgspec import Struct

from schemas.words import Weekday

PAGE_SIZE: Final = 100
"""A1: rows a page at most."""

TYPENAME_ONLY: Final = "__typename"
"""A3: all that is selected of a deletion's answer."""

DELETED: Final = 1
"""A4: ``deleted`` of a row that is soft-deleted."""

TRUE: Final = 1
FALSE: Final = 0
"""A5: booleans of CRToDo and CRUser."""

DATE_FORM: Final = "%Y-%m-%dT%H:%M:%S"
"""A6: how a date is written; what is read may also have fractions, a space, Z or an offset."""
DEFAULT_API_ZONE: Final = "UTC"
"""A6: the zone of naive dates; the tenant's setting ``api_timezone``."""

ALL_DAY_END: Final = timedelta(days=1)
"""A7: ``endDate`` of an all-day appointment is 00:00 of the day this long after its last."""
DEFAULT_SYSTEM_ZONE: Final = "Europe/Amsterdam"
"""A7, A8, A12: the zone of days and series; the tenant's setting ``system_timezone``."""

WEEKDAYS: Final[tuple[Weekday, ...]] = (
    "sunday",
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
)
"""A10: a weekday's number is its place in this list."""
DAY_SEPARATOR: Final = ","
"""A10: between the numbers of ``recurrenceDayList``."""

LAST_WEEK: Final = 5
"""A11: the ordinal of a relative month day that means the last one."""
DEFAULT_SHORT_MONTH: Final[Literal["skip", "clamp"]] = "skip"
"""A11: a month without the day; the tenant's setting ``short_month``."""

MAX_RATE: Final = 99
"""A13: the largest ``recurrenceRate``."""

DEFINITIVE: Final = 0
PRELIMINARY: Final = 1
"""A14: the values of ``status``."""

DEFAULT_WEEK_START: Final[Weekday] = "monday"
"""A15: the tenant's setting ``week_start``."""

ROW_NUMBER: Final = "toDoID"
MARKER: Final = "externalIdentifier"
"""A16: what a row can be asked for by; ``_id`` is no qualifier key."""

OVERLAP: Final = timedelta(minutes=10)
"""A17: how far behind the newest row seen each poll begins, for rows that are stored late."""

APPOINTMENT: Final = 1
"""``toDoTypeKey`` of an appointment."""
SCOPE: Final = "urn:cx/cx5Wrapper:data:manage"
"""What the token is asked for, and what is named as missing on a 403 that names nothing."""
LONGEST_REMINDER: Final = 32_767
"""Numbers of CRToDo are 16 bits wide; a longer reminder is cut to this many minutes."""


class Assumption(Struct, frozen=True):
    """One reading, for ``doctor`` to test and print."""

    code: str
    says: str


ASSUMPTIONS: Final = (
    Assumption("A1", f"a page holds up to {PAGE_SIZE} rows"),
    Assumption("A2", "an unknown _id is answered with null and no error"),
    Assumption("A3", "a deletion's answer can be selected as __typename"),
    Assumption("A4", "a deletion sets deleted to 1 and renews modificationDate"),
    Assumption("A5", "booleans of an appointment are 0 and 1"),
    Assumption("A6", "dates without a zone are in the tenant's api_timezone"),
    Assumption("A7", "all-day appointments run from 00:00 to 00:00 of the day after, in system_timezone"),
    Assumption("A8", "a series recurs on the wall clock of system_timezone"),
    Assumption("A9", "a series is either weekly or monthly, every recurrenceRate weeks or months"),
    Assumption("A10", "weekdays run from 0, Sunday, to 6, Saturday"),
    Assumption("A11", "a relative month day of 5 is the last; short months go by the tenant's short_month"),
    Assumption("A12", "the expiry day is included; never an expiry day and a number of times"),
    Assumption("A13", f"a series may recur every {MAX_RATE} weeks or months"),
    Assumption("A14", "status 0 is definitive, 1 preliminary"),
    Assumption("A15", "weeks begin on the tenant's week_start"),
    Assumption("A16", "rows can be asked for by toDoID and externalIdentifier"),
    Assumption("A17", "modificationDate is null until the first change, and such rows sort last"),
    Assumption("A18", "an unknown id is written to without an error; broken rules are HTTP 200 with errors"),
    Assumption("A19", "a start off its own pattern and a time that is not midnight are refused"),
    Assumption("A20", "preferred_username of the identity provider is CRUser.userName"),
    Assumption("A21", "writing deleted = 0 restores a row"),
)
