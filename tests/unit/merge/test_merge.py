"""Rule 4, field by field, and each special rule of the product contract."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from cxsync.appointment.classes import same
from cxsync.appointment.fields import FIELDS, copied, value_of
from cxsync.merge.base import Base, agreed
from cxsync.merge.merge import Merge, merge, settle
from schemas.appointment import Appointment, Day, Meeting, Recurrence, Rule
from schemas.words import Field, Side, System
from tests.unit.appointment.examples import FAIR, GUESTS, INTERVIEW, INVITED, TEAM, appointments, at

PAIR: tuple[System, System] = ("carerix", "exchange")
EDITS: dict[Field, Appointment] = {
    "subject": replace(INTERVIEW, subject="Intake"),
    "location": replace(INTERVIEW, location="Room 3"),
    "notes": replace(INTERVIEW, notes="Bring nothing"),
    "time": replace(INTERVIEW, start=at("2026-11-30T11:30:00"), end=at("2026-11-30T12:30:00")),
    "busy": replace(INTERVIEW, busy="tentative"),
    "private": replace(INTERVIEW, private=True),
    "reminder": replace(INTERVIEW, reminder_minutes=30),
    "recurrence": replace(INTERVIEW, recurrence=TEAM.recurrence),
}
OTHERS: dict[Field, Appointment] = {
    "subject": replace(INTERVIEW, subject="Second interview"),
    "location": replace(INTERVIEW, location="Online"),
    "notes": replace(INTERVIEW, notes="Bring coffee"),
    "time": replace(INTERVIEW, start=at("2026-11-30T15:30:00"), end=at("2026-11-30T16:30:00")),
    "reminder": replace(INTERVIEW, reminder_minutes=45),
    "recurrence": replace(INTERVIEW, recurrence=Recurrence(rules=(Rule(frequency="weekly", count=5),))),
}
BASE = agreed(INTERVIEW, INTERVIEW, PAIR)


def outward(
    carerix: Appointment,
    external: Appointment,
    base: Base | None = BASE,
    *,
    winner: Side = "carerix",
    asserted: tuple[Field, ...] = (),
) -> Merge:
    """A change of Carerix reaches the external calendar."""
    return merge(
        carerix,
        external,
        base,
        source_side="carerix",
        source_system="carerix",
        target_system="exchange",
        winner=winner,
        asserted=asserted,
    )


def inward(
    external: Appointment,
    carerix: Appointment,
    base: Base | None = BASE,
    *,
    winner: Side = "carerix",
    asserted: tuple[Field, ...] = (),
) -> Merge:
    """A change of the external calendar reaches Carerix."""
    return merge(
        external,
        carerix,
        base,
        source_side="external",
        source_system="exchange",
        target_system="carerix",
        winner=winner,
        asserted=asserted,
    )


@pytest.mark.parametrize("field", EDITS)
@pytest.mark.parametrize("way", [outward, inward])
def test_only_the_source_changed_so_the_target_is_written(
    field: Field, way: Callable[[Appointment, Appointment], Merge]
) -> None:
    edited = EDITS[field]
    result = way(edited, INTERVIEW)
    assert result.write == (field,)
    assert same(field, result.appointment, edited, *PAIR)
    assert result.base.values[field] != BASE.values[field] == result.unwritten.values[field]
    assert not result.conflicts
    assert result.echo


@pytest.mark.parametrize("field", EDITS)
@pytest.mark.parametrize("way", [outward, inward])
def test_only_the_target_changed_so_it_is_left_and_the_base_stays(
    field: Field, way: Callable[[Appointment, Appointment], Merge]
) -> None:
    result = way(INTERVIEW, EDITS[field])
    assert (result.write, result.left) == ((), (field,))
    assert result.base.values == BASE.values
    assert not result.echo  # a write now would hide the target's edit behind an echo


@pytest.mark.parametrize("field", OTHERS)
def test_both_changed_so_the_winner_stands_and_both_are_kept(field: Field) -> None:
    mine, yours = EDITS[field], OTHERS[field]
    won, lost = outward(mine, yours), inward(yours, mine)
    assert (won.write, lost.write) == ((field,), ())
    assert lost.base == BASE
    assert [(one.field, one.winner) for one in (*won.conflicts, *lost.conflicts)] == [(field, "carerix")] * 2
    assert (won.reasons == ("conflict",)) == (field != "reminder")
    assert inward(yours, mine, winner="external").write == (field,)
    assert outward(mine, yours, winner="external").write == ()


@pytest.mark.parametrize("way", [outward, inward])
def test_both_made_the_same_so_the_base_moves_without_a_write(way: Callable[[Appointment, Appointment], Merge]) -> None:
    result = way(EDITS["subject"], EDITS["subject"])
    assert (result.write, result.conflicts) == ((), ())
    assert result.unwritten.values["subject"] != BASE.values["subject"]


def test_different_fields_merge() -> None:
    result = outward(EDITS["subject"], EDITS["location"])
    assert result.write == ("subject",)
    assert (result.appointment.subject, result.appointment.location) == ("Intake", "Room 3")


@given(appointments, appointments, appointments, st.booleans())
def test_a_merge_writes_what_it_says_and_a_second_writes_nothing(
    one: Appointment, other: Appointment, before: Appointment, out: bool
) -> None:
    way = outward if out else inward
    base = agreed(before, before, PAIR)
    first = way(one, other, base)
    assert all(
        value_of(field, first.appointment) == value_of(field, other) for field in FIELDS if field not in first.write
    )
    assert not set(first.write) & {*first.left, *first.local}
    assert not ({"attendees"} & set(first.write) and out)
    again = way(one, first.appointment, settle(first, one, first.appointment, PAIR))
    assert again.write == ()


@given(appointments, appointments, st.sampled_from(["carerix", "external"]))
def test_whatever_order_the_records_come_in_both_sides_end_alike(
    carerix: Appointment, external: Appointment, winner: Side
) -> None:
    plain = {"notes_plain": True, "meeting": None, "private": False, "attendees": "", "reminder_minutes": 5}
    pair = replace(carerix, **plain), replace(external, **plain)
    ends: list[Appointment] = []
    for out_first in (True, False):
        (left, right), base = pair, agreed(INTERVIEW, INTERVIEW, PAIR)
        for out in (out_first, not out_first, out_first):
            source, target = (left, right) if out else (right, left)
            result = (outward if out else inward)(source, target, base, winner=winner)
            base = settle(result, source, result.appointment, PAIR)
            left, right = (left, result.appointment) if out else (result.appointment, right)
        assert [field for field in FIELDS if not same(field, left, right, *PAIR)] == []
        ends.append(left)
    assert [field for field in FIELDS if not same(field, ends[0], ends[1], *PAIR)] == []


def test_what_the_server_did_not_take_does_not_move_the_base() -> None:
    result = outward(EDITS["subject"], INTERVIEW)
    assert settle(result, EDITS["subject"], INTERVIEW, PAIR) == BASE
    assert settle(result, EDITS["subject"], result.appointment, PAIR) == result.base


def test_a_change_within_a_class_is_no_change() -> None:
    away = replace(INTERVIEW, busy="out-of-office")
    assert (inward(away, INTERVIEW).write, outward(INTERVIEW, away).write) == ((), ())
    long = replace(INTERVIEW, subject="x" * 300)
    cut = replace(INTERVIEW, subject="x" * 255)
    assert inward(cut, long, agreed(long, cut, PAIR)).write == ()
    assert outward(replace(INTERVIEW, busy="tentative"), away).write == ("busy",)


def test_a_single_keeps_its_zone_outside() -> None:
    abroad = replace(
        INTERVIEW,
        start=at("2026-11-30T03:30:00", "America/New_York"),
        end=at("2026-11-30T04:30:00", "America/New_York"),
    )
    assert outward(INTERVIEW, abroad).write == ()
    moved = outward(EDITS["time"], abroad).appointment
    assert (moved.start.wall, moved.start.zone) == ("2026-11-30T05:30:00", "America/New_York")


def test_all_day_goes_over_as_its_dates() -> None:
    result = outward(replace(FAIR, subject=INTERVIEW.subject), INTERVIEW)
    assert (result.appointment.all_day, result.appointment.start.wall) == (True, "2026-12-01")


def test_time_and_rule_are_one_edit_where_they_would_not_fit() -> None:
    base = agreed(TEAM, TEAM, PAIR)
    later = replace(TEAM, start=at("2026-11-30T11:00:00"), end=at("2026-11-30T12:00:00"))
    rule = Rule(frequency="weekly", days=(Day(weekday="tuesday"),))
    tuesday = replace(
        TEAM, start=at("2026-12-01T09:00:00"), end=at("2026-12-01T10:00:00"), recurrence=Recurrence(rules=(rule,))
    )
    lost = inward(tuesday, later, base)
    assert (lost.write, {one.field for one in lost.conflicts}) == ((), {"time", "recurrence"})
    won = outward(later, tuesday, base)
    assert set(won.write) == {"time", "recurrence"}
    shorter = replace(TEAM, recurrence=Recurrence(rules=(Rule(frequency="weekly", count=5),)))
    assert inward(shorter, later, base).write == ("recurrence",)


@pytest.mark.parametrize(
    "external",
    [
        replace(INTERVIEW, notes_plain=False),
        replace(INTERVIEW, meeting=GUESTS),
        replace(INTERVIEW, meeting=INVITED),
        replace(INTERVIEW, notes="https://meet.google.com/abc-defg-hij"),
    ],
)
def test_remarks_never_reach_guests_and_bodies_are_never_wiped(external: Appointment) -> None:
    base = agreed(external, external, PAIR)
    remark = replace(external, notes="salary too high")
    result = outward(remark, external, base)
    assert (result.write, result.local, result.reasons) == ((), ("notes",), ("write-refused",))
    assert result.base == base
    newer = replace(external, notes="agenda")
    assert inward(newer, external, base).write == ("notes",)


def test_attendees_come_in_and_never_go_out() -> None:
    local = replace(INTERVIEW, attendees="Jan, our own list")
    result = outward(local, INTERVIEW)
    assert (result.write, result.local, result.reasons) == ((), ("attendees",), ())
    assert inward(INTERVIEW, local).write == ()
    assert inward(replace(INTERVIEW, attendees="Piet"), local).write == ("attendees",)


def test_a_reminder_switched_off_stays_a_matter_of_its_side() -> None:
    off = replace(INTERVIEW, reminder_minutes=None)
    assert (inward(off, INTERVIEW).write, outward(off, INTERVIEW).write) == ((), ())
    assert outward(EDITS["reminder"], off).write == ("reminder",)
    assert inward(EDITS["reminder"], INTERVIEW).write == ("reminder",)


def test_the_organisers_version_is_put_back() -> None:
    meeting = replace(INTERVIEW, meeting=INVITED)
    for field in ("subject", "location", "time"):
        result = outward(replace(EDITS[field], meeting=None), meeting)
        assert (result.write, result.put_back, result.reasons) == ((), (field,), ("write-refused",))
        back = inward(meeting, EDITS[field], result.base, asserted=result.put_back)
        assert (back.write, back.conflicts) == ((field,), ())
        both = replace(OTHERS[field], meeting=INVITED)
        assert inward(both, EDITS[field]).write == (field,)


def test_an_answer_decides_how_busy_an_invitation_is() -> None:
    invitation = replace(INTERVIEW, busy="tentative", meeting=Meeting(role="attendee", guests=2))
    base = agreed(invitation, invitation, PAIR)
    assert outward(replace(invitation, busy="busy"), invitation, base).local == ("busy",)
    accepted = replace(invitation, busy="busy", meeting=INVITED)
    assert inward(accepted, invitation, base).write == ("busy",)


def test_ones_own_guests_are_not_told_but_the_user_is() -> None:
    meeting = replace(INTERVIEW, meeting=GUESTS)
    result = outward(EDITS["time"], meeting)
    assert (result.write, result.reasons, result.guests_not_told) == (("time",), ("invitees-not-told",), 3)
    assert outward(EDITS["reminder"], meeting).reasons == ()


@pytest.mark.parametrize("field", ["subject", "time", "busy"])
def test_out_of_office_and_focus_time_are_read_only(field: Field) -> None:
    focus = replace(INTERVIEW, nature="focus-time")
    result = outward(EDITS[field], focus)
    assert (result.write, result.put_back) == ((), (field,))
    assert outward(EDITS["notes"], focus).local == ("notes",)


def test_text_does_not_cross_once_an_item_was_made_private_outside() -> None:
    secret = replace(INTERVIEW, private=True, subject="Doctor", location="Clinic")
    made = inward(secret, INTERVIEW)
    assert made.write == ("private",)
    assert made.base.hidden
    confidential = made.appointment
    assert confidential.subject == INTERVIEW.subject
    later = inward(replace(secret, notes="more"), confidential, made.base)
    assert later.write == ()
    moved = copied("time", EDITS["time"], secret)
    assert inward(moved, confidential, made.base).write == ("time",)
    public = inward(replace(secret, private=False), confidential, made.base)
    assert set(public.write) == {"subject", "location", "private"}


def test_what_carerix_cannot_see_it_does_not_overwrite() -> None:
    secret = replace(INTERVIEW, private=True, subject="Doctor")
    made = inward(secret, INTERVIEW)
    renamed = replace(made.appointment, subject="Something private")
    result = outward(renamed, secret, made.base)
    assert (result.write, result.local, result.reasons) == ((), ("subject",), ("write-refused",))
    public = inward(replace(secret, private=False), renamed, made.base)
    assert (public.write, public.put_back) == (("private",), ("subject",))


def test_made_public_in_carerix_the_hidden_text_comes_in() -> None:
    secret = replace(INTERVIEW, private=True, subject="Doctor")
    made = inward(secret, INTERVIEW)
    public = outward(INTERVIEW, secret, made.base)
    assert (public.write, public.put_back) == (("private",), ("subject",))
    back = inward(public.appointment, INTERVIEW, public.base, asserted=public.put_back)
    assert back.appointment.subject == "Doctor"


def test_what_carerix_made_private_keeps_its_text_on_both_sides() -> None:
    confidential = EDITS["private"]
    result = outward(confidential, INTERVIEW)
    assert not result.base.hidden
    edited = replace(result.appointment, subject="Intake")
    assert inward(edited, confidential, result.base).write == ("subject",)


def test_without_a_base_the_winner_stands_on_both_sides() -> None:
    twins = agreed(INTERVIEW, EDITS["location"], PAIR)
    assert "location" not in twins.values
    result = inward(EDITS["location"], INTERVIEW, twins)
    assert (result.write, result.put_back) == ((), ("location",))
    back = outward(INTERVIEW, EDITS["location"], result.base, asserted=result.put_back)
    assert back.write == ("location",)
    assert [one.winner for one in back.conflicts] == ["carerix"]


def test_without_a_base_the_private_side_stands() -> None:
    assert outward(INTERVIEW, EDITS["private"], None).put_back == ("private",)
    assert "private" in inward(EDITS["private"], INTERVIEW, None).write


def test_private_again_before_carerix_knew_it_public_stays_hidden() -> None:
    secret = replace(INTERVIEW, private=True)
    made = inward(secret, INTERVIEW)
    seen_public = outward(replace(made.appointment, location="Room 9"), INTERVIEW, made.base)
    assert seen_public.write == ("location",)
    again = replace(secret, subject="Doctor", location="Room 9")
    assert inward(again, made.appointment, seen_public.base).write == ()
