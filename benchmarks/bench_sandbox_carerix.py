"""How fast the Carerix sandbox answers, with few and with many rows; its own limit is 10 requests a second and tenant.

Each figure: requests a second over four keep-alive connections, and the processor time the server spent on one.
"""

import asyncio
import json
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from subprocess import PIPE, Popen
from typing import Any

import aiohttp

SECONDS = 2.0
CONNECTIONS = 4
FIELDS = """_id toDoTypeKey subject location notes startDate endDate isAllDay status isConfidential remind
 reminderMinutes attendees deleted creationDate modificationDate externalIdentifier owner { _id userID }
 modifiedBy { _id userID } recurrence recurrenceWeekly recurrenceMonthly recurrenceRate recurrenceDays
 recurrenceDayList recurrenceDay recurrenceMonthDay isAbsoluteMonthDay isRelativeMonthDay isRangeEndDate
 isRangeNumberOfTimes recurrenceNumberOfTimes recurrenceExpiryDate"""
LIST = f"""query($qualifier: String, $page: Int, $size: Int) {{
  crToDoPage(qualifier: $qualifier, norestrict: true,
    pageable: {{page: $page, size: $size, sort: {{property: "modificationDate", direction: ASC}}}}) {{
    totalElements last items {{ {FIELDS} }} }} }}"""
UPDATE = """mutation($id: ID!, $subject: String) {
  crToDoUpdate(_id: $id, request: {_kind: "CRToDo", subject: $subject}) { _id modificationDate } }"""
SINCE = "(NSCalendarDate)'2030-01-01 00:00:00 Etc/GMT'"
IDLE = f"toDoTypeKey = 1 AND (modificationDate >= {SINCE} OR (modificationDate = nil AND creationDate >= {SINCE}))"
Body = dict[str, Any]


@contextmanager
def server(mailboxes: int) -> Iterator[tuple[int, dict[str, dict[str, str]]]]:
    """A sandbox in a process of its own: its pid and addresses."""
    command = [sys.executable, "-m", "cxsync.sandbox", "--only", "carerix", "--mailboxes", str(mailboxes)]
    with Popen(command, stdout=PIPE, stderr=sys.stderr if "-v" in sys.argv else PIPE) as process:
        assert process.stdout is not None
        began = time.perf_counter()
        urls = json.loads(process.stdout.readline())
        print(f"{mailboxes} further users: ready after {time.perf_counter() - began:.2f} s")
        try:
            yield process.pid, urls
        finally:
            process.terminate()


def processor_time(pid: int) -> float:
    """Seconds of processor time that a process has used (proc(5))."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def measure(name: str, pid: int, session: aiohttp.ClientSession, url: str, bodies: list[Body]) -> None:
    """Send the bodies in turn for a while and print the rate."""
    done = 0
    end = time.perf_counter() + SECONDS
    used = processor_time(pid)

    async def send() -> None:
        nonlocal done
        while time.perf_counter() < end:
            async with session.post(url, json=bodies[done % len(bodies)]) as answer:
                body = await answer.read()
                assert answer.status == 200, body
            done += 1

    await asyncio.gather(*(send() for _ in range(CONNECTIONS)))
    used = processor_time(pid) - used
    print(f"  {name:<48} {done / SECONDS:8.0f}/s {1000 * used / done:8.2f} ms of server processor time each")


async def run(mailboxes: int) -> None:
    """All measurements against one server."""
    with server(mailboxes) as (pid, urls):
        mine = urls["carerix"]
        async with aiohttp.ClientSession() as session:
            form = {
                "grant_type": "client_credentials",
                "client_id": mine["client_id"],
                "client_secret": mine["client_secret"],
            }
            async with session.post(f"{urls['control']['url']}/carerix/options", json={"rate_limit": 0}) as answer:
                assert answer.status == 200
            async with session.post(mine["token"], data=form) as answer:
                session.headers["Authorization"] = f"Bearer {(await answer.json())['access_token']}"
            url = mine["graphql"]

            def listing(qualifier: str, page: int, size: int) -> Body:
                return {"query": LIST, "variables": {"qualifier": qualifier, "page": page, "size": size}}

            await measure("idle poll of a tenant", pid, session, url, [listing(IDLE, 0, 100)])
            whole = [listing("toDoTypeKey = 1", page, 100) for page in range(3)]
            await measure("page of the whole tenant, nobody writes", pid, session, url, whole)
            updates = [{"query": UPDATE, "variables": {"id": "31.1", "subject": f"s{each}"}} for each in range(2)]
            await measure("update", pid, session, url, updates)
            await measure(
                "idle poll, every second request an update", pid, session, url, [updates[0], listing(IDLE, 0, 100)]
            )
            await measure("page of the whole tenant, every second an update", pid, session, url, [updates[0], whole[0]])


def main() -> None:
    """A small tenant and a large one."""
    for mailboxes in (20, 5000):
        asyncio.run(run(mailboxes))


if __name__ == "__main__":
    main()
