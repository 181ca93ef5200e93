"""``cxsync connection``: Carerix users paired with their external calendars."""

from uuid import UUID

import click

from cxsync.cli.database import opened
from cxsync.cli.output import Value, show_one, show_rows
from cxsync.errors import CxSyncError
from cxsync.store import connections, schedule, tenants
from cxsync.store.connections import Connection, State
from cxsync.store.lease import of_connection


class NotInState(CxSyncError):
    """The connection is in a state from which this cannot be done."""

    code = "not-in-state"

    def __init__(self, connection_id: UUID, state: str, expected: str) -> None:
        self.connection_id = connection_id
        self.state = state
        super().__init__(f"connection {connection_id} is {state}; this can be done only while it is {expected}")


@click.group()
def connection() -> None:
    """Carerix users paired with their external calendars."""


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
