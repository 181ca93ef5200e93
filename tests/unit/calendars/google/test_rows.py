"""Pages taken apart byte for byte."""

import json
from uuid import UUID

import pytest

from cxsync.calendars.errors import CursorLost, Unavailable
from cxsync.calendars.google.cursor import cursor_of, token_in
from cxsync.calendars.google.marker import id_of, marker_in, marker_of
from cxsync.calendars.google.rows import gone, page_of, present, row_of, sort
from tests.unit.calendars.google.events import context, event, exception, found


def test_each_event_of_a_page_keeps_its_very_bytes() -> None:
    bodies = [b'{"id":"a", "summary" : "\\u00e9\xc3\xa9","unknown":[1.10,{}]}', b'{"status":"cancelled","id":"b"}']
    page = page_of("list", b'{"items":[' + b" ,\n".join(bodies) + b'],"nextPageToken":"n"}', "primary")
    assert [row.body for row in page.rows] == bodies
    assert (page.next_page, page.next_sync) == ("n", None)


def test_an_empty_page_is_a_page() -> None:
    page = page_of("list", b'{"nextPageToken":"n"}', "primary")
    assert (page.rows, page.next_page) == ((), "n")


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b'{"items":[{}]}', b'{"items":[{"id":5}]}', b"\xff", b'{"items":{}}']
)
def test_a_page_without_sense_is_unavailable(content: bytes) -> None:
    with pytest.raises(Unavailable):
        page_of("list", content, "primary")


def test_an_exception_may_come_before_its_series_and_twice() -> None:
    series = event(recurrence=["RRULE:FREQ=DAILY"])
    sent = [exception(1, summary="old"), event(id="other"), exception(1, summary="new"), series]
    ordered = sort(row_of("list", json.dumps(each).encode()) for each in sent)
    assert ordered.masters.keys() == {"other", "abc123"}
    assert [json.loads(row.body)["summary"] for row in ordered.exceptions["abc123"].values()] == ["new"]


def test_kinds_that_are_not_synchronised_are_left_out_but_their_tombstones_are_not_known() -> None:
    rows = [event(id="a", eventType="birthday"), {"id": "b", "status": "cancelled"}, event(id="c", eventType=None)]
    assert sort(row_of("list", json.dumps(each).encode()) for each in rows).masters.keys() == {"b", "c"}


def test_the_version_moves_with_etag_reminders_and_exceptions() -> None:
    series = event(recurrence=["RRULE:FREQ=DAILY"])
    versions = [
        found(event()),
        found(event(etag='"2"')),
        found(event(reminders={"useDefault": False})),
        found(series, exception(1)),
        found(series, exception(1, etag='"3"')),
        found(series, exception(1, reminders={"useDefault": False})),
        found(series, exception(1), exception(2)),
    ]
    assert len({each.version for each in versions}) == len(versions)
    assert found(event()).version == found(event(summary="the same etag")).version


def test_the_version_does_not_depend_on_how_an_answer_is_laid_out() -> None:
    row = event(reminders={"useDefault": False, "overrides": [{"minutes": 5, "method": "popup"}]})
    other = {**row, "reminders": {"overrides": [{"method": "popup", "minutes": 5}], "useDefault": False}}
    wide, narrow = json.dumps(other, indent=8).encode(), json.dumps(row, separators=(",", ":")).encode()
    said = context()
    assert present(row_of("list", wide), (), said).version == present(row_of("get", narrow), (), said).version


def test_a_tombstone_needs_no_more_than_an_id() -> None:
    left = gone(row_of("list", b'{"id":"abc","status":"cancelled"}'))
    assert (left.native_id, left.presence, [document.body for document in left.documents]) == (
        "abc", "tombstone", [b'{"id":"abc","status":"cancelled"}'],
    )  # fmt: skip


KEY = UUID("00112233-4455-6677-8899-aabbccddeeff")


def test_a_marker_is_an_id_that_google_accepts() -> None:
    assert id_of(KEY) == "00112233445566778899aabbccddeeff"
    assert set(id_of(KEY)) <= set("0123456789abcdefghijklmnopqrstuv")


@pytest.mark.parametrize("text", ["", "abc", KEY.hex.upper(), str(KEY), "g" * 32, KEY.hex + "0"])
def test_other_texts_are_no_marker(text: str) -> None:
    assert marker_of(text, {"cxsyncMarker": text}) is None


@pytest.mark.parametrize("body", [b"", b"[]", b'{"id":"x","extendedProperties":{"private":5}}'])
def test_an_event_of_another_form_has_no_marker(body: bytes) -> None:
    assert marker_in(body) is None


def test_a_cursor_belongs_to_its_calendar() -> None:
    cursor = cursor_of("token", "primary")
    assert token_in(cursor, "primary") == "token"
    with pytest.raises(CursorLost):
        token_in(cursor, "other")
