"""What people do in Outlook, as the control interface and the page ask for it."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import msgspec

from cxsync.sandbox.core.action import Action, required
from cxsync.sandbox.core.refusal import BadInput, NotThere
from cxsync.sandbox.exchange import body as bodies
from cxsync.sandbox.exchange import ids
from cxsync.sandbox.exchange.draft import Draft, draft_of
from cxsync.sandbox.exchange.item import Attendee, Body, Content, Item
from cxsync.sandbox.exchange.mailbox import Mailbox
from cxsync.sandbox.exchange.organisation import Organisation
from cxsync.sandbox.exchange.series import live, occurrence, require_live, whole
from cxsync.sandbox.exchange.soap import ResponseError
from cxsync.sandbox.exchange.spoken import BUSY, rule_of
from cxsync.sandbox.exchange.store import Cause
from cxsync.sandbox.exchange.zones import Zone, to_utc, to_wall, zone_of_place

SEND = {True: "SendToAllAndSaveCopy", False: "SendToNone"}


class People:
    """Carries out actions on the mailbox of whoever acts."""

    def __init__(self, organisation: Organisation) -> None:
        self._organisation = organisation
        self._store = organisation.store
        self._meetings = organisation.meetings
        self._acts: dict[str, Callable[[Mailbox, Action, Cause], Item]] = {
            "create": self._create,
            "update": self._update,
            "move": self._update,
            "make-series": self._make_series,
            "change-rule": self._make_series,
            "make-private": self._sensitivity,
            "make-public": self._sensitivity,
            "dismiss-reminder": self._dismiss,
            "set-category": self._categorise,
            "delete": self._delete,
            "delete-occurrence": self._delete_occurrence,
            "move-occurrence": self._change_occurrence,
            "change-occurrence": self._change_occurrence,
            "this-and-following": self._this_and_following,
            "accept": self._respond,
            "tentative": self._respond,
            "decline": self._respond,
            "cancel": self._cancel,
            "invite": self._invite,
            "invited": self._invited,
            "move-folder": self._move_folder,
            "archive": self._archive,
            "restore": self._restore,
        }

    def act(self, box: Mailbox, action: Action) -> dict[str, Any]:
        """Do it; the answer names the item as it is now. Raises BadInput or NotThere."""
        perform = self._acts.get(action.action)
        if perform is None:
            raise BadInput("action", action.action, f"one of {', '.join(sorted(self._acts))} in Exchange")
        try:
            item = perform(box, action, Cause("person", box.owner, action.action))
        except ResponseError as error:
            raise BadInput("action", action.action, f"what Exchange allows ({error.code}: {error.text})") from None
        return {"item": box.item_id(item), "version": box.change_key(item), "uid": item.uid}

    def _item(self, box: Mailbox, action: Action) -> Item:
        text = str(required(action, "item"))
        try:
            found = ids.decode(box.secret, text)
        except ResponseError:
            found = None
        item = box.items.get(found.number) if found is not None and found.mailbox == box.guid else None
        if item is None:
            raise NotThere("item", text)
        return item

    def _zone(self, box: Mailbox, action: Action) -> Zone:
        if action.zone is None:
            return box.zone
        try:
            return zone_of_place(action.zone)
        except (KeyError, OSError, ValueError):
            raise BadInput("zone", action.zone, "a time zone such as Europe/Amsterdam") from None

    def _moment(self, field: str, text: str, zone: Zone) -> datetime:
        try:
            found = datetime.fromisoformat(text)
        except ValueError:
            raise BadInput(field, text, "a moment such as 2026-03-02T09:00, or a date if all day") from None
        return to_utc(zone, found, self._store.options.overlap) if found.tzinfo is None else found

    def _day(self, box: Mailbox, item: Item, action: Action) -> date:
        """The date, in the series' own zone, of the occurrence meant."""
        text = str(required(action, "occurrence"))
        zone = self._zone(box, action)
        if len(text) == 10:
            self._moment("occurrence", text, zone)
            day = date.fromisoformat(text)
        else:
            day = to_wall(item.start_zone, self._moment("occurrence", text, zone)).date()
        require_live(item, day)
        return day

    def _fill(self, box: Mailbox, draft: Draft, action: Action) -> None:
        """What the action sets goes into the draft, as Outlook would store it."""
        fields: dict[str, Any] = {}
        for name, value in (("subject", action.subject), ("location", action.location), ("all_day", action.all_day)):
            if value is not None:
                fields[name] = value
        if action.notes is not None:
            fields["body"] = bodies.from_outlook(action.notes) if action.notes else None
        if "html" in action.extra:
            fields["body"] = bodies.stored(Body(str(action.extra["html"]), html=True))
        if "plain" in action.extra:
            fields["body"] = bodies.stored(Body(str(action.extra["plain"]), html=False))
        if action.private is not None:
            fields["sensitivity"] = "Private" if action.private else "Normal"
        if action.busy is not None:
            fields["busy"] = BUSY[action.busy]
        if action.reminder is not None:
            fields["reminder"] = action.reminder >= 0
            if action.reminder >= 0:
                fields["reminder_minutes"] = action.reminder
        if action.category is not None:
            fields["categories"] = tuple(each.strip() for each in action.category.split(",") if each.strip())
        draft.set(**fields)
        self._time(box, draft, action)

    def _time(self, box: Mailbox, draft: Draft, action: Action) -> None:
        zone = self._zone(box, action)
        length = draft.end - draft.start if draft.start is not None and draft.end is not None else None
        if action.start is not None:
            draft.start = self._moment("start", action.start, zone)
            draft.start_set = True
            if length is not None:
                draft.end = draft.start + length
            if not draft.occurrence and (action.zone is not None or draft.start_zone is None):
                draft.start_zone = draft.end_zone = zone
        if action.end is not None:
            draft.end = self._moment("end", action.end, zone)
            draft.end_set = True

    def _create(self, box: Mailbox, action: Action, cause: Cause) -> Item:
        required(action, "start")
        draft = Draft(Content(reminder=not action.all_day))
        self._fill(box, draft, action)
        if action.rule is not None and draft.start is not None:
            wall = to_wall(draft.start_zone or box.zone, draft.start)
            draft.rule, draft.rule_set = rule_of(action.rule, wall, self._store.options), True
        draft.set(required=self._guests(action))
        folder = box.folder_named(action.folder) if action.folder else box.calendar
        item = self._store.create(box, folder, draft, box.zone, cause)
        self._meetings.created(box, item, SEND[action.send], cause)
        return item

    @staticmethod
    def _guests(action: Action) -> tuple[Attendee, ...]:
        return tuple(Attendee(each.partition("@")[0].title(), each) for each in action.guests or ())

    def _write(self, box: Mailbox, item: Item, draft: Draft, action: Action, cause: Cause) -> Item:
        before = item.content
        moved = self._store.write(box, item, draft, box.zone, cause)
        self._meetings.updated(box, item, before, moved, SEND[action.send], cause)
        return item

    def _update(self, box: Mailbox, action: Action, cause: Cause) -> Item:
        item = self._item(box, action)
        draft = draft_of(whole(item))
        self._fill(box, draft, action)
        return self._write(box, item, draft, action, cause)

    def _make_series(self, box: Mailbox, action: Action, cause: Cause) -> Item:
        item = self._item(box, action)
        draft = draft_of(whole(item))
        self._fill(box, draft, action)
        rule = required(action, "rule")
        wall = to_wall(draft.start_zone or box.zone, draft.start or item.start)
        draft.rule, draft.rule_set = rule_of(rule, wall, self._store.options), True
        return self._write(box, item, draft, action, cause)

    def _sensitivity(self, box: Mailbox, action: Action, cause: Cause) -> Item:
        item = self._item(box, action)
        value = "Private" if action.action == "make-private" else "Normal"
        item.content = msgspec.structs.replace(item.content, sensitivity=value)
        self._store.touch(box, item, ["sensitivity"], cause)
        return item

    def _dismiss(self, box: Mailbox, action: Action, cause: Cause) -> Item:
        """Outlook switches the reminder off when its window is closed; nothing else changes but the change key."""
        item = self._item(box, action)
        item.content = msgspec.structs.replace(item.content, reminder=False)
        self._store.touch(box, item, ["reminder"], cause)
        return item

    def _categorise(self, box: Mailbox, action: Action, cause: Cause) -> Item:
        item = self._item(box, action)
        names = tuple(each.strip() for each in str(required(action, "category")).split(",") if each.strip())
        item.content = msgspec.structs.replace(item.content, categories=names)
        self._store.touch(box, item, ["categories"], cause)
        return item

    def _delete(self, box: Mailbox, action: Action, cause: Cause) -> Item:
        item = self._item(box, action)
        self._meetings.deleted(box, item, SEND[action.send], cause)
        kind = str(action.extra.get("kind", "MoveToDeletedItems"))
        self._store.delete(box, item, kind, cause)
        return item

    def _delete_occurrence(self, box: Mailbox, action: Action, cause: Cause) -> Item:
        item = self._item(box, action)
        day = self._day(box, item, action)
        self._store.delete_occurrence(box, item, day, cause)
        self._meetings.occurrence_deleted(box, item, day, SEND[action.send], cause)
        return item

    def _change_occurrence(self, box: Mailbox, action: Action, cause: Cause) -> Item:
        item = self._item(box, action)
        day = self._day(box, item, action)
        view = occurrence(item, day, self._store.options.overlap)
        draft = draft_of(view)
        self._fill(box, draft, action)
        moved = self._store.write_occurrence(box, item, day, draft, cause)
        self._meetings.updated(box, item, item.content, moved, SEND[action.send], cause)
        return item

    def _this_and_following(self, box: Mailbox, action: Action, cause: Cause) -> Item:
        """Outlook has no such command: its users end the series before that day and make a new one from it."""
        item = self._item(box, action)
        day = self._day(box, item, action)
        rule = item.rule
        if rule is None:
            raise BadInput("item", action.item, "a series")
        view = occurrence(item, day, self._store.options.overlap)
        earlier = sum(1 for each in rule.dates() if each < day) if rule.count is not None else 0
        draft = Draft(item.content, view.start, view.end, item.start_zone, item.end_zone)
        draft.rule = msgspec.structs.replace(
            rule, first=day, count=rule.count - earlier if rule.count is not None else None
        )
        self._fill(box, draft, action)
        if draft.start is not None:
            wall = to_wall(draft.start_zone or box.zone, draft.start)
            draft.rule = rule_of(action.rule, wall, self._store.options) if action.rule is not None else draft.rule
        kept = [each for each in live(item) if each < day] if rule.last or rule.count else [next(live(item), day)]
        if not kept or kept[0] >= day:
            self._store.delete(box, item, "MoveToDeletedItems", cause)
        else:
            shortened = draft_of(whole(item))
            shortened.rule = msgspec.structs.replace(rule, last=day - timedelta(days=1), count=None)
            shortened.rule_set = True
            self._write(box, item, shortened, action, cause)
        fresh = self._store.create(box, box.calendar, draft, box.zone, cause)
        self._meetings.created(box, fresh, SEND[action.send], cause)
        return fresh

    def _respond(self, box: Mailbox, action: Action, cause: Cause) -> Item:
        item = self._item(box, action)
        if item.organizer is None:
            raise BadInput("item", action.item, "an invitation of somebody else")
        if action.action == "accept":
            return self._meetings.respond(box, item, "Accept", action.send, cause)
        if action.action == "tentative":
            return self._meetings.respond(box, item, "Tentative", action.send, cause)
        return self._meetings.respond(box, item, "Decline", action.send, cause)

    def _cancel(self, box: Mailbox, action: Action, cause: Cause) -> Item:
        """One's own meeting: guests are told, it goes. Somebody else's: the organiser's cancellation arrives."""
        item = self._item(box, action)
        if item.organizer is not None:
            self._meetings.cancelled_by_organizer(box, item, item.organizer[1])
            return item
        self._meetings.deleted(box, item, SEND[action.send], cause)
        self._store.delete(box, item, "MoveToDeletedItems", cause)
        return item

    def _invite(self, box: Mailbox, action: Action, cause: Cause) -> Item:
        required(action, "guests")
        item = self._item(box, action)
        known = {each.address.lower() for each in item.content.attendees}
        new = tuple(each for each in self._guests(action) if each.address.lower() not in known)
        draft = draft_of(whole(item))
        draft.set(required=item.content.required + new)
        return self._write(box, item, draft, action, cause)

    def _invited(self, box: Mailbox, action: Action, cause: Cause) -> Item:
        """Somebody's invitation, or with ``item`` his update of it, arrives."""
        sender = str(required(action, "from_"))
        arriving = Cause("server", sender, "invited")
        if action.item is not None:
            item = self._item(box, action)
            draft = draft_of(whole(item))
            self._fill(box, draft, action)
            draft.set(busy="Tentative")
            item.response, item.sequence, item.cancelled = "NoResponseReceived", item.sequence + 1, False
            self._store.write(box, item, draft, box.zone, arriving)
            return item
        required(action, "start")
        draft = Draft(Content())
        self._fill(box, draft, action)
        if action.rule is not None and draft.start is not None:
            wall = to_wall(draft.start_zone or box.zone, draft.start)
            draft.rule, draft.rule_set = rule_of(action.rule, wall, self._store.options), True
        draft.set(required=self._guests(action))
        uid = str(action.extra.get("uid") or f"{box.seq + 1}-{sender}")
        name = str(action.extra.get("name") or sender.partition("@")[0].title())
        return self._meetings.invitation(box, draft, (name, sender), uid, arriving)

    def _move_folder(self, box: Mailbox, action: Action, cause: Cause) -> Item:
        name = str(required(action, "folder"))
        return self._store.move(box, self._item(box, action), box.folder_named(name), cause)

    def _archive(self, box: Mailbox, action: Action, cause: Cause) -> Item:
        """A retention policy or the person moves it to the archive mailbox: here it is gone without trace."""
        item = self._item(box, action)
        self._store.delete(box, item, "HardDelete", cause)
        return item

    def _restore(self, box: Mailbox, action: Action, cause: Cause) -> Item:
        item = self._item(box, action)
        if item.folder == box.calendar.number:
            raise BadInput("item", action.item, "an item that is not in the calendar")
        return self._store.move(box, item, box.calendar, cause)
