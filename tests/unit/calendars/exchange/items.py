"""Calendar items as XML, for the tests of the pure half."""

from typing import Any

from cxsync.calendars.exchange.document import MEDIA_TYPE
from cxsync.calendars.exchange.read import read
from cxsync.calendars.exchange.soap import TYPES
from cxsync.calendars.port import Found
from schemas.appointment import Appointment
from schemas.records import Document, Policy

AMSTERDAM = '<t:StartTimeZone Id="W. Europe Standard Time"/>'
TIMES = "<t:Start>2026-03-10T08:00:00Z</t:Start><t:End>2026-03-10T09:00:00Z</t:End>"


def item(*inner: str, kind: str = "Single", times: str = TIMES, zone: str = AMSTERDAM) -> bytes:
    """A calendar item, on Tuesday 10 March 2026 from nine to ten in Amsterdam unless ``times`` says otherwise."""
    return (
        f'<t:CalendarItem xmlns:t="{TYPES}"><t:ItemId Id="one" ChangeKey="k1"/>{times}'
        f"<t:CalendarItemType>{kind}</t:CalendarItemType>{''.join(inner)}{zone}</t:CalendarItem>"
    ).encode()


def found(body: bytes, *exceptions: tuple[str, bytes], **named: Any) -> Found:
    """As a client would give it."""
    documents = [Document(role="single", native_id="one", native_version="k1", media_type=MEDIA_TYPE, body=body)]
    for name, each in exceptions:
        documents.append(Document(role="exception", native_id=name, media_type=MEDIA_TYPE, body=each))
    return Found(native_id="one", version="k1", presence="present", documents=tuple(documents), **named)


def understood(body: bytes, *exceptions: tuple[str, bytes], policy: Policy | None = None) -> Appointment:
    """What it means."""
    return read(found(body, *exceptions), policy or Policy()).appointment


def series(pattern: str, limit: str = "<t:NoEndRecurrence><t:StartDate>2026-03-10</t:StartDate></t:NoEndRecurrence>",
           *inner: str, **named: Any) -> bytes:  # fmt: skip
    """A master."""
    return item(f"<t:Recurrence>{pattern}{limit}</t:Recurrence>", *inner, kind="RecurringMaster", **named)
