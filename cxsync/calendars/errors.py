"""What can go wrong with a calendar's server: one class a reason, and what each reason asks for."""

from typing import ClassVar

from cxsync.errors import CxSyncError


class CalendarError(CxSyncError):
    """The root; ``system`` and ``operation`` say where. Texts hold codes and field names, never a person's values."""

    code: ClassVar[str] = "calendar"

    def __init__(self, system: str, operation: str, why: str) -> None:
        self.system = system
        self.operation = operation
        self.why = why
        super().__init__(f"{system}, {operation}: {why}")


class CursorLost(CalendarError):
    """The server no longer knows the sync state or token: list everything and compare."""

    code = "cursor-lost"


class VersionChanged(CalendarError):
    """Somebody else wrote in between; nothing was written: read, merge, write again."""

    code = "version-changed"


class Gone(CalendarError):
    """The item is not there (any more)."""

    code = "gone"


class CredentialsRefused(CalendarError):
    """The server refuses the password, or consent was withdrawn. Never to be retried in a loop (rule 8)."""

    code = "credentials-refused"


class NotPermitted(CalendarError):
    """Signed in, but this may not be done; ``why`` names the missing right. Permanent until a person acts."""

    code = "not-permitted"


class Rejected(CalendarError):
    """The server refuses this content; trying the same again is useless. ``detail``: its own words, to be sealed."""

    code = "rejected"

    def __init__(self, system: str, operation: str, why: str, detail: str = "") -> None:
        self.detail = detail
        super().__init__(system, operation, why)


class Busy(CalendarError):
    """The server asks to come back in ``retry_after`` seconds (None: it did not say)."""

    code = "busy"

    def __init__(self, system: str, operation: str, why: str, retry_after: float | None = None) -> None:
        self.retry_after = retry_after
        super().__init__(system, operation, why)


class Unavailable(CalendarError):
    """No answer, or none that makes sense; the effect of a write is unknown. To be retried later."""

    code = "unavailable"


class NotThatServer(CalendarError):
    """What answers there is no server of this kind, or its certificate is not trusted."""

    code = "not-that-server"


class Unreadable(CalendarError):
    """A document that is no appointment; ``why`` names the part and the position in it."""

    code = "unreadable"
