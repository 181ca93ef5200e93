"""What opening, losing and finding again a database looks like to its users."""

import time
import urllib.parse

import psycopg
import pytest

from cxsync.store.database import Database
from cxsync.store.errors import DatabaseUnavailable, DatabaseUnreachable


def test_nothing_listening_is_named_with_host_and_database_but_never_the_password() -> None:
    with pytest.raises(DatabaseUnreachable) as caught:
        Database.open("postgresql://cx:s3cret@127.0.0.1:1/cxsync", name="test")
    assert caught.value.where == "127.0.0.1:1/cxsync"
    assert "127.0.0.1:1/cxsync" in str(caught.value)
    assert "start PostgreSQL there" in str(caught.value)
    assert "s3cret" not in str(caught.value)


def test_a_database_that_is_not_there_says_so(url: str) -> None:
    parts = urllib.parse.urlsplit(url)
    with pytest.raises(DatabaseUnreachable, match="create that database") as caught:
        Database.open(parts._replace(path="/nowhere").geturl(), name="test")
    assert caught.value.where.endswith("/nowhere")


def test_an_unknown_user_is_told_to_put_the_right_one(url: str) -> None:
    with pytest.raises(DatabaseUnreachable, match="CXSYNC_DATABASE_URL"):
        Database.open(url.replace("postgres:@", "stranger:@"), name="test")


def test_an_address_that_cannot_be_read_is_not_repeated() -> None:
    with pytest.raises(DatabaseUnreachable) as caught:
        Database.open("postgresql://cx:s3cret@host/db?nonsense=1", name="test")
    assert "s3cret" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_a_transaction_is_committed_at_the_end_and_rolled_back_by_an_exception(db: Database) -> None:
    with db.transaction() as conn:
        conn.execute("INSERT INTO reads (who, topic) VALUES ('kept', '')")

    class Stop(Exception):
        pass

    with pytest.raises(Stop), db.transaction() as conn:
        conn.execute("INSERT INTO reads (who, topic) VALUES ('dropped', '')")
        raise Stop
    with db.transaction() as conn:
        assert [row["who"] for row in conn.execute("SELECT who FROM reads")] == ["kept"]


def test_times_are_aware_and_in_utc(db: Database) -> None:
    with db.transaction() as conn:
        now = conn.execute("SELECT now() AS now").fetchall()[0]["now"]
    assert now.utcoffset() is not None
    assert now.utcoffset().total_seconds() == 0


def _cut(url: str) -> None:
    """What a restart of PostgreSQL does to every session."""
    with psycopg.connect(url, autocommit=True) as conn:
        conn.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND application_name = 'cxsync test'"
        )


def test_a_connection_cut_inside_a_transaction_is_told_from_other_errors_and_the_next_one_works(
    db: Database, url: str
) -> None:
    with pytest.raises(DatabaseUnavailable) as caught, db.transaction() as conn:
        conn.execute("SELECT 1")
        _cut(url)
        conn.execute("SELECT 1")
    assert caught.value.where == db.where
    with pytest.raises(psycopg.errors.UndefinedTable), db.transaction() as conn:
        conn.execute("SELECT 1 FROM nowhere")
    with db.transaction() as conn:
        conn.execute("SELECT 1")


def test_connections_cut_while_they_rest_are_replaced_unnoticed(db: Database, url: str) -> None:
    for _ in range(3):
        with db.transaction() as conn:
            conn.execute("SELECT 1")
        _cut(url)
    with db.transaction() as conn:
        conn.execute("SELECT 1")


def test_a_pool_that_is_used_up_gives_up_after_its_patience(url: str) -> None:
    with Database.open(url, name="test", max_size=1, patience=0.2) as db, db.transaction():
        started = time.monotonic()
        with pytest.raises(DatabaseUnavailable), db.transaction():
            pass
        assert time.monotonic() - started >= 0.2
