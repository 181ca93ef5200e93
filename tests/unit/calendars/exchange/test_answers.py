"""Answers and refusals: XML read strictly, kinds of sign-in, errors by name."""

import inspect
from datetime import timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from exchangelib import errors as ews
from hypothesis import given
from hypothesis import strategies as st

from cxsync.calendars.errors import CalendarError, Unavailable
from cxsync.calendars.exchange.clock import now
from cxsync.calendars.exchange.cursor import Cursor, dump, load
from cxsync.calendars.exchange.faults import named, naming, retry_after
from cxsync.calendars.exchange.signin import announced, choose
from cxsync.calendars.exchange.soap import parse

ENVELOPE = b'<?xml version="1.0"?><s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>%b</s:Body></s:Envelope>'


def test_a_whole_answer_is_read() -> None:
    assert parse(ENVELOPE % b"<a>x</a>", "GetItem").findtext(".//a") == "x"


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (b"a&#x1F;b&#0;c&#xB;d&#xFFFE;e&#55296;f&#x110000;g", "abcdefg"),
        (b"&#x1F600;&#9;&#10;&#38;&#xe9;", "\U0001f600\t\n&é"),
    ],
)
def test_references_to_impossible_characters_are_dropped(written: bytes, read: str) -> None:
    assert parse(ENVELOPE % (b"<a>" + written + b"</a>"), "GetItem").findtext(".//a") == read


@given(st.integers(0, len(ENVELOPE) + 60))
def test_no_beginning_of_an_answer_is_taken_for_it(length: int) -> None:
    whole = ENVELOPE % b"<SyncState>new</SyncState><Changes><a/><b/></Changes>"
    part = whole[:length]
    if part == whole:
        parse(part, "SyncFolderItems")
        return
    with pytest.raises(Unavailable):
        parse(part, "SyncFolderItems")


@pytest.mark.parametrize("given", [b"", b"<html></html>", b"<a/>", b"\xff\xfe", b"{}", ENVELOPE % b"\x01"])
def test_what_is_no_answer_says_so_without_quoting_it(given: bytes) -> None:
    with pytest.raises(Unavailable):
        parse(given, "GetItem")


def test_entities_do_not_grow() -> None:
    bomb = b'<!DOCTYPE a [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;">]>'
    answer = ENVELOPE.replace(b"<s:Envelope", bomb + b"<s:Envelope", 1) % b"<a>&b;</a>"
    assert "aaaa" not in (parse(answer, "GetItem").findtext(".//a") or "")


@pytest.mark.parametrize(
    ("header", "schemes", "kind"),
    [
        ("NTLM", ("NTLM",), "NTLM"),
        ('Basic realm="mail.example.com"', ("Basic",), "Basic"),
        ('Negotiate, NTLM, Basic realm="mail, NTLM"', ("Negotiate", "NTLM", "Basic"), "NTLM"),
        ('Basic realm="x", charset="UTF-8"', ("Basic",), "Basic"),
        ('Negotiate, Basic realm = "a \\" NTLM, b"', ("Negotiate", "Basic"), "Basic"),
        ("Negotiate TlRMTVNTUAAB==, ntlm", ("Negotiate", "ntlm"), "NTLM"),
        ("Negotiate", ("Negotiate",), None),
        ('Bearer client_id="x", trusted_issuers="y@*"', ("Bearer",), None),
        ("", (), None),
    ],
)
def test_kinds_of_sign_in_are_read_from_the_header(header: str, schemes: tuple[str, ...], kind: str | None) -> None:
    assert announced(header) == schemes
    assert choose(schemes) == kind


EVERY = [error for _, error in inspect.getmembers(ews, inspect.isclass) if issubclass(error, ews.EWSError)]


@pytest.mark.parametrize("error", EVERY, ids=lambda each: each.__name__)
def test_every_error_of_the_library_has_a_name_of_ours_and_keeps_texts_to_itself(error: Any) -> None:
    try:
        made = error("https://Ontslag/Jansen")
    except TypeError:
        made = error.__new__(error)
    found = named(made, "update")
    assert isinstance(found, CalendarError)
    assert "Ontslag" not in str(found)


def test_a_fault_of_this_program_stays_one() -> None:
    def ours() -> None:
        raise ValueError("ours")

    with pytest.raises(ValueError, match="ours"), naming("update"):
        ours()


@pytest.mark.parametrize(
    ("header", "seconds"), [(None, None), ("", None), ("12", 12.0), ("-3", 0.0), ("soon", None)]
)  # fmt: skip
def test_retry_after_in_seconds(header: str | None, seconds: float | None) -> None:
    assert retry_after(header) == seconds


def test_retry_after_as_a_date() -> None:
    found = retry_after(format_datetime(now() + timedelta(seconds=60), usegmt=True))
    assert found is not None
    assert 50 < found <= 60
    assert retry_after(format_datetime(now() - timedelta(hours=1), usegmt=True)) == 0


@given(st.text(), st.booleans())
def test_a_cursor_is_what_it_was(state: str, full: bool) -> None:
    cursor = Cursor(state, full)
    assert load(dump(cursor)) == cursor
