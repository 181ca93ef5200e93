"""The JSON control interface: acting as people, faults, time, and everything that was witnessed."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any

import msgspec
from aiohttp import web
from aiohttp.typedefs import Middleware

from cxsync.sandbox.core.canonical import digest
from cxsync.sandbox.core.faults import Fault
from cxsync.sandbox.core.journal import Entry
from cxsync.sandbox.core.page.serve import add_page
from cxsync.sandbox.core.refusal import BadInput, NotThere, misfit
from cxsync.sandbox.core.system import System
from cxsync.sandbox.core.world import World

KEEP_ALIVE = 15.0
OWN_NAMES = ("127.0.0.1", "localhost", "[::1]")
_ENDPOINTS = {
    "GET /": "this index",
    "GET /people": "the page that shows all three calendars side by side",
    "GET /systems": "each system's addresses, options and users",
    "POST /{system}/act": '{"owner": …, "action": "create", …}: what a person does in that system',
    "GET /{system}/items?owner=&start=&end=": "what that person sees",
    "POST /{system}/options": "{field: value}: the switches of what rests on a guess",
    "POST /{system}/users": "a new user, mailbox or tenant",
    "POST /{system}/password": '{"owner": …, "password": …}',
    "GET /journal?system=&owner=&item=&since=": "every version of every item",
    "GET /events?since=": "the journal as Server-Sent Events",
    "GET /mails": "invitations, updates and cancellations that would have been mailed",
    "GET /logins": "refused attempts to sign in",
    "GET /requests": "answered requests",
    "POST /faults": '{"system": …, "operation": …, "kind": …, "when": …, "params": {…}, "times": 1}',
    "GET /faults": "the faults in force",
    "DELETE /faults/{id}": "take one out of force",
    "POST /clock": '{"shift": seconds} or {"set": "2026-03-02T09:00:00Z"}',
    "GET /clock": "the present moment",
    "GET /digest": "a fingerprint of the whole state, and one for each system",
    "GET /state": "everything that the systems hold",
    "POST /reset": '{"seed": 1}: begin again',
}


def control_app(world: World, urls: Callable[[], Mapping[str, Mapping[str, str]]]) -> web.Application:
    """The application; ``urls`` tells each system's addresses once the servers listen."""
    control = _Control(world, urls)
    app = web.Application(middlewares=[_refusals()])
    app.router.add_get("/", control.index)
    app.router.add_get("/systems", control.systems)
    app.router.add_get("/journal", control.journal)
    app.router.add_get("/events", control.events)
    app.router.add_get("/mails", control.mails)
    app.router.add_get("/logins", control.logins)
    app.router.add_get("/requests", control.requests)
    app.router.add_get("/faults", control.faults)
    app.router.add_post("/faults", control.add_fault)
    app.router.add_delete("/faults/{id}", control.remove_fault)
    app.router.add_get("/clock", control.clock)
    app.router.add_post("/clock", control.set_clock)
    app.router.add_get("/digest", control.digest)
    app.router.add_get("/state", control.state)
    app.router.add_post("/reset", control.reset)
    app.router.add_post("/{system}/act", control.act)
    app.router.add_get("/{system}/items", control.items)
    app.router.add_post("/{system}/options", control.options)
    app.router.add_post("/{system}/users", control.add_user)
    app.router.add_post("/{system}/password", control.password)
    add_page(app)
    return app


def _json(value: Any, status: int = 200) -> web.Response:
    return web.Response(body=msgspec.json.encode(value), status=status, content_type="application/json")


def _refusals() -> Middleware:
    """What is wrong with a request, as JSON; pages of other origins may not act here."""

    @web.middleware
    async def middleware(
        request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        origin = request.headers.get("Origin")
        if request.host.rpartition(":")[0] not in OWN_NAMES:  # a name that somebody else made point to this machine
            return _json({"error": "forbidden", "message": f"{request.host} is no name of this interface"}, 403)
        if origin is not None and origin != f"http://{request.host}":
            return _json({"error": "forbidden", "message": f"pages of {origin} may not use this interface"}, 403)
        try:
            return await handler(request)
        except BadInput as bad:
            wrong = {"error": bad.code, "field": bad.field, "value": bad.value, "expected": bad.expected}
            return _json({**wrong, "message": str(bad)}, 400)
        except NotThere as missing:
            return _json(
                {"error": missing.code, "what": missing.what, "name": missing.name, "message": str(missing)}, 404
            )

    return middleware


async def _body(request: web.Request) -> dict[str, Any]:
    data = await request.read()
    try:
        return msgspec.json.decode(data or b"{}", type=dict[str, Any])
    except msgspec.MsgspecError as error:
        raise BadInput("body", data[:200].decode(errors="replace"), f"a JSON object ({error})") from None


def _text(given: Mapping[str, Any], field: str) -> str:
    value = given.get(field)
    if not isinstance(value, str) or not value:
        raise BadInput(field, value, "a text that is not empty")
    return value


def _moment(field: str, value: Any) -> datetime:
    try:
        moment = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        raise BadInput(field, value, "a moment such as 2026-03-02T09:00:00Z") from None
    if moment.tzinfo is None:
        raise BadInput(field, value, "a moment with an offset, such as 2026-03-02T09:00:00+01:00")
    return moment


def _number(field: str, value: str) -> int:
    try:
        return int(value)
    except ValueError:
        raise BadInput(field, value, "a whole number") from None


class _Control:
    def __init__(self, world: World, urls: Callable[[], Mapping[str, Mapping[str, str]]]) -> None:
        self._world = world
        self._urls = urls

    def _system(self, request: web.Request) -> System:
        return self._world.system(request.match_info["system"])

    async def index(self, request: web.Request) -> web.Response:
        return _json(_ENDPOINTS)

    async def systems(self, request: web.Request) -> web.Response:
        found = {
            name: {"urls": self._urls().get(name, {}), "options": system.options, "users": system.users()}
            for name, system in self._world.systems.items()
        }
        return _json(found)

    async def act(self, request: web.Request) -> web.Response:
        given = await _body(request)
        owner = _text(given, "owner")
        action = {key: value for key, value in given.items() if key != "owner"}
        return _json(self._system(request).act(owner, action))

    async def items(self, request: web.Request) -> web.Response:
        query = request.query
        bounds = [_moment(name, query[name]) if query.get(name) else None for name in ("start", "end")]
        return _json(self._system(request).items(_text(query, "owner"), bounds[0], bounds[1]))

    async def options(self, request: web.Request) -> web.Response:
        given = await _body(request)
        system = self._system(request)
        present: dict[str, Any] = msgspec.to_builtins(system.options)
        for field in given:
            if field not in present:
                raise BadInput(field, given[field], f"one of {', '.join(sorted(present))}")
        try:
            changed = msgspec.convert({**present, **given}, type(system.options))
        except msgspec.ValidationError as error:
            raise misfit(error, given, "body") from None
        setattr(system, "options", changed)  # noqa: B010 - read-only in the protocol, so that each may narrow its type
        return _json(changed)

    async def add_user(self, request: web.Request) -> web.Response:
        return _json(self._system(request).add_user(await _body(request)))

    async def password(self, request: web.Request) -> web.Response:
        given = await _body(request)
        self._system(request).set_password(_text(given, "owner"), _text(given, "password"))
        return _json({})

    async def journal(self, request: web.Request) -> web.Response:
        query = request.query
        entries = self._world.journal.entries(
            system=query.get("system") or None,
            owner=query.get("owner") or None,
            item=query.get("item") or None,
            since=_number("since", query.get("since") or "0"),
        )
        return _json(list(entries))

    async def events(self, request: web.Request) -> web.StreamResponse:
        """Entries after ``since`` (default: from now on) as they are added; the event's id is ``seq``."""
        journal = self._world.journal
        given = request.headers.get("Last-Event-ID") or request.query.get("since")
        sent = journal.last if given is None else _number("since", given)
        changed = asyncio.Event()

        def watcher(_: Entry) -> None:
            changed.set()

        journal.watchers.add(watcher)
        stream = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"})
        try:
            await stream.prepare(request)
            while True:
                changed.clear()
                if sent > journal.last:
                    sent = 0
                for entry in list(journal.entries(since=sent)):
                    await stream.write(b"id: %d\ndata: %s\n\n" % (entry.seq, msgspec.json.encode(entry)))
                    sent = entry.seq
                try:
                    await asyncio.wait_for(changed.wait(), KEEP_ALIVE)
                except TimeoutError:
                    await stream.write(b": still here\n\n")
        except ConnectionError:
            return stream
        finally:
            journal.watchers.discard(watcher)

    async def mails(self, request: web.Request) -> web.Response:
        return _json(self._world.witness.mails)

    async def logins(self, request: web.Request) -> web.Response:
        return _json(self._world.witness.logins)

    async def requests(self, request: web.Request) -> web.Response:
        return _json(list(self._world.witness.requests))

    async def faults(self, request: web.Request) -> web.Response:
        return _json(self._world.faults.all())

    async def add_fault(self, request: web.Request) -> web.Response:
        given = await _body(request)
        try:
            fault = msgspec.convert(given, Fault)
        except msgspec.ValidationError as error:
            raise misfit(error, given, "body") from None
        self._world.system(fault.system)
        return _json(self._world.faults.add(fault))

    async def remove_fault(self, request: web.Request) -> web.Response:
        self._world.faults.remove(request.match_info["id"])
        return _json({})

    async def clock(self, request: web.Request) -> web.Response:
        return _json({"now": self._world.clock.now()})

    async def set_clock(self, request: web.Request) -> web.Response:
        given = await _body(request)
        if "set" in given:
            self._world.clock.set(_moment("set", given["set"]))
        elif isinstance(given.get("shift"), int | float):
            self._world.clock.shift(given["shift"])
        else:
            raise BadInput("shift", given.get("shift"), "seconds; or give 'set' with a moment")
        return await self.clock(request)

    async def digest(self, request: web.Request) -> web.Response:
        each = {name: system.digest() for name, system in self._world.systems.items()}
        return _json({"digest": digest(each), "systems": each})

    async def state(self, request: web.Request) -> web.Response:
        return _json({name: system.state() for name, system in self._world.systems.items()})

    async def reset(self, request: web.Request) -> web.Response:
        given = await _body(request)
        seed = given.get("seed", self._world.seed)
        if not isinstance(seed, int):
            raise BadInput("seed", seed, "a whole number")
        self._world.reset(seed)
        return _json({"seed": seed})
