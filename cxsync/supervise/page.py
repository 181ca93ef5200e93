"""The supervisor's one port: ``/healthz``, ``/readyz`` and ``/metrics`` of all its roles together."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import aiohttp
from aiohttp import web

from cxsync.observe import metrics
from cxsync.observe.health import PortTakenError, as_json
from cxsync.supervise.keeper import Keeper
from cxsync.supervise.merge import merge
from cxsync.supervise.probe import metrics_of

OWN_ROLE = "supervisor"


@asynccontextmanager
async def serve(host: str, port: int, keepers: Sequence[Keeper], session: aiohttp.ClientSession) -> AsyncIterator[int]:
    """Serve inside the block, which gets the port.

    Raises:
        PortTakenError: the port cannot be bound.
    """
    page = _Page(keepers, session)
    app = web.Application()
    app.add_routes(
        [web.get("/healthz", page.health), web.get("/readyz", page.readiness), web.get("/metrics", page.metrics)]
    )
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
    await runner.setup()
    try:
        site = web.TCPSite(runner, host, port)
        try:
            await site.start()
        except OSError as error:
            raise PortTakenError(host, port, error.strerror or type(error).__name__) from error
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()


class _Page:
    def __init__(self, keepers: Sequence[Keeper], session: aiohttp.ClientSession) -> None:
        self._keepers = keepers
        self._session = session

    async def health(self, _request: web.Request) -> web.Response:
        """200 as long as the supervisor itself goes round: it mends its roles, nobody else has to."""
        return _response(200, {"status": "ok", "roles": self._roles()})

    async def readiness(self, _request: web.Request) -> web.Response:
        """200 when every role is ready; else 503 and which are not, and why."""
        waiting = [keeper for keeper in self._keepers if keeper.state != "ready"]
        reason = "; ".join(f"{keeper.role.name}: {keeper.reason or keeper.state}" for keeper in waiting)
        body = {"ready": not waiting, "reason": reason or None, "roles": self._roles()}
        return _response(503 if waiting else 200, body)

    async def metrics(self, _request: web.Request) -> web.Response:
        asked = [(keeper.role.name, keeper.port) for keeper in self._keepers if keeper.port is not None]
        texts = await asyncio.gather(*(metrics_of(self._session, port) for _, port in asked))
        found = {name: text for (name, _), text in zip(asked, texts, strict=True) if text is not None}
        body = await asyncio.to_thread(merge, {OWN_ROLE: metrics.exposition().decode(), **found})
        return web.Response(body=body, headers={"Content-Type": metrics.CONTENT_TYPE})

    def _roles(self) -> dict[str, dict[str, object]]:
        return {
            keeper.role.name: {
                "state": keeper.state,
                "reason": keeper.reason,
                "pid": keeper.pid,
                "restarts": keeper.restarts,
            }
            for keeper in self._keepers
        }


def _response(status: int, body: object) -> web.Response:
    code, kind, content = as_json(status, body)
    return web.Response(status=code, body=content, content_type=kind)
