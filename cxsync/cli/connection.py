"""``cxsync connection``: Carerix users paired with their external calendars."""

import time
from typing import Final
from uuid import UUID

import click

from cxsync.cli.connect import add, erase, reactivate, remove
from cxsync.cli.database import opened
from cxsync.cli.output import Value, show_one, show_rows
from cxsync.errors import CxSyncError
from cxsync.store import connections, schedule, tenants, work
from cxsync.store.connections import Connection, State
from cxsync.store.database import Database, Transaction
from cxsync.store.lease import of_connection, of_tenant
from cxsync.store.schedule import Poll

DELETIONS_HELD: Final = "deletions-held"
"""What the sinks hold a deletion for that comes among too many."""
_LOOK: Final = 0.2


class NotInState(CxSyncError):
    """The connection is in a state from which this cannot be done."""

    code = "not-in-state"

    def __init__(self, connection_id: UUID, state: str, expected: str) -> None:
        self.connection_id = connection_id
        self.state = state
        super().__init__(f"connection {connection_id} is {state}; this can be done only while it is {expected}")


class NotPolled(CxSyncError):
    """A side was not polled successfully in time."""

    code = "not-polled"

    def __init__(self, connection_id: UUID, late: list[Poll], seconds: float) -> None:
        self.connection_id = connection_id
        reasons = ", ".join(f"{poll.system} ({poll.last_error_code or 'nobody took it'})" for poll in late)
        super().__init__(
            f"connection {connection_id}: no poll succeeded within {seconds:.0f} s of {reasons}; "
            "see whether the producers run, and `cxsync status`"
        )


@click.group()
def connection() -> None:
    """Carerix users paired with their external calendars."""


for _command in (add, reactivate, remove, erase):
    connection.add_command(_command)


@connection.command("list")
@click.option("--tenant", "tenant_name", help="Only those of this tenant.")
@click.option("--removed", is_flag=True, help="Removed ones too.")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
def list_(tenant_name: str | None, removed: bool, as_json: bool) -> None:
    """List the connections."""
    with opened() as env, env.database.transaction() as conn:
        tenant_id = tenants.get(conn, tenant_name).id if tenant_name else None
        names = {tenant.id: tenant.name for tenant in tenants.everyone(conn)}
        found = connections.find(conn, tenant_id=tenant_id, removed=removed)
    rows = [
        {
            "id": entry.id,
            "tenant": names.get(entry.tenant_id),
            "carerix_user": entry.carerix_user,
            "provider": entry.provider,
            "state": entry.state,
            "since": entry.state_since,
        }
        for entry in found
    ]
    show_rows(rows, as_json=as_json, empty="there are no connections")


@connection.command()
@click.argument("connection_id", type=click.UUID)
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
def show(connection_id: UUID, as_json: bool) -> None:
    """Show one connection and its polls."""
    with opened() as env, env.database.transaction() as conn:
        found = connections.get(conn, connection_id)
        tenant = tenants.by_id(conn, found.tenant_id)
        polls = schedule.of(conn, of_connection(connection_id))
    row = _described(found, tenant.name if tenant else None)
    for poll in polls:
        row |= {
            f"{poll.system}_last_success_at": poll.last_success_at,
            f"{poll.system}_last_change_at": poll.last_change_at,
            f"{poll.system}_due_at": poll.due_at,
            f"{poll.system}_failures": poll.failures,
            f"{poll.system}_last_error": poll.last_error_code,
        }
    show_one(row, as_json=as_json)


@connection.command()
@click.argument("connection_id", type=click.UUID)
def pause(connection_id: UUID) -> None:
    """Stop polling and writing; what comes in waits, nothing is lost."""
    _change(connection_id, "paused", expected=("active", "suspect", "paused"))


@connection.command()
@click.argument("connection_id", type=click.UUID)
def resume(connection_id: UUID) -> None:
    """Go on where it was paused."""
    _change(connection_id, "active", expected=("paused", "active"))


@connection.command("sync-now")
@click.argument("connection_id", type=click.UUID)
@click.option("--wait", type=click.FloatRange(0), help="Seconds to wait until both sides were polled.")
def sync_now(connection_id: UUID, wait: float | None) -> None:
    """Poll both sides at once instead of when they are due."""
    with opened() as env:
        with env.database.transaction() as conn:
            found = connections.get(conn, connection_id)
            if found.state != "active":
                raise NotInState(connection_id, found.state, "active")
            before = _polls(conn, found)
            for resource in (of_connection(connection_id), of_tenant(found.tenant_id)):
                schedule.hasten(conn, resource)
        if wait is not None:
            _wait(env.database, found, before, wait)


@connection.command("confirm-deletions")
@click.argument("connection_id", type=click.UUID)
def confirm_deletions(connection_id: UUID) -> None:
    """Carry out the deletions that are held because there were too many at once."""
    with opened() as env, env.database.transaction() as conn:
        found = connections.get(conn, connection_id)
        released = sum(
            work.release(conn, connection_id, target, DELETIONS_HELD) for target in ("carerix", found.provider)
        )
    click.echo(f"{released} deletions are carried out now" if released else "no deletions are held", err=True)


def _polls(conn: Transaction, found: Connection) -> list[Poll]:
    return [*schedule.of(conn, of_connection(found.id)), *schedule.of(conn, of_tenant(found.tenant_id))]


def _wait(database: Database, found: Connection, before: list[Poll], seconds: float) -> None:
    """Until each side has a success that it had not before."""
    last = {poll.system: poll.last_success_at for poll in before}
    until = time.monotonic() + seconds
    while True:
        with database.transaction() as conn:
            late = [poll for poll in _polls(conn, found) if poll.last_success_at == last[poll.system]]
        if not late:
            return
        if time.monotonic() >= until:
            raise NotPolled(found.id, late, seconds)
        time.sleep(_LOOK)


def _change(connection_id: UUID, state: State, *, expected: tuple[State, ...]) -> None:
    with opened() as env, env.database.transaction() as conn:
        if not connections.set_state(conn, connection_id, state, reason="person", expected=expected):
            now = connections.get(conn, connection_id).state
            raise NotInState(connection_id, now, " or ".join(expected))


def _described(found: Connection, tenant: str | None) -> dict[str, Value]:
    return {
        "id": found.id,
        "tenant": tenant,
        "carerix_user": found.carerix_user,
        "provider": found.provider,
        "server": found.server,
        "language": found.language,
        "state": found.state,
        "reason": found.state_reason,
        "since": found.state_since,
        "activated_at": found.activated_at,
        "created_at": found.created_at,
    }
