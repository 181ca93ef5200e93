"""How an answer writes values: which release answers, in which zone times are told, which body is wanted."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cxsync.sandbox.exchange.mailbox import Mailbox
from cxsync.sandbox.exchange.options import Options
from cxsync.sandbox.exchange.zones import Zone


@dataclass(frozen=True)
class Style:
    """``brief``: as FindItem and SyncFolderItems answer, with texts cut at 255 characters."""

    mailbox: Mailbox
    options: Options
    now: datetime
    zone: Zone | None = None
    body: str = "Best"
    brief: bool = False

    def moment(self, instant: datetime) -> str:
        """An xs:dateTime: in UTC, or with the offset of the request's time zone (option ``answer_times``)."""
        if self.zone is None or self.options.answer_times == "utc":
            return utc_text(instant)
        offset = self.zone.offset(instant)
        minutes = int(abs(offset).total_seconds()) // 60
        wall = (instant.astimezone(UTC) + offset).strftime("%Y-%m-%dT%H:%M:%S")
        return f"{wall}{'-' if offset < timedelta() else '+'}{minutes // 60:02d}:{minutes % 60:02d}"


def utc_text(instant: datetime) -> str:
    """``instant`` as 2026-03-02T09:00:00Z."""
    return f"{instant.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='seconds')}Z"


def span_text(span: timedelta) -> str:
    """``span`` as the xs:duration of the element Duration."""
    minutes = int(span.total_seconds()) // 60
    days, rest = divmod(minutes, 24 * 60)
    hours, minutes = divmod(rest, 60)
    time = (f"{hours}H" if hours else "") + (f"{minutes}M" if minutes else "")
    if not days and not time:
        return "PT0M"
    return "P" + (f"{days}D" if days else "") + (f"T{time}" if time else "")
