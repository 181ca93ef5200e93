"""From an HTTP answer of the interface to what it means: data, or one typed error (wire contract, "Errors")."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final

import msgspec

from cxsync.calendars.carerix.assumptions import SCOPE
from cxsync.calendars.errors import (
    Busy,
    CalendarError,
    NotPermitted,
    NotThatServer,
    Rejected,
    Unavailable,
)

SYSTEM: Final = "carerix"
_WORD: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_.]{0,63}", re.ASCII)
_SCOPE: Final = re.compile(r"urn:[A-Za-z0-9_:/.-]+", re.ASCII)
_TRANSIENT: Final = "SERVICE_ERROR"


class Fault(msgspec.Struct, frozen=True):
    """An entry of ``errors``."""

    message: str = ""
    extensions: dict[str, Any] | None = None

    def told(self, name: str) -> str | None:
        """A code or name of a field among the extensions; None for anything that might be a person's words."""
        value = (self.extensions or {}).get(name)
        return value if isinstance(value, str) and _WORD.fullmatch(value) else None

    @property
    def transient(self) -> bool:
        """Whether the server says that it is its own fault and passes."""
        return _TRANSIENT in (self.told("code") or "") or _TRANSIENT in self.message


class Body(msgspec.Struct, frozen=True):
    """The JSON of an answer."""

    data: dict[str, msgspec.Raw] | None = None
    errors: tuple[Fault, ...] | None = None


class TokenExpired(Exception):  # noqa: N818,RUF100 - caught by the gateway, never by callers
    """HTTP 401: the token is not accepted (any more)."""


def read_body(operation: str, content: bytes) -> Body:
    """The JSON of an answer with status 200.

    Raises:
        NotThatServer: it is no GraphQL answer.
        Unavailable: it is cut off or garbled.
    """
    try:
        text = content.decode()
        body = msgspec.json.decode(text, type=Body)
    except (UnicodeDecodeError, msgspec.DecodeError) as error:
        if content.lstrip()[:1] == b"<":
            raise NotThatServer(SYSTEM, operation, "a page answers there; the GraphQL address is needed") from None
        raise Unavailable(SYSTEM, operation, f"the answer is no GraphQL answer ({type(error).__name__})") from None
    if body.data is None and not body.errors:
        raise Unavailable(SYSTEM, operation, "the answer has neither data nor errors")
    return body


def check_status(operation: str, status: int, headers: Mapping[str, str], content: bytes, now: datetime) -> None:
    """Raises what a status other than 200 means; TokenExpired for 401."""
    if status == 200:
        return
    if status == 401:
        raise TokenExpired
    raise _of_status(operation, status, headers.get("Retry-After"), content, now)


def _of_status(operation: str, status: int, retry_after: str | None, content: bytes, now: datetime) -> CalendarError:
    told = content.decode(errors="replace")[:2000]
    if status == 403:
        scopes = ", ".join(sorted(set(_SCOPE.findall(told)))) or SCOPE
        return NotPermitted(SYSTEM, operation, f"the API client lacks a scope or permission: {scopes}")
    if status == 429:
        return Busy(SYSTEM, operation, "too many requests", seconds_of(retry_after, now))
    if status == 503 and retry_after is not None:
        return Busy(SYSTEM, operation, "HTTP 503", seconds_of(retry_after, now))
    if status in (400, 413, 422):
        return Rejected(SYSTEM, operation, f"HTTP {status}{_named(content)}", told)
    if 300 <= status < 500 and status not in (408, 425):
        return NotThatServer(SYSTEM, operation, f"HTTP {status} instead of a GraphQL answer; check the address")
    return Unavailable(SYSTEM, operation, f"HTTP {status}")


def _named(content: bytes) -> str:
    try:
        faults = msgspec.json.decode(content, type=Body).errors or ()
    except msgspec.DecodeError:
        return ""
    return _codes(faults)


def _codes(faults: tuple[Fault, ...]) -> str:
    told = [word for fault in faults for word in (fault.told("code"), fault.told("field")) if word]
    return f" ({', '.join(dict.fromkeys(told))})" if told else ""


def check_errors(operation: str, body: Body, root: str, *, writes: bool) -> None:
    """Raises what ``errors`` beside HTTP 200 mean; partial data counts as failed.

    Only a write whose data is null is known to have stored nothing (A18): that is Rejected. Of everything else the
    effect is unknown.
    """
    faults = body.errors
    if not faults:
        return
    codes = _codes(faults)
    if any(fault.told("code") == "UNAUTHENTICATED" for fault in faults):
        raise TokenExpired
    if any(fault.told("code") == "FORBIDDEN" for fault in faults):
        scopes = ", ".join(sorted({scope for fault in faults for scope in _SCOPE.findall(fault.message)})) or SCOPE
        raise NotPermitted(SYSTEM, operation, f"the API client lacks a scope or permission: {scopes}")
    if any(fault.told("code") == "RATE_LIMIT" for fault in faults):
        raise Busy(SYSTEM, operation, "too many requests")
    given = (body.data or {}).get(root)
    nothing = given is None or bytes(given) == b"null"
    if writes and nothing and not any(fault.transient for fault in faults):
        raise Rejected(SYSTEM, operation, f"refused by Carerix{codes}", "; ".join(fault.message for fault in faults))
    raise Unavailable(SYSTEM, operation, f"the answer holds errors{codes}")


def seconds_of(retry_after: str | None, now: datetime) -> float | None:
    """``Retry-After`` in seconds from ``now`` (RFC 9110, 10.2.3: a number or a date); None if it says nothing."""
    if retry_after is None:
        return None
    text = retry_after.strip()
    if text.isascii() and text.isdigit():
        return float(text)
    try:
        at = parsedate_to_datetime(text)
    except ValueError:
        return None
    at = at if at.tzinfo is not None else at.replace(tzinfo=UTC)
    return max(0.0, (at - now).total_seconds())
