"""The Exchange client against the Exchange sandbox: the contract of all clients, and what only Exchange does."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from msgspec import structs

from cxsync.calendars.errors import (
    Busy,
    CalendarError,
    CredentialsRefused,
    CursorLost,
    Gone,
    NotPermitted,
    NotThatServer,
    Rejected,
    Unavailable,
    Unreadable,
    VersionChanged,
)
from cxsync.calendars.exchange.client import ExchangeCalendar
from cxsync.calendars.exchange.cursor import Cursor, dump
from cxsync.calendars.exchange.endpoint import Endpoint, EndpointRefused, read_allowlist, read_endpoint
from cxsync.calendars.exchange.protocol import Spoken
from cxsync.calendars.exchange.read import read
from cxsync.calendars.exchange.signin import ask
from cxsync.calendars.exchange.transport import Route, route
from cxsync.calendars.port import Found
from cxsync.sandbox.core.clock import Clock
from cxsync.sandbox.core.run import Sandbox, started
from cxsync.sandbox.core.seed import people
from schemas.appointment import Appointment, Day, Recurrence, Rule
from schemas.records import Policy
from tests.integration.calendars.contract import (
    Bench,
    CalendarContract,
    Operations,
    assert_same,
    at,
    meeting,
    next_monday,
    weekly,
    whole_day,
)

OPERATIONS = Operations(
    changes="SyncFolderItems",
    fetch="GetItem",
    find="FindItem",
    create="CreateItem",
    update="UpdateItem",
    delete="DeleteItem",
)
LOCAL = read_allowlist(["127.0.0.1"])
PERSON = next(each for each in people() if each.provider == "exchange")


def way_to(sandbox: Sandbox) -> Route:
    """The checked way to the sandbox's server."""
    return route(read_endpoint(sandbox.urls["exchange"]["ews"]), LOCAL)


def options(sandbox: Sandbox, **switches: Any) -> None:
    """Set switches of the server, all others as they are by default."""
    system = sandbox.world.system("exchange")

    def change() -> None:
        changed = type(system.options)(**switches)
        setattr(system, "options", changed)  # noqa: B010 - read-only in the protocol, as the control interface does it

    sandbox.call(change)


def bench_of(sandbox: Sandbox, **switches: Any) -> Bench:
    """A client of the first person's mailbox."""
    options(sandbox, **switches)
    way = way_to(sandbox)
    return Bench(
        calendar=ExchangeCalendar(way, PERSON.mailbox, PERSON.password),
        read=read,
        sandbox=sandbox,
        person=PERSON.mailbox,
        refused=lambda: ExchangeCalendar(way, PERSON.mailbox, "wrong"),
        operations=OPERATIONS,
        busy={"kind": "reason", "params": {"reason": "ErrorServerBusy", "back_off": 7000}},
        pause=7.0,
        lost=lambda cursor: dump(Cursor("AAAA")),
    )


class TestExchangeByNtlm(CalendarContract):
    system = "exchange"

    def make(self, sandbox: Sandbox) -> Bench:
        return bench_of(sandbox, auth=("NTLM",))


class TestExchangeByBasic(CalendarContract):
    system = "exchange"

    def make(self, sandbox: Sandbox) -> Bench:
        return bench_of(sandbox, auth=("Basic",))


class TestExchange2010(CalendarContract):
    system = "exchange"

    def make(self, sandbox: Sandbox) -> Bench:
        return bench_of(sandbox, release="2010_SP2")
