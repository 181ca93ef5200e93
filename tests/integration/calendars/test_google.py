"""The Google client against the Google sandbox: the contract of all clients, and what only Google does."""

from typing import Any, ClassVar

import msgspec

from cxsync.calendars.google.access import OAuthClient, credentials
from cxsync.calendars.google.client import GoogleCalendar
from cxsync.calendars.google.read import read
from cxsync.sandbox.core.run import Sandbox
from schemas.words import System
from tests.integration.calendars.contract import Bench, CalendarContract, Operations

BERT = "bert@agency.example"


def client(sandbox: Sandbox, person: str = BERT, **settings: Any) -> GoogleCalendar:
    """A client with the grant that this person has from the start."""
    system = sandbox.world.system("google")
    (user,) = [each for each in sandbox.call(system.users) if each["owner"] == person]
    return of_token(sandbox, user["refresh_token"], **settings)


def of_token(sandbox: Sandbox, refresh_token: str, **settings: Any) -> GoogleCalendar:
    """A client with this refresh token."""
    urls = sandbox.urls["google"]
    ours = OAuthClient(urls["client_id"], urls["client_secret"], urls["token"])
    return GoogleCalendar(credentials(refresh_token, ours), api_endpoint=urls["api"], **settings)


class TestGoogle(CalendarContract):
    """The contract."""

    system: ClassVar[System] = "google"

    def make(self, sandbox: Sandbox) -> Bench:
        system: Any = sandbox.world.system("google")

        def stored(native_id: str) -> dict[str, Any]:
            events: dict[str, Any] = sandbox.call(system.state)["calendars"][BERT]["events"]
            found: dict[str, Any] = events[native_id]
            return found

        def forgotten(cursor: bytes) -> bytes:
            generation = system.options.token_generation
            system.options = msgspec.structs.replace(system.options, token_generation=generation + 1)
            return cursor

        return Bench(
            calendar=client(sandbox),
            read=read,
            sandbox=sandbox,
            person=BERT,
            refused=lambda: of_token(sandbox, "1//0-nobody-ever-got-this"),
            operations=Operations(
                changes="events.list",
                fetch="events.get",
                find="events.get",
                create="events.insert",
                update="events.patch",
                delete="events.delete",
            ),
            busy={"kind": "reason", "params": {"reason": "rateLimitExceeded", "retry_after": 7}},
            pause=7,
            lost=forgotten,
            foreign={
                "colorId": "5",
                "extendedProperties": {"shared": {"theirs": "1"}, "private": {"own": "2"}},
                "guestsCanModify": True,
            },
            kept=lambda native_id: (
                stored(native_id).get("colorId") == "5"
                and stored(native_id)["extendedProperties"] == {"shared": {"theirs": "1"}, "private": {"own": "2"}}
                and stored(native_id).get("guestsCanModify") is True
            ),
        )
