"""What a refusal of Google's means: by ``errors[0].reason``, not by the status alone (guide "Handle API errors")."""

import ssl
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from http.client import HTTPException
from typing import Any, Final

import msgspec
from google.auth.exceptions import GoogleAuthError, RefreshError
from googleapiclient.errors import HttpError
from httplib2 import HttpLib2Error
from httplib2.decode import DecodeLimitError, DecodeRatioError

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
from schemas.words import System

SYSTEM: Final[System] = "google"
TRANSPORT = (HttpError, HttpLib2Error, DecodeLimitError, DecodeRatioError, HTTPException, GoogleAuthError, OSError)
"""Everything that sending a request can raise."""

QUOTA_PAUSE = 3 * 3600.0
"""Seconds: account use limits replenish within hours at the earliest (guide "Avoid Calendar use limits")."""

_RATE = {"rateLimitExceeded", "userRateLimitExceeded"}
_QUOTA = {"quotaExceeded", "dailyLimitExceeded"}


class IdTaken(Rejected):
    """An event with this id exists, or did: a deleted event keeps its id."""


class _Detail(msgspec.Struct, frozen=True):
    reason: str = ""
    location: str = ""


class _Error(msgspec.Struct, frozen=True):
    errors: tuple[_Detail, ...] = ()
    message: str = ""


class _Body(msgspec.Struct, frozen=True):
    error: _Error


def refused(field: str, why: str) -> Rejected:
    """A value that Google cannot hold, known before anything is sent; ``why`` names the part."""
    return Rejected(SYSTEM, "write", f"{field}: {why}")


def refusal(operation: str, error: Exception) -> CalendarError:
    """``error`` (one of ``TRANSPORT``) as what it asks for. Its texts may quote values, so they go into no message."""
    if isinstance(error, HttpError):
        return _by_status(operation, error)
    if isinstance(error, RefreshError):
        return _by_grant(operation, error)
    if isinstance(error, ssl.SSLCertVerificationError):
        return NotThatServer(SYSTEM, operation, "its certificate is not trusted")
    return Unavailable(SYSTEM, operation, f"no usable answer ({type(error).__name__})")


def _by_status(operation: str, error: HttpError) -> CalendarError:
    status = int(error.resp.status)
    told = _told(error.content)
    reason = told.errors[0].reason if told and told.errors else ""
    retry_after = _seconds(error.resp.get("retry-after"))
    why = f"{status} {reason}".strip()
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return Busy(SYSTEM, operation, why, retry_after)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status == HTTPStatus.REQUEST_TIMEOUT:
        return Unavailable(SYSTEM, operation, why) if retry_after is None else Busy(SYSTEM, operation, why, retry_after)
    if status == HTTPStatus.UNAUTHORIZED:
        return CredentialsRefused(SYSTEM, operation, why)
    if status == HTTPStatus.PRECONDITION_FAILED:
        return VersionChanged(SYSTEM, operation, why)
    if told is None:
        # Google explains every refusal; a bare 404 must never pass for a deleted event.
        return NotThatServer(SYSTEM, operation, f"{status} without the explanation that Google gives")
    match status:
        case HTTPStatus.FORBIDDEN if reason in _RATE:
            return Busy(SYSTEM, operation, why, retry_after)
        case HTTPStatus.FORBIDDEN if reason in _QUOTA:
            return Busy(SYSTEM, operation, why, max(QUOTA_PAUSE, retry_after or 0))
        case HTTPStatus.FORBIDDEN:
            return NotPermitted(SYSTEM, operation, why)
        case HTTPStatus.NOT_FOUND:
            return Gone(SYSTEM, operation, why)
        case HTTPStatus.CONFLICT:
            return IdTaken(SYSTEM, operation, why, told.message)
        case HTTPStatus.GONE if reason == "deleted":
            return Gone(SYSTEM, operation, why)
        case HTTPStatus.GONE if reason != "updatedMinTooLongAgo":
            return CursorLost(SYSTEM, operation, why)
        case HTTPStatus.BAD_REQUEST if told.errors and told.errors[0].location == "syncToken":
            return CursorLost(SYSTEM, operation, why)
        case _:
            return Rejected(SYSTEM, operation, why, told.message)


def _by_grant(operation: str, error: RefreshError) -> CalendarError:
    """RFC 6749 section 5.2. A user is refused by ``invalid_grant`` only; all else is a fault of the set-up."""
    answer: Any = error.args[1] if len(error.args) > 1 else None
    code = answer.get("error") if isinstance(answer, dict) else None
    if code == "invalid_grant":
        return CredentialsRefused(SYSTEM, operation, "invalid_grant: consent was withdrawn or has expired")
    if error.retryable:
        return Unavailable(SYSTEM, operation, "the token endpoint has trouble")
    if not isinstance(code, str):
        return NotThatServer(SYSTEM, operation, "no token, and no error by RFC 6749: is GOOGLE_TOKEN_URL right?")
    return NotPermitted(SYSTEM, operation, f"{code[:40]}: check GOOGLE_CLIENT_ID and GOOGLE_CLIENT_SECRET")


def _told(content: bytes) -> _Error | None:
    try:
        return msgspec.json.decode(content, type=_Body).error
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None


def _seconds(header: str | None) -> float | None:
    """Retry-After (RFC 9110 section 10.2.3): seconds or a date."""
    if header is None:
        return None
    if header.strip().isdigit():
        return float(header)
    try:
        at = parsedate_to_datetime(header)
    except ValueError:
        return None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return max(0.0, (at - datetime.now(UTC)).total_seconds())
