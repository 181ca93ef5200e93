"""How many idle SyncFolderItems a second the Exchange sandbox answers on one core, beside what the server costs.

A raw client on keep-alive connections sends the same request; the server runs in a process of its own, whose
processor time is read before and after, so that the client's share on a shared machine does not blur the figure.
"""

import asyncio
import base64
import json
import subprocess
import sys
import time

import psutil

CONNECTIONS = 8
SECONDS = 5.0
NAMESPACES = (
    'xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" '
    'xmlns:m="http://schemas.microsoft.com/exchange/services/2006/messages" '
    'xmlns:t="http://schemas.microsoft.com/exchange/services/2006/types"'
)


def envelope(state: str) -> bytes:
    """SyncFolderItems of the calendar, ids only."""
    given = f"<m:SyncState>{state}</m:SyncState>" if state else ""
    return (
        f'<?xml version="1.0" encoding="utf-8"?><s:Envelope {NAMESPACES}><s:Header>'
        '<t:RequestServerVersion Version="Exchange2016"/></s:Header><s:Body><m:SyncFolderItems>'
        "<m:ItemShape><t:BaseShape>IdOnly</t:BaseShape></m:ItemShape>"
        '<m:SyncFolderId><t:DistinguishedFolderId Id="calendar"/></m:SyncFolderId>'
        f"{given}<m:MaxChangesReturned>512</m:MaxChangesReturned></m:SyncFolderItems></s:Body></s:Envelope>"
    ).encode()


def request(body: bytes) -> bytes:
    """The whole HTTP request."""
    credentials = base64.b64encode(b"anna@agency.example:anna-secret").decode()
    return (
        f"POST /EWS/Exchange.asmx HTTP/1.1\r\nHost: localhost\r\nAuthorization: Basic {credentials}\r\n"
        f"Content-Type: text/xml; charset=utf-8\r\nContent-Length: {len(body)}\r\n\r\n"
    ).encode() + body


async def answer(reader: asyncio.StreamReader) -> bytes:
    """One answer's body."""
    head = await reader.readuntil(b"\r\n\r\n")
    length = next(int(line.partition(b":")[2]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-l"))
    return await reader.readexactly(length)


async def client(host: str, port: int, ends: float, data: bytes) -> int:
    """Requests one after the other until ``ends``."""
    reader, writer = await asyncio.open_connection(host, port)
    count = 0
    while time.monotonic() < ends:
        writer.write(data)
        body = await answer(reader)
        assert b"NoError" in body
        count += 1
    writer.close()
    return count


async def measure(host: str, port: int, pid: int) -> None:
    """Warm up, then the figure."""
    reader, writer = await asyncio.open_connection(host, port)
    writer.write(request(envelope("")))
    state = (await answer(reader)).decode().partition("<m:SyncState>")[2].partition("<")[0]
    writer.close()
    data = request(envelope(state))
    await client(host, port, time.monotonic() + 0.5, data)
    process = psutil.Process(pid)
    before, began = sum(process.cpu_times()[:2]), time.monotonic()
    counts = await asyncio.gather(*(client(host, port, began + SECONDS, data) for _ in range(CONNECTIONS)))
    wall, spent = time.monotonic() - began, sum(process.cpu_times()[:2]) - before
    total = sum(counts)
    print(f"idle SyncFolderItems: {total / wall:,.0f}/s measured, {total / spent:,.0f}/s per core of server time")
    print(f"{1e6 * spent / total:,.0f} µs of processor time a request; {CONNECTIONS} connections, {wall:.1f} s")


def main() -> None:
    """Start the sandbox, measure, stop it."""
    began = time.monotonic()
    command = [sys.executable, "-m", "cxsync.sandbox", "--only", "exchange", "--at", "2026-03-02T09:00:00Z"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as server:
        assert server.stdout is not None
        url = json.loads(server.stdout.readline())["exchange"]["url"]
        print(f"started in {time.monotonic() - began:.2f} s")
        host, _, port = url.removeprefix("http://").partition(":")
        try:
            asyncio.run(measure(host, int(port), server.pid))
        finally:
            server.terminate()


if __name__ == "__main__":
    main()
