"""What a cursor remembers, and for how long."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cxsync.calendars.carerix.assumptions import OVERLAP
from cxsync.calendars.carerix.cursor import EPOCH, KNOWN_LIMIT, Cursor, Window, read_cursor
from cxsync.calendars.errors import CursorLost

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
LATER = NOW + timedelta(days=1)


def key(number: int) -> bytes:
    return number.to_bytes(8, "big")


def test_a_window_that_was_read_to_its_end_begins_before_it() -> None:
    window = Window().after({key(1): NOW}, None, LATER)
    assert window.begin == NOW - OVERLAP
    assert window.digests() == {key(1)}


def test_a_window_that_was_not_goes_on_exactly_there() -> None:
    window = Window().after({key(1): NOW}, NOW, LATER)
    assert window.begin == NOW
    assert window.digests() == {key(1)}


def test_what_is_older_than_the_overlap_is_forgotten() -> None:
    old = NOW - OVERLAP - timedelta(seconds=1)
    window = Window().after({key(1): old, key(2): NOW - OVERLAP, key(3): NOW}, None, LATER)
    assert window.digests() == {key(2), key(3)}
    assert window.after({key(4): NOW + 2 * OVERLAP}, None, LATER).digests() == {key(4)}


def test_rows_listed_otherwise_are_known_without_moving_the_mark() -> None:
    window = Window(NOW, whole=True).knowing({key(1): LATER, key(2): NOW, key(3): NOW - 2 * OVERLAP})
    assert window.begin == NOW - OVERLAP
    assert window.digests() == {key(1), key(2)}


def test_an_empty_answer_moves_nothing() -> None:
    window = Window().after({key(1): NOW}, None, LATER)
    assert window.after({}, None, LATER) == window


def test_the_mark_never_passes_the_clock() -> None:
    future = datetime(2099, 1, 1, tzinfo=UTC)
    window = Window().after({key(1): future}, None, NOW)
    assert window.begin == NOW - OVERLAP
    assert window.digests() == {key(1)}
    halfway = Window().after({key(1): future}, future, NOW)
    assert halfway.after({}, None, NOW).begin == NOW - OVERLAP


def test_the_oldest_are_forgotten_first_when_there_are_too_many() -> None:
    seen = {key(number): NOW + timedelta(milliseconds=number) for number in range(KNOWN_LIMIT + 500)}
    window = Window().after(seen, None, LATER)
    assert len(window.digests()) == KNOWN_LIMIT
    assert key(KNOWN_LIMIT + 499) in window.digests()
    assert len(Cursor(modified=window).encoded()) < 250_000


def test_dates_outside_four_bytes_are_remembered_all_the_same() -> None:
    for at in (datetime(1900, 1, 1, tzinfo=UTC), datetime(2300, 1, 1, tzinfo=UTC)):
        assert Window(mark=min(at, NOW)).after({key(1): at}, at, at).digests() == {key(1)}
    assert Window().begin == EPOCH


def test_a_cursor_survives_being_kept() -> None:
    cursor = Cursor(modified=Window(NOW, True, key(1) + b"\0\0\0\1"), created=Window(LATER))
    assert read_cursor(cursor.encoded()) == cursor


@given(st.binary())
@settings(deadline=None)
def test_any_other_bytes_are_a_lost_cursor(kept: bytes) -> None:
    with pytest.raises(CursorLost):
        read_cursor(kept)


def test_a_cut_or_newer_cursor_is_lost() -> None:
    whole = Cursor(modified=Window(NOW, True, key(1) + b"\0\0\0\1")).encoded()
    for kept in (whole[:-1], whole[:-1] + b"\x02", whole + b"x", Cursor(modified=Window(NOW, True, b"abc")).encoded()):
        with pytest.raises(CursorLost):
            read_cursor(kept)
