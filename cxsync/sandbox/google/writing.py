"""insert, import, update, patch, delete and move, as the reference of resource Events describes them."""

import base64
from collections.abc import Mapping
from typing import Any

from cxsync.sandbox.google import moments
from cxsync.sandbox.google.calendars import Calendar
from cxsync.sandbox.google.draft import Mode, check_new_id, checked, merged
from cxsync.sandbox.google.event import Data, Event, attendee
from cxsync.sandbox.google.guests import Guests, check_guest_write, is_organizer
from cxsync.sandbox.google.realm import Actor, Realm
from cxsync.sandbox.google.refusals import ApiError, by_reason, gone, invalid, not_found, required
from cxsync.sandbox.google.series import Instance, resolve
from cxsync.sandbox.google.settling import end_exceptions, reset_exceptions, restore_exceptions, settle

_RESCHEDULING = ("start", "end", "recurrence")
_STRICT = {None: 0, "default": 0, "public": 0, "private": 1, "confidential": 1}
WRITERS = ("owner", "writer", "writerWithoutPrivateAccess")


class Writing:
    """Changes to events; everything is checked before anything is stored."""

    def __init__(self, realm: Realm) -> None:
        self._realm = realm
        self._guests = Guests(realm)

    def insert(self, actor: Actor, calendar: Calendar, body: Mapping[str, Any], params: Mapping[str, Any]) -> Event:
        """A new single event or series."""
        self._may_write(actor, calendar)
        kind = body.get("eventType", "default")
        if kind == "fromGmail" or (kind != "default" and calendar.id != actor.account.email):
            raise ApiError(
                400, "eventTypeRestriction", f"An event of type {kind} cannot be created here.", domain="calendar"
            )
        name, uid = body.get("id"), body.get("iCalUID")
        if name and uid:
            raise invalid("Only one of id and iCalUID may be given.")
        if body.get("recurringEventId"):
            raise invalid("An instance cannot be inserted.")
        if name:
            check_new_id(name)
            if name in calendar.events:
                raise by_reason("duplicate")
        name = name or self._realm.new_id()
        uid = uid or f"{name}@google.com"
        return self._create(actor, calendar, name, uid, kind, body, params, "insert")

    def import_(self, actor: Actor, calendar: Calendar, body: Mapping[str, Any], params: Mapping[str, Any]) -> Event:
        """A private copy of an event that lives elsewhere, under its own UID."""
        self._may_write(actor, calendar)
        uid = body.get("iCalUID")
        if not uid:
            raise required("Missing iCalUID.")
        for name in sorted(calendar.by_uid.get(uid, ())):
            event = calendar.events[name]
            if event.series is None and not event.cancelled:
                if self._realm.options.repeated_import == "duplicate":
                    raise by_reason("duplicate")
                return self._change(actor, calendar, event, body, params, "update")
        name = "_" + base64.b32hexencode(uid.encode()).decode().rstrip("=").lower()
        return self._create(actor, calendar, name, uid, "default", body, params, "import")

    def fork(self, actor: Actor, calendar: Calendar, name: str, data: Data, body: Mapping[str, Any]) -> Event:
        """Google's own program splits a series: ``data``, what the new one begins with, and what was changed in it."""
        self._may_write(actor, calendar)
        data = checked(merged(data, body, "patch", {}), None, calendar.zone, self._realm.options)
        event = self._realm.save(calendar, name, data, actor, "split")
        self._guests.spread(actor, calendar, event, None)
        return event

    def receive(
        self, actor: Actor, calendar: Calendar, sender: str, guests: list[str], body: Mapping[str, Any]
    ) -> Event:
        """An invitation of somebody without an account here has arrived by mail and stands in the calendar."""
        name = self._realm.new_id()
        organizer = {"email": sender.lower()}
        fixed: Data = {"id": name, "iCalUID": f"{name}@mail.invalid", "creator": organizer, "organizer": organizer}
        given = {**body, "attendees": [{"email": each} for each in (sender, *guests)]}
        data = checked(merged(fixed, given, "insert", {}), None, calendar.zone, self._realm.options)
        return self._realm.save(calendar, name, data, actor, "invited", author=sender)

    def update(
        self,
        actor: Actor,
        calendar: Calendar,
        name: str,
        body: Mapping[str, Any],
        params: Mapping[str, Any],
        if_match: str | None = None,
        mode: Mode = "update",
    ) -> Event:
        """Update (the whole event) or, with ``mode`` patch, the fields given; of an occurrence: makes an exception."""
        self._may_write(actor, calendar)
        target = resolve(calendar, name, self._realm.options)
        if target is None:
            raise not_found()
        check_etag(target, if_match)
        if body.get("status") == "cancelled" and target.data["status"] != "cancelled":
            self.delete(actor, calendar, target.id)
            return calendar.events[target.id]
        return self._change(actor, calendar, target, body, params, mode)

    def delete(self, actor: Actor, calendar: Calendar, name: str, if_match: str | None = None) -> None:
        """Delete an event, a series with all its exceptions, or one occurrence."""
        self._may_write(actor, calendar)
        target = resolve(calendar, name, self._realm.options)
        if target is None:
            raise not_found()
        if target.data["status"] == "cancelled":
            raise gone()
        check_etag(target, if_match)
        old = target.data
        event = self._realm.save(calendar, target.id, {**old, "status": "cancelled"}, actor, "delete")
        event.details = is_organizer(calendar, old) or attendee(old, calendar.id) is not None
        if event.is_series:
            end_exceptions(calendar, event)
        self._guests.spread(actor, calendar, event, old)

    def move(self, actor: Actor, source: Calendar, name: str, target: Calendar, if_match: str | None = None) -> Event:
        """Another calendar becomes the organizer; a bare cancelled event stays behind."""
        self._may_write(actor, source)
        self._may_write(actor, target)
        event = source.events.get(name)
        if event is None or event.cancelled:
            raise not_found() if resolve(source, name, self._realm.options) is None else invalid("Cannot move it.")
        check_etag(event, if_match)
        if event.series is not None or event.data.get("eventType", "default") != "default":
            raise ApiError(400, "cannotMoveInstance", "Only whole default events can be moved.", domain="calendar")
        if not is_organizer(source, event.data):
            raise by_reason("forbiddenForNonOrganizer")
        if target is source:
            raise invalid("Source and destination are the same calendar.")
        organizer = {"email": target.id, "displayName": target.summary}
        for each in [event, *source.exceptions_of(name)]:
            self._realm.save(target, each.id, {**each.data, "organizer": organizer}, actor, "move")
        left = self._realm.save(source, name, {**event.data, "status": "cancelled"}, actor, "move")
        left.details = False
        end_exceptions(source, left)
        return target.events[name]

    def _may_write(self, actor: Actor, calendar: Calendar) -> None:
        role = calendar.role(actor.account.email)
        if role is None:
            raise not_found()
        if role not in WRITERS:
            raise ApiError(
                403, "requiredAccessLevel", "You need to have writer access to this calendar.", domain="calendar"
            )

    def _create(
        self,
        actor: Actor,
        calendar: Calendar,
        name: str,
        uid: str,
        kind: str,
        body: Mapping[str, Any],
        params: Mapping[str, Any],
        mode: Mode,
    ) -> Event:
        limit = self._realm.options.creations_an_account
        if limit and actor.account.creations >= limit:
            raise by_reason("quotaExceeded")
        owner = {"email": calendar.id}
        if calendar.id != actor.account.email:
            owner["displayName"] = calendar.summary
        organizer = body.get("organizer") if mode == "import" and body.get("organizer", {}).get("email") else owner
        fixed: Data = {"id": name, "iCalUID": uid, "creator": {"email": actor.author}, "organizer": organizer}
        fixed["eventType"] = kind
        if mode == "import" or body.get("privateCopy"):
            fixed["privateCopy"] = True
        data = checked(merged(fixed, body, mode, params), None, calendar.zone, self._realm.options)
        if data["status"] == "cancelled":
            raise invalid("A new event cannot be cancelled.")
        if kind != "default":
            _check_type(data, kind)
        actor.account.creations += 1
        event = self._realm.save(calendar, name, data, actor, mode)
        event.details = True
        self._guests.spread(actor, calendar, event, None)
        return event

    def _change(
        self,
        actor: Actor,
        calendar: Calendar,
        target: Event | Instance,
        body: Mapping[str, Any],
        params: Mapping[str, Any],
        mode: Mode,
    ) -> Event:
        options = self._realm.options
        old = target.data
        kind = old.get("eventType", "default")
        if body.get("eventType", kind) != kind:
            raise ApiError(400, "eventTypeRestriction", "The type of an event cannot be changed.", domain="calendar")
        if "recurringEventId" in old and body.get("recurrence"):
            raise invalid("An instance cannot recur.")
        new = checked(merged(old, body, mode, params), old, calendar.zone, options)
        if kind != "default":
            _check_type(new, kind)
        if old["status"] == "cancelled" and new["status"] != "cancelled" and not options.restore_by_status:
            raise gone()
        check_guest_write(calendar, old, new)
        if any(old.get(key) != new.get(key) for key in _RESCHEDULING) and new["sequence"] == old.get("sequence", 0):
            new["sequence"] += 1
        if isinstance(target, Event):
            if new == old and not options.noop_moves_etag:
                return target
            same = {key for key in (*old, *new) if old.get(key) != new.get(key)} <= {"reminders"}
            if new != old and same and not options.reminders_move_etag:
                self._realm.save_quietly(calendar, target, new, actor, mode)
                return target
        event = self._realm.save(calendar, target.id, new, actor, mode)
        event.details = True
        if event.series is not None:
            self._tighten(actor, calendar, event)
        elif event.is_series:
            if old["status"] == "cancelled" and not event.cancelled:
                restore_exceptions(self._realm, actor, calendar, event)
            settle(self._realm, actor, calendar, event, old)
        elif old.get("recurrence"):
            reset_exceptions(self._realm, actor, calendar, event)
        self._guests.spread(actor, calendar, event, old)
        return event

    def _tighten(self, actor: Actor, calendar: Calendar, exception: Event) -> None:
        """A stricter visibility of one occurrence holds for the whole series; a looser one is ignored."""
        series = calendar.events.get(exception.series or "")
        if series is None:
            return
        own, whole = exception.data.get("visibility"), series.data.get("visibility")
        if _STRICT.get(own, 0) > _STRICT.get(whole, 0):
            old = series.data
            settle(
                self._realm,
                actor,
                calendar,
                self._realm.save(calendar, series.id, {**old, "visibility": own}, actor, "patch"),
                old,
            )
        elif own != whole:
            data = {key: value for key, value in exception.data.items() if key != "visibility"}
            exception.data = {**data, **({"visibility": whole} if whole else {})}


def check_etag(target: Event | Instance, if_match: str | None) -> None:
    """412 unless ``If-Match`` is missing, ``*`` or the etag (guide "Get specific versions of resources")."""
    etag = target.etag if isinstance(target, Event) else target.series.etag
    if if_match is None or if_match.strip() == "*":
        return
    if etag not in [each.strip().removeprefix("W/") for each in if_match.split(",")]:
        raise ApiError(412, "conditionNotMet", "Precondition Failed", location="If-Match", location_type="header")


def _check_type(data: Data, kind: str) -> None:
    """Guide "Event types": what each special type needs."""
    if kind == "birthday":
        yearly = any("FREQ=YEARLY" in line for line in data.get("recurrence", ()))
        one_day = moments.is_day(data["start"]) and moments.length(data["start"], data["end"]).days == 1
        if not (
            yearly and one_day and data.get("visibility") == "private" and data.get("transparency") == "transparent"
        ):
            raise invalid("A birthday lasts one day, recurs yearly, is private and transparent.")
    elif f"{kind}Properties" not in data:
        raise invalid(f"An event of type {kind} needs {kind}Properties.")
    elif kind in ("outOfOffice", "focusTime") and moments.is_day(data["start"]):
        raise invalid(f"An event of type {kind} cannot last whole days.")
