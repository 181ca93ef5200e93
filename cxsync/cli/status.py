"""``cxsync status``: one line a connection, and what needs a person."""

from datetime import UTC, datetime, timedelta

import click

from cxsync.cli.database import opened
from cxsync.cli.output import Value, show_rows
from cxsync.settings import Settings
from cxsync.store import connections, dead_letters, schedule, tenants, work
from cxsync.store.connections import Connection
from cxsync.store.lease import of_connection, of_tenant
from cxsync.store.schedule import Poll

NEEDS_A_PERSON = 3
INTERVALS = 3
"""Poll intervals without a success after which a connection is not healthy, whatever else is said of it."""


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
def status(as_json: bool) -> int:
    """Show every connection: state, last success of each side, due work. Exit 3 if something needs a person."""
    with opened() as env, env.database.transaction() as conn:
        now = datetime.now(UTC)
        names = {tenant.id: tenant.name for tenant in tenants.everyone(conn)}
        rows = []
        for found in connections.find(conn):
            external = schedule.of(conn, of_connection(found.id))
            carerix = schedule.of(conn, of_tenant(found.tenant_id))
            rows.append(
                {
                    "connection": found.id,
                    "tenant": names.get(found.tenant_id),
                    "carerix_user": found.carerix_user,
                    "provider": found.provider,
                    "state": found.state,
                    "carerix_ok": _last(carerix),
                    "external_ok": _last(external),
                    "waiting": work.count(conn, found.id),
                    "needs": needs(found, [*carerix, *external], now, env.settings) or None,
                }
            )
        letters = dead_letters.count_open(conn)
    show_rows(rows, as_json=as_json, empty="there are no connections")
    if letters:
        click.echo(f"{letters} dead letters are open: `cxsync dead-letters list`", err=True)
    return NEEDS_A_PERSON if letters or any(row["needs"] for row in rows) else 0


def needs(found: Connection, polls: list[Poll], now: datetime, settings: Settings) -> str:
    """What a person has to do about a connection; empty if nothing."""
    match found.state:
        case "refused":
            return "its user has to sign in again"
        case "suspect":
            return "its server refuses many: look at the server"
        case "active":
            limit = timedelta(seconds=INTERVALS * settings.poll_interval)
            late = [
                poll.system
                for poll in polls
                if now - (poll.last_success_at or found.activated_at or found.created_at) > limit
            ]
            return f"no poll of {' and '.join(late)} succeeded lately" if late else ""
        case _:
            return ""


def _last(polls: list[Poll]) -> Value:
    return max((poll.last_success_at for poll in polls if poll.last_success_at), default=None)
