"""How many idle incremental syncs a second the Google sandbox answers on one core.

The server runs in a process of its own, held to one core; raw keep-alive connections ask events.list with a sync token
after which nothing changed. Physical limit beside it: the same connections against an aiohttp handler that answers
the same bytes at once.
"""

import asyncio
import json
import multiprocessing
import os
import time
from multiprocessing.connection import Connection
from urllib.parse import urlencode, urlsplit
from urllib.request import Request, urlopen

from aiohttp import web

from cxsync.sandbox.core.run import started

CONNECTIONS = 8
SECONDS = 5.0
WANTED = 2000


def _pin() -> None:
    os.sched_setaffinity(0, {sorted(os.sched_getaffinity(0))[0]})


def _sandbox(pipe: Connection) -> None:
    _pin()
    with started(only=["google"]) as sandbox:
        google = sandbox.world.system("google")
        pipe.send({"urls": sandbox.urls, "user": google.users()[0]})
        pipe.recv()
        pipe.send(time.process_time())
        pipe.recv()
        pipe.send(time.process_time())


def _plain(pipe: Connection, answer: bytes) -> None:
    _pin()

    async def main() -> None:
        async def serve(request: web.Request) -> web.Response:
            return web.Response(body=answer, content_type="application/json")

        app = web.Application()
        app.router.add_get("/{path:.*}", serve)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        pipe.send(runner.addresses[0][1])
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(None, pipe.recv)
        pipe.send(time.process_time())
        await loop.run_in_executor(None, pipe.recv)
        pipe.send(time.process_time())
        await runner.cleanup()

    asyncio.run(main())


def _post(url: str, form: dict[str, str]) -> dict[str, str]:
    with urlopen(url, urlencode(form).encode()) as answer:  # noqa: S310 - our own server on loopback
        found: dict[str, str] = json.load(answer)
        return found


async def _connection(port: int, request: bytes, until: float) -> int:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    done = 0
    while time.perf_counter() < until:
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200"), head
        length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
        await reader.readexactly(length)
        done += 1
    writer.close()
    return done


async def _load(port: int, request: bytes) -> tuple[int, float]:
    began = time.perf_counter()
    counts = await asyncio.gather(*(_connection(port, request, began + SECONDS) for _ in range(CONNECTIONS)))
    return sum(counts), time.perf_counter() - began


def _measure(pipe: Connection, port: int, request: bytes) -> tuple[float, float]:
    """Requests a second of wall clock, and a second of the server's processor time."""
    asyncio.run(_connection(port, request, time.perf_counter() + 0.5))
    pipe.send("begin")
    before: float = pipe.recv()
    count, elapsed = asyncio.run(_load(port, request))
    pipe.send("end")
    after: float = pipe.recv()
    return count / elapsed, count / (after - before)


def main() -> None:
    """Print the figures; fails below what the sandbox promises."""
    ours, theirs = multiprocessing.Pipe()
    server = multiprocessing.Process(target=_sandbox, args=(theirs,), daemon=True)
    server.start()
    given = ours.recv()
    google, control, user = given["urls"]["google"], given["urls"]["control"]["url"], given["user"]
    unlimited = json.dumps({"user_per_minute": 0, "project_per_minute": 0}).encode()
    urlopen(f"{control}/google/options", unlimited).close()  # noqa: S310 - our own server on loopback
    form = {"grant_type": "refresh_token", "refresh_token": user["refresh_token"]}
    form |= {"client_id": google["client_id"], "client_secret": google["client_secret"]}
    headers = {"Authorization": f"Bearer {_post(google['token'], form)['access_token']}"}
    listed = f"{google['api']}calendars/primary/events?maxResults=2500"
    with urlopen(Request(listed, headers=headers)) as answer:  # noqa: S310 - our own server on loopback
        token = json.load(answer)["nextSyncToken"]
    target = f"{listed}&{urlencode({'syncToken': token})}"
    with urlopen(Request(target, headers=headers)) as answer:  # noqa: S310 - our own server on loopback
        body = answer.read()
    parts = urlsplit(target)
    lines = [f"GET {parts.path}?{parts.query} HTTP/1.1", f"Host: {parts.netloc}", "Accept-Encoding: gzip"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    request = ("\r\n".join(lines) + "\r\n\r\n").encode()
    wall, processor = _measure(ours, parts.port or 80, request)
    server.join(5)

    ours, theirs = multiprocessing.Pipe()
    plain = multiprocessing.Process(target=_plain, args=(theirs, body), daemon=True)
    plain.start()
    limit_wall, limit_processor = _measure(ours, ours.recv(), request)
    plain.join(5)
    print(f"google sandbox, idle events.list by sync token, one core, {CONNECTIONS} connections:")
    print(f"  {wall:8.0f} requests/s of wall clock   {processor:8.0f} requests/s of processor time")
    print(f"  {limit_wall:8.0f} and {limit_processor:.0f} by an aiohttp handler that answers the same bytes at once")
    assert processor >= WANTED, f"fewer than {WANTED} a second on one core"


if __name__ == "__main__":
    main()
