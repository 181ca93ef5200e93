"""Whether an appointment takes part at all (product contract, "Kinds of item")."""

from typing import Literal, TypeAlias

from schemas.appointment import Appointment
from schemas.words import Nature

Standing: TypeAlias = Literal["takes-part", "gone", "nothing", "kept-out"]

_NOTHING: frozenset[Nature] = frozenset({"working-location", "birthday", "from-mail"})


def standing(appointment: Appointment, *, linked: bool) -> Standing:
    """``takes-part``: merge or create it. ``gone``: treat it as deleted. ``nothing``: it never had a partner and gets
    none. ``kept-out``: a link of it closes, both copies stay."""
    if appointment.no_sync:
        return "kept-out"  # "category or subject tag `NoSync`: kept out; if linked, the link closes, both copies stay"
    if appointment.nature in _NOTHING:
        return "kept-out" if linked else "nothing"  # "working location, birthday, from Gmail: nothing"
    if is_called_off(appointment):
        return "gone" if linked else "nothing"
    return "takes-part"


def is_called_off(appointment: Appointment) -> bool:
    """ "declined: as deleted · cancelled by the organiser: deleted if linked, never created"; an edit on the other side
    does not bring it back (``ended_by_organizer`` of ``deletion``)."""
    meeting = appointment.meeting
    return meeting is not None and (meeting.cancelled or meeting.response == "declined")
