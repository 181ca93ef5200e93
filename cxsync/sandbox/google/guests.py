"""Guests: their own copies of an event, their answers, and the mails that would have left (guide "Events with
attendees")."""

from typing import Any

from cxsync.sandbox.core.witness import MailKind
from cxsync.sandbox.google.calendars import Calendar
from cxsync.sandbox.google.event import Data, Event, attendee
from cxsync.sandbox.google.realm import NAME, Actor, Realm
from cxsync.sandbox.google.refusals import by_reason
from cxsync.sandbox.google.settling import settle

SHARED = (
    "summary",
    "description",
    "location",
    "start",
    "end",
    "recurrence",
    "status",
    "attendees",
    "organizer",
    "creator",
    "guestsCanInviteOthers",
    "guestsCanModify",
    "guestsCanSeeOtherGuests",
    "anyoneCanAddSelf",
    "sequence",
    "iCalUID",
    "conferenceData",
    "eventType",
    "recurringEventId",
    "originalStartTime",
    "attachments",
)
"""What all copies of an event have in common; the rest belongs to the copy."""
_CONTENT = tuple(key for key in SHARED if key not in ("attendees", "sequence", "creator", "organizer"))


def emails(data: Data | None) -> set[str]:
    """Addresses of the guests of a living event, its organizer left out."""
    if data is None or data["status"] == "cancelled":
        return set()
    organizer = data.get("organizer", {}).get("email")
    return {row["email"] for row in data.get("attendees", ()) if row["email"] != organizer}


def is_organizer(calendar: Calendar, data: Data) -> bool:
    """Whether this calendar holds the main copy."""
    return bool(data.get("organizer", {}).get("email", calendar.id) == calendar.id)


def check_guest_write(calendar: Calendar, old: Data, new: Data) -> None:
    """403 when a guest's copy is written in fields that only the organizer may change."""
    if is_organizer(calendar, old) or old.get("privateCopy") or old.get("guestsCanModify"):
        return
    before, after = dict(old), dict(new)
    for data in (before, after):
        data["attendees"] = [row for row in data.get("attendees", ()) if row["email"] != calendar.id]
        data.pop("sequence", None)
    shared_properties = [data.get("extendedProperties", {}).get("shared") for data in (old, new)]
    if any(before.get(key) != after.get(key) for key in SHARED) or shared_properties[0] != shared_properties[1]:
        raise by_reason("forbiddenForNonOrganizer")


class Guests:
    """Carries a written copy over to the other copies of the same event."""

    def __init__(self, realm: Realm) -> None:
        self._realm = realm

    def spread(self, actor: Actor, calendar: Calendar, event: Event, old: Data | None) -> None:
        """Called after each write of ``event``; ``old`` is what stood there before, None for a new one."""
        if event.data.get("privateCopy"):
            return
        if is_organizer(calendar, event.data):
            self._from_organizer(actor, calendar, event, old)
        elif old is not None:
            self._from_guest(actor, calendar, event, old)

    def _from_organizer(self, actor: Actor, calendar: Calendar, event: Event, old: Data | None) -> None:
        before, after = emails(old), emails(event.data)
        told = self._told(actor)
        for email in sorted(after):
            self._put_copy(actor, calendar, event, email)
            if email not in before:
                told(calendar, event, "invitation", email)
            elif old is None or any(old.get(key) != event.data.get(key) for key in _CONTENT):
                told(calendar, event, "update", email)
        for email in sorted(before - after):
            told(calendar, event, "cancellation", email)
            if actor.send != "none" or not self._realm.options.delete_none_leaves_copies:
                self._cancel_copy(actor, calendar, event, email)

    def _told(self, actor: Actor) -> Any:
        def mail(calendar: Calendar, event: Event, kind: MailKind, email: str) -> None:
            external = email not in self._realm.directory.accounts
            wanted = actor.send == "all" or (actor.send == "externalOnly" and external)
            if email != actor.author and (wanted or self._realm.options.none_still_mails):
                subject = event.data.get("summary", "")
                self._realm.world.witness.mail(
                    NAME, calendar.owner, kind, email, event.id, subject=subject, channel=actor.channel
                )

        return mail

    def _put_copy(self, actor: Actor, calendar: Calendar, event: Event, email: str) -> None:
        target = self._realm.directory.calendars.get(email)
        if target is None or target is calendar:
            return
        copy = target.events.get(event.id)
        row = attendee(event.data, email)
        if copy is not None and copy.cancelled and row is not None and row["responseStatus"] == "declined":
            return  # the guest removed it
        shared: Data = {key: event.data[key] for key in SHARED if key in event.data}
        own: Data = {"id": event.id, "reminders": {"useDefault": True}}
        if copy is not None:
            own = {key: value for key, value in copy.data.items() if key not in SHARED}
        properties = {**own.pop("extendedProperties", {})}
        properties.pop("shared", None)
        if event.data.get("extendedProperties", {}).get("shared"):
            properties["shared"] = event.data["extendedProperties"]["shared"]
        if properties:
            own["extendedProperties"] = properties
        data = {**own, **shared}
        if copy is not None and copy.data == data:
            return
        action = "invited" if copy is None or copy.cancelled else "update"
        old = None if copy is None else copy.data
        saved = self._realm.save(target, event.id, data, actor, action, author=calendar.owner)
        saved.details = True
        if old is not None and saved.is_series:
            settle(self._realm, actor, target, saved, old, author=calendar.owner)

    def _cancel_copy(self, actor: Actor, calendar: Calendar, event: Event, email: str) -> None:
        target = self._realm.directory.calendars.get(email)
        copy = None if target is None else target.events.get(event.id)
        if target is None or copy is None or copy.cancelled or target is calendar:
            return
        self._realm.save(target, event.id, {**copy.data, "status": "cancelled"}, actor, "cancel", author=calendar.owner)

    def _from_guest(self, actor: Actor, calendar: Calendar, event: Event, old: Data) -> None:
        """A guest's answer, or what ``guestsCanModify`` allows, reaches the organizer's copy and so the others."""
        home = self._realm.directory.calendars.get(event.data.get("organizer", {}).get("email", ""))
        main = None if home is None else home.events.get(event.id)
        if home is None or main is None or main.cancelled:
            self._answered(actor, calendar, event, old)
            return
        data = dict(main.data)
        if old.get("guestsCanModify"):
            data |= {key: event.data[key] for key in _CONTENT if key in event.data and key != "status"}
        row = attendee(event.data, calendar.id)
        declined = event.cancelled
        if row is not None or declined:
            status = "declined" if declined or row is None else row["responseStatus"]
            data["attendees"] = [
                {**each, **(row or {}), "responseStatus": status} if each["email"] == calendar.id else each
                for each in main.data.get("attendees", ())
            ]
        self._answered(actor, calendar, event, old)
        before = main.data
        if data != before:
            main = self._realm.save(home, event.id, data, actor, "update", author=calendar.owner)
            if main.is_series:
                settle(self._realm, actor, home, main, before, author=calendar.owner)
        for email in sorted(emails(main.data)):
            if email != calendar.id or not event.cancelled:
                self._put_copy(actor, home, main, email)

    def _answered(self, actor: Actor, calendar: Calendar, event: Event, old: Data) -> None:
        rows = [attendee(data, calendar.id) for data in (old, event.data)]
        answers = [row["responseStatus"] if row else None for row in rows]
        organizer = event.data.get("organizer", {}).get("email")
        if organizer and (answers[0] != answers[1] or (event.cancelled and old["status"] != "cancelled")):
            self._told(actor)(calendar, event, "response", organizer)
