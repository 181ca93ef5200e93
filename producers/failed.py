"""Why a poll failed, and when it is tried again."""

from typing import ClassVar, Final

from cxsync.calendars import errors
from cxsync.errors import CxSyncError
from cxsync.settings import Settings
from cxsync.store.schedule import DuePoll
from producers.pace import after_failure

CONFIRM_AFTER: Final = 67.0
"""Seconds until the one attempt that confirms a refused password: less the tenth by which polls are spread, nothing
touches the account for 60 s (rule 8)."""


class PollFailed(CxSyncError):
    """A poll could not be carried out; the cursor stays, and it is tried again in ``next_in`` seconds."""

    code: ClassVar[str] = "poll-failed"

    def __init__(self, reason: str, message: str, next_in: float) -> None:
        """``reason`` is a stable code, kept with the poll; ``message`` holds no personal values."""
        self.reason = reason
        self.next_in = next_in
        super().__init__(message)


def failed(error: errors.CalendarError, due: DuePoll, settings: Settings) -> PollFailed:
    """``error`` as the failure of this poll; delays grow with the failures before it."""
    match error:
        case errors.CredentialsRefused():
            pause = CONFIRM_AFTER
        case errors.Busy():
            pause = after_failure(due.failures, settings.poll_interval, error.retry_after)
        case _:
            pause = after_failure(due.failures, settings.poll_interval)
    return PollFailed(error.code, str(error), pause)
