"""What is created on the other side."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from cxsync.appointment.fields import FIELDS, TEXTS
from cxsync.merge.creation import created, creation
from cxsync.merge.merge import merge
from schemas.appointment import Appointment
from schemas.words import Side, System
from tests.unit.appointment.examples import GUESTS, INTERVIEW, appointments


def way(side: Side) -> tuple[System, System]:
    return ("carerix", "exchange") if side == "carerix" else ("exchange", "carerix")


@given(appointments, st.sampled_from(["carerix", "external"]))
def test_a_new_pair_is_at_rest(source: Appointment, side: Side) -> None:
    systems = way(side)
    made = creation(source, source_side=side, source_system=systems[0], target_system=systems[1])
    assert made.base == created(source, made.appointment, hidden=made.base.hidden, systems=systems)
    again = merge(
        source, made.appointment, made.base, source_side=side, source_system=systems[0], target_system=systems[1]
    )
    assert not (again.write or again.put_back or again.conflicts)
    hidden = side == "external" and source.private
    assert set(made.base.values) >= set(FIELDS) - {"attendees"} - (set(TEXTS) if hidden else set())


@pytest.mark.parametrize(
    ("language", "subject"), [("en", "Private appointment"), ("nl", "Privéafspraak"), ("de", "Private appointment")]
)
def test_an_item_born_private_shows_its_time_only(language: str, subject: str) -> None:
    secret = replace(INTERVIEW, private=True, attendees="Doctor")
    made = creation(
        secret, source_side="external", source_system="exchange", target_system="carerix", language=language
    )
    copy = made.appointment
    assert (copy.subject, copy.location, copy.notes, copy.attendees, copy.private) == (subject, "", "", "", True)
    assert copy.start == secret.start
    public = merge(
        replace(secret, private=False),
        copy,
        made.base,
        source_side="external",
        source_system="exchange",
        target_system="carerix",
    )
    assert set(public.write) == {"subject", "location", "notes", "attendees", "private"}


def test_what_is_confidential_in_carerix_is_private_outside_with_its_text() -> None:
    made = creation(
        replace(INTERVIEW, private=True), source_side="carerix", source_system="carerix", target_system="google"
    )
    assert (made.appointment.subject, made.appointment.private, made.base.hidden) == (INTERVIEW.subject, True, False)


def test_guests_stay_where_they_are() -> None:
    meeting = replace(INTERVIEW, meeting=GUESTS, attendees="Jan; Piet")
    inward = creation(meeting, source_side="external", source_system="google", target_system="carerix")
    assert (inward.appointment.attendees, inward.appointment.meeting) == ("Jan; Piet", None)
    outward = creation(
        replace(INTERVIEW, attendees="Jan"), source_side="carerix", source_system="carerix", target_system="google"
    )
    assert outward.appointment.attendees == ""
