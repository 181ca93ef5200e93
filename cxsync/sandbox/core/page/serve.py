"""Serves the people page's three files."""

from collections.abc import Awaitable, Callable
from pathlib import Path

from aiohttp import web

_FOLDER = Path(__file__).parent
_FILES = {"/people": "people.html", "/people.css": "people.css", "/people.js": "people.js"}
_POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:"


def add_page(app: web.Application) -> None:
    """Add the page's routes to the control interface."""
    for route, name in _FILES.items():
        app.router.add_get(route, _file(name))


def _file(name: str) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    async def serve(request: web.Request) -> web.StreamResponse:
        return web.FileResponse(
            _FOLDER / name, headers={"Content-Security-Policy": _POLICY, "Cache-Control": "no-cache"}
        )

    return serve
