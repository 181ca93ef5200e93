"""Days as ordinals, months as running numbers: the arithmetic of the Gregorian calendar."""

from calendar import isleap
from datetime import date
from functools import lru_cache
from typing import NamedTuple

LAST_DAY = date.max.toordinal()
LAST_MONTH = 9999 * 12 + 11
WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")

_LENGTHS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def weekday(day: int) -> int:
    """0 = Monday … 6 = Sunday of an ordinal."""
    return (day + 6) % 7


def month_of(day: int) -> int:
    """The running number of the month in which an ordinal lies: 12 × year + month - 1."""
    on = date.fromordinal(day)
    return on.year * 12 + on.month - 1


def days_in(year: int, month: int) -> int:
    """Length of a month, 28 to 31."""
    return 29 if month == 2 and isleap(year) else _LENGTHS[month - 1]


class Month(NamedTuple):
    """One month: the ordinals of its first and last day, and its length."""

    first: int
    last: int
    length: int

    @classmethod
    @lru_cache(maxsize=8192)
    def of(cls, index: int) -> "Month":
        """By running number, see ``month_of``."""
        year, month = divmod(index, 12)
        length = days_in(year, month + 1)
        first = date(year, month + 1, 1).toordinal()
        return cls(first, first + length - 1, length)
