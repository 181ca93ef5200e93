"""What a person sees of a mailbox, and its whole state for fingerprints."""

from datetime import datetime
from typing import Any

from cxsync.sandbox.exchange import body as bodies
from cxsync.sandbox.exchange.item import Item
from cxsync.sandbox.exchange.mailbox import Mailbox
from cxsync.sandbox.exchange.options import Options
from cxsync.sandbox.exchange.series import View, between, whole
from cxsync.sandbox.exchange.spoken import SPOKEN_BUSY, text_of_rule
from cxsync.sandbox.exchange.store import snapshot
from cxsync.sandbox.exchange.zones import Zone, to_wall


def _text(zone: Zone, instant: datetime, *, all_day: bool) -> str:
    wall = to_wall(zone, instant)
    if all_day:
        return wall.date().isoformat()
    offset = zone.offset(instant)
    minutes = int(offset.total_seconds()) // 60
    sign = "-" if minutes < 0 else "+"
    return f"{wall.isoformat(timespec='seconds')}{sign}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d}"


def _times(view: View) -> dict[str, str]:
    item, all_day = view.item, view.content.all_day
    return {
        "start": _text(item.start_zone, view.start, all_day=all_day),
        "end": _text(item.end_zone, view.end, all_day=all_day),
    }


def _status(item: Item) -> str:
    if item.cancelled:
        return "cancelled"
    return {"NoResponseReceived": "unanswered", "Tentative": "tentative", "Decline": "declined"}.get(
        item.response, "confirmed"
    )


def seen(box: Mailbox, options: Options, start: datetime | None, end: datetime | None) -> list[dict[str, Any]]:
    """Items of calendars and of Deleted Items; with ``start`` and ``end`` only what overlaps, with its occurrences."""
    found = []
    for item in box.items.values():
        folder = box.folders[item.folder]
        views: list[View] | None = None
        if start is not None and end is not None:
            views = list(between(item, start, end, options.overlap))
            if not views:
                continue
        content = item.content
        found.append(
            {
                "id": box.item_id(item),
                "version": box.change_key(item),
                "uid": item.uid,
                "subject": content.subject or "",
                **_times(whole(item)),
                "all_day": content.all_day,
                "location": content.location or "",
                "notes": bodies.plain(content.body),
                "recurrence": text_of_rule(item.rule) if item.rule is not None else None,
                "private": content.sensitivity in ("Private", "Confidential", "Personal"),
                "busy": SPOKEN_BUSY.get(content.busy, "busy"),
                "reminder": content.reminder_minutes if content.reminder else None,
                "status": _status(item),
                "deleted": folder.distinguished == "deleteditems" or item.soft_deleted,
                "folder": folder.name,
                "categories": list(content.categories),
                "guests": [each.address for each in content.attendees],
                "organizer": item.organizer[1] if item.organizer else box.owner,
                "zone": item.start_zone.id,
                "extended": {k.name: v for k, v in content.extended.items()},
                "occurrences": [_occurrence(view) for view in views or ()] if item.is_series else [],
            }
        )
    return found


def _occurrence(view: View) -> dict[str, Any]:
    original = view.original_start or view.start
    return {
        "original": _text(view.item.start_zone, original, all_day=view.content.all_day),
        **_times(view),
        "subject": view.content.subject or "",
        "changed": view.kind == "Exception",
    }


def state_of(box: Mailbox) -> dict[str, Any]:
    """Everything in a mailbox, in a stable order."""
    return {
        "folders": {f.name: f.distinguished for f in sorted(box.folders.values(), key=lambda each: each.number)},
        "items": {
            box.item_id(item): {**snapshot(box, item), "version": box.change_key(item)}
            for item in sorted(box.items.values(), key=lambda each: each.number)
        },
    }
