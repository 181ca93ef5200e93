"""What each system can hold, and when two appointments are the same there."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from cxsync.appointment.classes import WIDTHS, held, project, same
from cxsync.appointment.fields import FIELDS, copied, shown, value_of
from schemas.appointment import Appointment, Override, Recurrence
from schemas.words import Busy, Field, System
from tests.unit.appointment.examples import FAIR, INTERVIEW, TEAM, WEEKLY, appointments, at

SYSTEMS: tuple[System, ...] = ("carerix", "exchange", "google")


@given(appointments, st.sampled_from(SYSTEMS))
def test_projecting_stays_in_the_class_and_twice_changes_nothing(appointment: Appointment, system: System) -> None:
    once = project(appointment, system)
    assert project(once, system) == once
    fields = FIELDS if system == "carerix" else [field for field in FIELDS if field != "attendees"]
    assert [field for field in fields if not same(field, appointment, once, system)] == []


@given(appointments, appointments, st.sampled_from(FIELDS), st.sampled_from(SYSTEMS))
def test_what_a_system_cannot_tell_apart_it_holds_alike(
    a: Appointment, b: Appointment, field: Field, system: System
) -> None:
    b = copied("time", a, b) if field == "recurrence" else b
    b = copied(field, a, b)
    assert same(field, a, b, system)
    assert held(field, a, system, "carerix") == held(field, b, "carerix", system)


@given(appointments, appointments, st.sampled_from(FIELDS))
def test_copying_a_field_copies_nothing_else(a: Appointment, b: Appointment, field: Field) -> None:
    merged = copied(field, a, b)
    assert value_of(field, merged) == value_of(field, a)
    assert all(value_of(other, merged) == value_of(other, b) for other in FIELDS if other != field)
    assert isinstance(shown(field, merged), str)


@pytest.mark.parametrize("field", ["subject", "location", "attendees", "notes"])
def test_text_beyond_carerix_width_is_no_edit_and_within_it_is(field: Field) -> None:
    width = WIDTHS["carerix"][field]
    name = field
    long = replace(INTERVIEW, **{name: "é😀" * (width // 2 + 5)})
    cut = project(long, "carerix")
    assert len(getattr(cut, name)) == width
    assert same(field, long, cut, "carerix")
    assert not same(field, long, replace(cut, **{name: getattr(cut, name)[:-1]}), "carerix")
    assert same(field, long, replace(long, **{name: getattr(long, name) + "!"}), "carerix")


@pytest.mark.parametrize(
    ("busy", "carerix", "google"),
    [
        ("free", "busy", "free"),
        ("tentative", "tentative", "tentative"),
        ("busy", "busy", "busy"),
        ("out-of-office", "busy", "busy"),
        ("working-elsewhere", "busy", "busy"),
    ],
)
def test_busy_states_have_two_classes(busy: Busy, carerix: Busy, google: Busy) -> None:
    one = replace(INTERVIEW, busy=busy)
    assert (project(one, "carerix").busy, project(one, "google").busy) == (carerix, google)
    assert same("busy", one, replace(INTERVIEW, busy="busy"), "exchange") == (busy != "tentative")


def test_a_single_is_an_instant_and_all_day_is_its_dates() -> None:
    elsewhere = replace(INTERVIEW, start=at("2026-11-30T03:30:00", "America/New_York"))
    assert same("time", INTERVIEW, elsewhere, "carerix")
    assert not same("time", FAIR, replace(FAIR, all_day=False), "carerix")
    assert not same("time", FAIR, replace(FAIR, end=replace(FAIR.end, wall="2026-12-04")), "carerix")


def test_carerix_cannot_see_exceptions() -> None:
    moved = Override(original="2026-12-07T09:00:00", changed=("time",), start=TEAM.start, end=TEAM.end)
    excepted = replace(TEAM, recurrence=Recurrence(rules=(WEEKLY,), overrides=(moved,)))
    assert same("recurrence", TEAM, excepted, "carerix", "exchange")
    assert not same("recurrence", TEAM, excepted, "exchange")
    assert not same("recurrence", TEAM, replace(TEAM, recurrence=None), "carerix")
    assert project(excepted, "carerix").recurrence == TEAM.recurrence
