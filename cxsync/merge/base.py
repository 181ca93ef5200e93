"""The base: field by field the last value that both sides agreed on, small enough to be sealed into each link.

Values are kept in the class in which they are compared; a long text is kept as its digest, for a base only ever
answers whether a side has changed since.
"""

from collections.abc import Collection, Mapping
from typing import ClassVar

import msgspec

from cxsync.appointment.canonical import Canonical
from cxsync.appointment.classes import held
from cxsync.appointment.fields import FIELDS
from cxsync.appointment.fingerprint import digest
from cxsync.errors import CxSyncError
from schemas.appointment import Appointment
from schemas.words import Field, System

_LONG = 64
_FORMAT = 1


class BaseUnreadable(CxSyncError):
    """What a link holds is no base of this or an earlier version."""

    code: ClassVar[str] = "base-unreadable"

    def __init__(self, detail: str) -> None:
        self.detail = detail
        super().__init__(f"the base of a link cannot be read ({detail}); pair the connection anew with repair")


class Base(msgspec.Struct, frozen=True):
    """``values`` lacks fields on which the sides never agreed. ``hidden``: the external item was made private outside,
    so its texts are not shown to Carerix; ``values`` then holds what Carerix has in their place."""

    values: Mapping[Field, Canonical] = {}
    hidden: bool = False

    def agreeing(self, field: Field, value: Canonical) -> "Base":
        """The base with one field moved."""
        return Base({**self.values, field: value}, self.hidden)


class _Packed(msgspec.Struct, frozen=True, array_like=True):
    """The form on disk: released versions stay readable."""

    version: int
    hidden: bool
    values: dict[str, object]


def kept(field: Field, appointment: Appointment, systems: Collection[System]) -> Canonical:
    """The value of a field as a base keeps and compares it."""
    value = held(field, appointment, *systems)
    return digest(value) if isinstance(value, str) and len(value) > _LONG else value


def agreed(carerix: Appointment, external: Appointment, systems: Collection[System]) -> Base:
    """The base of two appointments that were just paired: the fields that are equal (rule 13).

    Who made a private item private is not known then, so its texts are hidden from here on.
    """
    values = {field: kept(field, carerix, systems) for field in FIELDS}
    equal = {field: value for field, value in values.items() if value == kept(field, external, systems)}
    return Base(equal, hidden=external.private)


def pack(base: Base) -> bytes:
    """The bytes of a base, to be sealed: the same for equal bases."""
    return msgspec.msgpack.encode(
        _Packed(_FORMAT, base.hidden, {f: base.values[f] for f in FIELDS if f in base.values})
    )


def unpack(data: bytes) -> Base:
    """The base of these bytes.

    Raises:
        BaseUnreadable: they are no base, or one of a newer version.
    """
    try:
        sealed = msgspec.msgpack.decode(data, type=_Packed)
    except msgspec.MsgspecError as error:
        raise BaseUnreadable(str(error)) from error
    if sealed.version > _FORMAT:
        raise BaseUnreadable(f"version {sealed.version}, this program knows {_FORMAT}")
    return Base({field: _tuples(sealed.values[field]) for field in FIELDS if field in sealed.values}, sealed.hidden)


def _tuples(value: object) -> Canonical:
    if isinstance(value, list):
        return tuple(_tuples(each) for each in value)
    if value is None or isinstance(value, bool | int | str | bytes):
        return value
    raise BaseUnreadable(f"a value of type {type(value).__name__}")
