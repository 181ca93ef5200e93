"""Everything that changes a mailbox, whoever causes it: each change is journalled and told to subscribers."""

import hashlib
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import msgspec

from cxsync.sandbox.core.journal import Channel
from cxsync.sandbox.core.world import World
from cxsync.sandbox.exchange import body as bodies
from cxsync.sandbox.exchange.draft import Draft, Settled, apply, settle
from cxsync.sandbox.exchange.item import Content, Deviation, Item
from cxsync.sandbox.exchange.mailbox import Event, Folder, Mailbox
from cxsync.sandbox.exchange.options import Options
from cxsync.sandbox.exchange.rule_xml import rule_xml
from cxsync.sandbox.exchange.series import check_move, occurrence, prune, require_live, times
from cxsync.sandbox.exchange.soap import ResponseError
from cxsync.sandbox.exchange.style import utc_text
from cxsync.sandbox.exchange.zones import Zone, to_wall

SYSTEM = "exchange"
_FIELDS = tuple(field for field in Content.__struct_fields__ if field != "other")


class Cause(msgspec.Struct, frozen=True):
    """Who causes a change: by which channel, under which name, doing what."""

    channel: Channel
    author: str
    action: str


class Store:
    """``options`` is asked each time, since it is replaced as a whole."""

    def __init__(self, world: World, options: Callable[[], Options]) -> None:
        self._world = world
        self._options = options

    @property
    def now(self) -> datetime:
        """The present, in whole seconds as the store keeps it."""
        return self._world.clock.now().replace(microsecond=0)

    @property
    def options(self) -> Options:
        """The switches in force."""
        return self._options()

    def create(
        self,
        box: Mailbox,
        folder: Folder,
        draft: Draft,
        zone: Zone | None,
        cause: Cause,
        organizer: tuple[str, str] | None = None,
    ) -> Item:
        """A new item in ``folder``. ``zone``: the request's. ``organizer``: of an invitation. Raises ResponseError."""
        settled = settle(draft, zone, self.now, self.options)
        number = box.next_number()
        uid = draft.uid or self._uid(box, number)
        item = Item(number, uid, settled.content, settled.start, settled.end, settled.start_zone, self.now)
        apply(item, settled)
        if organizer is not None:
            item.organizer, item.response, item.request_sent = organizer, "NoResponseReceived", True
        self.enter(box, folder, item, cause, "CreatedEvent")
        return item

    def enter(self, box: Mailbox, folder: Folder, item: Item, cause: Cause, event: str) -> None:
        """``item``, complete, appears in ``folder``."""
        box.put(item, folder)
        item.touched = dict.fromkeys((*_FIELDS, "time", "rule"), item.version)
        self._record(box, item, cause)
        box.notify(Event(event, folder.number, item.number, item.version, self.now))

    def _uid(self, box: Mailbox, number: int) -> str:
        """A GlobalObjectId as MS-OXOCAL 2.2.1.27 lays it out, in hexadecimal; the same for the same seed."""
        filetime = int(self.now.timestamp() * 10_000_000) + 116_444_736_000_000_000
        made = hashlib.blake2s(box.guid + number.to_bytes(8, "big"), key=box.secret, digest_size=16).hexdigest()
        prefix = "040000008200E00074C5B7101A82E00800000000"
        return f"{prefix}{filetime.to_bytes(8, 'little').hex()}{'0' * 16}10000000{made}".upper()

    def write(
        self, box: Mailbox, item: Item, draft: Draft, zone: Zone | None, cause: Cause, since: int | None = None
    ) -> bool:
        """Put ``draft`` into a single item or a master; True if it changes when it takes place. Raises ResponseError.

        ``since``: the version that the writer knew, if a field that somebody else changed after it may not be written.

        What becomes of changed and deleted occurrences when the pattern or the time of day changes is not documented:
        options ``pattern_change`` and ``range_change``.
        """
        settled = settle(draft, zone, self.now, self.options)
        before = item.rule
        moved = (settled.start, settled.end, settled.start_zone) != (item.start, item.end, item.start_zone)
        touched = [name for name in _FIELDS if getattr(settled.content, name) != getattr(item.content, name)]
        touched += ["time"] if moved else []
        touched += ["rule"] if settled.rule != before else []
        if since is not None and any(item.touched.get(name, 0) > since for name in touched):
            raise ResponseError(
                "ErrorIrresolvableConflict", "The same property was changed by somebody else meanwhile."
            )
        same_times = self._same_times(item, settled)
        apply(item, settled)
        if item.deviations:
            keep = self.options.range_change if same_times else self.options.pattern_change
            if settled.rule is None or (keep == "drop" and (settled.rule != before or moved)):
                item.deviations = {}
            elif settled.rule != before or moved:
                prune(item)
        self.touch(box, item, touched, cause)
        return moved or settled.rule != before

    @staticmethod
    def _same_times(item: Item, settled: Settled) -> bool:
        """Whether every date that both rules give keeps its occurrence."""
        return (
            item.rule is not None
            and item.rule.same_pattern(settled.rule)
            and item.clock == settled.clock
            and item.start_zone.id == settled.start_zone.id
        )

    def write_occurrence(self, box: Mailbox, item: Item, day: date, draft: Draft, cause: Cause) -> bool:
        """Put ``draft`` into one occurrence, which becomes an exception; True if it moves. Raises ResponseError."""
        options = self.options
        require_live(item, day)
        view = occurrence(item, day, options.overlap)
        settled = settle(draft, None, self.now, options)
        moved = (settled.start, settled.end) != (view.start, view.end)
        if moved:
            check_move(item, day, settled.start, settled.end, options.overlap)
        planned = times(item, day, options.overlap)
        fields: dict[str, Any] = {}
        for name in Content.__struct_fields__:
            value = getattr(settled.content, name)
            known = item.deviations[day].fields if day in item.deviations else {}
            differs = value != getattr(item.content, name) or name in known
            if differs or not options.master_text_reaches_exceptions:
                fields[name] = value
        item.deviations[day] = Deviation(
            start=settled.start if (settled.start, settled.end) != planned else None,
            end=settled.end if (settled.start, settled.end) != planned else None,
            fields=fields,
            modified=self.now,
        )
        self.touch(box, item, ["occurrences"], cause)
        return moved

    def delete_occurrence(self, box: Mailbox, item: Item, day: date, cause: Cause) -> None:
        """One occurrence goes; the master lists it as deleted. Raises ResponseError."""
        require_live(item, day)
        item.deviations[day] = Deviation(deleted=True, modified=self.now)
        self.touch(box, item, ["occurrences"], cause)

    def touch(self, box: Mailbox, item: Item, fields: list[str], cause: Cause) -> None:
        """``item`` was changed in place: new version, journal, subscribers. A save that changes nothing counts too."""
        item.modified = self.now
        box.touch(item)
        for field in fields:
            item.touched[field] = item.version
        self._record(box, item, cause)
        box.notify(Event("ModifiedEvent", item.folder, item.number, item.version, self.now))

    def move(self, box: Mailbox, item: Item, folder: Folder, cause: Cause) -> Item:
        """``item`` goes to another folder, under a new id (option ``move_changes_id``)."""
        old_folder, old_number = item.folder, item.number
        box.take(item)
        if self.options.move_changes_id:
            item.number = box.next_number()
        item.soft_deleted = folder.distinguished.startswith("recoverableitems")
        box.put(item, folder)
        self._record(box, item, cause)
        box.notify(Event("MovedEvent", folder.number, item.number, item.version, self.now, old_folder, old_number))
        return item

    def delete(self, box: Mailbox, item: Item, kind: str, cause: Cause) -> None:
        """``kind`` as in DeleteType. What is deleted from Deleted Items to Deleted Items is gone for good."""
        deleted = box.distinguished["deleteditems"]
        if kind == "MoveToDeletedItems" and item.folder != deleted.number:
            self.move(box, item, deleted, cause)
        elif kind == "SoftDelete":
            self.move(box, item, box.distinguished["recoverableitemsdeletions"], cause)
        else:
            self._record(box, item, cause)
            folder = item.folder
            box.take(item)
            box.notify(Event("DeletedEvent", folder, item.number, item.version, self.now))

    def mail(self, box: Mailbox, item: Item, kind: str, to: str, cause: Cause) -> None:
        """A mail that a real server would send."""
        self._world.witness.mail(
            SYSTEM,
            box.owner,
            kind,  # type: ignore[arg-type] # one of MailKind, chosen in meetings.py
            to,
            box.item_id(item),
            subject=item.content.subject or "",
            channel=cause.channel,
        )

    def _record(self, box: Mailbox, item: Item, cause: Cause) -> None:
        self._world.journal.add(
            SYSTEM,
            box.owner,
            box.item_id(item),
            box.change_key(item),
            cause.channel,
            cause.author,
            cause.action,
            snapshot(box, item),
        )


def snapshot(box: Mailbox, item: Item) -> dict[str, Any]:
    """What an item holds, as JSON values."""
    content = item.content
    wall = to_wall(item.start_zone, item.start), to_wall(item.start_zone, item.end)
    return {
        "uid": item.uid,
        "folder": box.folders[item.folder].name if item.folder in box.folders else "",
        "subject": content.subject or "",
        "location": content.location or "",
        "notes": bodies.plain(content.body),
        "html": content.body.html if content.body is not None else False,
        "start": wall[0].date().isoformat() if content.all_day else utc_text(item.start),
        "end": wall[1].date().isoformat() if content.all_day else utc_text(item.end),
        "all_day": content.all_day,
        "zone": item.start_zone.id,
        "busy": content.busy,
        "sensitivity": content.sensitivity,
        "importance": content.importance,
        "categories": list(content.categories),
        "reminder": content.reminder_minutes if content.reminder else None,
        "attendees": [f"{each.address} {each.response}" for each in content.attendees],
        "organizer": item.organizer[1] if item.organizer else box.owner,
        "response": item.response,
        "cancelled": item.cancelled,
        "recurrence": rule_xml(item.rule, item.start_zone) if item.rule is not None else None,
        "exceptions": {day.isoformat(): _deviation(each) for day, each in sorted(item.deviations.items())},
        "extended": {"/".join((k.space, k.name, k.type)): v for k, v in sorted(content.extended.items(), key=_by_name)},
    }


def _by_name(pair: tuple[Any, Any]) -> str:
    return str(pair[0])


def _deviation(deviation: Deviation) -> dict[str, Any]:
    if deviation.deleted:
        return {"deleted": True}
    shown: dict[str, Any] = {
        name: bodies.plain(value) if name == "body" else value
        for name, value in deviation.fields.items()
        if name in ("subject", "location", "body", "busy", "reminder", "reminder_minutes", "sensitivity", "all_day")
    }
    if deviation.start is not None and deviation.end is not None:
        shown |= {"start": utc_text(deviation.start), "end": utc_text(deviation.end)}
    return shown
