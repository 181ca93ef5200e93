"""Migrations: once, in order, refused when altered, safe when many start at once."""

import subprocess
import sys

import pytest

from cxsync.store.connect import connect
from cxsync.store.database import Database
from cxsync.store.errors import DatabaseNewer, MigrationChanged
from cxsync.store.migrate import Migration, applied, migrate, pending, released


def _migration(name: str, sql: str) -> Migration:
    return Migration(name, sql.encode(), f"sha of {sql}")


def test_a_new_database_gets_every_migration_and_a_second_run_none(empty_url: str) -> None:
    names = [migration.name for migration in released()]
    with connect(empty_url) as conn:
        assert pending(conn) == names
    assert migrate(empty_url) == names
    assert migrate(empty_url) == []
    with connect(empty_url) as conn:
        assert pending(conn) == []


def test_processes_that_start_at_once_apply_each_migration_once(empty_url: str) -> None:
    script = "import sys; from cxsync.store.migrate import migrate; print(len(migrate(sys.argv[1])))"
    runs = [
        subprocess.Popen([sys.executable, "-c", script, empty_url], stdout=subprocess.PIPE, text=True) for _ in range(4)
    ]
    counts = [int(run.communicate(timeout=60)[0]) for run in runs]
    assert [run.returncode for run in runs] == [0, 0, 0, 0]
    assert sorted(counts) == [0, 0, 0, len(released())]


def test_a_changed_released_file_is_refused(empty_url: str) -> None:
    migrate(empty_url, [_migration("0001_a", "CREATE TABLE a ()")])
    with pytest.raises(MigrationChanged) as caught:
        migrate(empty_url, [_migration("0001_a", "CREATE TABLE b ()")])
    assert caught.value.name == "0001_a"


def test_a_failing_file_leaves_nothing_and_the_next_run_goes_on_with_it(empty_url: str) -> None:
    first = _migration("0001_a", "CREATE TABLE a ()")
    with pytest.raises(Exception, match="nonsense"):
        migrate(empty_url, [first, _migration("0002_b", "CREATE TABLE b (); SELECT nonsense")])
    with connect(empty_url) as conn:
        assert list(applied(conn)) == ["0001_a"]
    assert migrate(empty_url, [first, _migration("0002_b", "CREATE TABLE b ()")]) == ["0002_b"]


def test_a_schema_of_a_newer_program_is_refused_by_both_migrate_and_open(empty_url: str) -> None:
    migrate(empty_url)
    with connect(empty_url) as conn:
        conn.execute("INSERT INTO migrations (name, sha256) VALUES ('9999_future', '')")
    with pytest.raises(DatabaseNewer, match="9999_future"):
        migrate(empty_url)
    with pytest.raises(DatabaseNewer, match="9999_future"):
        Database.open(empty_url, name="test")
