"""Serves the people page and its parts."""

from collections.abc import Awaitable, Callable
from pathlib import Path

from aiohttp import web

_FOLDER = Path(__file__).parent
_POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:"
_HEADERS = {"Content-Security-Policy": _POLICY, "Cache-Control": "no-cache", "X-Content-Type-Options": "nosniff"}


def add_page(app: web.Application) -> None:
    """Add the page (``/people``) and each of its files to the control interface."""
    app.router.add_get("/people", _file("people.html"))
    for path in sorted(_FOLDER.glob("*.[cj]s*")):
        app.router.add_get(f"/{path.name}", _file(path.name))


def _file(name: str) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    async def serve(request: web.Request) -> web.StreamResponse:
        return web.FileResponse(_FOLDER / name, headers=_HEADERS)

    return serve
