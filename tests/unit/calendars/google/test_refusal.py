"""Refusals that no server of ours can give."""

import ssl
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.client import IncompleteRead

import pytest
from google.auth.exceptions import RefreshError, TransportError
from googleapiclient.errors import HttpError
from httplib2 import Response, ServerNotFoundError

from cxsync.calendars.errors import (
    Busy,
    CalendarError,
    CredentialsRefused,
    NotPermitted,
    NotThatServer,
    Unavailable,
)
from cxsync.calendars.google.refusal import refusal

SECRET = "Ontslag Jansen"


def _no_token(*given: object, retryable: bool = False) -> RefreshError:
    return RefreshError(*given, retryable=retryable)  # type: ignore[no-untyped-call] # the library has types elsewhere


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (ssl.SSLCertVerificationError(1, SECRET), NotThatServer),
        (ssl.SSLError(1, SECRET), Unavailable),
        (TimeoutError(SECRET), Unavailable),
        (ConnectionResetError(SECRET), Unavailable),
        (ServerNotFoundError(SECRET), Unavailable),
        (IncompleteRead(SECRET.encode()), Unavailable),
        (TransportError(SECRET), Unavailable),  # type: ignore[no-untyped-call] # the library has types elsewhere
        (_no_token(f"invalid_grant: {SECRET}", {"error": "invalid_grant"}), CredentialsRefused),
        (_no_token("x", {"error": "invalid_grant", "error_subtype": "invalid_rapt"}), CredentialsRefused),
        (_no_token(SECRET, {"error": "invalid_client"}), NotPermitted),
        (_no_token(SECRET, {"error": "deleted_client"}), NotPermitted),
        (_no_token(SECRET, {"error": "internal_failure"}, retryable=True), Unavailable),
        (_no_token(SECRET), NotThatServer),
        (_no_token(SECRET, ["odd"]), NotThatServer),
    ],
)
def test_what_stops_a_request_is_told_without_its_words(error: Exception, expected: type[CalendarError]) -> None:
    told = refusal("list", error)
    assert type(told) is expected
    assert (told.system, told.operation) == ("google", "list")
    assert SECRET not in str(told)


def _refused(status: int, body: bytes = b"", wait: str | None = None) -> CalendarError:
    headers = {} if wait is None else {"retry-after": wait}
    return refusal("list", HttpError(Response({"status": str(status), **headers}), body))


@pytest.mark.parametrize("status", [429, 500, 503])
def test_how_long_to_wait_may_be_told_as_seconds_or_as_a_date(status: int) -> None:
    seconds = _refused(status, wait="42")
    assert isinstance(seconds, Busy)
    assert seconds.retry_after == 42
    at = format_datetime(datetime.now(UTC) + timedelta(minutes=5), usegmt=True)
    dated = _refused(status, wait=at)
    assert isinstance(dated, Busy)
    assert dated.retry_after == pytest.approx(300, abs=5)
    past = _refused(status, wait="Mon, 01 Jan 2001 00:00:00 GMT")
    assert isinstance(past, Busy)
    assert past.retry_after == 0


def test_a_pause_that_cannot_be_read_is_none() -> None:
    told = _refused(429, wait="soon")
    assert isinstance(told, Busy)
    assert told.retry_after is None


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'{"error":"x"}', b"\xff\xfe", b'{"error":{"errors":"x"}}'])
def test_a_404_that_google_does_not_explain_is_no_missing_event(body: bytes) -> None:
    assert isinstance(_refused(404, body), NotThatServer)
