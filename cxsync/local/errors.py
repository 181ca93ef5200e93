"""Why an embedded part cannot be used: one class a reason, the same in the process that keeps it and in its users."""

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
