"""Raised while a series is read: it cannot be understood, so no target can hold it."""

from cxsync.errors import CxSyncError
from cxsync.recurrence.codes import Reason


class UnreadableSeriesError(CxSyncError):
    """``offending`` is the part of the input at fault, as it was written; ``hint`` says what would be right."""

    code = "unreadable-series"

    def __init__(self, reason: Reason, offending: str, hint: str = "") -> None:
        self.reason = reason
        self.offending = offending
        self.hint = hint
        super().__init__(f"{reason}: {offending}" + (f"; {hint}" if hint else ""))
