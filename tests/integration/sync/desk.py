"""One user with both calendars: what he does there, and what he sees."""

from datetime import UTC, date, datetime, timedelta
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from cxsync.account import details_of
from cxsync.activate.activation import Applicant, activate
from cxsync.appointment.classes import held
from cxsync.appointment.fields import FIELDS
from cxsync.calendars.port import Read
from cxsync.policy import policy_of
from cxsync.store import connections
from cxsync.store.links import Link
from cxsync.store.tenants import Tenant
from schemas.words import System
from tests.integration.activate.conftest import by_exchange, by_google
from tests.integration.sync.line import Line

HOME: Final = ZoneInfo("Europe/Amsterdam")
PEOPLE: Final = {"anna": ("101", "exchange"), "bert": ("102", "google"), "chris": ("103", "exchange")}


def at(day: int, hour: int = 9, minute: int = 0) -> str:
    """Wall clock ``day`` days after the Monday that comes after next."""
    return f"{monday() + timedelta(days=day)}T{hour:02}:{minute:02}"


def monday() -> date:
    """The Monday after next: whatever is planned from there on is not over."""
    today = datetime.now(HOME).date()
    return today + timedelta(days=14 - today.weekday())


class Agenda:
    """One calendar as its owner uses it."""

    def __init__(self, line: Line, system: System, owner: str) -> None:
        self._line = line
        self.system: System = system
        self.owner = owner

    def does(self, action: str, **fields: Any) -> str:
        """What the owner does; the id of the item that he did it to."""
        done = self._line.sandbox.act(self.system, self.owner, {"action": action, **fields})
        return str(done.get("item", fields.get("item", "")))

    def makes(self, subject: str, /, day: int = 0, hour: int = 9, **fields: Any) -> str:
        """A new appointment of an hour."""
        times = {"start": at(day, hour), "end": at(day, hour + 1)}
        return self.does("create", **{"subject": subject, **times, **fields})

    def edits(self, subject: str, /, **fields: Any) -> str:
        """Change the only item of that name."""
        return self.does("update", item=self.only(subject)["id"], **fields)

    def deletes(self, subject: str) -> str:
        """Delete the only item of that name."""
        return self.does("delete", item=self.only(subject)["id"])

    def items(self) -> list[dict[str, Any]]:
        """What he sees, deleted items left out."""
        world = self._line.sandbox.world
        found = self._line.sandbox.call(world.system(self.system).items, self.owner)
        return [item for item in found if not item["deleted"]]

    def named(self, subject: str) -> list[dict[str, Any]]:
        """What of it is called so."""
        return [item for item in self.items() if item["subject"] == subject]

    def only(self, subject: str) -> dict[str, Any]:
        """The one item of that name."""
        found = self.named(subject)
        assert len(found) == 1, f"{len(found)} items are called {subject!r} in {self.system}: {self.subjects()}"
        return found[0]

    def subjects(self) -> list[str]:
        """All names."""
        return sorted(item["subject"] for item in self.items())

    def starts(self, subject: str) -> datetime:
        """When the only item of that name starts, UTC."""
        return datetime.fromisoformat(self.only(subject)["start"]).astimezone(UTC)


class Desk:
    """A user, connected."""

    def __init__(self, line: Line, tenant: Tenant, name: str) -> None:
        number, provider = PEOPLE[name]
        sign_in = by_exchange(line.sandbox, name) if provider == "exchange" else by_google(line.sandbox, name)
        applicant = Applicant(tenant=tenant, carerix_user=number)
        self.line = line
        self.tenant = tenant
        self.connection_id: UUID = activate(line.ground, applicant, sign_in).connection_id
        self.provider: System = "exchange" if provider == "exchange" else "google"
        self.carerix = Agenda(line, "carerix", f"demo/{name}")
        self.outside = Agenda(line, self.provider, f"{name}@agency.example")
        self.older = {agenda.system: len(agenda.items()) for agenda in (self.carerix, self.outside)}
        self.begin = line.last

    @property
    def both(self) -> tuple[Agenda, Agenda]:
        """Carerix, and the calendar outside."""
        return self.carerix, self.outside

    def links(self, state: str = "live") -> list[Link]:
        """The links in a state."""
        rows = self.line.sql(
            "SELECT * FROM links WHERE connection_id = %s AND state = %s ORDER BY created_at", self.connection_id, state
        )
        return [Link(**{name: row[name] for name in Link.__struct_fields__}) for row in rows]

    def differences(self) -> list[str]:
        """Fields in which the two sides of a live link are not the same, read from the servers."""
        ground = self.line.ground
        with ground.database.transaction() as conn:
            connection = connections.get(conn, self.connection_id)
        details = details_of(self.line.key_of(connection.id), connection)
        policy = policy_of(self.tenant, details, ground.settings.daily_series)
        carerix, outside = ground.opener.carerix(self.tenant), ground.opener.external(connection, details)
        different = []
        try:
            for link in self.links():
                inner, outer = carerix.fetch(link.carerix_id or ""), outside.fetch(link.external_id or "")
                if (inner.presence, outer.presence) != ("present", "present"):
                    different.append(f"{link.carerix_id} {inner.presence}, {link.external_id} {outer.presence}")
                    continue
                ours: Read = ground.opener.reader("carerix")(inner, policy)
                theirs: Read = ground.opener.reader(self.provider)(outer, policy)
                different += [
                    f"{field} of {ours.appointment.subject!r}"
                    for field in FIELDS
                    if held(field, ours.appointment, "carerix", self.provider)
                    != held(field, theirs.appointment, "carerix", self.provider)
                ]
        finally:
            carerix.close()
            outside.close()
        return different
