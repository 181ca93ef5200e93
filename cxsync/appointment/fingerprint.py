"""Fingerprints: whether an item is still what it was, in 16 bytes that are the same in every process and version.

The whole fingerprint leaves out what must not wake anything: reminders (Outlook switches one off when it is
dismissed), categories other than NoSync, links, native ids, and layout around notes. So it recognises an echo
(rule 3) and an item untouched since the baseline (rule 12); whether a *linked* item's reminder changed, the merge
says, for it looks at the field itself.
"""

from hashlib import blake2b

from msgspec import msgpack

from cxsync.appointment import canonical
from cxsync.appointment.canonical import Canonical
from cxsync.appointment.fields import FIELDS
from schemas.appointment import Appointment
from schemas.words import Field

SIZE = 16
VERSION = b"1"
"""Part of what is digested: a new version makes every item look changed once, so it is not raised lightly."""

_QUIET: frozenset[Field] = frozenset({"reminder"})


def fingerprint(appointment: Appointment) -> bytes:
    """What identifies the content of an appointment."""
    meeting = appointment.meeting
    standing: Canonical = None if meeting is None else (meeting.role, meeting.response, meeting.cancelled)
    fields = tuple((field, canonical.of(field, appointment)) for field in FIELDS if field not in _QUIET)
    return digest((fields, standing, appointment.nature, appointment.no_sync))


def fingerprints(appointment: Appointment) -> dict[Field, bytes]:
    """One for each field, the reminder too."""
    return {field: digest((field, canonical.of(field, appointment))) for field in FIELDS}


def digest(value: Canonical) -> bytes:
    """The digest of a canonical value."""
    return blake2b(msgpack.encode(value), digest_size=SIZE, person=b"cx-appointment", salt=VERSION).digest()
