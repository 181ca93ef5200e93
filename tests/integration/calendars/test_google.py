"""The Google client against the Google sandbox: the contract of all clients, and what only Google does."""

from typing import Any, ClassVar

import msgspec

from cxsync.calendars.google.read import read
from cxsync.sandbox.core.run import Sandbox
from schemas.words import System
from tests.integration.calendars.contract import Bench, CalendarContract, Operations
from tests.integration.calendars.google_bench import BERT, of_token, token_of


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
            calendar=of_token(sandbox, token_of(sandbox, BERT)),
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
