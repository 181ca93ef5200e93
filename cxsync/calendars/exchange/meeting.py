"""What makes an item a meeting: who called it, whether our user goes, who else knows."""

from collections.abc import Iterator, Mapping

from lxml import etree
from msgspec import Struct

from cxsync.calendars.exchange.document import flag, number, text
from cxsync.calendars.exchange.soap import T
from schemas.appointment import Meeting
from schemas.words import Response

# AppointmentState (MS-OXOCAL 2.2.1.10 PidLidAppointmentStateFlags)
_RECEIVED = 2
_CANCELLED = 4
_RESPONSES: Mapping[str, Response] = {"Tentative": "tentative", "Accept": "accepted", "Decline": "declined"}
_LISTS = ("RequiredAttendees", "OptionalAttendees", "Resources")


class Person(Struct, frozen=True):
    """Name and address, each possibly empty."""

    name: str
    address: str

    @property
    def shown(self) -> str:
        """For people."""
        if self.name and self.address and self.name.casefold() != self.address.casefold():
            return f"{self.name} <{self.address}>"
        return self.address or self.name


def meeting_of(item: etree._Element) -> Meeting | None:
    """None for what nobody else knows of."""
    others = tuple(_people(item, *_LISTS))
    state = number(item, "AppointmentState") or 0
    if not others and not flag(item, "IsMeeting") and not state & (_RECEIVED | _CANCELLED):
        return None
    answer = text(item, "MyResponseType") or ""
    attendee = bool(state & _RECEIVED) or answer in ("Accept", "Tentative", "Decline", "NoResponseReceived")
    organizer = next(_mailboxes(item.find(f"{T}Organizer")), Person("", ""))
    guests = {each.address.casefold() or each.name.casefold() for each in others}
    guests.discard(organizer.address.casefold())
    return Meeting(
        role="attendee" if attendee else "organizer",
        response=_RESPONSES.get(answer, "none") if attendee else "none",
        organizer=organizer.shown,
        guests=len(guests),
        cancelled=flag(item, "IsCancelled") or bool(state & _CANCELLED),
    )


def attendees_of(item: etree._Element) -> str:
    """Everybody who was invited, one a line; rooms are the location's business."""
    return "\n".join(dict.fromkeys(each.shown for each in _people(item, *_LISTS[:2])))


def _people(item: etree._Element, *lists: str) -> Iterator[Person]:
    for name in lists:
        for attendee in item.iterfind(f"{T}{name}/{T}Attendee"):
            yield from _mailboxes(attendee)


def _mailboxes(element: etree._Element | None) -> Iterator[Person]:
    for mailbox in () if element is None else element.iterfind(f"{T}Mailbox"):
        person = Person((text(mailbox, "Name") or "").strip(), (text(mailbox, "EmailAddress") or "").strip())
        if person.shown:
            yield person
