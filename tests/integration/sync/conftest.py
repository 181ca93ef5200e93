"""The line on a sandbox and a database of its own, without a broker."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from cxsync.activate.ground import Ground
from cxsync.calendars import opening
from cxsync.calendars.opening import Opener
from cxsync.keyring import credential_keys, encryption_keys
from cxsync.local import parts
from cxsync.local.parts import Endpoints
from cxsync.sandbox.core.run import Sandbox, started
from cxsync.settings import Settings
from cxsync.store.database import Database
from cxsync.store.migrate import migrate
from cxsync.store.tenants import Tenant
from tests.integration.activate.conftest import add_tenant
from tests.integration.sync.desk import Desk
from tests.integration.sync.line import Line


@pytest.fixture(scope="session")
def embedded(data_dir: Path) -> Iterator[Endpoints]:
    """PostgreSQL alone: topics are lists here."""
    with parts.use(data_dir, ["postgres"]) as endpoints:
        yield endpoints


@pytest.fixture
def ground(settings: Settings) -> Settings:
    """Settings with the schema made."""
    migrate(settings.database_url)
    return settings


@pytest.fixture(scope="session")
def servers() -> Iterator[Sandbox]:
    """The three servers, once a session."""
    with started() as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(servers: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Sandbox:
    """The servers at their beginning, nothing wrong with them; nobody has to wait for a turn."""

    def begin() -> None:
        world = servers.world
        world.clock.set(datetime.now(UTC))
        world.faults.clear()
        for name, system in world.systems.items():
            free = {"carerix": {"rate_limit": 0}, "google": {"user_per_minute": 0, "project_per_minute": 0}}
            options = msgspec.structs.replace(type(system.options)(), **free.get(name, {}))
            setattr(system, "options", options)  # noqa: B010 - as the control interface does it
        world.reset(1)
        world.witness.clear()

    servers.call(begin)
    monkeypatch.setattr(opening, "CARERIX_PER_SECOND", 10_000.0)
    monkeypatch.setattr(opening, "GOOGLE_PER_SECOND", 10_000.0)
    return servers


@pytest.fixture
def held(ground: Settings, database: Database, sandbox: Sandbox) -> Ground:
    """What activation works with; the sandbox's servers are reached."""
    google = sandbox.urls["google"]
    settings = ground.model_copy(
        update={
            "endpoint_allowlist": "127.0.0.1",
            "google_client_id": google["client_id"],
            "google_client_secret": google["client_secret"],
            "google_api_endpoint": google["api"],
            "google_token_url": google["token"],
        }
    )
    credentials = credential_keys(settings)
    return Ground(
        settings=settings,
        database=database,
        opener=Opener(settings, database, credentials),
        encryption_keys=encryption_keys(settings),
        credential_keys=credentials,
        holder="test",
    )


@pytest.fixture
def line(held: Ground, sandbox: Sandbox) -> Line:
    """The whole line."""
    return Line(held, sandbox)


@pytest.fixture
def tenant(held: Ground, sandbox: Sandbox) -> Tenant:
    """The sandbox's tenant."""
    return add_tenant(held, sandbox)


@pytest.fixture
def connect(line: Line, tenant: Tenant) -> Callable[[str], Desk]:
    """Connects a user of the sandbox by his key: anna and chris have Exchange, bert has Google."""
    return lambda name: Desk(line, tenant, name)


@pytest.fixture(params=["anna", "bert"], ids=["exchange", "google"])
def desk(request: pytest.FixtureRequest, connect: Callable[[str], Desk]) -> Desk:
    """A connected user, once with each kind of external calendar."""
    return connect(request.param)
