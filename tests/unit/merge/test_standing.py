"""Which items take part."""

import pytest
from msgspec.structs import replace

from cxsync.merge.standing import Standing, standing
from schemas.appointment import Appointment, Meeting
from tests.unit.appointment.examples import INTERVIEW, INVITED

DECLINED = Meeting(role="attendee", response="declined")
CALLED_OFF = Meeting(role="attendee", response="accepted", cancelled=True)


@pytest.mark.parametrize(
    ("appointment", "alone", "linked"),
    [
        (INTERVIEW, "takes-part", "takes-part"),
        (replace(INTERVIEW, meeting=INVITED), "takes-part", "takes-part"),
        (replace(INTERVIEW, nature="focus-time"), "takes-part", "takes-part"),
        (replace(INTERVIEW, nature="out-of-office"), "takes-part", "takes-part"),
        (replace(INTERVIEW, nature="birthday"), "nothing", "kept-out"),
        (replace(INTERVIEW, nature="working-location"), "nothing", "kept-out"),
        (replace(INTERVIEW, nature="from-mail"), "nothing", "kept-out"),
        (replace(INTERVIEW, meeting=DECLINED), "nothing", "gone"),
        (replace(INTERVIEW, meeting=CALLED_OFF), "nothing", "gone"),
        (replace(INTERVIEW, no_sync=True, meeting=DECLINED), "kept-out", "kept-out"),
    ],
)
def test_which_items_take_part(appointment: Appointment, alone: Standing, linked: Standing) -> None:
    assert (standing(appointment, linked=False), standing(appointment, linked=True)) == (alone, linked)
