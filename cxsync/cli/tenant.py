"""``cxsync tenant``: Carerix applications with their API client."""

import sys
from collections.abc import Iterator
from urllib.parse import urlsplit
from uuid import uuid4
from zoneinfo import ZoneInfo, available_timezones

import click

from cxsync.cli.database import opened
from cxsync.cli.output import Value, show_one, show_rows
from cxsync.errors import CxSyncError
from cxsync.keyring import credential_keys
from cxsync.store import connections, tenants
from cxsync.store.tenants import NewTenant, Tenant
from schemas.keys import key_id


class BadOption(CxSyncError):
    """The value of an option cannot be used."""

    code = "bad-option"
    exit_code = 2

    def __init__(self, option: str, value: str, expected: str) -> None:
        self.option = option
        self.value = value
        super().__init__(f"{option} is {value!r}; {expected}")


@click.group()
def tenant() -> None:
    """Carerix applications (customers) and their API clients."""


@tenant.command()
@click.argument("name")
@click.option("--graphql-url", required=True, help="Address of the GraphQL interface.")
@click.option("--token-url", required=True, help="Address that gives access tokens.")
@click.option("--client-id", required=True, help="The API client's id.")
@click.option("--client-secret-stdin", is_flag=True, required=True, help="Read its secret from standard input, a line.")
@click.option("--api-timezone", default="UTC", show_default=True, help="Zone of the times that the API gives.")
@click.option("--system-timezone", default="Europe/Amsterdam", show_default=True, help="Zone that series recur in.")
@click.option("--week-start", type=click.Choice(["monday", "sunday"]), default="monday", show_default=True)
@click.option("--short-month", type=click.Choice(["skip", "clamp"]), default="skip", show_default=True)
@click.option("--oidc-issuer", help="OpenID provider that users sign in at.")
@click.option("--oidc-client-id", help="Our client there.")
@click.option("--oidc-client-secret-stdin", is_flag=True, help="Read its secret from standard input, the next line.")
def add(
    name: str,
    graphql_url: str,
    token_url: str,
    client_id: str,
    client_secret_stdin: bool,
    api_timezone: str,
    system_timezone: str,
    week_start: str,
    short_month: str,
    oidc_issuer: str | None,
    oidc_client_id: str | None,
    oidc_client_secret_stdin: bool,
) -> None:
    """Add a tenant; prints its name. Secrets come from standard input, one line each."""
    for option, url in (("--graphql-url", graphql_url), ("--token-url", token_url), ("--oidc-issuer", oidc_issuer)):
        if url is not None:
            _check_url(option, url)
    for option, zone in (("--api-timezone", api_timezone), ("--system-timezone", system_timezone)):
        _check_zone(option, zone)
    lines = iter(sys.stdin.readline, "")
    secret = _secret(lines, "--client-secret-stdin")
    oidc_secret = _secret(lines, "--oidc-client-secret-stdin") if oidc_client_secret_stdin else None
    with opened() as env:
        masters = credential_keys(env.settings)
        tenant_id = uuid4()
        sealed = masters.wrap(tenant_id, secret.encode())
        with env.database.transaction() as conn:
            tenants.create(
                conn,
                NewTenant(
                    id=tenant_id,
                    name=name,
                    graphql_url=graphql_url,
                    token_url=token_url,
                    client_id=client_id,
                    client_secret=sealed,
                    secret_key_id=key_id(sealed),
                    api_timezone=api_timezone,
                    system_timezone=system_timezone,
                    week_start=1 if week_start == "monday" else 7,
                    short_month="clamp" if short_month == "clamp" else "skip",
                    oidc_issuer=oidc_issuer,
                    oidc_client_id=oidc_client_id,
                    oidc_secret=masters.wrap(tenant_id, oidc_secret.encode()) if oidc_secret else None,
                ),
            )
    click.echo(name)


@tenant.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
def list_(as_json: bool) -> None:
    """List the tenants."""
    with opened() as env, env.database.transaction() as conn:
        found = tenants.everyone(conn)
        counts = {entry.id: len(connections.find(conn, tenant_id=entry.id)) for entry in found}
    rows: list[dict[str, Value]] = [
        {"name": entry.name, "graphql_url": entry.graphql_url, "connections": counts[entry.id]} for entry in found
    ]
    show_rows(rows, as_json=as_json, empty="there are no tenants; `cxsync tenant add` adds one")


@tenant.command()
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
def show(name: str, as_json: bool) -> None:
    """Show one tenant, without its secrets."""
    with opened() as env, env.database.transaction() as conn:
        found = tenants.get(conn, name)
    show_one(_described(found), as_json=as_json)


@tenant.command()
@click.argument("name")
def remove(name: str) -> None:
    """Remove a tenant whose connections are all removed."""
    with opened() as env, env.database.transaction() as conn:
        tenants.remove(conn, name)


def _described(found: Tenant) -> dict[str, Value]:
    return {
        "name": found.name,
        "graphql_url": found.graphql_url,
        "token_url": found.token_url,
        "client_id": found.client_id,
        "api_timezone": found.api_timezone,
        "system_timezone": found.system_timezone,
        "week_start": "monday" if found.week_start == 1 else "sunday",
        "short_month": found.short_month,
        "oidc_issuer": found.oidc_issuer,
        "oidc_client_id": found.oidc_client_id,
        "created_at": found.created_at,
    }


def _check_url(option: str, url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise BadOption(option, url, "write an address that starts with https://")


def _check_zone(option: str, zone: str) -> None:
    if zone not in available_timezones():
        raise BadOption(option, zone, "write an IANA name such as Europe/Amsterdam or UTC")
    ZoneInfo(zone)


def _secret(lines: Iterator[str], option: str) -> str:
    secret = next(lines, "").rstrip("\r\n")
    if not secret:
        raise BadOption(option, "", "expected a line with the secret on standard input")
    return secret
