"""Why an embedded part cannot be used: one class a reason, the same in the process that keeps it and in its users."""

import errno
from pathlib import Path
from typing import ClassVar

from cxsync.errors import CxSyncError


class LocalError(CxSyncError):
    """An embedded part cannot be used. ``part`` names it, ``reason`` says what, where and what would be right."""

    code: ClassVar[str] = "local"

    def __init__(self, part: str, reason: str) -> None:
        self.part = part
        self.reason = reason
        super().__init__(f"embedded {part}: {reason}")


class StartError(LocalError):
    """The part ended, or did not answer in time, for a reason that its log tells."""

    code = "local-start"


class PortTakenError(LocalError):
    """Another program listens where the part was to listen."""

    code = "local-port-taken"


class DownloadError(LocalError):
    """A file that the part needs is neither in the cache nor to be had."""

    code = "local-download"


class DamagedJarError(LocalError):
    """A file has not the SHA-256 that is pinned in the program, not even after it was fetched again."""

    code = "local-damaged-jar"


class DiskFullError(LocalError):
    """No space is left for the part's data."""

    code = "local-disk-full"


class NewerDataError(LocalError):
    """The data were written by another version of the part, which this one cannot open."""

    code = "local-data-version"


class NotWritableError(LocalError):
    """The folder for the part's data cannot be made or written."""

    code = "local-not-writable"


class InUseError(LocalError):
    """Another program works on the part's data, or holds its lock and does not end."""

    code = "local-in-use"


class DamagedKeysError(LocalError):
    """A file of keys below DATA_DIR holds no key."""

    code = "local-damaged-keys"


BY_CODE: dict[str, type[LocalError]] = {
    error.code: error
    for error in (
        LocalError,
        StartError,
        PortTakenError,
        DownloadError,
        DamagedJarError,
        DiskFullError,
        NewerDataError,
        NotWritableError,
        InUseError,
        DamagedKeysError,
    )
}


def explain(part: str, folder: Path, error: OSError) -> LocalError:
    """The typed error for a failed operation on the part's files or ports."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return DiskFullError(part, f"no space is left for its data below {folder}; make room and start again")
    if error.errno == errno.EADDRINUSE:
        return PortTakenError(part, f"{error.strerror}; end one of the programs that listen there")
    what = error.strerror or str(error)
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EEXIST, errno.EISDIR):
        return NotWritableError(
            part, f"{error.filename or folder} cannot be written: {what}; set DATA_DIR to a folder that can"
        )
    return StartError(part, f"{error.filename or folder}: {what}")
