"""calendarList and calendars: which calendars an account sees, and making and removing them."""

import hashlib
from collections.abc import Mapping
from typing import Any

from cxsync.sandbox.google import moments
from cxsync.sandbox.google.calendars import Account, Calendar, ListEntry
from cxsync.sandbox.google.realm import Realm
from cxsync.sandbox.google.refusals import ApiError, invalid, not_found, required, token_expired
from cxsync.sandbox.google.rendering import entry
from cxsync.sandbox.google.tokens import PageToken, SyncToken

USUAL_PAGE, LARGEST_PAGE = 100, 250
ROLES = ("freeBusyReader", "reader", "writerWithoutPrivateAccess", "writer", "owner")
_FORBIDDEN = ("minAccessRole", "showOwnOrganizationOnly")
_SETTINGS = ("summaryOverride", "colorId", "backgroundColor", "foregroundColor", "hidden", "selected")


class CalendarLists:
    """Methods of the resources CalendarList and Calendars."""

    def __init__(self, realm: Realm) -> None:
        self._realm = realm

    def list(self, account: Account, params: Mapping[str, Any], expired: int = 0) -> dict[str, Any]:
        """One page of calendarList.list, incremental with a sync token."""
        resource = f"calendarList {account.email}"
        since = self._since(resource, params, expired)
        after, counter = "", account.counter
        if params.get("pageToken"):
            page = self._realm.tokens.page(params["pageToken"])
            if page is None or page.resource != resource:
                raise ApiError(400, "invalid", "Invalid page token value.", location="pageToken")
            after, counter = page.after[0], page.counter
        number = min(params.get("maxResults", USUAL_PAGE), LARGEST_PAGE)
        found = [each for name, each in sorted(account.entries.items()) if name > after]
        found = [each for each in found if self._visible(account, each, params, since)]
        items = [self._entry(account, each) for each in found[:number]]
        result: dict[str, Any] = {"kind": "calendar#calendarList", "etag": f'"p{account.counter}l"', "items": items}
        if len(found) > number:
            token = PageToken(resource, counter, "", (found[number - 1].calendar,))
            result["nextPageToken"] = self._realm.tokens.write(token)
        elif not any(params.get(name) for name in _FORBIDDEN):
            now, generation = self._realm.world.clock.now().timestamp(), self._realm.options.token_generation
            result["nextSyncToken"] = self._realm.tokens.write(SyncToken(resource, counter, "", generation, now))
        return result

    def _since(self, resource: str, params: Mapping[str, Any], expired: int) -> SyncToken | None:
        text = params.get("syncToken")
        if text is None:
            return None
        for name in _FORBIDDEN:
            if params.get(name):
                raise ApiError(400, "invalid", f"Sync token cannot be used with {name}.", location=name)
        for name in ("showDeleted", "showHidden"):
            if params.get(name) is False:
                raise ApiError(400, "invalid", f"Sync token cannot be used with {name}=false.", location=name)
        token = self._realm.tokens.sync(text)
        if token is None or token.resource != resource or expired == 400:
            if (expired or self._realm.options.malformed_token) == 400:
                raise ApiError(400, "invalid", "Invalid sync token value.", location="syncToken")
            raise token_expired()
        if expired or token.generation != self._realm.options.token_generation:
            raise token_expired()
        return token

    def _visible(self, account: Account, each: ListEntry, params: Mapping[str, Any], since: SyncToken | None) -> bool:
        if since is not None:
            return each.changed > since.counter
        if each.deleted:
            return bool(params.get("showDeleted"))
        if each.settings.get("hidden") and not params.get("showHidden"):
            return False
        least = params.get("minAccessRole")
        role = self._realm.directory.calendars[each.calendar].role(account.email)
        return least is None or (role is not None and ROLES.index(role) >= ROLES.index(least))

    def _entry(self, account: Account, each: ListEntry) -> dict[str, Any]:
        calendar = self._realm.directory.calendars[each.calendar]
        etag = f'"l{each.changed}"'
        return entry(calendar, each.settings, account.email, etag, deleted=each.deleted)

    def get(self, account: Account, name: str) -> dict[str, Any]:
        """calendarList.get."""
        return self._entry(account, self._listed(account, name))

    def insert(self, account: Account, body: Mapping[str, Any]) -> dict[str, Any]:
        """calendarList.insert: put a calendar that was shared with this account on its list."""
        name = body.get("id")
        if not name:
            raise required("Missing id.")
        calendar = self._realm.directory.calendars.get(name)
        if calendar is None or calendar.role(account.email) is None:
            raise not_found()
        listed = account.enlist(name)
        listed.settings |= {key: body[key] for key in _SETTINGS if key in body}
        return self._entry(account, listed)

    def delete(self, account: Account, name: str) -> None:
        """calendarList.delete: take a calendar off the list; one's own stay."""
        self._listed(account, name)
        if self._realm.directory.calendars[name].owner == account.email:
            raise ApiError(403, "cannotRemoveOwnCalendar", "An owner cannot leave his calendar.", domain="calendar")
        account.strike(name)

    def _listed(self, account: Account, name: str) -> ListEntry:
        listed = account.entries.get(name)
        if listed is None or listed.deleted:
            raise not_found()
        return listed

    def calendar(self, calendar: Calendar) -> dict[str, Any]:
        """The resource Calendar."""
        text = f"{calendar.id} {calendar.summary} {calendar.zone} {calendar.description}"
        result: dict[str, Any] = {
            "kind": "calendar#calendar",
            "etag": f'"{hashlib.sha256(text.encode()).hexdigest()[:16]}"',
            "id": calendar.id,
            "summary": calendar.summary,
            "timeZone": calendar.zone,
            "conferenceProperties": {"allowedConferenceSolutionTypes": ["hangoutsMeet"]},
        }
        if calendar.description:
            result["description"] = calendar.description
        if calendar.id != calendar.owner:
            result["dataOwner"] = calendar.owner
        return result

    def create(self, account: Account, body: Mapping[str, Any], client: str | None) -> dict[str, Any]:
        """calendars.insert: a secondary calendar."""
        if not body.get("summary"):
            raise required("Missing title.")
        zone = body.get("timeZone", account.zone)
        if moments.zone_named(zone) is None:
            raise invalid("Invalid time zone.")
        name = f"c_{self._realm.new_id(32)}@group.calendar.google.com"
        now = self._realm.world.clock.now()
        calendar = self._realm.directory.add_calendar(account, name, body["summary"], zone, now)
        calendar.description = body.get("description")
        calendar.made_by = client
        return self.calendar(calendar)

    def remove(self, account: Account, calendar: Calendar) -> None:
        """calendars.delete: a secondary calendar with all its events."""
        if calendar.owner != account.email:
            raise ApiError(403, "forbidden", "Forbidden")
        if calendar.id == account.email:
            raise ApiError(
                400, "cannotDeletePrimaryCalendar", "The primary calendar cannot be deleted.", domain="calendar"
            )
        for each in self._realm.directory.accounts.values():
            if calendar.id in each.entries:
                each.strike(calendar.id)
        calendar.owner, calendar.shared = "", {}
