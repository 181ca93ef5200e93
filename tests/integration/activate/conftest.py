"""The sandbox's servers, a tenant that leads to them, and what activation works with."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from msgspec.structs import replace

from cxsync.activate.ground import Ground
from cxsync.activate.sign_in import ExchangeSignIn, GoogleSignIn
from cxsync.calendars.opening import Opener
from cxsync.keyring import credential_keys, encryption_keys
from cxsync.sandbox.core.run import Sandbox, started
from cxsync.settings import Settings
from cxsync.store import tenants
from cxsync.store.database import Database
from cxsync.store.tenants import NewTenant, Tenant
from schemas.keys import key_id


@pytest.fixture(scope="session")
def servers() -> Iterator[Sandbox]:
    """The three servers, once a session."""
    with started() as sandbox:
        yield sandbox


def set_rate(servers: Sandbox, limit: int) -> None:
    """Requests a second and tenant that Carerix allows; 0: any number."""
    system: Any = servers.world.system("carerix")
    system.options = replace(system.options, rate_limit=limit)


@pytest.fixture
def sandbox(servers: Sandbox) -> Sandbox:
    """The servers at their beginning, nothing wrong with them."""

    def begin() -> None:
        servers.world.clock.set(datetime.now(UTC))
        servers.world.faults.clear()
        for system in servers.world.systems.values():
            setattr(system, "options", type(system.options)())  # noqa: B010 - as the control interface does it
        set_rate(servers, 0)
        servers.world.reset(1)
        servers.world.witness.clear()

    servers.call(begin)
    return servers


@pytest.fixture
def reaching(ground: Settings, sandbox: Sandbox) -> Settings:
    """Settings by which the sandbox's servers are reached."""
    google = sandbox.urls["google"]
    return ground.model_copy(
        update={
            "endpoint_allowlist": "127.0.0.1",
            "google_client_id": google["client_id"],
            "google_client_secret": google["client_secret"],
            "google_api_endpoint": google["api"],
            "google_token_url": google["token"],
        }
    )


@pytest.fixture
def held(reaching: Settings, database: Database) -> Ground:
    """What activation works with."""
    credentials = credential_keys(reaching)
    return Ground(
        settings=reaching,
        database=database,
        opener=Opener(reaching, database, credentials),
        encryption_keys=encryption_keys(reaching),
        credential_keys=credentials,
        holder="test",
    )


def add_tenant(held: Ground, sandbox: Sandbox, **changes: Any) -> Tenant:
    """The sandbox's tenant ``demo``."""
    urls, tenant_id = sandbox.urls["carerix"], uuid4()
    sealed = held.credential_keys.wrap(tenant_id, urls["client_secret"].encode())
    known = NewTenant(
        id=tenant_id,
        name="demo",
        graphql_url=urls["graphql"],
        token_url=urls["token"],
        client_id=urls["client_id"],
        client_secret=sealed,
        secret_key_id=key_id(sealed),
        api_timezone="UTC",
        system_timezone="Europe/Amsterdam",
    )
    with held.database.transaction() as conn:
        tenants.create(conn, replace(known, **changes))
        return tenants.get(conn, "demo")


@pytest.fixture
def tenant(held: Ground, sandbox: Sandbox) -> Tenant:
    """The tenant, added."""
    return add_tenant(held, sandbox)


def by_exchange(sandbox: Sandbox, name: str = "anna", password: str | None = None) -> ExchangeSignIn:
    """How a person of the sandbox signs in to Exchange."""
    return ExchangeSignIn(
        endpoint=sandbox.urls["exchange"]["ews"],
        username=f"{name}@agency.example",
        secret=password or f"{name}-secret",
    )


def refresh_token(sandbox: Sandbox, name: str = "bert") -> str:
    """The consent that a person of the sandbox has given."""
    system = sandbox.world.system("google")
    users = [each for each in sandbox.call(system.users) if each["owner"] == f"{name}@agency.example"]
    return str(users[0]["refresh_token"])


def by_google(sandbox: Sandbox, name: str = "bert") -> GoogleSignIn:
    """How a person of the sandbox signs in to Google."""
    return GoogleSignIn(secret=refresh_token(sandbox, name))
