"""The web side: a page for people, JSON for programs.

``GET /messages`` · ``GET /messages/{id}`` · ``GET /messages/{id}/source`` · ``DELETE /messages`` ·
``GET /faults`` · ``POST /faults`` with ``{"mode": "none|refuse|4xx|5xx|hang"}``.
"""

from collections.abc import Awaitable, Callable
from pathlib import Path

import msgspec
from aiohttp import web
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from cxsync.local.mail.messages import Message, Messages
from cxsync.local.mail.smtp import Faults, Mode

_HOSTS = frozenset({"127.0.0.1", "localhost", "::1"})
# A mail may hold anything: no script runs, nothing is loaded from elsewhere, nothing is sent anywhere.
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-src 'self'; "
    "form-action 'none'; base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


class Fault(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The body of ``/faults``."""

    mode: Mode


def application(messages: Messages, faults: Faults) -> web.Application:
    """The page over ``messages`` and ``faults``."""
    pages = Environment(
        loader=FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )

    def found(request: web.Request) -> Message:
        message = messages.get(request.match_info["id"])
        if message is None:
            raise web.HTTPNotFound(text="no such mail\n")
        return message

    async def overview(_: web.Request) -> web.Response:
        return _html(pages.get_template("overview.html.jinja").render(messages=messages.list()[::-1]))

    async def view(request: web.Request) -> web.Response:
        return _html(pages.get_template("view.html.jinja").render(message=found(request)))

    async def listing(_: web.Request) -> web.Response:
        return _json(messages.list())

    async def one(request: web.Request) -> web.Response:
        return _json(found(request))

    async def source(request: web.Request) -> web.Response:
        content = messages.source(found(request).id)
        return web.Response(body=content, content_type="text/plain", charset="utf-8")

    async def clear(_: web.Request) -> web.Response:
        return _json({"deleted": messages.clear()})

    async def fault(_: web.Request) -> web.Response:
        return _json(Fault(faults.mode))

    async def set_fault(request: web.Request) -> web.Response:
        # Only this type makes a browser ask first when a foreign page posts it.
        if request.content_type != "application/json":
            raise web.HTTPUnsupportedMediaType(text="send application/json\n")
        try:
            wanted = msgspec.json.decode(await request.read(), type=Fault)
        except msgspec.DecodeError as error:
            raise web.HTTPBadRequest(text=f"{error}\n") from error
        faults.set(wanted.mode)
        return _json(wanted)

    made = web.Application(middlewares=[_guard])
    made.add_routes(
        [
            web.get("/", overview),
            web.get(r"/view/{id:[\w.-]+}", view),
            web.get("/messages", listing),
            web.delete("/messages", clear),
            web.get(r"/messages/{id:[\w.-]+}", one),
            web.get(r"/messages/{id:[\w.-]+}/source", source),
            web.get("/faults", fault),
            web.post("/faults", set_fault),
        ]
    )
    return made


@web.middleware
async def _guard(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    # A foreign page whose name was pointed at this machine (DNS rebinding) shows in the Host header.
    if request.url.host not in _HOSTS:
        raise web.HTTPForbidden(text="this server answers to localhost only\n")
    response = await handler(request)
    response.headers.update(_HEADERS)
    return response


def _html(text: str) -> web.Response:
    return web.Response(text=text, content_type="text/html")


def _json(value: object) -> web.Response:
    return web.Response(body=msgspec.json.encode(value), content_type="application/json")
