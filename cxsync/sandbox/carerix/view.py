"""What a Carerix user sees in the agenda, in terms that fit all systems."""

from datetime import datetime, timedelta
from typing import Any

from cxsync.sandbox.carerix.options import APPOINTMENT
from cxsync.sandbox.carerix.recurrence import occurrences
from cxsync.sandbox.carerix.rows import Row
from cxsync.sandbox.carerix.rule_fields import in_words
from cxsync.sandbox.carerix.tenant import Tenant


def agenda(tenant: Tenant, user: Row, start: datetime | None, end: datetime | None) -> list[dict[str, Any]]:
    """All appointments of a user, deleted ones marked; with [start, end) those that stand in the agenda then."""
    table = tenant.database.table("CRToDo")
    found = []
    for row in sorted(table.chosen(table.holding("owner", user.ref)), key=lambda row: row.number):
        if row.integer("toDoTypeKey") != APPOINTMENT:
            continue
        shown: list[dict[str, Any]] = []
        if start is not None and end is not None:
            shown = [] if row.integer("deleted") else _occurrences(tenant, row, start, end)
            if not shown:
                continue
        found.append(_item(tenant, row) | {"occurrences": shown})
    return found


def _item(tenant: Tenant, row: Row) -> dict[str, Any]:
    preliminary = row.integer("status") == 1
    modified_by = row.one("modifiedBy")
    return {
        "id": row.id,
        "version": str(row.version),
        "subject": row.text("subject"),
        "start": _printed(tenant, row, row.date("startDate")),
        "end": _printed(tenant, row, _end(tenant, row)),
        "all_day": bool(row.integer("isAllDay")),
        "location": row.text("location"),
        "notes": row.text("notes"),
        "recurrence": in_words(row, tenant.settings),
        "private": bool(row.integer("isConfidential")),
        "busy": "tentative" if preliminary else "busy",
        "reminder": row.integer("reminderMinutes") if row.integer("remind") else None,
        "status": "preliminary" if preliminary else "definitive",
        "deleted": bool(row.integer("deleted")),
        "attendees": row.text("attendees"),
        "external_identifier": row.text("externalIdentifier"),
        "modified_by": None if modified_by is None else tenant.owner_name(modified_by),
        "related": {name: ref.id for name in sorted(row.values) if name[:2] == "to" and (ref := row.one(name))},
    }


def _end(tenant: Tenant, row: Row) -> datetime | None:
    end = row.date("endDate")
    if end is None or not row.integer("isAllDay") or tenant.settings.all_day_end == "day-after":
        return end
    home = tenant.settings.home
    return (end.astimezone(home).replace(tzinfo=None) + timedelta(days=1)).replace(tzinfo=home)


def _printed(tenant: Tenant, row: Row, moment: datetime | None) -> str | None:
    if moment is None:
        return None
    local = moment.astimezone(tenant.settings.home)
    return local.date().isoformat() if row.integer("isAllDay") else local.isoformat()


def _occurrences(tenant: Tenant, row: Row, start: datetime, end: datetime) -> list[dict[str, Any]]:
    return [
        {
            "original": _printed(tenant, row, each.start),
            "start": _printed(tenant, row, each.start),
            "end": _printed(tenant, row, each.end),
            "subject": row.text("subject"),
            "changed": False,
        }
        for each in occurrences(row.values, tenant.settings, start, end)
    ]
