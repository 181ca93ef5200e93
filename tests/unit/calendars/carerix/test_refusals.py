"""What an answer means: one typed error a reason, and no person's words in it."""

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from cxsync.calendars.carerix.refusals import TokenExpired, check_errors, check_status, read_body, seconds_of
from cxsync.calendars.errors import Busy, NotPermitted, NotThatServer, Rejected, Unavailable

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (302, NotThatServer),
        (400, Rejected),
        (401, TokenExpired),
        (403, NotPermitted),
        (404, NotThatServer),
        (405, NotThatServer),
        (408, Unavailable),
        (413, Rejected),
        (429, Busy),
        (500, Unavailable),
        (502, Unavailable),
        (503, Unavailable),
        (504, Unavailable),
    ],
)
def test_each_status_is_one_reason(status: int, error: type[Exception]) -> None:
    with pytest.raises(error):
        check_status("list", status, {}, b"", NOW)


def test_a_missing_scope_is_named() -> None:
    body = b'{"errors":[{"message":"needs urn:cx/cx5Wrapper:data/crtodo:manage, says Jansen"}]}'
    with pytest.raises(NotPermitted, match="urn:cx/cx5Wrapper:data/crtodo:manage") as refused:
        check_status("create", 403, {}, body, NOW)
    assert "Jansen" not in str(refused.value)
    with pytest.raises(NotPermitted, match="urn:cx/cx5Wrapper:data:manage"):
        check_status("create", 403, {}, b"", NOW)


def test_a_pause_is_told_in_seconds_or_as_a_date() -> None:
    assert seconds_of("7", NOW) == 7.0
    assert seconds_of("Mon, 02 Mar 2026 08:00:30 GMT", NOW) == 30.0
    assert seconds_of("Mon, 02 Mar 2026 07:00:00 GMT", NOW) == 0.0
    assert [seconds_of(text, NOW) for text in (None, "", "soon", "-5", "²")] == [None] * 5
    with pytest.raises(Busy) as busy:
        check_status("list", 503, {"Retry-After": "3"}, b"", NOW)
    assert busy.value.retry_after == 3.0


def test_a_rejection_names_code_and_field_and_keeps_the_words_apart() -> None:
    error = {"message": "Jansen is te lang", "extensions": {"code": "RULE", "field": "subject"}}
    with pytest.raises(Rejected, match=r"RULE, subject") as refused:
        check_status("update", 400, {}, msgspec.json.encode({"errors": [error]}), NOW)
    assert "Jansen" not in str(refused.value)
    assert "Jansen" in refused.value.detail


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (b"", Unavailable),
        (b"{", Unavailable),
        (b'{"data":{"crToDo":{"subject":"\xff"}}}', Unavailable),
        (b"{}", Unavailable),
        (b'{"data":null}', Unavailable),
        (b'{"data":[]}', Unavailable),
        (b"  <!DOCTYPE html><html></html>", NotThatServer),
    ],
)
def test_answers_that_are_none(content: bytes, error: type[Exception]) -> None:
    with pytest.raises(error):
        read_body("get", content)


RULE = {"message": "Jansen", "extensions": {"code": "RULE", "field": "subject"}}


@pytest.mark.parametrize(
    ("writes", "data", "fault", "error"),
    [
        (True, None, RULE, Rejected),
        (True, {"crToDo": None}, RULE, Rejected),
        (True, {"crToDo": None}, {"message": "no extensions"}, Rejected),
        (True, {"crToDo": {"_id": "31.1"}}, RULE, Unavailable),
        (True, {"crToDo": None}, {"message": "SERVICE_ERROR"}, Unavailable),
        (True, None, {"message": "x", "extensions": {"code": "SERVICE_ERROR"}}, Unavailable),
        (False, {"crToDo": None}, RULE, Unavailable),
        (False, {"crToDo": {"_id": "31.1"}}, RULE, Unavailable),
        (False, None, {"message": "x", "extensions": {"code": "UNAUTHENTICATED"}}, TokenExpired),
        (False, None, {"message": "x", "extensions": {"code": "FORBIDDEN"}}, NotPermitted),
        (False, None, {"message": "x", "extensions": {"code": "RATE_LIMIT"}}, Busy),
    ],
)
def test_errors_beside_data_count_as_failed(
    writes: bool, data: dict[str, Any] | None, fault: dict[str, Any], error: type[Exception]
) -> None:
    body = read_body("x", msgspec.json.encode({"data": data, "errors": [fault]}))
    with pytest.raises(error) as raised:
        check_errors("x", body, "crToDo", writes=writes)
    assert "Jansen" not in str(raised.value)


def test_no_errors_are_no_errors() -> None:
    for content in (b'{"data":{"a":1},"errors":null}', b'{"data":{"a":1},"errors":[]}', b'{"data":{"a":null}}'):
        check_errors("x", read_body("x", content), "a", writes=True)
