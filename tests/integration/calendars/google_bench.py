"""Clients, the server's switches and a person's hands for the tests of the Google client."""

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from cxsync.calendars.google.access import OAuthClient, credentials
from cxsync.calendars.google.client import GoogleCalendar
from cxsync.calendars.google.read import read
from cxsync.calendars.port import Found, Listing
from cxsync.sandbox.core.faults import Fault, FaultKind
from cxsync.sandbox.core.run import Sandbox, started
from schemas.appointment import Appointment
from schemas.records import Policy

BERT = "bert@agency.example"


def of_token(sandbox: Sandbox, refresh_token: str, *, secret: str | None = None, **settings: Any) -> GoogleCalendar:
    """A client with this refresh token."""
    urls = sandbox.urls["google"]
    ours = OAuthClient(urls["client_id"], secret or urls["client_secret"], urls["token"])
    return GoogleCalendar(credentials(refresh_token, ours), api_endpoint=urls["api"], **settings)


def token_of(sandbox: Sandbox, person: str) -> str:
    """The refresh token that this person has from the start."""
    users = sandbox.call(sandbox.world.system("google").users)
    return str(next(user["refresh_token"] for user in users if user["owner"] == person))


class Desk:
    """One person's calendar: through the client, and by hand."""

    def __init__(self, sandbox: Sandbox, person: str = BERT) -> None:
        self.sandbox = sandbox
        self.person = person
        self.calendar = of_token(sandbox, token_of(sandbox, person))

    @property
    def system(self) -> Any:
        """The server."""
        return self.sandbox.world.system("google")

    def act(self, action: str, **fields: Any) -> str:
        """The person does something; the item's id."""
        return str(self.sandbox.act("google", self.person, {"action": action, **fields})["item"])

    def switch(self, **options: Any) -> None:
        """Set switches of the server."""
        self.system.options = msgspec.structs.replace(self.system.options, **options)

    def fault(self, operation: str, kind: FaultKind, **fields: Any) -> None:
        """Something goes wrong at the next such request."""
        self.sandbox.call(
            self.sandbox.world.faults.add, Fault(system="google", operation=operation, kind=kind, **fields)
        )

    def stored(self, native_id: str) -> dict[str, Any]:
        """The event as the server keeps it."""
        events = self.sandbox.call(self.system.state)["calendars"][self.person]["events"]
        found: dict[str, Any] = events[native_id]
        return found

    def requests(self, operation: str) -> int:
        """How often this was asked for since the start."""
        return self.sandbox.world.witness.counts.get(("google", operation), 0)

    def cursor(self) -> bytes:
        """A cursor from which on changes are seen."""
        return self.calendar.changes(None).cursor

    def news(self, cursor: bytes) -> dict[str, Found]:
        """What changed, by id."""
        listing = self.calendar.changes(cursor)
        assert not listing.full
        assert len({each.native_id for each in listing.found}) == len(listing.found)
        return {each.native_id: each for each in listing.found}


def appointment_in(found: Found) -> Appointment:
    """What was found, understood."""
    return read(found, Policy()).appointment


def by_id(listing: Listing) -> dict[str, Found]:
    """A listing by native id."""
    return {each.native_id: each for each in listing.found}


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    """One server a module."""
    with started(only=["google"]) as running:
        yield running


@pytest.fixture
def desk(sandbox: Sandbox) -> Iterator[Desk]:
    """A person's calendar on a server that has just begun; nobody outside may get a mail through the API."""

    def begin() -> None:
        system: Any = sandbox.world.system("google")
        sandbox.world.faults.clear()
        system.options = type(system.options)()
        sandbox.world.reset(1)
        sandbox.world.witness.clear()

    sandbox.call(begin)
    desk = Desk(sandbox)
    yield desk
    desk.calendar.close()
    assert [mail for mail in sandbox.world.witness.mails if mail.channel == "api"] == []
