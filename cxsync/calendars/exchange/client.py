"""One Exchange mailbox's calendar (port ``Calendar``), over Exchange Web Services through exchangelib."""

from collections.abc import Callable, Collection
from datetime import datetime
from functools import cached_property
from typing import Any, TypeVar
from uuid import UUID

from exchangelib import CalendarItem
from exchangelib.properties import ItemId

from cxsync.calendars.errors import CredentialsRefused, Gone, Unreadable, VersionChanged
from cxsync.calendars.exchange import cursor as cursors
from cxsync.calendars.exchange import document
from cxsync.calendars.exchange.cursor import Cursor
from cxsync.calendars.exchange.faults import naming
from cxsync.calendars.exchange.gather import Whole, whole
from cxsync.calendars.exchange.protocol import Mailbox, Spoken
from cxsync.calendars.exchange.services import (
    CALENDAR,
    DELETED,
    NOT_THERE,
    Create,
    Delete,
    Folders,
    Items,
    Key,
    Move,
    PasswordExpiry,
    Search,
    Sync,
    Update,
    raised,
)
from cxsync.calendars.exchange.signin import Kind, ask
from cxsync.calendars.exchange.target import also, target_of
from cxsync.calendars.exchange.transport import Route
from cxsync.calendars.exchange.write import changes, creation
from cxsync.calendars.port import Found, Listing
from schemas.appointment import Appointment
from schemas.words import Field, Presence, System

R = TypeVar("R")


def _at_once(requests: int) -> None:
    """No budget to wait for."""


class ExchangeCalendar:
    """The primary calendar of the user who signs in.

    ``zone``: IANA zone whose midnights all-day appointments get. ``spoken``: what an earlier client learnt of this
    server (see the property); without it one unauthenticated request asks for the kind of sign-in first. ``wait``:
    called with 1 before each request, to pass a budget.
    """

    system: System = "exchange"

    def __init__(
        self,
        way: Route,
        username: str,
        password: str,
        *,
        zone: str = "Europe/Amsterdam",
        spoken: Spoken | None = None,
        wait: Callable[[int], None] = _at_once,
    ) -> None:
        self._way = way
        self._credentials = (username, password)
        self._zone = zone
        self._wait = wait
        self._remembered = spoken
        self._opened: Mailbox | None = None

    @property
    def spoken(self) -> Spoken | None:
        """What is known of the server by now."""
        return self._opened.spoken if self._opened is not None and self._opened.answered else self._remembered

    def changes(self, cursor: bytes | None) -> Listing:
        """One page. ``full`` is true on every page of a complete listing; it is complete when ``more`` is false.

        Changes of an occurrence come as its series. Items that are no appointments are left out.
        """
        last = None if cursor is None else cursors.load(cursor)

        def listed(box: Mailbox) -> Listing:
            changed, state, ended = Sync(account=box).since(last.state if last else None)
            full = last is None or last.full
            gone = [each.key for each in changed if not each.tag]
            present = [each.key for each in changed if each.tag == "CalendarItem"]
            found = [_present(each) for each in whole(Items(account=box), present)]
            known = {each.native_id for each in found}
            found += [self._departed(box, key, place) for key, place in self._places(box, gone) if key.id not in known]
            return Listing(
                found=tuple(found),
                cursor=cursors.dump(Cursor(state, full and not ended)),
                full=full,
                more=not ended,
            )

        return self._speak("changes", listed)

    def fetch(self, native_id: str) -> Found:
        """Deleted Items is ``tombstone``, any other folder ``left``."""
        return self._speak("fetch", lambda box: self._fetched(box, Key(native_id)))

    def find(self, marker: UUID) -> Found | None:
        """In the calendar, then in Deleted Items (``tombstone``, with its documents). Of copies the oldest."""

        def found(box: Mailbox) -> Found | None:
            for folder in (CALENDAR, DELETED):
                keys = Search(account=box).marked(folder, marker)
                items = sorted(whole(Items(account=box), keys), key=_created)
                if items:
                    return _present(items[0], "present" if folder is CALENDAR else "tombstone")
            return None

        return self._speak("find", found)

    def create(self, appointment: Appointment, marker: UUID, *, owner: str | None = None) -> Found:
        """``owner`` is of no meaning here."""

        def created(box: Mailbox) -> Found:
            attributes = creation(appointment, marker, self._zone, box.major)
            key = Create(account=box).one(CalendarItem(**attributes))
            return self._fetched(box, key)

        return self._speak("create", created)

    def update(self, found: Found, appointment: Appointment, fields: Collection[Field]) -> Found:
        """By ChangeKey, never overwriting."""

        def updated(box: Mailbox) -> Found:
            target = target_of(found, self._zone)
            wanted = also(fields, appointment, target)
            attributes = changes(appointment, wanted, self._zone, box.major, target.zone)
            if not attributes:
                return found
            item = CalendarItem(id=found.native_id, changekey=found.version, **attributes)
            return self._fetched(box, Update(account=box).one(item, list(attributes)))

        return self._speak("update", updated)

    def delete(self, found: Found) -> None:
        """Read, compare, delete: EWS deletes whatever the ChangeKey, so an edit in the same moment goes with it, to
        Deleted Items, from where it can be restored."""

        def deleted(box: Mailbox) -> None:
            ((_, place),) = self._places(box, [Key(found.native_id)])
            if place is None or place.folder != self._folders[0]:
                return
            if place.key.change_key != found.version:
                raise VersionChanged("exchange", "delete", "the item was changed since it was read")
            try:
                Delete(account=box).one(place.key)
            except NOT_THERE:
                return

        self._speak("delete", deleted)

    def restore(self, found: Found) -> Found:
        """Out of Deleted Items; found there by its id, its marker, or its global object id."""

        def restored(box: Mailbox) -> Found:
            ((_, place),) = self._places(box, [Key(found.native_id)])
            if place is not None and place.folder == self._folders[0]:
                return self._fetched(box, place.key)
            deleted = [place.key] if place is not None and place.folder == self._folders[1] else _traces(box, found)
            if not deleted:
                raise Gone("exchange", "restore", "it is no longer in Deleted Items")
            return self._fetched(box, Move(account=box).one(deleted[0]))

        return self._speak("restore", restored)

    def password_expires(self, address: str) -> datetime | None:
        """When the password of the mailbox with this SMTP address runs out (UTC); None: never."""
        return self._speak("password expiry", lambda box: PasswordExpiry(account=box).of(address))

    def close(self) -> None:
        """Give back the socket; the next call opens another."""
        if self._opened is not None:
            self._remembered = self.spoken
            self._opened.close()
            self._opened = None
        self.__dict__.pop("_folders", None)

    def _speak(self, operation: str, act: Callable[[Mailbox], R]) -> R:
        """``act`` on the open mailbox. A server that now wants another kind of sign-in is asked once more, which costs
        no password: a refusal of a kind that it no longer offers says nothing about the password."""
        asked = self._opened is None and self._remembered is None
        try:
            with naming(operation):
                return act(self._mailbox())
        except CredentialsRefused:
            remembered = self.spoken
            if asked or remembered is None or (self._opened is not None and self._opened.answered):
                raise
            with naming(operation):
                kind = self._ask()
            if kind == remembered.kind:
                raise
            self.close()
            self._open(kind)
            with naming(operation):
                return act(self._mailbox())

    def _mailbox(self) -> Mailbox:
        if self._opened is None:
            self._open(self._remembered.kind if self._remembered else self._ask())
        assert self._opened is not None  # noqa: S101 - opened above, which mypy cannot see
        return self._opened

    def _ask(self) -> Kind:
        self._wait(1)
        return ask(self._way)

    def _open(self, kind: Kind) -> None:
        self._opened = Mailbox(self._way, *self._credentials, self._remembered, kind, self._wait)

    @cached_property
    def _folders(self) -> tuple[str, str]:
        return Folders(account=self._mailbox()).ids()

    def _fetched(self, box: Mailbox, key: Key) -> Found:
        items = whole(Items(account=box), [key])
        if not items:
            return Found(native_id=key.id, version=None, presence="absent")
        return _present(items[0], self._presence(items[0].folder))

    def _presence(self, folder: str) -> Presence:
        if not folder or folder == self._folders[0]:
            return "present"
        return "tombstone" if folder == self._folders[1] else "left"

    def _places(self, box: Mailbox, keys: list[Key]) -> list[tuple[Key, Whole | None]]:
        """Where each item is now; None: nowhere."""
        answers = Items(account=box).places([ItemId(id=key.id) for key in keys])
        return [(key, _place(answer)) for key, answer in zip(keys, answers, strict=True)]

    def _departed(self, box: Mailbox, key: Key, place: Whole | None) -> Found:
        if place is None:
            return Found(native_id=key.id, version=key.change_key, presence="tombstone")
        return self._fetched(box, place.key)


def _place(answer: Any) -> Whole | None:
    if isinstance(answer, NOT_THERE):
        return None
    (element,) = raised([answer])
    own, folder = document.item_id(element), document.item_id(element, "ParentFolderId")
    return Whole(Key(*own), folder[0] if folder else "", ()) if own else None


def _present(item: Whole, presence: Presence = "present") -> Found:
    return Found(
        native_id=item.key.id,
        version=item.documents[0].native_version,
        presence=presence,
        documents=item.documents,
    )


def _created(item: Whole) -> str:
    """For ordering; one that cannot be read is last."""
    try:
        return document.text(document.load(item.documents[0].body, item.key.id), "DateTimeCreated") or ""
    except Unreadable:
        return "~"


def _traces(box: Mailbox, found: Found) -> list[Key]:
    """What may be it in Deleted Items."""
    if not found.documents:
        return []
    item = document.load(found.documents[0].body, found.native_id)
    marker, global_id = document.marker(item), document.global_id(item)
    keys = Search(account=box).marked(DELETED, marker) if marker is not None else []
    return keys or (Search(account=box).known_as(DELETED, global_id) if global_id is not None else [])
