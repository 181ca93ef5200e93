"""The embedded parts, once a session; to each test topics and a database of its own."""

import itertools
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from cxsync.broker import connection, topics
from cxsync.keyring import Keyring, encryption_keys
from cxsync.local import parts
from cxsync.local.parts import Endpoints
from cxsync.settings import Settings
from cxsync.store.database import Database
from cxsync.store.migrate import migrate

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def data_dir() -> Iterator[Path]:
    """DATA_DIR of the session's embedded parts."""
    folder = Path(tempfile.mkdtemp(prefix="cxsync-test-"))
    yield folder
    parts.stop(folder)
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def embedded(data_dir: Path) -> Iterator[Endpoints]:
    """Kafka, PostgreSQL and mail catcher, serving for the session."""
    with parts.use(data_dir, ["kafka", "postgres", "mail"]) as endpoints:
        yield endpoints


@pytest.fixture
def settings(embedded: Endpoints, data_dir: Path) -> Iterator[Settings]:
    """Settings with a prefix and an empty database of their own; topics and schema are not made yet."""
    number = next(_numbers)
    url = embedded.database or ""
    name = f"test_{number}"
    with psycopg.connect(url, autocommit=True) as conn:
        conn.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    encryption, credential = parts.secrets(data_dir)
    made = Settings(
        kafka_bootstrap_servers=embedded.kafka or "",
        topic_prefix=f"t{number}.",
        topic_partitions=3,
        database_url=_as_url(url, name),
        smtp_url=embedded.smtp or "",
        encryption_keys=encryption,
        credential_keys=credential,
        data_dir=data_dir,
    )
    yield made
    _drop(url, name)


@pytest.fixture
def ground(settings: Settings) -> Settings:
    """The same with topics and schema made."""
    migrate(settings.database_url)
    admin = connection.admin(settings)
    topics.provision(admin, settings)
    admin.close()
    return settings


@pytest.fixture
def database(ground: Settings) -> Iterator[Database]:
    """The test's database, migrated."""
    with Database.open(ground.database_url, name="test") as opened:
        yield opened


@pytest.fixture
def keyring(ground: Settings, database: Database) -> Keyring:
    """The connections' keys of the test's database."""
    return Keyring(database, encryption_keys(ground))


def _drop(url: str, name: str) -> None:
    """An autovacuum worker inside belongs to nobody who could be asked to leave; it is gone a moment later."""
    for _ in range(20):
        try:
            with psycopg.connect(url, autocommit=True) as conn:
                conn.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))
            return
        except psycopg.errors.InsufficientPrivilege:
            time.sleep(0.5)


def _as_url(url: str, database: str) -> str:
    parts_ = conninfo_to_dict(url)
    head, _, tail = url.rpartition("/")
    if str(parts_.get("dbname")) == tail.partition("?")[0]:
        query = tail.partition("?")[2]
        return f"{head}/{database}" + (f"?{query}" if query else "")
    return make_conninfo(url, dbname=database)
