"""Invitations, updates, cancellations and answers: what is mailed, and what arrives in mailboxes of this server."""

import copy
from datetime import date
from typing import Protocol

import msgspec

from cxsync.sandbox.exchange.draft import Draft
from cxsync.sandbox.exchange.item import Attendee, Content, Deviation, Item, Response
from cxsync.sandbox.exchange.mailbox import Mailbox
from cxsync.sandbox.exchange.store import Cause, Store

_MAILED = ("SendOnlyToAll", "SendToAllAndSaveCopy", "SendOnlyToChanged", "SendToChangedAndSaveCopy")
_CHANGED_ONLY = ("SendOnlyToChanged", "SendToChangedAndSaveCopy")
_BUSY_OF: dict[str, str] = {"Accept": "Busy", "Tentative": "Tentative", "Decline": "Free"}


class Post(Protocol):
    """Finds the mailbox of an address on this server."""

    def mailbox_of(self, address: str) -> Mailbox | None:
        """None for people elsewhere."""


class Meetings:
    """Carries messages between mailboxes at once, since there is no transport to wait for."""

    def __init__(self, store: Store, post: Post) -> None:
        self._store = store
        self._post = post

    def created(self, box: Mailbox, item: Item, send: str, cause: Cause) -> None:
        """After CreateItem with SendMeetingInvitations=``send``."""
        if send in _MAILED and item.organizer is None:
            self.invite(box, item, item.content.attendees, cause)

    def invite(self, box: Mailbox, item: Item, to: tuple[Attendee, ...], cause: Cause) -> None:
        """The organiser sends the meeting to ``to``."""
        for attendee in to:
            item.request_sent = True
            self._store.mail(box, item, "invitation", attendee.address, cause)
            self._arrive(box, item, attendee)

    def updated(self, box: Mailbox, item: Item, before: Content, moved: bool, send: str, cause: Cause) -> None:
        """After UpdateItem with SendMeetingInvitationsOrCancellations=``send``."""
        if send not in _MAILED or item.organizer is not None:
            return
        known = {each.address.lower() for each in before.attendees}
        now = {each.address.lower() for each in item.content.attendees}
        gone = tuple(each for each in before.attendees if each.address.lower() not in now)
        new = tuple(each for each in item.content.attendees if each.address.lower() not in known)
        kept = tuple(each for each in item.content.attendees if each.address.lower() in known)
        if moved:
            item.sequence += 1
        self._cancel(box, item, gone, cause)
        if not item.request_sent:
            self.invite(box, item, item.content.attendees, cause)
            return
        self.invite(box, item, new, cause)
        only_people = send in _CHANGED_ONLY and bool(new or gone) and not moved
        for attendee in () if only_people else kept:
            self._store.mail(box, item, "update", attendee.address, cause)
            self._arrive(box, item, attendee)

    def deleted(self, box: Mailbox, item: Item, send: str, cause: Cause) -> None:
        """Before DeleteItem with SendMeetingCancellations=``send``: the organiser cancels, a guest declines."""
        if send not in _MAILED or not item.is_meeting or item.cancelled:
            return
        if item.organizer is None:
            self._cancel(box, item, item.content.attendees, cause)
        elif item.response not in ("Decline", "Organizer"):
            self._answer(box, item, "Decline", cause)

    def occurrence_deleted(self, box: Mailbox, item: Item, day: date, send: str, cause: Cause) -> None:
        """After one occurrence was deleted with SendMeetingCancellations=``send``."""
        if send not in _MAILED or item.organizer is not None:
            return
        for attendee in item.content.attendees:
            self._store.mail(box, item, "cancellation", attendee.address, cause)
            guest = self._post.mailbox_of(attendee.address)
            copied = self._copy_in(guest, item.uid) if guest is not None and guest is not box else None
            if guest is not None and copied is not None:
                copied.deviations[day] = Deviation(deleted=True, modified=self._store.now)
                self._store.touch(guest, copied, ["occurrences"], Cause("server", box.owner, "cancel-occurrence"))

    def _cancel(self, box: Mailbox, item: Item, to: tuple[Attendee, ...], cause: Cause) -> None:
        for attendee in to:
            self._store.mail(box, item, "cancellation", attendee.address, cause)
            guest = self._post.mailbox_of(attendee.address)
            copied = self._copy_in(guest, item.uid) if guest is not None and guest is not box else None
            if guest is not None and copied is not None:
                self.cancelled_by_organizer(guest, copied, box.owner)

    def cancelled_by_organizer(self, box: Mailbox, item: Item, organizer: str) -> None:
        """A cancellation arrives: the item stays, marked, until its owner removes it (MS-OXOCAL 3.1.4.8)."""
        item.cancelled = True
        subject = item.content.subject or ""
        title = subject if subject.startswith("Canceled: ") else f"Canceled: {subject}"
        item.content = msgspec.structs.replace(item.content, subject=title, busy="Free")
        self._store.touch(box, item, ["subject", "busy"], Cause("server", organizer, "cancel"))

    def _arrive(self, box: Mailbox, item: Item, attendee: Attendee) -> None:
        guest = self._post.mailbox_of(attendee.address)
        if guest is None or guest is box:
            return
        known = self._copy_in(guest, item.uid)
        organizer = (box.name, box.owner)
        cause = Cause("server", box.owner, "invited")
        if known is None:
            self.arrived(guest, item, organizer, cause)
            return
        private = known.content
        known.content = msgspec.structs.replace(
            item.content,
            busy="Tentative",
            categories=private.categories,
            reminder=private.reminder,
            reminder_minutes=private.reminder_minutes,
            extended=private.extended,
        )
        known.start, known.end, known.rule, known.clock = item.start, item.end, item.rule, item.clock
        known.start_zone, known.end_zone = item.start_zone, item.end_zone
        known.deviations = dict(item.deviations)
        known.response, known.cancelled, known.sequence = "NoResponseReceived", False, item.sequence
        self._store.touch(guest, known, ["subject", "location", "body", "busy", "time", "rule"], cause)

    def arrived(self, guest: Mailbox, item: Item, organizer: tuple[str, str], cause: Cause) -> Item:
        """An invitation lands in ``guest``'s calendar: tentative and unanswered."""
        mine = copy.copy(item)
        mine.number = guest.next_number()
        mine.content = msgspec.structs.replace(
            item.content, busy="Tentative", categories=(), extended={}, reminder=True, reminder_minutes=15
        )
        mine.deviations = dict(item.deviations)
        mine.organizer, mine.response, mine.replied = organizer, "NoResponseReceived", None
        mine.request_sent, mine.cancelled = True, False
        mine.created = mine.modified = self._store.now
        self._store.enter(guest, guest.calendar, mine, cause, "CreatedEvent")
        return mine

    @staticmethod
    def _copy_in(box: Mailbox, uid: str) -> Item | None:
        return next((item for item in box.calendar.items.values() if item.uid == uid), None)

    def respond(self, box: Mailbox, item: Item, response: Response, send: bool, cause: Cause) -> Item:
        """The guest answers. A declined meeting goes to Deleted Items; Outlook may put a new item in place of the old
        one (option ``response_replaces_item``). Returns the item that now stands for the meeting."""
        item.response, item.replied = response, self._store.now
        own = box.owner.lower()
        answered = {
            field: tuple(
                msgspec.structs.replace(each, response=response) if each.address.lower() == own else each
                for each in getattr(item.content, field)
            )
            for field in ("required", "optional", "resources")
        }
        item.content = msgspec.structs.replace(item.content, busy=_BUSY_OF.get(response, "Busy"), **answered)
        if send:
            self._answer(box, item, response, cause)
        if response == "Decline":
            self._store.delete(box, item, "MoveToDeletedItems", cause)
            return item
        if not self._store.options.response_replaces_item:
            self._store.touch(box, item, ["busy"], cause)
            return item
        folder = box.folders[item.folder]
        self._store.delete(box, item, "HardDelete", cause)
        fresh = copy.copy(item)
        fresh.number = box.next_number()
        self._store.enter(box, folder, fresh, cause, "CreatedEvent")
        return fresh

    def _answer(self, box: Mailbox, item: Item, response: Response, cause: Cause) -> None:
        if item.organizer is None:
            return
        self._store.mail(box, item, "response", item.organizer[1], cause)
        host = self._post.mailbox_of(item.organizer[1])
        original = self._copy_in(host, item.uid) if host is not None else None
        if host is None or original is None:
            return
        own = box.owner.lower()
        for field in ("required", "optional", "resources"):
            found: tuple[Attendee, ...] = getattr(original.content, field)
            changed = tuple(
                msgspec.structs.replace(each, response=response, responded=self._store.now)
                if each.address.lower() == own
                else each
                for each in found
            )
            original.content = msgspec.structs.replace(original.content, **{field: changed})
        self._store.touch(host, original, ["required", "optional"], Cause("server", box.owner, "answered"))

    def invitation(self, guest: Mailbox, draft: Draft, organizer: tuple[str, str], uid: str, cause: Cause) -> Item:
        """An invitation of somebody elsewhere, whose meeting ``draft`` describes. Raises ResponseError."""
        attendee = Attendee(guest.name, guest.owner)
        draft.set(required=(*draft.content.required, attendee), busy="Tentative")
        draft.uid = uid
        return self._store.create(guest, guest.calendar, draft, guest.zone, cause, organizer)
