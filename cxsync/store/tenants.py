"""Tenants: Carerix applications with their API client. Secrets are sealed bytes; the store never sees a clear one."""

from datetime import datetime
from typing import Any, ClassVar, Literal
from uuid import UUID

import msgspec
from psycopg import errors, sql

from cxsync.errors import CxSyncError
from cxsync.store import schedule
from cxsync.store.database import Transaction
from cxsync.store.lease import of_tenant


class NewTenant(msgspec.Struct, frozen=True, kw_only=True):
    """What a tenant is made of. ``week_start`` is ISO's number (Monday is 1); zones are IANA names."""

    id: UUID
    name: str
    graphql_url: str
    token_url: str
    client_id: str
    client_secret: bytes | None
    secret_key_id: str | None
    api_timezone: str
    system_timezone: str
    week_start: int = 1
    short_month: Literal["clamp", "skip"] = "skip"
    daily_series: Literal["refuse", "convert"] = "refuse"
    oidc_issuer: str | None = None
    oidc_client_id: str | None = None
    oidc_secret: bytes | None = None


class Tenant(NewTenant, frozen=True, kw_only=True):
    """A tenant in the database. Secrets are None once it is removed. Times in UTC."""

    created_at: datetime
    removed_at: datetime | None


class TenantExists(CxSyncError):
    """The name is taken."""

    code: ClassVar[str] = "tenant-exists"

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(f"there is a tenant {name!r} already; choose another name, or remove that one first")


class TenantUnknown(CxSyncError):
    """No tenant of that name."""

    code: ClassVar[str] = "tenant-unknown"

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(f"there is no tenant {name!r}; `cxsync tenant list` shows those there are")


class TenantInUse(CxSyncError):
    """Connections of the tenant are not removed."""

    code: ClassVar[str] = "tenant-in-use"

    def __init__(self, name: str, connections: int) -> None:
        self.name = name
        self.connections = connections
        super().__init__(
            f"tenant {name!r} has {connections} connections that are not removed; "
            "remove each by `cxsync connection remove`"
        )


_SELECT = sql.SQL("SELECT {columns} FROM tenants ").format(
    columns=sql.SQL(", ").join(map(sql.Identifier, Tenant.__struct_fields__))
)
_INSERT = sql.SQL("INSERT INTO tenants ({columns}) VALUES ({values})").format(
    columns=sql.SQL(", ").join(map(sql.Identifier, NewTenant.__struct_fields__)),
    values=sql.SQL(", ").join(map(sql.Placeholder, NewTenant.__struct_fields__)),
)


def create(conn: Transaction, tenant: NewTenant) -> None:
    """Add a tenant and poll its Carerix application from now on.

    Raises:
        TenantExists: the name is taken; the transaction cannot go on.
    """
    try:
        conn.execute(_INSERT, msgspec.structs.asdict(tenant))
    except errors.UniqueViolation as error:
        if error.diag.constraint_name == "tenants_name":
            raise TenantExists(tenant.name) from error
        raise
    schedule.add(conn, of_tenant(tenant.id), "carerix", tenant_id=tenant.id)


def get(conn: Transaction, name: str) -> Tenant:
    """The tenant of that name that is not removed.

    Raises:
        TenantUnknown: there is none.
    """
    row = conn.execute(_SELECT + sql.SQL("WHERE name = %s AND removed_at IS NULL"), [name]).fetchone()
    if row is None:
        raise TenantUnknown(name)
    return Tenant(**row)


def by_id(conn: Transaction, tenant_id: UUID) -> Tenant | None:
    """The tenant, removed or not."""
    row = conn.execute(_SELECT + sql.SQL("WHERE id = %s"), [tenant_id]).fetchone()
    return None if row is None else Tenant(**row)


def everyone(conn: Transaction) -> list[Tenant]:
    """All tenants that are not removed, by name."""
    return [Tenant(**row) for row in conn.execute(_SELECT + sql.SQL("WHERE removed_at IS NULL ORDER BY name"))]


def remove(conn: Transaction, name: str) -> None:
    """Forget its secrets, poll it no more, free its name.

    Raises:
        TenantUnknown: there is none of that name.
        TenantInUse: connections of it are not removed.
    """
    # The lock keeps out connections that are being added: their foreign key waits for it.
    rows: list[dict[str, Any]] = conn.execute(
        "SELECT id FROM tenants WHERE name = %s AND removed_at IS NULL FOR UPDATE", [name]
    ).fetchall()
    if not rows:
        raise TenantUnknown(name)
    tenant_id = rows[0]["id"]
    left = conn.execute(
        "SELECT count(*) AS n FROM connections WHERE tenant_id = %s AND state <> 'removed'", [tenant_id]
    ).fetchall()[0]["n"]
    if left:
        raise TenantInUse(name, left)
    schedule.remove(conn, of_tenant(tenant_id))
    conn.execute(
        "UPDATE tenants SET client_secret = NULL, secret_key_id = NULL, oidc_secret = NULL,"
        " removed_at = clock_timestamp() WHERE id = %s",
        [tenant_id],
    )
