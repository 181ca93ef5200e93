"""Fingerprints ignore what servers rewrite and nothing else; golden values hold them through versions."""

import subprocess
import sys

import pytest
from hypothesis import given
from msgspec.structs import replace

from cxsync.appointment.fingerprint import SIZE, fingerprint, fingerprints
from schemas.appointment import Appointment, Override, Recurrence, Rule
from tests.unit.appointment.examples import FAIR, GUESTS, INTERVIEW, TEAM, WEEKLY, appointments, at

PRINT = (
    "from cxsync.appointment.fingerprint import fingerprint\n"
    "from tests.unit.appointment.examples import INTERVIEW, TEAM, FAIR\n"
    "import sys\n"
    "sys.stdout.write(' '.join(fingerprint(a).hex() for a in (INTERVIEW, TEAM, FAIR)))"
)
GOLDEN = "5a0bc2b76a6958bc278fc637c2e1717f 542d777874d6c1799c65a02e6f7bc4aa 88db512a16c2df4a5b50fa7266b3e939"


def test_values_are_the_same_in_every_process_and_version() -> None:
    assert " ".join(fingerprint(one).hex() for one in (INTERVIEW, TEAM, FAIR)) == GOLDEN
    other = subprocess.run([sys.executable, "-c", PRINT], check=True, capture_output=True, text=True)
    assert other.stdout == GOLDEN


@pytest.mark.parametrize(
    "rewritten",
    [
        replace(INTERVIEW, subject="Interview  Anna de Vries \r\n"),
        replace(INTERVIEW, notes="\nBring the file \r\n\r\n", notes_plain=False),
        replace(INTERVIEW, start=at("2026-11-30T09:30:59")),
        replace(INTERVIEW, start=at("2026-11-30T08:30:00", "UTC"), end=at("2026-11-30T04:30:00", "America/New_York")),
        replace(INTERVIEW, reminder_minutes=None),
        replace(INTERVIEW, categories=("b", "a")),
        replace(INTERVIEW, web_link="https://example.com"),
        replace(INTERVIEW, busy="out-of-office"),
    ],
)
def test_what_servers_rewrite_is_ignored(rewritten: Appointment) -> None:
    assert fingerprint(rewritten) == fingerprint(INTERVIEW)


@pytest.mark.parametrize(
    "edited",
    [
        replace(INTERVIEW, subject="interview Anna de Vries"),
        replace(INTERVIEW, location=""),
        replace(INTERVIEW, notes="Bring the file,"),
        replace(INTERVIEW, start=at("2026-11-30T09:31:00")),
        replace(INTERVIEW, busy="tentative"),
        replace(INTERVIEW, private=True),
        replace(INTERVIEW, attendees="Jan"),
        replace(INTERVIEW, no_sync=True),
        replace(INTERVIEW, meeting=GUESTS),
        replace(INTERVIEW, recurrence=Recurrence(rules=(WEEKLY,))),
        replace(INTERVIEW, recurrence=Recurrence()),
    ],
)
def test_an_edit_changes_it(edited: Appointment) -> None:
    assert fingerprint(edited) != fingerprint(INTERVIEW)


def test_a_series_repeats_on_its_own_clock_whatever_the_zone_is_called() -> None:
    berlin = replace(TEAM, start=at("2026-11-30T09:00:00", "Europe/Berlin"), end=at("2026-11-30T10:00:00"))
    lagos = replace(TEAM, start=at("2026-11-30T09:00:00", "Africa/Lagos"), end=at("2026-11-30T10:00:00"))
    assert fingerprint(berlin) == fingerprint(TEAM)
    assert fingerprint(lagos) != fingerprint(TEAM)  # equal in winter, an hour off in summer
    assert fingerprint(replace(lagos, recurrence=None)) == fingerprint(replace(TEAM, recurrence=None))


def test_exceptions_count_however_they_are_spelt() -> None:
    excluded = replace(TEAM, recurrence=Recurrence(rules=(WEEKLY,), excluded=("2026-12-07T09:00:00",)))
    cancelled = Override(original="2026-12-07T09:00:00", cancelled=True, native_id="x")
    overridden = replace(TEAM, recurrence=Recurrence(rules=(WEEKLY,), overrides=(cancelled,)))
    moved = Override(original="2026-12-07T09:00:00", changed=("subject",), subject="other")
    assert fingerprint(excluded) == fingerprint(overridden) != fingerprint(TEAM)
    assert fingerprint(replace(TEAM, recurrence=Recurrence(rules=(WEEKLY,), overrides=(moved,)))) != fingerprint(TEAM)


@given(appointments)
def test_each_field_has_its_own(appointment: Appointment) -> None:
    one = fingerprints(appointment)
    assert all(len(value) == SIZE for value in one.values())
    other = fingerprints(replace(appointment, reminder_minutes=601, subject="x" + appointment.subject.strip() + "!"))
    assert {field for field in one if one[field] != other[field]} >= {"reminder"}
    assert {field for field in one if one[field] != other[field]} <= {"reminder", "subject"}


def test_unknown_rules_do_not_break_it() -> None:
    odd = Rule(frequency="yearly", weeks=(20,), hours=(9, 10), count=3)
    assert fingerprint(replace(TEAM, recurrence=Recurrence(rules=(odd,)))) != fingerprint(TEAM)
