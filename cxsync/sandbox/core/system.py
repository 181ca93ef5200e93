"""What each sandbox server offers to the core."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol

import msgspec
from aiohttp import web

from cxsync.sandbox.core.faults import Fault


class System(Protocol):
    """One calendar system with all its users. Modules ``cxsync.sandbox.<name>.server`` have ``create(world)``."""

    name: str

    @property
    def options(self) -> msgspec.Struct:
        """Everything that rests on a guess or that a real system lets its administrators set.

        A plain attribute of each system, of its own Struct type; the control interface replaces it as a whole.
        """

    def app(self) -> web.Application:
        """The protocol's own routes; has to carry ``fault_middleware(world, self)``."""

    def locate(self, base: str) -> dict[str, str]:
        """The addresses a client needs to know, below ``base`` (``http://127.0.0.1:PORT``), by name."""

    def refuse(self, request: web.Request, fault: Fault) -> web.StreamResponse:
        """The answer for a fault of kind ``reason``, in the protocol's own form."""

    def act(self, owner: str, action: Mapping[str, Any]) -> dict[str, Any]:
        """Carry out what ``owner`` does in this system's own program (see ``action.Action``).

        The answer holds at least ``item``, the id of what was touched. Raises BadInput or NotThere.
        """

    def items(self, owner: str, start: datetime | None = None, end: datetime | None = None) -> list[dict[str, Any]]:
        """What ``owner`` sees, each item a dict with: id, version, subject, start, end (ISO with offset, or dates when
        all_day), all_day, location, notes, recurrence (text or None), private, busy, reminder, status, deleted, and
        occurrences (list of {original, start, end, subject, changed}) that overlap [start, end) when these are given.
        """

    def users(self) -> list[dict[str, Any]]:
        """Each user with at least: owner (the name all other calls take), name, person (key of the seed), password."""

    def add_user(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """A new user (or what ``given`` describes, as a tenant); answers as ``users`` does."""

    def set_password(self, owner: str, password: str) -> None:
        """The user or an administrator changes the password."""

    def state(self) -> dict[str, Any]:
        """Everything the system holds, as plain JSON values, in a stable order."""

    def digest(self) -> str:
        """A fingerprint of ``state()`` (``canonical.digest``)."""

    def reset(self, seed: int) -> None:
        """Forget everything and begin again with the world's people and ``seed``."""
