"""Faults on demand: which request they hit, and those that look the same in every protocol."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any, Literal

import msgspec
from aiohttp import web
from aiohttp.typedefs import Middleware

from cxsync.sandbox.core.action import parse_action
from cxsync.sandbox.core.refusal import BadInput, NotThere

if TYPE_CHECKING:
    from cxsync.sandbox.core.system import System
    from cxsync.sandbox.core.world import World

When = Literal["before", "after"]
FaultKind = Literal[
    "status", "reason", "drop", "truncate", "garble", "delay", "expire-token", "invalid-state", "act", "clock"
]
OPERATION = web.RequestKey("operation", str)
OWNER = web.RequestKey("owner", str)
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
ANSWER_KINDS = frozenset({"truncate", "garble"})


class Fault(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """What goes wrong, at which operation (``*``: any), before or after its effect.

    ``owner`` None: anybody. ``skip`` requests pass first, then ``times`` are hit (-1: until deleted).
    ``params`` by kind: status {status, body, headers} · reason {reason, …} in the system's own terms ·
    truncate {bytes} · delay {seconds} · act {system, owner, action: {…}} or {actions: [those]} · clock {shift}.
    """

    system: str
    operation: str
    kind: FaultKind
    when: When = "before"
    params: dict[str, Any] = {}
    times: int = 1
    skip: int = 0
    owner: str | None = None
    id: str = ""
    hits: int = 0


class Faults:
    """The faults in force, in the order in which they were added; the first that matches is taken."""

    def __init__(self) -> None:
        self._faults: dict[str, Fault] = {}
        self._count = 0

    def add(self, fault: Fault) -> Fault:
        """Put ``fault`` in force under a new id."""
        if fault.times == 0 or fault.times < -1:
            raise BadInput("times", fault.times, "a number above 0, or -1 for: until deleted")
        if fault.kind in ANSWER_KINDS and fault.when == "before":
            raise BadInput("when", fault.when, f"{fault.kind!r} changes an answer: it has to be 'after'")
        _check_params(fault)
        self._count += 1
        fault.id = fault.id or f"f{self._count}"
        self._faults[fault.id] = fault
        return fault

    def remove(self, name: str) -> None:
        """Take a fault out of force; raises NotThere."""
        if self._faults.pop(name, None) is None:
            raise NotThere("fault", name)

    def all(self) -> list[Fault]:
        """Those in force, with how often each one has hit."""
        return list(self._faults.values())

    def take(self, system: str, operation: str, when: When, owner: str | None) -> Fault | None:
        """The fault that hits this request at this point, counted as used; None if there is none."""
        if not self._faults:
            return None
        for fault in self._faults.values():
            if (
                fault.system == system
                and fault.operation in ("*", operation)
                and fault.when == when
                and fault.owner in (None, owner)
            ):
                if fault.skip > 0:
                    fault.skip -= 1
                    continue
                fault.hits += 1
                if fault.times == fault.hits:
                    del self._faults[fault.id]
                return fault
        return None

    def clear(self) -> None:
        """Nothing goes wrong any more."""
        self._faults.clear()


def _check_params(fault: Fault) -> None:
    """A fault that could not be carried out is refused now, not in the middle of somebody's request."""
    wanted = {"delay": "seconds", "clock": "shift"}.get(fault.kind)
    if wanted is not None and not isinstance(fault.params.get(wanted), int | float):
        raise BadInput(f"params.{wanted}", fault.params.get(wanted), "a number of seconds")
    if fault.kind == "act":
        for each in fault.params.get("actions", [fault.params]):
            if not isinstance(each.get("owner"), str) or not isinstance(each.get("action"), dict):
                raise BadInput("params", each, "owner and action (an object), or a list of such as actions")
            parse_action(each["action"])


class _Interrupted(Exception):
    def __init__(self, answer: web.StreamResponse | None) -> None:
        self.answer = answer


async def enter(world: "World", system: "System", request: web.Request, operation: str, owner: str) -> Fault | None:
    """To be called by each handler once it knows what is asked and by whom, before it does anything.

    Carries out the fault due before the effect, if there is one. Kinds that only the protocol can express
    (expire-token, invalid-state) are handed back to the handler; all others are done with when this returns.
    """
    request[OPERATION] = operation
    request[OWNER] = owner
    fault = world.faults.take(system.name, operation, "before", owner)
    if fault is None:
        return None
    match fault.kind:
        case "status":
            raise _Interrupted(_status(fault))
        case "reason":
            raise _Interrupted(system.refuse(request, fault))
        case "drop":
            raise _Interrupted(None)
        case "expire-token" | "invalid-state":
            return fault
        case _:
            await carry_out(world, fault)
            return None


def fault_middleware(world: "World", system: "System") -> Middleware:
    """Records every request as a witness and carries out faults; the outermost middleware of each server."""

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        began = time.perf_counter()
        answer: web.StreamResponse | None
        try:
            answer = await handler(request)
        except _Interrupted as interrupted:
            answer = interrupted.answer
        except web.HTTPException as refused:
            answer = refused
        operation = request.get(OPERATION, request.path)
        owner = request.get(OWNER, "")
        if answer is not None:
            fault = world.faults.take(system.name, operation, "after", owner)
            if fault is not None:
                answer = await _changed(world, system, request, answer, fault)
        status = 0 if answer is None else answer.status
        world.witness.request(system.name, operation, owner, status, time.perf_counter() - began)
        return _cut(request) if answer is None else answer

    return middleware


async def _changed(
    world: "World", system: "System", request: web.Request, answer: web.StreamResponse, fault: Fault
) -> web.StreamResponse | None:
    match fault.kind:
        case "status":
            return _status(fault)
        case "reason":
            return system.refuse(request, fault)
        case "drop":
            return None
        case "truncate":
            await _truncate(request, answer, fault.params)
            return None
        case "garble":
            return _garbled(answer)
        case _:
            await carry_out(world, fault)
            return answer


async def carry_out(world: "World", fault: Fault) -> None:
    """Do what delay, clock and act ask for; other kinds do nothing here."""
    match fault.kind:
        case "delay":
            await asyncio.sleep(float(fault.params["seconds"]))
        case "clock":
            world.clock.shift(float(fault.params["shift"]))
        case "act":
            for each in fault.params.get("actions", [fault.params]):
                world.system(each.get("system", fault.system)).act(each["owner"], each["action"])
        case _:
            pass


def _status(fault: Fault) -> web.Response:
    headers: Mapping[str, str] = fault.params.get("headers", {})
    body = str(fault.params.get("body", "")).encode()
    return web.Response(status=int(fault.params.get("status", 503)), headers=headers, body=body)


def _cut(request: web.Request) -> web.StreamResponse:
    if request.transport is not None:
        request.transport.abort()
    return web.Response(status=503)


def _body(answer: web.StreamResponse) -> bytes:
    body = answer.body if isinstance(answer, web.Response) else None
    return body if isinstance(body, bytes) else b""


async def _truncate(request: web.Request, answer: web.StreamResponse, params: Mapping[str, Any]) -> None:
    """Promise the whole length, send a part (half unless told), leave the rest to the cut connection."""
    body = _body(answer)
    part = body[: int(params.get("bytes", len(body) // 2))]
    cut = web.StreamResponse(status=answer.status, headers={k: v for k, v in answer.headers.items() if k != "Date"})
    cut.content_length = len(body)
    await cut.prepare(request)
    await cut.write(part)
    if request.transport is not None:
        request.transport.close()


def _garbled(answer: web.StreamResponse) -> web.StreamResponse:
    """The same length and headers, with the middle third overwritten."""
    body = _body(answer)
    third = len(body) // 3
    wrong = body[:third] + b"\x00\xff~" * (third // 3) + b"~" * (third % 3) + body[2 * third :]
    return web.Response(status=answer.status, body=wrong, content_type=answer.content_type)
