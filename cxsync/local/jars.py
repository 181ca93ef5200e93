"""The jars of Apache Kafka: fetched by their Maven coordinates, each held to the SHA-256 that is pinned in the program.

The resolver checks a download against nothing but the SHA-1 beside it, and only warns; an interrupted download it
keeps under its final name. So every file is checked here, and what does not fit is fetched again.
"""

import errno
import hashlib
import os
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from importlib.resources import files
from pathlib import Path

import msgspec
import requests
from jgo.maven import MavenContext

from cxsync.local.errors import DamagedJarError, DiskFullError, DownloadError, InUseError, NotWritableError
from cxsync.local.lifetime import FileLock

_PART = "kafka"
_DOWNLOADS_AT_ONCE = 4
_LOCK_SECONDS = 600.0
_TRIES = 3
_ROUNDS = 2


class Seen(msgspec.Struct, frozen=True):
    """A file that was hashed; as long as size and time of change are the same it is not hashed again."""

    size: int
    changed_ns: int
    sha256: str


def pins() -> dict[str, str]:
    """Maven coordinate → SHA-256 of every jar on the broker's class path."""
    return msgspec.json.decode(files("cxsync.local").joinpath("kafka_jars.json").read_bytes(), type=dict[str, str])


def cache() -> Path:
    """The folder of the jars, shared by all installations of this user."""
    home = os.environ.get("XDG_CACHE_HOME", "")
    return (Path(home) if Path(home).is_absolute() else Path.home() / ".cache") / "cxcalendarsync" / "maven"


def fetch(
    folder: Path,
    wanted: Mapping[str, str],
    *,
    offline: bool = False,
    repositories: Mapping[str, str] | None = None,
    report: Callable[[str], None] = lambda _: None,
) -> list[Path]:
    """The paths of the jars ``wanted``, in their order; fetches what is missing or damaged.

    ``repositories`` are names and addresses of Maven repositories to ask instead of the resolver's own default.

    Raises:
        DownloadError: a jar is missing and cannot be had.
        DamagedJarError: what is served has not the SHA-256 that is pinned, twice in a row.
        DiskFullError, NotWritableError, InUseError: the cache cannot be used.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with FileLock(folder / "download.lock") as lock:
            if not lock.acquire(exclusive=True, seconds=_LOCK_SECONDS):
                raise InUseError(_PART, f"another program holds {lock.path} for {_LOCK_SECONDS:.0f} s")
            context = MavenContext(
                repo_cache=folder, offline=offline, remote_repos=None if repositories is None else dict(repositories)
            )
            return _fetch(context, folder, wanted, report)
    except OSError as error:
        raise _explain(error, folder) from error


def _fetch(context: MavenContext, folder: Path, wanted: Mapping[str, str], report: Callable[[str], None]) -> list[Path]:
    artifacts = {coordinate: context.create_dependency(coordinate).artifact for coordinate in wanted}
    paths = {coordinate: Path(str(artifact.cached_path)) for coordinate, artifact in artifacts.items()}
    seen = _read_seen(folder)

    def get(coordinate: str) -> None:
        paths[coordinate].unlink(missing_ok=True)
        _download(coordinate, artifacts[coordinate].resolve, paths[coordinate])

    for _ in range(_ROUNDS):
        found = {coordinate: _hash(folder, path, seen) for coordinate, path in paths.items()}
        wrong = [coordinate for coordinate, sha256 in found.items() if sha256 != wanted[coordinate]]
        if not wrong:
            _write_seen(folder, seen)
            return list(paths.values())
        report(f"fetching {len(wrong)} jars of Apache Kafka into {folder}, once")
        with ThreadPoolExecutor(_DOWNLOADS_AT_ONCE) as pool:
            list(pool.map(get, wrong))
    for coordinate, path in paths.items():
        sha256 = _hash(folder, path, seen)
        if sha256 != wanted[coordinate]:
            path.unlink(missing_ok=True)
            raise DamagedJarError(
                _PART,
                f"{coordinate} came twice with SHA-256 {sha256} instead of {wanted[coordinate]}; "
                "something between this machine and the repository changes files",
            )
    _write_seen(folder, seen)
    return list(paths.values())


def _download(coordinate: str, resolve: Callable[[], Path], path: Path) -> None:
    for left in reversed(range(_TRIES)):
        try:
            resolve()
        except requests.RequestException as error:
            # What came before the line broke lies under the final name.
            path.unlink(missing_ok=True)
            if left == 0:
                raise DownloadError(
                    _PART, f"{coordinate} cannot be fetched ({type(error).__name__}); the first start needs the network"
                ) from error
        except RuntimeError as error:
            raise DownloadError(
                _PART,
                f"{coordinate} is not in the cache {path.parent} and cannot be fetched: {str(error).split(' {')[0]}",
            ) from error
        else:
            return


def _hash(folder: Path, path: Path, seen: dict[str, Seen]) -> str:
    """The SHA-256 of ``path``, "" for no file; remembers it in ``seen``."""
    name = str(path.relative_to(folder))
    try:
        facts = path.stat()
    except FileNotFoundError:
        return ""
    known = seen.get(name)
    if known is not None and (known.size, known.changed_ns) == (facts.st_size, facts.st_mtime_ns):
        return known.sha256
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    seen[name] = Seen(facts.st_size, facts.st_mtime_ns, sha256)
    return sha256


def _read_seen(folder: Path) -> dict[str, Seen]:
    try:
        return msgspec.json.decode((folder / "verified.json").read_bytes(), type=dict[str, Seen])
    except (OSError, msgspec.DecodeError):
        return {}


def _write_seen(folder: Path, seen: Mapping[str, Seen]) -> None:
    content = msgspec.json.encode(seen)
    path = folder / "verified.json"
    if path.exists() and path.read_bytes() == content:
        return
    draft = folder / "verified.new"
    draft.write_bytes(content)
    draft.replace(path)


def _explain(error: OSError, folder: Path) -> DiskFullError | NotWritableError:
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return DiskFullError(_PART, f"no space is left for the jars below {folder} (45 MB); make room and start again")
    return NotWritableError(
        _PART, f"the cache {folder} cannot be used: {error.strerror or error}; set XDG_CACHE_HOME to a folder that can"
    )
