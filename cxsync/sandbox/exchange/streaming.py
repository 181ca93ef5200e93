"""GetStreamingEvents: one answer that goes on for minutes, an envelope for each batch of events (MS-OXWSNTIF)."""

import asyncio
import time

from aiohttp import web

from cxsync.sandbox.exchange.call import Call
from cxsync.sandbox.exchange.soap import CONTENT_TYPE, M, ResponseError, children, envelope, escape, failure, response
from cxsync.sandbox.exchange.subscriptions import Subscription, Subscriptions

_NAME = "GetStreamingEvents"


def _message(content: str) -> str:
    tag = f"m:{_NAME}ResponseMessage"
    return f'<{tag} ResponseClass="Success"><m:ResponseCode>NoError</m:ResponseCode>{content}</{tag}>'


def _status(status: str) -> str:
    return f"<m:ConnectionStatus>{status}</m:ConnectionStatus>"


class Streaming:
    """Serves the open connections; ``hanging`` counts them by account."""

    def __init__(self, subscriptions: Subscriptions) -> None:
        self._subscriptions = subscriptions
        self._hanging: dict[str, int] = {}
        self._stopping = asyncio.Event()

    def stop(self) -> None:
        """End all connections, as when the server shuts down."""
        self._stopping.set()

    async def serve(self, request: web.Request, call: Call) -> web.StreamResponse:
        """Answer ``request`` until its time is up, its subscriptions end, or the client goes."""
        names = [(each.text or "").strip() for each in children(call.element, f"{M}SubscriptionIds")]
        minutes = int(call.element.findtext(f"{M}ConnectionTimeout") or 1)
        owner = call.account.owner
        try:
            limit = call.organisation.options.hanging_connections
            if limit and self._hanging.get(owner, 0) >= limit:
                raise ResponseError("ErrorExceededConnectionCount", "You have too many streaming connections.")
            found = [self._subscriptions.get(name, call.account) for name in names]
        except ResponseError as error:
            wrong = "".join(f"<m:SubscriptionId>{escape(name)}</m:SubscriptionId>" for name in names)
            content = f"<m:ErrorSubscriptionIds>{wrong}</m:ErrorSubscriptionIds>{_status('Closed')}"
            body = envelope(call.build, response(_NAME, [failure(_NAME, error, content)]))
            return web.Response(body=body, headers={"Content-Type": CONTENT_TYPE})
        self._hanging[owner] = self._hanging.get(owner, 0) + 1
        stream = web.StreamResponse(headers={"Content-Type": CONTENT_TYPE})
        stream.enable_chunked_encoding()
        try:
            await stream.prepare(request)
            await self._run(stream, call, found, minutes * 60.0)
        except ConnectionError:
            pass
        finally:
            self._hanging[owner] -= 1
            for each in found:
                self._subscriptions.release(each, stream)
        return stream

    async def _ousted(self, stream: web.StreamResponse, call: Call) -> None:
        """A second connection listens to the same subscription: the first one is told and ends."""
        error = ResponseError(
            "ErrorNewEventStreamConnectionOpened", "Another connection was opened for the same subscription."
        )
        body = envelope(call.build, response(_NAME, [failure(_NAME, error, _status("Closed"))]))
        await stream.write(body)
        await stream.write_eof()

    async def _run(self, stream: web.StreamResponse, call: Call, found: list[Subscription], seconds: float) -> None:
        async def send(content: str) -> None:
            await stream.write(envelope(call.build, response(_NAME, [_message(content)])))

        wake = asyncio.Event()
        for each in found:
            each.wake.set()
            each.listener, each.wake = stream, wake
        ends = time.monotonic() + seconds
        await send(_status("OK"))
        beat = call.organisation.options.keep_alive_seconds
        stopping = asyncio.ensure_future(self._stopping.wait())
        try:
            while not self._stopping.is_set():
                wake.clear()
                if any(each.listener is not stream for each in found):
                    await self._ousted(stream, call)
                    return
                batch = "".join(each.take() for each in found)
                if batch:
                    await send(f"<m:Notifications>{batch}</m:Notifications>")
                rest = ends - time.monotonic()
                if rest <= 0 or not any(self._subscriptions.is_open(each) for each in found):
                    break
                waiting = asyncio.ensure_future(wake.wait())
                done, _ = await asyncio.wait(
                    {waiting, stopping}, timeout=min(rest, beat), return_when=asyncio.FIRST_COMPLETED
                )
                waiting.cancel()
                if not done and rest > beat:
                    await send(_status("OK"))
        finally:
            stopping.cancel()
        await send(_status("Closed"))
        await stream.write_eof()
