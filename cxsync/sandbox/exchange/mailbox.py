"""One person's mailbox: folders, items, and the order in which everything changed."""

import hashlib
from collections.abc import Callable, Iterator
from datetime import date, datetime
from typing import NamedTuple

from cxsync.sandbox.exchange import ids
from cxsync.sandbox.exchange.item import Item
from cxsync.sandbox.exchange.soap import ResponseError
from cxsync.sandbox.exchange.zones import Zone


class Change(NamedTuple):
    """The newest change of an item in a folder: at ``seq``; there since ``born``; gone if ``item`` is None."""

    seq: int
    born: int
    item: Item | None


class Folder:
    """A folder; ``changes`` holds each item that is or was in it, by number, in the order of its newest change."""

    def __init__(self, number: int, name: str, folder_class: str, parent: int, distinguished: str, seq: int) -> None:
        self.number = number
        self.name = name
        self.folder_class = folder_class
        self.parent = parent
        self.distinguished = distinguished
        self.seq = seq
        self.born = seq
        self.last = 0
        self.items: dict[int, Item] = {}
        self.changes: dict[int, Change] = {}


class Event(NamedTuple):
    """What subscribers are told."""

    kind: str
    folder: int
    item: int
    version: int
    at: datetime
    old_folder: int = 0
    old_item: int = 0
    is_folder: bool = False


_FOLDERS = (
    # distinguished id, display name, class, parent
    ("root", "", "", ""),
    ("msgfolderroot", "Top of Information Store", "IPF.Note", "root"),
    ("calendar", "Calendar", "IPF.Appointment", "msgfolderroot"),
    ("contacts", "Contacts", "IPF.Contact", "msgfolderroot"),
    ("deleteditems", "Deleted Items", "IPF.Note", "msgfolderroot"),
    ("drafts", "Drafts", "IPF.Note", "msgfolderroot"),
    ("inbox", "Inbox", "IPF.Note", "msgfolderroot"),
    ("journal", "Journal", "IPF.Journal", "msgfolderroot"),
    ("junkemail", "Junk Email", "IPF.Note", "msgfolderroot"),
    ("notes", "Notes", "IPF.StickyNote", "msgfolderroot"),
    ("outbox", "Outbox", "IPF.Note", "msgfolderroot"),
    ("sentitems", "Sent Items", "IPF.Note", "msgfolderroot"),
    ("tasks", "Tasks", "IPF.Task", "msgfolderroot"),
    ("searchfolders", "Finder", "", "root"),
    ("recoverableitemsroot", "Recoverable Items", "", "root"),
    ("recoverableitemsdeletions", "Deletions", "", "recoverableitemsroot"),
    ("recoverableitemspurges", "Purges", "", "recoverableitemsroot"),
    ("recoverableitemsversions", "Versions", "", "recoverableitemsroot"),
)


class Mailbox:
    """``owner`` is the primary SMTP address; ``guid`` binds identifiers to this mailbox.

    Raising ``sync_epoch`` makes every sync state given out so far invalid.
    """

    def __init__(self, owner: str, name: str, secret: bytes, zone: Zone) -> None:
        self.owner = owner
        self.name = name
        self.zone = zone
        self.secret = secret
        self.guid = hashlib.blake2s(owner.lower().encode(), key=secret, digest_size=16).digest()
        self.seq = 0
        self.sync_epoch = 1
        self.items: dict[int, Item] = {}
        self.folders: dict[int, Folder] = {}
        self.distinguished: dict[str, Folder] = {}
        self.folder_changes: dict[int, tuple[int, int, bool]] = {}
        self.listeners: set[Callable[[Event], None]] = set()
        self._numbers = 0
        for key, name_, class_, parent in _FOLDERS:
            self.add_folder(name_, class_, self.distinguished[parent].number if parent else 0, key)

    @property
    def calendar(self) -> Folder:
        """The person's own calendar."""
        return self.distinguished["calendar"]

    def next_seq(self) -> int:
        """The number of the next change of anything in this mailbox."""
        self.seq += 1
        return self.seq

    def next_number(self) -> int:
        """A number that nothing in this mailbox ever had."""
        self._numbers += 1
        return self._numbers

    def add_folder(self, name: str, folder_class: str, parent: int, distinguished: str = "") -> Folder:
        """A new folder below ``parent``."""
        folder = Folder(self.next_number(), name, folder_class, parent, distinguished, self.next_seq())
        self.folders[folder.number] = folder
        if distinguished:
            self.distinguished[distinguished] = folder
        self.folder_changes[folder.number] = (folder.seq, folder.seq, True)
        return folder

    def folder_named(self, name: str) -> Folder:
        """The calendar folder with this display name, made below the calendar if there is none."""
        for folder in self.folders.values():
            if folder.name.lower() == name.lower() or folder.distinguished == name.lower():
                return folder
        return self.add_folder(name, "IPF.Appointment", self.calendar.number)

    def put(self, item: Item, folder: Folder) -> None:
        """``item`` enters ``folder``."""
        item.folder = folder.number
        item.version = self.next_seq()
        self.items[item.number] = item
        folder.items[item.number] = item
        self._changed(folder, item.number, Change(item.version, item.version, item))

    def touch(self, item: Item) -> None:
        """``item`` changed: a new version, and the newest change of its folder."""
        folder = self.folders[item.folder]
        item.version = self.next_seq()
        born = folder.changes[item.number].born
        self._changed(folder, item.number, Change(item.version, born, item))

    def take(self, item: Item) -> None:
        """``item`` leaves its folder and the store; what becomes of it is the caller's affair."""
        folder = self.folders[item.folder]
        born = folder.changes[item.number].born
        del folder.items[item.number]
        del self.items[item.number]
        self._changed(folder, item.number, Change(self.next_seq(), born, None))

    def _changed(self, folder: Folder, number: int, change: Change) -> None:
        folder.changes.pop(number, None)
        folder.changes[number] = change
        folder.last = change.seq

    def notify(self, event: Event) -> None:
        """Tell ``event`` to everybody who subscribed."""
        for listener in tuple(self.listeners):
            listener(event)

    def since(self, folder: Folder, seq: int) -> list[tuple[int, Change]]:
        """Changes of ``folder`` after ``seq``, oldest first, by item number."""
        found: list[tuple[int, Change]] = []
        for number in reversed(folder.changes):
            change = folder.changes[number]
            if change.seq <= seq:
                break
            found.append((number, change))
        found.reverse()
        return found

    def below(self, folder: Folder) -> Iterator[Folder]:
        """Every folder at any depth under ``folder``."""
        for each in self.folders.values():
            if each.parent == folder.number:
                yield each
                yield from self.below(each)

    def item_id(self, item: Item, day: date | None = None) -> str:
        """The identifier of an item, or of its occurrence on ``day``."""
        kind = ids.ITEM if day is None else ids.OCCURRENCE
        return ids.encode(self.secret, self.guid, kind, item.number, day)

    def change_key(self, item: Item) -> str:
        """The change key of the item's present version; its occurrences have the same."""
        return ids.change_key(self.guid, item.version)

    def folder_id(self, folder: Folder) -> str:
        """The identifier of a folder."""
        return ids.encode(self.secret, self.guid, ids.FOLDER, folder.number)

    def folder_key(self, folder: Folder) -> str:
        """The change key of a folder."""
        return ids.change_key(self.guid, folder.seq)

    def item(self, number: int) -> Item:
        """The item with this number; raises ResponseError ErrorItemNotFound."""
        found = self.items.get(number)
        if found is None:
            raise ResponseError("ErrorItemNotFound", "The specified object was not found in the store.")
        return found
