"""What exchangelib raises, and what HTTP answers, as errors that say what is to be done.

Texts of the server and of exchangelib may quote what a person wrote; ``why`` holds the code alone, the text goes to
``detail`` of what was rejected, to be sealed.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from email.utils import parsedate_to_datetime
from traceback import walk_tb

import requests
from exchangelib import errors as ews

from cxsync.calendars.errors import (
    Busy,
    CalendarError,
    CredentialsRefused,
    CursorLost,
    Gone,
    NotPermitted,
    NotThatServer,
    Rejected,
    Unavailable,
    VersionChanged,
)
from cxsync.calendars.exchange.clock import now

_CREDENTIALS = frozenset({"UnauthorizedError", "ErrorPasswordExpired", "ErrorPasswordChangeRequired"})
_PERMISSION = {
    "ErrorAccessDenied": "the user may not use this mailbox or folder",
    "ErrorImpersonateUserDenied": "the user may not act for this mailbox",
    "ErrorNonExistentMailbox": "the user has no mailbox on this server",
    "ErrorMissingEmailAddress": "the user has no mailbox on this server",
    "ErrorAccountDisabled": "the account is switched off",
    "ErrorQuotaExceeded": "the mailbox is full",
    "ErrorFolderNotFound": "the mailbox has no calendar",
}
_BUSY = frozenset(
    {
        "ErrorServerBusy",
        "ErrorExceededConnectionCount",
        "ErrorExceededSubscriptionCount",
        "ErrorTooManyObjectsOpened",
        "ErrorInsufficientResources",
        "RateLimitError",
    }
)
_VERSION = frozenset(
    {
        "ErrorIrresolvableConflict",
        "ErrorStaleObject",
        "ErrorInvalidChangeKey",
        "ErrorChangeKeyRequired",
        "ErrorChangeKeyRequiredForWriteOperations",
    }
)
_GONE = frozenset({"ErrorItemNotFound", "ErrorInvalidIdMalformed", "ErrorInvalidIdNotAnItemAttachmentId"})
_UNAVAILABLE = frozenset(
    {
        "ErrorTimeoutExpired",
        "ErrorInternalServerError",
        "ErrorInternalServerTransientError",
        "ErrorMailboxMoveInProgress",
        "ErrorMailboxStoreUnavailable",
        "ErrorMailboxFailover",
        "ErrorConnectionFailed",
        "ErrorADUnavailable",
        "ErrorADOperation",
        "ErrorCannotFindMailbox",
        "ErrorNotEnoughMemory",
        "ErrorProxyCallFailed",
        "ErrorProxyRequestProcessingFailed",
        "ErrorProxyServiceDiscoveryFailed",
        "ErrorNoRespondingCASInDestinationSite",
        "ErrorRequestStreamTooBig",
        "ErrorBatchProcessingStopped",
    }
)
_LIBRARIES = frozenset({"exchangelib", "requests", "requests_ntlm", "spnego", "urllib3", "http"})
_WRITES = frozenset({"create", "update"})


class HttpRefusal(Exception):
    """An answer that is not 200. ``retry_after`` in seconds."""

    def __init__(self, status: int, retry_after: float | None = None) -> None:
        self.status = status
        self.retry_after = retry_after
        super().__init__(f"HTTP {status}")


def retry_after(header: str | None) -> float | None:
    """Seconds of a ``Retry-After`` header, in either form (RFC 9110 section 10.2.3)."""
    if not header:
        return None
    try:
        return max(0.0, float(int(header)))
    except ValueError:
        pass
    try:
        return max(0.0, (parsedate_to_datetime(header) - now()).total_seconds())
    except (ValueError, TypeError):
        return None


@contextmanager
def naming(operation: str) -> Iterator[None]:
    """Everything raised inside comes out as a CalendarError of ``operation``."""
    try:
        yield
    except CalendarError:
        raise
    except Exception as error:
        found = named(error, operation) or _stumbled(error, operation)
        if found is None:
            raise
        raise found from None


def named(error: Exception, operation: str) -> CalendarError | None:
    """The error to raise instead; None for what is a fault of this program."""
    code = type(error).__name__
    if isinstance(error, HttpRefusal):
        return _of_http(error, operation)
    # exchangelib raises an error of its own for it.
    if isinstance(error, requests.exceptions.SSLError) or isinstance(error.__context__, requests.exceptions.SSLError):
        return NotThatServer("exchange", operation, "the certificate is not trusted; see ENDPOINT_CA_FILE")
    if isinstance(error, requests.exceptions.RequestException):
        return Unavailable("exchange", operation, code)
    if not isinstance(error, ews.EWSError):
        return None
    if code in _CREDENTIALS:
        return CredentialsRefused("exchange", operation, code)
    if code in _PERMISSION:
        return NotPermitted("exchange", operation, f"{_PERMISSION[code]} ({code})")
    if code in _BUSY and not isinstance(error.__context__, ews.ErrorInternalServerTransientError):
        back_off = getattr(error, "back_off", None)
        return Busy("exchange", operation, code, float(back_off) if back_off else None)
    if code in _VERSION:
        return VersionChanged("exchange", operation, code)
    if code in _GONE:
        return Gone("exchange", operation, code)
    if code == "ErrorInvalidSyncStateData":
        return CursorLost("exchange", operation, code)
    # exchangelib makes "busy" of a passing error, whose effect nobody knows.
    if code in _UNAVAILABLE or code in _BUSY or not isinstance(error, ews.ResponseMessageError):
        return Unavailable("exchange", operation, code)
    return Rejected("exchange", operation, code, str(error))


def _stumbled(error: Exception, operation: str) -> CalendarError | None:
    """Libraries trip over what they did not expect: in what is to be written (exchangelib checks fields with
    ValueError), or in an answer that is XML, but not the one that was asked for."""
    module = ""
    for frame, _ in walk_tb(error.__traceback__):
        module = str(frame.f_globals.get("__name__", ""))
    if module.partition(".")[0] not in _LIBRARIES:
        return None
    if isinstance(error, ValueError) and operation in _WRITES:
        return Rejected("exchange", operation, "the library cannot write a field", str(error))
    return Unavailable("exchange", operation, f"the answer makes no sense ({type(error).__name__} in {module})")


def _of_http(error: HttpRefusal, operation: str) -> CalendarError:
    status = error.status
    if status == 401:
        return CredentialsRefused("exchange", operation, "HTTP 401")
    if status == 403:
        return NotPermitted("exchange", operation, "Exchange Web Services are closed to this user (HTTP 403)")
    if status == 429 or (status == 503 and error.retry_after is not None):
        return Busy("exchange", operation, f"HTTP {status}", error.retry_after)
    if status >= 500 or status == 408:
        return Unavailable("exchange", operation, f"HTTP {status}")
    return NotThatServer("exchange", operation, f"HTTP {status} where an Exchange server answers")
