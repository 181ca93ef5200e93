"""Who is part of an event: the meeting it makes, and the guests as text (resource Event, ``attendees``)."""

from cxsync.calendars.google.event import Event, Person
from schemas.appointment import Meeting
from schemas.words import Response

_RESPONSES: dict[str, Response] = {"tentative": "tentative", "accepted": "accepted", "declined": "declined"}


def meeting_of(event: Event) -> Meeting | None:
    """None if nobody else is part of it; an imported copy with a foreign organizer and no guests is nobody's meeting
    but our user's."""
    others, organizer = _others(event), event.organizer
    ours = organizer is None or organizer.is_self or event.private_copy
    if not others and ours:
        return None
    return Meeting(
        role="organizer" if ours else "attendee",
        response=_response(event),
        organizer="" if organizer is None else _shown(organizer),
        guests=len([person for person in others if not person.organizer]),
    )


def declined(event: Event) -> bool:
    """Whether our user was invited and does not go."""
    meeting = meeting_of(event)
    return meeting is not None and meeting.role == "attendee" and meeting.response == "declined"


def attendees_text(event: Event) -> str:
    """The others, one a line; answers are left out, for each of them would be an edit."""
    return "\n".join(_shown(person) for person in _others(event))


def _others(event: Event) -> list[Person]:
    return [person for person in event.attendees if not person.is_self and not person.resource]


def _response(event: Event) -> Response:
    own = next((person for person in event.attendees if person.is_self), None)
    return "none" if own is None else _RESPONSES.get(own.response_status, "none")


def _shown(person: Person) -> str:
    if person.display_name and person.email:
        return f"{person.display_name} <{person.email}>"
    return person.display_name or person.email
