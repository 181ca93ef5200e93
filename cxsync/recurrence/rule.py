"""A recurrence rule of RFC 5545 as a value: what it says, and each part as it was written."""

from datetime import datetime

from msgspec import Struct

from cxsync.recurrence.gregorian import WEEKDAYS

SUBDAILY = frozenset({"HOURLY", "MINUTELY", "SECONDLY"})


class UntilValue(Struct, frozen=True):
    """``at`` without zone; ``is_date``: written without a time; ``is_utc``: written with Z."""

    at: datetime
    is_date: bool
    is_utc: bool


class Rule(Struct, frozen=True):
    """One RRULE. ``by_day`` pairs an ordinal (0: every) with a weekday, 0 = Monday; ``written`` maps a part's name to
    its text in the input, for naming what is at fault."""

    freq: str
    interval: int = 1
    count: int | None = None
    until: UntilValue | None = None
    by_month: tuple[int, ...] = ()
    by_month_day: tuple[int, ...] = ()
    by_year_day: tuple[int, ...] = ()
    by_week_no: tuple[int, ...] = ()
    by_day: tuple[tuple[int, int], ...] = ()
    by_set_pos: tuple[int, ...] = ()
    by_hour: tuple[int, ...] = ()
    by_minute: tuple[int, ...] = ()
    by_second: tuple[int, ...] = ()
    week_start: int = 0
    skip: str = "OMIT"
    written: tuple[tuple[str, str], ...] = ()

    def part(self, *names: str) -> str | None:
        """The first of these parts that was written, as it was written."""
        texts = dict(self.written)
        return next((texts[name] for name in names if name in texts), None)

    @property
    def endless(self) -> bool:
        """Neither COUNT nor UNTIL."""
        return self.count is None and self.until is None

    def text(self, end: str = "") -> str:
        """Strict spelling without the property name; ``end`` is a COUNT or UNTIL part."""
        parts = [f"FREQ={self.freq}"]
        if self.skip != "OMIT":
            parts.insert(0, "RSCALE=GREGORIAN")
        if self.interval != 1:
            parts.append(f"INTERVAL={self.interval}")
        if end:
            parts.append(end)
        for name, values in (
            ("BYMONTH", self.by_month),
            ("BYWEEKNO", self.by_week_no),
            ("BYYEARDAY", self.by_year_day),
            ("BYMONTHDAY", self.by_month_day),
            ("BYDAY", tuple(f"{nth or ''}{WEEKDAYS[day]}" for nth, day in self.by_day)),
            ("BYHOUR", self.by_hour),
            ("BYMINUTE", self.by_minute),
            ("BYSECOND", self.by_second),
            ("BYSETPOS", self.by_set_pos),
        ):
            if values:
                parts.append(f"{name}={','.join(map(str, values))}")
        if self.week_start != 0 or (self.part("WKST") and self.interval > 1):
            parts.append(f"WKST={WEEKDAYS[self.week_start]}")
        if self.skip != "OMIT":
            parts.append(f"SKIP={self.skip}")
        return ";".join(parts)
