"""The special rules of the fields, each one small function with the line of the product contract that it keeps.

``carerix`` and ``external`` are the two sides' appointments as they are now; "outward" is a write to the external
calendar, "inward" one to Carerix. A rule answers whether it applies; what follows from it stands in ``decide``.
"""

from cxsync.appointment.fields import TEXTS
from cxsync.appointment.join_link import has_join_link
from cxsync.merge.base import Base
from schemas.appointment import Appointment
from schemas.words import Field

ORGANIZERS: frozenset[Field] = frozenset({"subject", "location", "time", "recurrence"})
TOLD: frozenset[Field] = frozenset({"subject", "location", "notes", "time", "recurrence"})
"""Both sides edited: "`conflict` told … to the user whose text, place or time lost"."""


def never_written_outside(field: Field) -> bool:
    """Attendees: "inward as text, never written outside"."""
    return field == "attendees"


def external_rules(field: Field, external: Appointment) -> bool:
    """What Carerix cannot win. Attendees: "a local Carerix edit stands until the external list changes"; what is put
    back: "the organiser's version"."""
    return field == "attendees" or is_put_back(field, external)


def body_must_stay(field: Field, external: Appointment) -> bool:
    """Notes: "Outward only for items without invitees whose body equals its own plain text (no layout, no join
    link); … internal remarks must never reach a candidate, join links never be wiped"."""
    if field != "notes":
        return False
    return has_guests(external) or not external.notes_plain or has_join_link(external.notes)


def has_guests(external: Appointment) -> bool:
    """Somebody else knows of it: guests of ours, or the organiser and others."""
    return external.meeting is not None and (external.meeting.role == "attendee" or external.meeting.guests > 0)


def someone_elses(field: Field, external: Appointment) -> bool:
    """Meeting: "someone else's meeting changed in Carerix (time, place, subject): the organiser's version is put
    back"."""
    return field in ORGANIZERS and external.meeting is not None and external.meeting.role == "attendee"


def answer_decides(field: Field, external: Appointment) -> bool:
    """Invitation: "unanswered or tentative: preliminary · accepted: definitive"; so Carerix cannot say it."""
    return field == "busy" and external.meeting is not None and external.meeting.role == "attendee"


def read_only(external: Appointment) -> bool:
    """Kinds: "Google out-of-office, focus time: inward, read-only"."""
    return external.nature != "ordinary"


def is_put_back(field: Field, external: Appointment) -> bool:
    """Whether a Carerix edit of this field is undone; remarks, attendees and reminders stay in Carerix instead."""
    undone = field in ORGANIZERS or field in {"busy", "private"}
    return someone_elses(field, external) or (read_only(external) and undone)


def switched_off(field: Field, appointment: Appointment) -> bool:
    """Reminder: "a change of the minutes crosses, switching off does not (Outlook switches it off when it is
    dismissed)"."""
    return field == "reminder" and appointment.reminder_minutes is None


def text_hidden(field: Field, base: Base) -> bool:
    """Private: "born private outside: … time only; later made private: … text already there stays, no further text
    crosses"."""
    return base.hidden and field in TEXTS


def hides(external: Appointment, base: Base | None) -> bool:
    """Whether the external item's texts are to be hidden from Carerix from now on.

    "Carerix confidential → private outside, with text": a private item that Carerix made private (the base knows it as
    private and not hidden) hides nothing. In doubt the text is hidden: a leak cannot be taken back.
    """
    if not external.private:
        return False
    return base is None or base.hidden or base.values.get("private") is not True


def guests_not_told(field: Field, external: Appointment) -> bool:
    """Meeting: "organiser's own meeting changed … in Carerix: written silently; the user gets
    `invitees-not-told`"."""
    return (
        field in ORGANIZERS
        and external.meeting is not None
        and external.meeting.role == "organizer"
        and external.meeting.guests > 0
    )
