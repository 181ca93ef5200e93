"""One API request from its first line to its answer, whether it came alone or in a batch."""

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl

import msgspec

from cxsync.sandbox.core.faults import Fault
from cxsync.sandbox.google.authorization import Authorization, Grant
from cxsync.sandbox.google.calendar_lists import CalendarLists
from cxsync.sandbox.google.calendars import Account, Calendar
from cxsync.sandbox.google.channels import Channels
from cxsync.sandbox.google.discovery import Method, discovery
from cxsync.sandbox.google.event import Event
from cxsync.sandbox.google.listing import Listing
from cxsync.sandbox.google.options import SCOPE
from cxsync.sandbox.google.quota import Quota
from cxsync.sandbox.google.realm import NAME, Actor, Realm, SendUpdates
from cxsync.sandbox.google.refusals import ApiError, by_reason, not_found
from cxsync.sandbox.google.rendering import View, rendered
from cxsync.sandbox.google.selection import parse, selected
from cxsync.sandbox.google.series import resolve
from cxsync.sandbox.google.sharing import Sharing
from cxsync.sandbox.google.writing import Writing

WEAK = {f"{SCOPE}calendar.events.freebusy", f"{SCOPE}calendar.events.public.readonly", f"{SCOPE}calendar.freebusy"}
_NARROW = (f"{SCOPE}calendar.events.owned", f"{SCOPE}calendar.events.owned.readonly", f"{SCOPE}calendar.app.created")
NO_CONTENT, NOT_MODIFIED = 204, 304


class Call(msgspec.Struct):
    """A request: ``path`` below ``/calendar/v3/``, still percent-encoded; header names in lower case."""

    http: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes


class Answer(msgspec.Struct):
    """What is sent back."""

    status: int
    body: bytes = b""
    headers: dict[str, str] = {}


class Prepared(msgspec.Struct):
    """A request whose method and sender are known, or what is wrong with it."""

    call: Call
    operation: str
    owner: str = ""
    method: Method | None = None
    path: dict[str, str] = {}
    grant: Grant | None = None
    token: str = ""
    error: ApiError | None = None


class _Request(msgspec.Struct):
    """What a method gets to see."""

    account: Account
    client: str
    params: dict[str, Any]
    path: dict[str, str]
    call: Call
    method: Method
    expired: int
    narrow: frozenset[str]

    def body(self) -> dict[str, Any]:
        """The body by the method's schema, unknown fields dropped."""
        try:
            value = msgspec.json.decode(self.call.body or b"{}")
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise ApiError(400, "parseError", "Parse Error") from None
        return discovery().clean(self.method.request or "Event", value)

    def actor(self) -> Actor:
        """Who writes, and who is told (``sendUpdates``, or the older ``sendNotifications``)."""
        send: SendUpdates = "all" if self.params.get("sendNotifications") else "none"
        return Actor(self.account, "api", self.client, self.params.get("sendUpdates", send))


class Api:
    """Methods of Calendar v3 by the id that the discovery document gives them."""

    def __init__(self, realm: Realm, authorization: Authorization, channels: Channels) -> None:
        self._realm = realm
        self._authorization = authorization
        self._channels = channels
        self._listing = Listing(realm)
        self._lists = CalendarLists(realm)
        self._sharing = Sharing()
        self.writing = Writing(realm)
        self._quota = Quota()
        self._methods: dict[str, Callable[[_Request], dict[str, Any] | None]] = {
            "events.list": self._events_list,
            "events.instances": self._events_instances,
            "events.get": self._events_get,
            "events.insert": self._events_insert,
            "events.import": self._events_import,
            "events.update": self._events_update,
            "events.patch": self._events_patch,
            "events.delete": self._events_delete,
            "events.move": self._events_move,
            "events.watch": self._events_watch,
            "channels.stop": self._channels_stop,
            "calendarList.list": lambda r: self._lists.list(r.account, r.params, r.expired),
            "calendarList.get": lambda r: self._lists.get(r.account, self._calendar(r).id),
            "calendarList.insert": lambda r: self._lists.insert(r.account, r.body()),
            "calendarList.delete": lambda r: self._lists.delete(r.account, self._calendar(r).id),
            "acl.list": lambda r: self._sharing.list(r.account, self._calendar(r)),
            "acl.insert": lambda r: self._sharing.insert(r.account, self._calendar(r), r.body()),
            "acl.delete": lambda r: self._sharing.delete(r.account, self._calendar(r), r.path["ruleId"]),
            "calendars.get": lambda r: self._lists.calendar(self._calendar(r)),
            "calendars.insert": lambda r: self._lists.create(r.account, r.body(), r.client),
            "calendars.delete": lambda r: self._lists.remove(r.account, self._calendar(r)),
        }

    def prepare(self, call: Call) -> Prepared:
        """Find the method and the sender; nothing is carried out or counted yet."""
        override = call.headers.get("x-http-method-override")
        if override and call.http == "POST":
            call.http = override.upper()
            if call.http == "GET":
                call.query = "&".join(each for each in (call.query, call.body.decode(errors="replace")) if each)
                call.body = b""
        found = discovery().route(call.http, call.path)
        if found is None:
            return Prepared(call, f"{call.http} {call.path}", error=not_found())
        method, path = found
        prepared = Prepared(call, method.id, method=method, path=path)
        header = call.headers.get("authorization")
        if header is None:
            prepared.error = ApiError(
                401, "required", "Login Required", location="Authorization", location_type="header"
            )
            return prepared
        scheme, _, token = header.partition(" ")
        grant = self._authorization.access(token) if scheme == "Bearer" else None
        if grant is None:
            holder = self._authorization.holder(token)
            self._realm.world.witness.refused_login(NAME, holder, f"access token refused at {method.id}")
            prepared.error = _unauthorized()
            return prepared
        prepared.grant, prepared.token, prepared.owner = grant, token, grant.email
        return prepared

    def perform(self, prepared: Prepared, fault: Fault | None = None) -> Answer:
        """Carry the request out; ``fault`` is one of the kinds that only this protocol can express."""
        try:
            return self._performed(prepared, fault)
        except ApiError as error:
            return answer_of(error)

    def _performed(self, prepared: Prepared, fault: Fault | None) -> Answer:
        expired = 0
        if fault is not None and fault.kind == "expire-token" and prepared.grant is not None:
            self._authorization.drop_access(prepared.token)
            if fault.params.get("refresh"):
                self._authorization.revoke_grant(prepared.grant)
            raise _unauthorized()
        if fault is not None and fault.kind == "invalid-state":
            expired = int(fault.params.get("status", 410))
        if prepared.error is not None or prepared.method is None or prepared.grant is None:
            raise prepared.error or not_found()
        method, grant, call = prepared.method, prepared.grant, prepared.call
        self._admit(grant.email)
        granted = (grant.scopes & method.scopes) - WEAK
        if not granted:
            raise ApiError(
                403,
                "insufficientPermissions",
                "Insufficient Permission: Request had insufficient authentication scopes.",
            )
        params = discovery().check(method, parse_qsl(call.query, keep_blank_values=True))
        tree = parse(params["fields"], method.response) if "fields" in params else {}
        narrow = granted if all(scope in _NARROW for scope in granted) else frozenset()
        account = self._realm.directory.accounts[grant.email]
        request = _Request(account, grant.client, params, prepared.path, call, method, expired, narrow)
        handler = self._methods.get(method.id)
        if handler is None:
            raise ApiError(501, "notImplemented", f"The sandbox does not serve {method.id}.")
        result = handler(request)
        if result is None:
            return Answer(NO_CONTENT)
        etag = result.get("etag", "")
        if call.http == "GET" and etag and call.headers.get("if-none-match") in (etag, f"W/{etag}"):
            return Answer(NOT_MODIFIED, b"", {"ETag": etag})
        headers = {"Content-Type": "application/json; charset=UTF-8", "Cache-Control": "private"}
        if etag:
            headers["ETag"] = etag
        return Answer(200, msgspec.json.encode(selected(result, tree) if tree else result), headers)

    def _admit(self, user: str) -> None:
        options = self._realm.options
        if not options.user_per_minute and not options.project_per_minute:
            return
        second = int(self._realm.world.clock.now().timestamp())
        reason = self._quota.admit(user, second, options.user_per_minute, options.project_per_minute)
        if reason is not None:
            raise by_reason(reason, options.quota_status)

    def _calendar(self, request: _Request, field: str = "calendarId") -> Calendar:
        name = request.path.get(field) or request.params.get(field, "")
        email = request.account.email
        calendar = self._realm.directory.calendars.get(email if name == "primary" else name)
        if calendar is None or calendar.role(email) is None:
            raise not_found()
        created = f"{SCOPE}calendar.app.created" in request.narrow and calendar.made_by == request.client
        owned = any(".owned" in scope for scope in request.narrow) and calendar.role(email) == "owner"
        if request.narrow and not created and not owned:
            raise by_reason("forbidden")
        return calendar

    def _shown(self, request: _Request, calendar: Calendar, event: Event) -> dict[str, Any]:
        zone = request.params.get("timeZone", calendar.zone)
        return rendered(event, calendar, View(request.account.email, zone, request.params.get("maxAttendees")))

    def _events_list(self, request: _Request) -> dict[str, Any]:
        return self._listing.events(self._calendar(request), request.account.email, request.params, request.expired)

    def _events_instances(self, request: _Request) -> dict[str, Any]:
        calendar = self._calendar(request)
        return self._listing.instances(calendar, request.account.email, request.path["eventId"], request.params)

    def _events_get(self, request: _Request) -> dict[str, Any]:
        calendar = self._calendar(request)
        found = resolve(calendar, request.path["eventId"], self._realm.options)
        if found is None:
            raise not_found()
        zone = request.params.get("timeZone", calendar.zone)
        return rendered(found, calendar, View(request.account.email, zone, request.params.get("maxAttendees")))

    def _events_insert(self, request: _Request) -> dict[str, Any]:
        calendar = self._calendar(request)
        event = self.writing.insert(request.actor(), calendar, request.body(), request.params)
        return self._shown(request, calendar, event)

    def _events_import(self, request: _Request) -> dict[str, Any]:
        calendar = self._calendar(request)
        event = self.writing.import_(request.actor(), calendar, request.body(), request.params)
        return self._shown(request, calendar, event)

    def _events_update(self, request: _Request) -> dict[str, Any]:
        calendar, if_match = self._calendar(request), request.call.headers.get("if-match")
        event = self.writing.update(
            request.actor(), calendar, request.path["eventId"], request.body(), request.params, if_match
        )
        return self._shown(request, calendar, event)

    def _events_patch(self, request: _Request) -> dict[str, Any]:
        calendar, if_match = self._calendar(request), request.call.headers.get("if-match")
        event = self.writing.update(
            request.actor(), calendar, request.path["eventId"], request.body(), request.params, if_match, "patch"
        )
        return self._shown(request, calendar, event)

    def _events_delete(self, request: _Request) -> None:
        calendar, if_match = self._calendar(request), request.call.headers.get("if-match")
        self.writing.delete(request.actor(), calendar, request.path["eventId"], if_match)

    def _events_move(self, request: _Request) -> dict[str, Any]:
        source, target = self._calendar(request), self._calendar(request, "destination")
        if_match = request.call.headers.get("if-match")
        event = self.writing.move(request.actor(), source, request.path["eventId"], target, if_match)
        shown = self._shown(request, target, event)
        return {**shown, "status": "cancelled"} if self._realm.options.move_answers_cancelled else shown

    def _events_watch(self, request: _Request) -> dict[str, Any]:
        calendar = self._calendar(request)
        uri = f"https://www.googleapis.com/calendar/v3/calendars/{calendar.id}/events?alt=json"
        return self._channels.watch(calendar, request.body(), uri)

    def _channels_stop(self, request: _Request) -> None:
        self._channels.stop_channel(request.body())


def _unauthorized() -> ApiError:
    error = by_reason("authError")
    error.location, error.location_type = "Authorization", "header"
    error.headers["WWW-Authenticate"] = 'Bearer realm="https://accounts.google.com/", error="invalid_token"'
    return error


def answer_of(error: ApiError) -> Answer:
    """An error as an answer."""
    return Answer(error.status, error.body(), {"Content-Type": "application/json; charset=UTF-8", **error.headers})
