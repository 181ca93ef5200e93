"""A modification beats a deletion; history is kept; guests are not told but the user is."""

from msgspec.structs import replace

from cxsync.merge.base import Base, agreed
from cxsync.merge.deletion import deletion
from schemas.words import System
from tests.unit.appointment.examples import GUESTS, INTERVIEW, INVITED

PAIR: tuple[System, System] = ("carerix", "exchange")
BASE = agreed(INTERVIEW, INTERVIEW, PAIR)
RENAMED = replace(INTERVIEW, subject="Intake")


def test_an_unmodified_partner_is_deleted() -> None:
    assert deletion(INTERVIEW, BASE, partner_side="carerix", systems=PAIR).fate == "delete"
    dismissed = replace(INTERVIEW, reminder_minutes=None, attendees="own list")
    assert deletion(dismissed, BASE, partner_side="carerix", systems=PAIR).fate == "delete"
    assert deletion(RENAMED, None, partner_side="external", systems=PAIR).fate == "delete"


def test_a_modified_partner_brings_the_other_back() -> None:
    found = deletion(RENAMED, BASE, partner_side="external", systems=PAIR)
    assert (found.fate, found.modified) == ("restore", ("subject",))


def test_a_meeting_that_was_called_off_is_not_brought_back() -> None:
    assert deletion(RENAMED, BASE, partner_side="carerix", systems=PAIR, ended_by_organizer=True).fate == "delete"


def test_carerix_keeps_what_is_over() -> None:
    assert deletion(INTERVIEW, BASE, partner_side="carerix", systems=PAIR, over=True).fate == "kept-history"
    assert deletion(INTERVIEW, BASE, partner_side="external", systems=PAIR, over=True).fate == "delete"


def test_a_hidden_text_is_no_modification() -> None:
    secret = replace(INTERVIEW, private=True, subject="Doctor")
    base = Base({**BASE.values, "private": True}, hidden=True)
    assert deletion(secret, base, partner_side="external", systems=PAIR).fate == "delete"


def test_guests_are_not_told() -> None:
    found = deletion(replace(INTERVIEW, meeting=GUESTS), BASE, partner_side="external", systems=PAIR)
    assert (found.fate, found.reasons, found.guests_not_told) == ("delete", ("invitees-not-told",), 3)
    assert not deletion(replace(INTERVIEW, meeting=INVITED), BASE, partner_side="external", systems=PAIR).reasons
