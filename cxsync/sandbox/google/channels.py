"""Push notifications (guide "Push notifications"): a message says that something changed, never what."""

import asyncio
import hashlib
import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from email.utils import format_datetime
from typing import Any

import aiohttp

from cxsync.sandbox.google.calendars import Calendar
from cxsync.sandbox.google.realm import Realm
from cxsync.sandbox.google.refusals import ApiError, not_found, required

RETRIED = (500, 502, 503, 504)
TRIES = 4
_ID = re.compile(r"^[A-Za-z0-9\-_+/=]{1,64}$")


class Channel:
    """A subscription to one calendar's events."""

    def __init__(self, name: str, calendar: str, address: str, token: str | None, ends: datetime, uri: str) -> None:
        self.id = name
        self.calendar = calendar
        self.address = address
        self.token = token
        self.ends = ends
        self.resource_uri = uri
        self.resource_id = hashlib.sha256(uri.encode()).hexdigest()[:27]
        self.number = 0
        self.pending = False

    def headers(self, state: str) -> dict[str, str]:
        """The headers of the next message; its body is empty."""
        self.number += 1
        headers = {
            "X-Goog-Channel-ID": self.id,
            "X-Goog-Channel-Expiration": format_datetime(self.ends, usegmt=True),
            "X-Goog-Resource-ID": self.resource_id,
            "X-Goog-Resource-URI": self.resource_uri,
            "X-Goog-Resource-State": state,
            "X-Goog-Message-Number": str(self.number),
        }
        return headers if self.token is None else {**headers, "X-Goog-Channel-Token": self.token}


class Channels:
    """Opens and stops channels and sends their messages."""

    def __init__(self, realm: Realm) -> None:
        self._realm = realm
        self._channels: dict[str, Channel] = {}
        self._used: set[str] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._session: aiohttp.ClientSession | None = None
        realm.on_change.append(self.changed)

    def moved_to(self, realm: Realm) -> "Channels":
        """The channels of a sandbox that begins again: none, but able to send."""
        fresh = Channels(realm)
        fresh._session, fresh._tasks = self._session, self._tasks
        return fresh

    async def start(self) -> None:
        """Begin to send; has to be called on the servers' loop."""
        self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=10))

    async def stop(self) -> None:
        """Send nothing more."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._session is not None:
            await self._session.close()

    def watch(self, calendar: Calendar, body: Mapping[str, Any], uri: str) -> dict[str, Any]:
        """events.watch; the first message (``sync``) may arrive before this answers."""
        name, address = body.get("id"), body.get("address")
        if not name or not address:
            raise required("Missing id or address.")
        if not _ID.match(name):
            raise ApiError(400, "channelIdInvalid", "Channel id not valid", location="id")
        if body.get("type") not in ("web_hook", "webhook"):
            raise ApiError(400, "invalidValue", "Unknown channel type", location="type")
        if not address.startswith("https://" if self._realm.options.https_only else ("https://", "http://")):
            raise ApiError(
                400, "push.webhookUrlNotHttps", f"WebHook callback must be HTTPS: {address}", location="address"
            )
        if name in self._used:
            raise ApiError(400, "channelIdNotUnique", f"Channel id {name} not unique", location="id")
        ttl = str((body.get("params") or {}).get("ttl", self._realm.options.default_ttl))
        if not ttl.isdigit():
            raise ApiError(400, "invalidValue", "Invalid ttl", location="params.ttl")
        ends = self._realm.world.clock.now() + timedelta(seconds=int(ttl))
        channel = Channel(name, calendar.id, address, body.get("token"), ends, uri)
        self._used.add(name)
        self._channels[name] = channel
        self._send(channel, "sync")
        answer = {
            "kind": "api#channel",
            "id": name,
            "resourceId": channel.resource_id,
            "resourceUri": uri,
            "expiration": str(int(ends.timestamp() * 1000)),
        }
        return answer if channel.token is None else {**answer, "token": channel.token}

    def stop_channel(self, body: Mapping[str, Any]) -> None:
        """channels.stop; both ids have to fit."""
        channel = self._channels.get(body.get("id", ""))
        if channel is None or channel.resource_id != body.get("resourceId"):
            raise not_found()
        del self._channels[channel.id]

    def changed(self, calendar: Calendar) -> None:
        """Tell every living channel of ``calendar``; changes in quick succession share a message."""
        if not self._channels:
            return
        now = self._realm.world.clock.now()
        for channel in list(self._channels.values()):
            if channel.ends <= now:
                del self._channels[channel.id]
            elif channel.calendar == calendar.id and not channel.pending:
                channel.pending = True
                if self._realm.random.random() >= self._realm.options.lose_messages:
                    self._send(channel, "exists")
                else:
                    channel.pending = False

    def _send(self, channel: Channel, state: str) -> None:
        if self._session is None:
            return
        task = asyncio.get_running_loop().create_task(self._deliver(self._session, channel, state))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _deliver(self, session: aiohttp.ClientSession, channel: Channel, state: str) -> None:
        await asyncio.sleep(0)
        channel.pending = False
        headers = channel.headers(state)
        for attempt in range(TRIES):
            try:
                async with session.post(channel.address, headers=headers, allow_redirects=False) as answer:
                    if answer.status not in RETRIED:
                        return
            except (aiohttp.ClientError, TimeoutError):
                pass
            await asyncio.sleep(0.5 * 2**attempt)
