"""Splits a rule into its part in days and its times of day, so that all else reckons in days."""

from itertools import product

from msgspec.structs import replace

from cxsync.recurrence.codes import Reason
from cxsync.recurrence.errors import UnreadableSeriesError
from cxsync.recurrence.rule import SUBDAILY, Rule

_FIXED = {
    "HOURLY": ("by_hour",),
    "MINUTELY": ("by_hour", "by_minute"),
    "SECONDLY": ("by_hour", "by_minute", "by_second"),
}
MOST_TIMES = 24


def by_time_of_day(rule: Rule, seconds: int, *, all_day: bool) -> tuple[Rule, tuple[int, ...]]:
    """The rule without parts below the day, and its times of day (seconds since midnight), ascending.

    ``seconds`` is the time of the start: what the rule does not name comes from it. Raises UnreadableSeriesError with
    SUBDAILY for rules that give no fixed times of day.
    """
    if rule.freq in SUBDAILY:
        rule = _daily(rule)
    if all_day:
        # RFC 5545 3.3.10: time parts are ignored where the start is a date.
        return replace(rule, by_hour=(), by_minute=(), by_second=()), (0,)
    minute, second = divmod(seconds, 60)
    hour, minute = divmod(minute, 60)
    times = sorted(
        3600 * at[0] + 60 * at[1] + at[2]
        for at in product(rule.by_hour or (hour,), rule.by_minute or (minute,), rule.by_second or (second,))
    )
    if len(times) > MOST_TIMES:
        raise _subdaily(rule)
    return replace(rule, by_hour=(), by_minute=(), by_second=()), tuple(times)


def _daily(rule: Rule) -> Rule:
    """An hourly rule that names its hours is a daily one; so with minutes and seconds."""
    fixed = all(getattr(rule, name) for name in _FIXED[rule.freq])
    if not fixed or rule.interval != 1 or rule.by_set_pos or rule.by_year_day:
        raise _subdaily(rule)
    return replace(rule, freq="DAILY")


def _subdaily(rule: Rule) -> UnreadableSeriesError:
    return UnreadableSeriesError(Reason.SUBDAILY, rule.part("FREQ") or rule.freq, "once a day at most, or named times")
