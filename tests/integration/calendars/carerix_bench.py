"""A Carerix client and its sandbox, for the tests beside this module."""

from datetime import UTC, datetime
from typing import Any

import msgspec

from cxsync.calendars.carerix.access import Access
from cxsync.calendars.carerix.client import CarerixCalendar
from cxsync.calendars.carerix.read import read
from cxsync.sandbox.carerix.options import Options
from cxsync.sandbox.core.run import Sandbox
from tests.integration.calendars.contract import Bench, Operations, next_monday

DAY = next_monday().isoformat()
START = f"{DAY}T09:00"
OPERATIONS = Operations(
    changes="crToDoPage",
    fetch="crToDo",
    find="crToDoPage",
    create="crToDoCreate",
    update="crToDoUpdate",
    delete="crToDoDelete",
)
RELATED = {"toVacancy": "9.1", "toDoUsers": ["bert"], "priority": 2, "additionalInfo": {"bron": "beurs"}}


def access(sandbox: Sandbox, **changes: Any) -> Access:
    """The tenant ``demo`` as the sandbox tells it."""
    urls = sandbox.urls["carerix"]
    known = Access(
        graphql_url=urls["graphql"],
        token_url=urls["token"],
        client_id=urls["client_id"],
        client_secret=urls["client_secret"],
    )
    return msgspec.structs.replace(known, **changes)


def options(sandbox: Sandbox, **switches: Any) -> None:
    """Set switches of the server."""
    system = sandbox.world.system("carerix")

    def change() -> None:
        changed = msgspec.structs.replace(system.options, **switches)
        setattr(system, "options", changed)  # noqa: B010 - read-only in the protocol, as the control interface does it

    sandbox.call(change)


def has_related(sandbox: Sandbox, native_id: str) -> bool:
    """Whether the row still has everything that is none of ours."""
    system = sandbox.world.system("carerix")
    row = sandbox.call(system.state)["demo"]["rows"]["CRToDo"][native_id]
    info = row["additionalInfo"] == RELATED["additionalInfo"]
    return bool(row["toVacancy"] and row["toDoUsers"] and row["priority"] == RELATED["priority"] and info)


def made(sandbox: Sandbox) -> Bench:
    """A client of the tenant ``demo``, as anna's."""
    options(sandbox, rate_limit=0)
    return Bench(
        calendar=CarerixCalendar(access(sandbox)),
        read=read,
        sandbox=sandbox,
        person="demo/anna",
        owner="101",
        refused=lambda: CarerixCalendar(access(sandbox, client_secret="wrong")),
        operations=OPERATIONS,
        busy={"kind": "reason", "params": {"reason": "rate-limit"}},
        pause=1.0,
        lost=lambda cursor: cursor[:-1],
        foreign=RELATED,
        kept=lambda native_id: has_related(sandbox, native_id),
    )


def begun(server: Sandbox) -> Bench:
    """The server at its beginning, and a new client."""

    def begin() -> None:
        server.world.clock.set(datetime.now(UTC))
        server.world.faults.clear()
        system = server.world.system("carerix")
        setattr(system, "options", Options(rate_limit=0))  # noqa: B010 - as the control interface does it
        server.world.reset(1)
        server.world.witness.clear()

    server.call(begin)
    return made(server)


def client(bench: Bench) -> CarerixCalendar:
    assert isinstance(bench.calendar, CarerixCalendar)
    return bench.calendar


def asked(bench: Bench, operation: str) -> int:
    """How many such requests the server answered."""
    return bench.sandbox.world.witness.counts.get(("carerix", operation), 0)


def fill(bench: Bench, number: int, subject: str = "Vulling") -> list[str]:
    """Appointments made at one moment."""
    system = bench.sandbox.world.system("carerix")

    def create() -> list[str]:
        action = {"action": "create", "subject": subject, "start": START}
        return [str(system.act("demo/bert", action)["item"]) for _ in range(number)]

    return bench.sandbox.call(create)


def shift(bench: Bench, seconds: float) -> None:
    bench.sandbox.call(bench.sandbox.world.clock.shift, seconds)
