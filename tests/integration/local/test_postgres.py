import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from cxsync.local import account, ports
from cxsync.local.errors import DamagedKeysError, DiskFullError, InUseError, NewerDataError
from cxsync.local.lifetime import Place
from cxsync.local.parts import stop, use
from cxsync.local.postgres import Postgres
from tests.integration.local.conftest import User, status_of, until


def row(url: str | None, statement: str) -> tuple[object, ...]:
    assert url is not None
    with psycopg.connect(url, autocommit=True) as connection:
        found = connection.execute(statement.encode()).fetchone()
    assert found is not None
    return tuple(found)


def run(url: str | None, statement: str) -> None:
    assert url is not None
    with psycopg.connect(url) as connection:
        connection.execute(statement.encode())


def server(data_dir: Path) -> int:
    state = Place(data_dir / "postgres").read()
    assert state is not None
    assert state.child is not None
    return state.child


def test_what_is_committed_is_on_disk_and_text_is_unicode(shared_dir: Path) -> None:
    with use(shared_dir, ["postgres"]) as endpoints:
        for setting, value in {
            "fsync": "on",
            "synchronous_commit": "on",
            "full_page_writes": "on",
            "TimeZone": "UTC",
        }.items():
            assert row(endpoints.database, f"SHOW {setting}") == (value,)
        assert row(endpoints.database, "SELECT upper('één'), current_setting('server_encoding')") == ("ÉÉN", "UTF8")


def test_the_program_is_no_superuser_but_may_make_databases(shared_dir: Path) -> None:
    with use(shared_dir, ["postgres"]) as endpoints:
        flags = row(endpoints.database, "SELECT rolsuper, rolcreatedb FROM pg_roles WHERE rolname = current_user")
        assert flags == (False, True)


def test_only_the_password_opens_it_and_only_from_this_machine(shared_dir: Path) -> None:
    with use(shared_dir, ["postgres"]) as endpoints:
        assert endpoints.database is not None
        wrong = endpoints.database.replace("cxsync:", "cxsync:x", 1)
        with pytest.raises(psycopg.OperationalError, match="password"):
            psycopg.connect(wrong)
        assert row(endpoints.database, "SHOW listen_addresses") == ("127.0.0.1",)


def test_children_of_a_user_can_connect(shared_dir: Path) -> None:
    with use(shared_dir, ["postgres"]) as endpoints:
        script = "import psycopg, sys; print(psycopg.connect(sys.argv[1]).execute('SELECT 6 * 7').fetchone()[0])"
        assert endpoints.database is not None
        answer = subprocess.check_output([sys.executable, "-c", script, endpoints.database], text=True)
    assert answer == "42\n"


def test_data_survive_a_stop(shared_dir: Path) -> None:
    with use(shared_dir, ["postgres"]) as endpoints:
        run(endpoints.database, "CREATE TABLE kept AS SELECT 1 AS value")
    stop(shared_dir)
    with use(shared_dir, ["postgres"]) as again:
        assert again == endpoints
        assert row(again.database, "SELECT value FROM kept") == (1,)
    log = (shared_dir / "postgres" / "postgres.log").read_text()
    assert "database system was shut down" in log, "the stop was clean: nothing had to be recovered"


@pytest.mark.parametrize("victim", ["server", "keeper", "both"])
def test_after_kill_9_it_comes_back_at_its_address_with_what_was_committed(shared_dir: Path, victim: str) -> None:
    with use(shared_dir, ["postgres"]) as endpoints:
        assert endpoints.database is not None
        run(
            endpoints.database,
            "DROP TABLE IF EXISTS numbers; CREATE TABLE numbers AS SELECT generate_series(1, 1000) AS value",
        )
        # A session in the middle of something keeps a backend of the old server busy.
        session = psycopg.connect(endpoints.database)
        session.execute("INSERT INTO numbers VALUES (1001)")
        before = status_of(shared_dir, "postgres")
        old = server(shared_dir)
        assert before.keeper is not None
        if victim != "server":
            os.kill(before.keeper, signal.SIGKILL)
        if victim != "keeper":
            os.kill(old, signal.SIGKILL)
        until(lambda: status_of(shared_dir, "postgres").phase == "ready" and server(shared_dir) != old, seconds=90)
        session.close()
        assert status_of(shared_dir, "postgres").endpoints["database"] == endpoints.database
        assert row(endpoints.database, "SELECT count(*), max(value) FROM numbers") == (1000, 1000)


def test_nothing_is_left_when_user_and_keeper_were_killed(shared_dir: Path) -> None:
    user = User(shared_dir, "postgres")
    user.answer()
    child = server(shared_dir)
    found = status_of(shared_dir, "postgres")
    user.kill()
    assert found.keeper is not None
    os.kill(found.keeper, signal.SIGKILL)
    until(lambda: not Path(f"/proc/{child}").exists())


def test_half_made_data_are_made_anew(data_dir: Path) -> None:
    draft = data_dir / "postgres" / "data.new"
    draft.mkdir(parents=True)
    (draft / "rest").write_text("of an initialisation that was killed")
    with use(data_dir, ["postgres"]) as endpoints:
        assert row(endpoints.database, "SELECT 1") == (1,)
    assert not draft.exists()


def test_data_of_another_major_version_are_refused(data_dir: Path) -> None:
    data = data_dir / "postgres" / "data"
    data.mkdir(parents=True)
    (data / "PG_VERSION").write_text("19\n")
    with pytest.raises(NewerDataError, match="PostgreSQL 19"), use(data_dir, ["postgres"]):
        pass


def test_a_lost_password_file_is_named(data_dir: Path) -> None:
    with use(data_dir, ["postgres"]):
        pass
    stop(data_dir)
    passwords = data_dir / "postgres" / "passwords.json"
    kept = passwords.read_bytes()
    passwords.unlink()
    with pytest.raises(DamagedKeysError, match="passwords"), use(data_dir, ["postgres"]):
        pass
    passwords.write_bytes(b'{"superuser":"wrong","owner":"wrong"}')
    with pytest.raises(DamagedKeysError, match="passwords"), use(data_dir, ["postgres"]):
        pass
    passwords.write_bytes(kept)
    with use(data_dir, ["postgres"]) as endpoints:
        assert row(endpoints.database, "SELECT 1") == (1,)


def test_a_full_disk_is_told(data_dir: Path) -> None:
    # Files end at 300 kB, as on a disk that is full; a WAL segment alone has 16 MiB.
    limit = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000))\n"
    user = User(data_dir, "postgres", before=limit)
    assert user.answer()[:2] == ["refused", DiskFullError.code]
    user.kill()


def test_another_server_on_the_same_data_is_refused_by_name(data_dir: Path) -> None:
    with use(data_dir, ["postgres"]):
        (data_dir / "postgres" / "child.lock").rename(data_dir / "postgres" / "child.lock.aside")
        other = Postgres(data_dir / "postgres")
        with pytest.raises(InUseError):
            other.start(ports.choose(other.port_names, {}))


@pytest.mark.skipif(os.geteuid() != 0, reason="only root needs another account for the server")
def test_as_root_nothing_of_the_users_is_opened(tmp_path: Path) -> None:
    closed = tmp_path / "clösed, ünd sö"
    closed.mkdir(mode=0o700)
    data_dir = closed / "data"
    modes = {folder: folder.stat().st_mode for folder in (closed, *closed.parents)}
    try:
        with use(data_dir, ["postgres"]) as endpoints:
            run(endpoints.database, "CREATE TABLE kept AS SELECT 1 AS value")
            assert (
                Path(f"/proc/{server(data_dir)}").stat().st_uid == (data_dir / "postgres" / "data").stat().st_uid != 0
            )
        stop(data_dir)
        with use(data_dir, ["postgres"]) as endpoints:
            assert row(endpoints.database, "SELECT value FROM kept") == (1,)
    finally:
        stop(data_dir)
    assert {folder: folder.stat().st_mode for folder in modes} == modes
    assert data_dir.stat().st_mode & 0o777 == 0o700
    assert (data_dir / "postgres" / "data").stat().st_mode & 0o777 == 0o700


@pytest.mark.skipif(os.geteuid() != 0, reason="only root needs another account for the server")
def test_programs_in_a_closed_folder_are_copied_to_a_public_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    package = account.bundled().parents[1]
    for folder in (package, package.with_name(f"{package.name}.libs")):
        shutil.copytree(folder, closed / folder.name, symlinks=True, ignore=shutil.ignore_patterns("pginstall"))
    public = Path("/tmp") / f"cxsync-test-public-{os.getpid()}"  # noqa: S108  # a place that everybody can pass
    monkeypatch.setattr(account, "bundled", lambda: closed / package.name / "pginstall18" / "bin")
    monkeypatch.setattr(account, "_PUBLIC", public)
    folder = tmp_path / "postgres"
    folder.mkdir()
    part = Postgres(folder)
    try:
        for _ in range(2):
            part.start(chosen := ports.choose(part.port_names, {}))
            assert row(part.endpoints(chosen)["database"], "SELECT 1") == (1,)
            part.stop()
        assert len([path for path in public.iterdir() if path.is_dir()]) == 1
    finally:
        part.stop()
        shutil.rmtree(public, ignore_errors=True)


UNPRIVILEGED = """
import os, sys
from pathlib import Path
from cxsync.local import ports
from cxsync.local.postgres import Postgres
"idna is loaded late".encode("idna")
folder = Path(sys.argv[1])
os.setgroups([]); os.setgid(65534); os.setuid(65534)
part = Postgres(folder)
part.prepare(print)
try:
    part.start(ports.choose(part.port_names, {}))
    print("serves as", os.stat(folder / "data").st_uid)
finally:
    part.stop()
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="every other test shows it for a user who is not root")
def test_an_ordinary_user_needs_nothing_special(tmp_path: Path) -> None:
    folder = Path("/tmp") / f"cxsync-test-user-{os.getpid()}"  # noqa: S108  # a place that everybody can pass
    folder.mkdir(mode=0o700)
    os.chown(folder, 65534, 65534)
    try:
        answer = subprocess.check_output([sys.executable, "-c", UNPRIVILEGED, str(folder)], text=True)
    finally:
        shutil.rmtree(folder)
    assert answer == "serves as 65534\n"
