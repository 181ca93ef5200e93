"""A base survives being packed, is small, and its released bytes stay readable."""

import pytest
from hypothesis import given
from msgspec import msgpack
from msgspec.structs import replace

from cxsync.merge.base import Base, BaseUnreadable, agreed, pack, unpack
from schemas.appointment import Appointment
from schemas.words import System
from tests.unit.appointment.examples import INTERVIEW, TEAM, appointments

PAIR: tuple[System, System] = ("carerix", "exchange")
GOLDEN = (
    "9301c289a77375626a656374b7496e7465727669657720416e6e61206465205672696573a86c6f636174696f6ea6526f6f6d"
    "2032a56e6f746573ae4272696e67207468652066696c65a474696d6593a26174ce01c8c0dece01c8c11aa462757379aa6465"
    "66696e6974697665a770726976617465c2a872656d696e6465720fa9617474656e64656573a0aa726563757272656e6365c0"
)


@given(appointments, appointments)
def test_what_is_packed_is_unpacked(one: Appointment, other: Appointment) -> None:
    base = agreed(one, other, PAIR)
    assert unpack(pack(base)) == base
    assert pack(unpack(pack(base))) == pack(base)


def test_released_bytes_stay_readable() -> None:
    assert pack(agreed(INTERVIEW, INTERVIEW, PAIR)).hex() == GOLDEN
    assert unpack(bytes.fromhex(GOLDEN)) == agreed(INTERVIEW, INTERVIEW, PAIR)


def test_it_is_small_whatever_the_texts() -> None:
    wordy = replace(TEAM, subject="x" * 200, location="y" * 1000, notes="z" * 900_000, attendees="a" * 9000)
    assert len(pack(agreed(wordy, wordy, PAIR))) < 600


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff",
        msgpack.encode([1, False]),
        msgpack.encode([2, False, {}]),
        msgpack.encode([1, False, {"busy": 1.5}]),
    ],
)
def test_what_is_no_base_is_named(data: bytes) -> None:
    with pytest.raises(BaseUnreadable):
        unpack(data)


def test_only_equal_fields_are_agreed_on() -> None:
    base = agreed(INTERVIEW, replace(INTERVIEW, subject="Intake", private=True), PAIR)
    assert not {"subject", "private"} & set(base.values)
    assert base.hidden
    assert not Base().values
