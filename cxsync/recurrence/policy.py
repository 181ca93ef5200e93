"""What a tenant decides about recurrence."""

from typing import Literal

from msgspec import Struct

from cxsync.recurrence.pattern import ShortMonth


class Policy(Struct, frozen=True):
    """``week_start``: the day on which Carerix's weeks begin, 0 = Monday. ``short_month``: what Carerix does in a month
    without the day. ``daily_series``: whether an everyday series is refused or carried over as a weekly one."""

    week_start: int = 0
    short_month: ShortMonth = "skip"
    daily_series: Literal["refuse", "convert"] = "refuse"
