"""events.list and events.instances: full, filtered, expanded and incremental (guide "Synchronize resources
efficiently")."""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from functools import partial
from itertools import chain, islice
from operator import itemgetter
from typing import Any

from cxsync.sandbox.google import moments
from cxsync.sandbox.google.calendars import Calendar
from cxsync.sandbox.google.event import Event
from cxsync.sandbox.google.matching import (
    Row,
    by_change,
    by_original,
    by_rank,
    by_start,
    check_window,
    matches,
    removed,
    starts_at,
    stored_of,
)
from cxsync.sandbox.google.realm import Realm
from cxsync.sandbox.google.refusals import ApiError, not_found, token_expired
from cxsync.sandbox.google.rendering import DEFAULT_REMINDERS, View, bare, rendered
from cxsync.sandbox.google.series import Instance, instances, overlaps, resolve
from cxsync.sandbox.google.tokens import PageToken, SyncToken

FORBIDDEN = (
    "iCalUID",
    "orderBy",
    "privateExtendedProperty",
    "q",
    "sharedExtendedProperty",
    "timeMin",
    "timeMax",
    "updatedMin",
)
"""What may not stand beside a sync token (reference of events.list)."""
_BOUND = ("singleEvents", "eventTypes", "maxAttendees", "showHiddenInvitations")
"""What has to be as it was in the initial request."""
_WITHOUT_TOKEN = ("iCalUID", "orderBy", "privateExtendedProperty", "q", "sharedExtendedProperty", "updatedMin")
LARGEST_PAGE, USUAL_PAGE = 2500, 250


class Listing:
    """Answers lists; ``params`` are typed query parameters."""

    def __init__(self, realm: Realm) -> None:
        self._realm = realm

    def events(self, calendar: Calendar, email: str, params: Mapping[str, Any], expired: int = 0) -> dict[str, Any]:
        """One page of events.list; ``expired``: the status with which a fault makes the sync token die."""
        since = self._since(calendar, params, expired)
        page, number = self._page(calendar, params)
        counter = calendar.counter if page is None else page.counter
        view = View(email, self._zone(params, calendar), params.get("maxAttendees"))
        result = self._head(calendar, email, view)
        if since is not None and since.counter >= counter and page is None:
            return {**result, "nextSyncToken": self._next(calendar, counter, params, since), "items": []}
        self._check(params)
        rows = self._rows(calendar, params, since, page)
        shown, following = self._take(rows, page, number, self._filter(calendar, params, since))
        result["items"] = [self._item(each, calendar, view, params, since) for each in shown]
        if following is None and self._realm.options.empty_last_page and page is not None and not page.finished:
            following = PageToken(f"events {calendar.id}", counter, "", page.after, finished=True)
        if following is not None:
            query = _query(calendar, params)
            token = PageToken(f"events {calendar.id}", counter, query, following.after, following.finished)
            result["nextPageToken"] = self._realm.tokens.write(token)
        elif not any(params.get(name) for name in _WITHOUT_TOKEN):
            result["nextSyncToken"] = self._next(calendar, counter, params, since)
        return result

    def instances(self, calendar: Calendar, email: str, name: str, params: Mapping[str, Any]) -> dict[str, Any]:
        """One page of events.instances; of an id that already names an occurrence, just that one."""
        target = resolve(calendar, name, self._realm.options)
        if target is None:
            raise not_found()
        page, number = self._page(calendar, params, name)
        view = View(email, self._zone(params, calendar), params.get("maxAttendees"))
        lower, upper = params.get("timeMin"), params.get("timeMax")
        check_window(lower, upper)
        found: Iterable[Event | Instance]
        if isinstance(target, Event) and target.is_series:
            found = () if target.cancelled else instances(calendar, target, self._realm.options, upper)
        else:
            found = (target,)
        if lower is not None:
            lower -= timedelta(microseconds=1)  # inclusive here, exclusive in a list
        original = params.get("originalStart")

        def visible(each: Event | Instance) -> bool:
            if each.data["status"] == "cancelled" and not params.get("showDeleted"):
                return False
            if original is not None and not starts_at(each, original):
                return False
            return overlaps(each.data, calendar, lower, upper)

        shown, following = self._take(iter(by_original(found)), page, number, visible)
        result = self._head(calendar, email, view)
        result["items"] = [self._item(each, calendar, view, {"showDeleted": True}, None) for each in shown]
        if following is not None:
            token = PageToken(f"events {calendar.id}", 0, _query(calendar, params, name), following.after)
            result["nextPageToken"] = self._realm.tokens.write(token)
        return result

    def _head(self, calendar: Calendar, email: str, view: View) -> dict[str, Any]:
        result: dict[str, Any] = {
            "kind": "calendar#events",
            "etag": f'"p{calendar.counter}{calendar.seed}"',
            "summary": calendar.summary,
            "updated": f"{calendar.updated:%Y-%m-%dT%H:%M:%S}.{calendar.updated.microsecond // 1000:03d}Z",
            "timeZone": view.zone,
            "accessRole": calendar.role(email) or "none",
            "defaultReminders": DEFAULT_REMINDERS,
        }
        if calendar.description:
            result["description"] = calendar.description
        return result

    def _zone(self, params: Mapping[str, Any], calendar: Calendar) -> str:
        name: str = params.get("timeZone", calendar.zone)
        if moments.zone_named(name) is None:
            raise ApiError(400, "invalid", f"Invalid time zone: {name}", location="timeZone")
        return name

    def _since(self, calendar: Calendar, params: Mapping[str, Any], expired: int) -> SyncToken | None:
        text = params.get("syncToken")
        if text is None:
            return None
        for name in FORBIDDEN:
            if params.get(name):
                message = f"Sync token cannot be used with the parameter {name}."
                raise ApiError(400, "invalid", message, location=name)
        if params.get("showDeleted") is False:
            raise ApiError(400, "invalid", "Sync token cannot be used with showDeleted=false.", location="showDeleted")
        token = self._realm.tokens.sync(text)
        options = self._realm.options
        if expired in (0, 410) and token is not None and token.resource == f"events {calendar.id}":
            age = self._realm.world.clock.now().timestamp() - token.at
            too_old = options.tombstone_days and age > options.tombstone_days * 86_400
            outdated = token.generation != options.token_generation or token.access != calendar.access_changes
            if expired or too_old or outdated:
                raise token_expired()
            if token.query != _fingerprint(params):
                if options.changed_query == 410:
                    raise token_expired()
                if options.changed_query == 400:
                    raise ApiError(
                        400, "invalid", "The query differs from that of the sync token.", location="syncToken"
                    )
            return token
        if (expired or options.malformed_token) == 410:
            raise token_expired()
        raise ApiError(400, "invalid", "Invalid sync token value.", location="syncToken")

    def _page(self, calendar: Calendar, params: Mapping[str, Any], name: str = "") -> tuple[PageToken | None, int]:
        number = min(params.get("maxResults", USUAL_PAGE), LARGEST_PAGE)
        text = params.get("pageToken")
        if text is None:
            return None, number
        token = self._realm.tokens.page(text)
        if token is None or token.resource != f"events {calendar.id}" or token.query != _query(calendar, params, name):
            raise ApiError(400, "invalid", "Invalid page token value.", location="pageToken")
        return token, number

    def _next(self, calendar: Calendar, counter: int, params: Mapping[str, Any], since: SyncToken | None) -> str:
        window: tuple[str | None, str | None] = (_iso(params.get("timeMin")), _iso(params.get("timeMax")))
        return self._realm.tokens.write(
            SyncToken(
                f"events {calendar.id}",
                counter,
                _fingerprint(params),
                self._realm.options.token_generation,
                round(self._realm.world.clock.now().timestamp(), 3),
                window if since is None else since.window,
                bool(params.get("showDeleted")),
                calendar.access_changes,
            )
        )

    def _check(self, params: Mapping[str, Any]) -> None:
        check_window(params.get("timeMin"), params.get("timeMax"))
        if params.get("orderBy") == "startTime" and not params.get("singleEvents"):
            raise ApiError(
                400,
                "badRequest",
                "The requested ordering is not available for the particular query.",
                location="orderBy",
            )
        oldest = self._realm.world.clock.now() - timedelta(days=self._realm.options.updated_min_days)
        if params.get("updatedMin") is not None and params["updatedMin"] < oldest:
            raise ApiError(
                410,
                "updatedMinTooLongAgo",
                "The requested minimum modification time lies too far in the past.",
                domain="calendar",
                location="updatedMin",
            )

    def _rows(
        self, calendar: Calendar, params: Mapping[str, Any], since: SyncToken | None, page: PageToken | None
    ) -> Iterator[Row]:
        plain = not params.get("singleEvents") and not params.get("orderBy")
        events: Iterable[Event]
        if since is not None:
            events = calendar.changed_since(since.counter)
        else:
            events = calendar.after(
                (page.after[0], page.after[1]) if plain and page is not None and page.after else None
            )
        days = self._realm.options.tombstone_days
        if days:
            oldest = self._realm.world.clock.now() - timedelta(days=days)
            events = (each for each in events if not (each.cancelled and each.updated < oldest))
        if plain:
            return (((each.rank, each.id), each) for each in events)
        found: Iterable[Event | Instance] = events
        if params.get("singleEvents"):
            found = chain.from_iterable(self._expanded(calendar, each, params) for each in events)
        place: Callable[[Event | Instance], str]
        match params.get("orderBy"):
            case "startTime":
                place = partial(by_start, calendar=calendar)
            case "updated":
                place = by_change
            case _:
                place = by_rank
        by_place = {(place(each), each.id): each for each in found}
        return iter(sorted(by_place.items(), key=itemgetter(0)))

    def _expanded(self, calendar: Calendar, event: Event, params: Mapping[str, Any]) -> Iterator[Event | Instance]:
        if not event.is_series:
            alone = event.series is None or event.series not in calendar.events
            if alone or event.cancelled or params.get("syncToken"):
                yield event
        elif not event.cancelled:
            for each in instances(calendar, event, self._realm.options, params.get("timeMax")):
                if isinstance(each, Instance) or not (each.cancelled or params.get("syncToken")):
                    yield each
        elif params.get("syncToken") or params.get("showDeleted"):
            for each in instances(calendar, event, self._realm.options, params.get("timeMax")):
                yield removed(each)

    def _take(
        self,
        rows: Iterator[Row],
        page: PageToken | None,
        number: int,
        visible: Callable[[Event | Instance], bool],
    ) -> tuple[list[Event | Instance], PageToken | None]:
        """Up to ``number`` rows behind the page's place, of which only the visible are shown."""
        if page is not None and page.finished:
            return [], None
        if page is not None:
            rows = (row for row in rows if row[0] > page.after)
        taken = list(islice(rows, number + 1))
        more = len(taken) > number
        taken = taken[:number]
        shown = [each for _, each in taken if visible(each)]
        return shown, PageToken("", 0, "", taken[-1][0]) if more else None

    def _filter(
        self, calendar: Calendar, params: Mapping[str, Any], since: SyncToken | None
    ) -> Callable[[Event | Instance], bool]:
        lower, upper = params.get("timeMin"), params.get("timeMax")
        if since is not None and self._realm.options.windowed_sync_filters:
            lower, upper = (datetime.fromisoformat(each) if each else None for each in since.window)
        with_deleted = bool(since is not None or params.get("showDeleted") or params.get("updatedMin"))
        single = bool(params.get("singleEvents"))

        def visible(each: Event | Instance) -> bool:
            data = each.data
            if data["status"] == "cancelled":
                series = calendar.events.get(data.get("recurringEventId", ""))
                exclusion = series is not None and not series.cancelled
                if not with_deleted and (single or not exclusion):
                    return False
                if single and data.get("recurrence"):
                    return False
            return (
                overlaps(data, calendar, lower, upper)
                and matches(data, params)
                and (params.get("updatedMin") is None or stored_of(each).updated >= params["updatedMin"])
            )

        return visible

    def _item(
        self,
        each: Event | Instance,
        calendar: Calendar,
        view: View,
        params: Mapping[str, Any],
        since: SyncToken | None,
    ) -> dict[str, Any]:
        """Cancelled events without details, unless deleted ones were asked for."""
        if each.data["status"] == "cancelled":
            deleted = params.get("showDeleted") or (since is not None and since.show_deleted)
            if "recurringEventId" in each.data or not deleted:
                return bare(each, view)
        return rendered(each, calendar, view)


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()


def _fingerprint(params: Mapping[str, Any]) -> str:
    return "&".join(f"{name}={params[name]}" for name in _BOUND if params.get(name))


def _query(calendar: Calendar, params: Mapping[str, Any], name: str = "") -> str:
    kept = [(key, str(value)) for key, value in params.items() if key not in ("pageToken", "maxResults", "fields")]
    return hashlib.sha256(repr((calendar.id, name, sorted(kept))).encode()).hexdigest()[:12]
