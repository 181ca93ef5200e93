"""The creation key of an event: its id, and a private property."""

from collections.abc import Mapping
from uuid import UUID

import msgspec

PROPERTY = "cxsyncMarker"


def id_of(marker: UUID) -> str:
    """The id of the event that is created with this key; ids are of 0-9 and a-v (resource Events, ``id``)."""
    return marker.hex


def marker_of(event_id: str, private: Mapping[str, str]) -> UUID | None:
    """The key that the event was created with. Google copies properties when it splits a series, so that the property
    counts only in the event whose id agrees."""
    text = private.get(PROPERTY)
    return UUID(hex=text) if text is not None and text == event_id and _is_hex(text) else None


def _is_hex(text: str) -> bool:
    return len(text) == 32 and all(letter in "0123456789abcdef" for letter in text)


class _Properties(msgspec.Struct, frozen=True):
    private: dict[str, str] = {}


class _Marked(msgspec.Struct, frozen=True, rename="camel"):
    id: str
    extended_properties: _Properties = _Properties()


def marker_in(body: bytes) -> UUID | None:
    """``marker_of`` an event's JSON; None too if that has another form."""
    try:
        event = msgspec.json.decode(body, type=_Marked)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None
    return marker_of(event.id, event.extended_properties.private)
