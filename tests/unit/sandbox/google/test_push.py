"""Guide "Push notifications": channels, their messages, and that messages say nothing but that something changed."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import web

from cxsync.sandbox.core.run import Sandbox

Body = Callable[..., dict[str, Any]]
Refusal = Callable[[Any], tuple[int, str]]
ADDRESS = "http://127.0.0.1:9/hook"


class Receiver:
    """Somebody's web hook; the first answers can be made to fail."""

    def __init__(self, failing: int = 0) -> None:
        self.messages: list[dict[str, str]] = []
        self.url = ""
        self._failing = failing
        self._came = asyncio.Event()

    async def _receive(self, request: web.Request) -> web.Response:
        assert await request.read() == b""
        self.messages.append({key.lower(): value for key, value in request.headers.items()})
        self._came.set()
        if self._failing:
            self._failing -= 1
            return web.Response(status=503)
        return web.Response()

    @asynccontextmanager
    async def listening(self) -> AsyncIterator["Receiver"]:
        app = web.Application()
        app.router.add_post("/hook", self._receive)
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
        try:
            yield self
        finally:
            await runner.cleanup()

    async def states(self, number: int) -> list[str]:
        async with asyncio.timeout(20):
            while len(self.messages) < number:
                self._came.clear()
                await self._came.wait()
        return [message["x-goog-resource-state"] for message in self.messages]


def channel(url: str, name: str, **more: Any) -> dict[str, Any]:
    return {"id": name, "type": "web_hook", "address": url, "token": "secret", **more}


async def test_a_channel_says_sync_then_exists_until_it_is_stopped(
    events: Any, account: dict[str, Any], timed: Body
) -> None:
    async with Receiver().listening() as receiver:
        body = channel(receiver.url, f"one-{account['person']}", params={"ttl": "3600"})
        opened = await asyncio.to_thread(events.watch(calendarId="primary", body=body).execute)
        assert opened["token"] == "secret"
        assert await receiver.states(1) == ["sync"]
        await asyncio.to_thread(events.insert(calendarId="primary", body=timed()).execute)
        assert await receiver.states(2) == ["sync", "exists"]
        first, second = receiver.messages
        assert (first["x-goog-message-number"], second["x-goog-message-number"]) == ("1", "2")
        assert second["x-goog-channel-id"] == body["id"]
        assert second["x-goog-channel-token"] == "secret"
        assert second["x-goog-resource-id"] == opened["resourceId"]


async def test_a_message_that_was_refused_for_now_is_sent_again(events: Any, account: dict[str, Any]) -> None:
    async with Receiver(failing=1).listening() as receiver:
        body = channel(receiver.url, f"two-{account['person']}")
        await asyncio.to_thread(events.watch(calendarId="primary", body=body).execute)
        assert await receiver.states(2) == ["sync", "sync"]
        assert receiver.messages[0]["x-goog-message-number"] == receiver.messages[1]["x-goog-message-number"]


async def test_a_stopped_or_expired_channel_is_silent(
    sandbox: Sandbox, connect: Callable[[dict[str, Any]], Any], account: dict[str, Any], timed: Body, refusal: Refusal
) -> None:
    service = connect(account)
    async with Receiver().listening() as receiver:
        stopped = await asyncio.to_thread(
            service.events().watch(calendarId="primary", body=channel(receiver.url, f"a-{account['person']}")).execute
        )
        await asyncio.to_thread(
            service.events()
            .watch(calendarId="primary", body=channel(receiver.url, f"b-{account['person']}", params={"ttl": "60"}))
            .execute
        )
        assert await receiver.states(2) == ["sync", "sync"]
        wrong = {"id": stopped["id"], "resourceId": "other"}
        assert await asyncio.to_thread(refusal, service.channels().stop(body=wrong)) == (404, "notFound")
        right = {"id": stopped["id"], "resourceId": stopped["resourceId"]}
        await asyncio.to_thread(service.channels().stop(body=right).execute)
        sandbox.world.clock.shift(61)
        again = channel(receiver.url, f"c-{account['person']}")
        await asyncio.to_thread(service.events().watch(calendarId="primary", body=again).execute)
        await asyncio.to_thread(service.events().insert(calendarId="primary", body=timed()).execute)
        assert await receiver.states(4) == ["sync", "sync", "sync", "exists"]
        assert receiver.messages[3]["x-goog-channel-id"] == again["id"]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"id": None}, "required"),
        ({"id": "no spaces"}, "channelIdInvalid"),
        ({"type": "pigeon"}, "invalidValue"),
        ({"address": "ftp://127.0.0.1/x"}, "push.webhookUrlNotHttps"),
    ],
)
def test_channels_outside_the_guide_are_refused(
    events: Any, refusal: Refusal, change: dict[str, Any], reason: str
) -> None:
    body = {**channel(ADDRESS, "wrong"), **change}
    assert refusal(events.watch(calendarId="primary", body=body)) == (400, reason)


def test_https_can_be_insisted_on_and_ids_serve_once(
    events: Any, account: dict[str, Any], refusal: Refusal, switch: Callable[..., None]
) -> None:
    body = channel(ADDRESS, f"once-{account['person']}")
    events.watch(calendarId="primary", body=body).execute()
    assert refusal(events.watch(calendarId="primary", body=body)) == (400, "channelIdNotUnique")
    switch(https_only=True)
    other = channel(ADDRESS, f"other-{account['person']}")
    assert refusal(events.watch(calendarId="primary", body=other)) == (400, "push.webhookUrlNotHttps")


async def test_messages_get_lost_when_switched(
    events: Any, account: dict[str, Any], timed: Body, switch: Callable[..., None]
) -> None:
    async with Receiver().listening() as receiver:
        body = channel(receiver.url, f"lost-{account['person']}")
        await asyncio.to_thread(events.watch(calendarId="primary", body=body).execute)
        switch(lose_messages=1.0)
        await asyncio.to_thread(events.insert(calendarId="primary", body=timed()).execute)
        switch(lose_messages=0.0)
        await asyncio.to_thread(events.insert(calendarId="primary", body=timed()).execute)
        assert await receiver.states(2) == ["sync", "exists"]
        assert receiver.messages[1]["x-goog-message-number"] == "2"
