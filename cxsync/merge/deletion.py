"""What becomes of a partner whose other side was deleted."""

from collections.abc import Collection
from typing import Literal, TypeAlias

from msgspec import Struct

from cxsync.appointment.fields import FIELDS
from cxsync.merge.base import Base, kept
from cxsync.merge.rules import text_hidden
from schemas.appointment import Appointment
from schemas.words import Field, Reason, Side, System

Fate: TypeAlias = Literal["delete", "restore", "kept-history"]

_NO_MODIFICATION: frozenset[Field] = frozenset({"reminder", "attendees"})


class Deletion(Struct, frozen=True):
    """``delete`` the partner; ``restore`` the deleted side, for the partner was modified in ``modified``; or
    ``kept-history``: the link closes, the partner stays."""

    fate: Fate
    modified: tuple[Field, ...] = ()
    reasons: tuple[Reason, ...] = ()
    guests_not_told: int = 0


def deletion(
    partner: Appointment,
    base: Base | None,
    *,
    partner_side: Side,
    systems: Collection[System],
    over: bool = False,
    ended_by_organizer: bool = False,
) -> Deletion:
    """What to do with ``partner``, read live. ``over``: it has ended before now, its last occurrence included.

    "A modification beats a deletion" (rule 4), except a modification of a meeting that its organiser called off or
    the user declined. Without a base nothing can be told to be modified, and a proven deletion is carried out.
    """
    if partner_side == "carerix" and over:
        return Deletion("kept-history")
    changed = (
        ()
        if base is None
        else tuple(
            field
            for field in FIELDS
            if _modified(field, partner, base, systems)
            and not (partner_side == "external" and text_hidden(field, base))
        )
    )
    if changed and not ended_by_organizer:
        return Deletion("restore", changed)
    meeting = partner.meeting
    if partner_side == "external" and meeting is not None and meeting.role == "organizer" and meeting.guests:
        return Deletion("delete", reasons=("invitees-not-told",), guests_not_told=meeting.guests)
    return Deletion("delete")


def _modified(field: Field, partner: Appointment, base: Base, systems: Collection[System]) -> bool:
    """A dismissed reminder or a guest's answer is no reason to bring back what somebody deleted."""
    if field in _NO_MODIFICATION or field not in base.values:
        return False
    return kept(field, partner, systems) != base.values[field]
