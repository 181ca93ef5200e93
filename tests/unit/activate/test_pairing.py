"""Pairing: what fits once is paired, what fits twice is left alone, and nothing depends on the order."""

from datetime import UTC, datetime, timedelta
from random import Random
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from cxsync.activate.pairing import Pair, creation_key, is_over, pairs
from cxsync.appointment.fingerprint import fingerprint
from cxsync.calendars.port import Read
from schemas.appointment import Appointment, Day, Meeting, Moment, Recurrence, Rule

CONNECTION = UUID(int=1)
FORMER = UUID(int=2)
ZONE = "Europe/Amsterdam"
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def moment(at: datetime) -> Moment:
    return Moment(wall=at.astimezone(ZoneInfo(ZONE)).replace(tzinfo=None).isoformat(), zone=ZONE, instant=at)


def appointment(subject: str = "Intake", hour: int = 0, **more: object) -> Appointment:
    start = NOON + timedelta(hours=hour)
    plain = Appointment(subject=subject, start=moment(start), end=moment(start + timedelta(hours=1)))
    return replace(plain, **more)


def item(native_id: str, of: Appointment, marker: UUID | None = None) -> Read:
    return Read(native_id=native_id, version="1", appointment=of, fingerprint=fingerprint(of), marker=marker)


def paired(carerix: list[Read], external: list[Read], **more: dict[UUID, tuple[str, str]]) -> tuple[Pair, ...]:
    return pairs(carerix, external, external_system="exchange", connections=(CONNECTION, FORMER), **more)


def ids(found: tuple[Pair, ...]) -> set[tuple[str, str, str]]:
    return {(pair.carerix.native_id, pair.external.native_id, pair.by) for pair in found}


def test_equal_time_and_subject_pair_and_agree_on_what_is_equal() -> None:
    found = paired(
        [item("c", appointment("Intake  Noor", location="Kamer 1"))],
        [item("e", appointment("intake noor", location="Kamer 2"))],
    )
    assert ids(found) == {("c", "e", "content")}
    assert "location" not in found[0].base.values
    assert "time" in found[0].base.values
    assert "subject" not in found[0].base.values


def test_twins_that_fit_twice_are_left_alone() -> None:
    one, two = item("e1", appointment()), item("e2", appointment())
    assert paired([item("c", appointment())], [one, two]) == ()
    assert paired([item("c1", appointment()), item("c2", appointment())], [one]) == ()


@pytest.mark.parametrize(
    "other",
    [
        appointment(hour=1),
        appointment("Anders"),
        appointment(recurrence=Recurrence(rules=(Rule(frequency="weekly", days=(Day(weekday="monday"),)),))),
        appointment(no_sync=True),
        appointment(nature="birthday"),
        appointment(meeting=Meeting(role="attendee", response="declined")),
        appointment(meeting=Meeting(role="attendee", cancelled=True)),
    ],
)
def test_what_differs_or_takes_no_part_is_not_paired(other: Appointment) -> None:
    assert paired([item("c", appointment())], [item("e", other)]) == ()


def test_series_whose_pattern_could_not_be_read_equal_nothing() -> None:
    unread = appointment(recurrence=Recurrence())
    assert paired([item("c", unread)], [item("e", unread)]) == ()


def test_a_series_pairs_by_its_rule_whatever_its_exceptions() -> None:
    rule = Rule(frequency="weekly", days=(Day(weekday="monday"),))
    plain = appointment(recurrence=Recurrence(rules=(rule,)))
    excepted = appointment(recurrence=Recurrence(rules=(rule,), excluded=("2026-03-09T13:00:00",)))
    assert ids(paired([item("c", plain)], [item("e", excepted)])) == {("c", "e", "content")}


@pytest.mark.parametrize("connection", [CONNECTION, FORMER])
@pytest.mark.parametrize("generation", [0, 3])
def test_a_copy_is_known_by_its_key_whatever_became_of_its_text(connection: UUID, generation: int) -> None:
    outward = creation_key(connection, "carerix", "c", generation)
    inward = creation_key(connection, "external", "e", generation)
    moved = appointment("Verzet", hour=5)
    (out,) = paired([item("c", appointment())], [item("e", moved, outward)])
    assert (out.by, out.origin) == ("creation-key", "carerix")
    (back,) = paired([item("c", moved, inward)], [item("e", appointment())])
    assert (back.by, back.origin) == ("creation-key", "external")


def test_two_copies_with_one_marker_are_not_told_apart_by_it() -> None:
    key = creation_key(CONNECTION, "carerix", "c", 0)
    copies = [item("e1", appointment(), key), item("e2", appointment("Anders"), key)]
    assert ids(paired([item("c", appointment())], copies)) == {("c", "e1", "content")}


def test_a_known_link_says_which_of_two_copies_is_meant() -> None:
    key = UUID(int=99)
    copies = [item("e1", appointment(), key), item("e2", appointment(), key)]
    found = paired([item("c", appointment("Anders"))], copies, links={key: ("c", "e2")})
    assert ids(found) == {("c", "e2", "marker")}


def test_the_marker_of_a_stranger_does_not_keep_twins_apart() -> None:
    assert ids(paired([item("c", appointment())], [item("e", appointment(), UUID(int=7))])) == {("c", "e", "content")}


def test_over_is_what_ended_and_a_series_only_by_its_last_day() -> None:
    rule = Rule(frequency="weekly", days=(Day(weekday="monday"),))
    until = replace(rule, until=(NOON - timedelta(days=1)).date())
    day = Appointment(subject="Beurs", start=Moment(wall="2026-03-01"), end=Moment(wall="2026-03-02"), all_day=True)
    assert is_over(appointment(hour=-1), NOON, ZONE)
    assert not is_over(appointment(hour=0), NOON, ZONE)
    assert is_over(day, NOON, ZONE)
    assert not is_over(replace(day, end=Moment(wall="2026-03-03")), NOON, ZONE)
    assert not is_over(appointment(hour=-99, recurrence=Recurrence(rules=(rule,))), NOON, ZONE)
    assert is_over(appointment(hour=-99, recurrence=Recurrence(rules=(until,))), NOON, ZONE)
    assert not is_over(appointment(hour=-99, recurrence=Recurrence(rules=(until, rule))), NOON, ZONE)
    assert not is_over(appointment(hour=-99, recurrence=Recurrence()), NOON, ZONE)


looks = st.builds(appointment, st.sampled_from(["a", "A ", "b"]), st.integers(0, 2))
markers = st.one_of(
    st.none(),
    st.builds(creation_key, st.just(CONNECTION), st.just("carerix"), st.sampled_from("0123"), st.integers(0, 1)),
    st.builds(creation_key, st.just(FORMER), st.just("external"), st.sampled_from("0123"), st.just(0)),
)


@st.composite
def side(draw: st.DrawFn) -> list[Read]:
    drawn = draw(st.lists(st.tuples(looks, markers), max_size=6))
    return [item(str(number), look, marker) for number, (look, marker) in enumerate(drawn)]


@given(carerix=side(), external=side(), seed=st.integers())
def test_nothing_is_paired_twice_and_the_order_does_not_matter(
    carerix: list[Read], external: list[Read], seed: int
) -> None:
    found = paired(carerix, external)
    assert len({pair.carerix.native_id for pair in found}) == len(found)
    assert len({pair.external.native_id for pair in found}) == len(found)
    shuffled = Random(seed)
    assert paired(shuffled.sample(carerix, len(carerix)), shuffled.sample(external, len(external))) == found


@given(carerix=side(), external=side())
def test_an_item_that_fits_two_others_by_content_alone_stays_alone(carerix: list[Read], external: list[Read]) -> None:
    mine = [replace(each, marker=None) for each in carerix]
    theirs = [replace(each, marker=None) for each in external]
    found = paired(mine, theirs)

    def look(of: Read) -> tuple[str, Moment]:
        return of.appointment.subject.strip().lower(), of.appointment.start

    wanted = {
        (one.native_id, other.native_id)
        for one in mine
        for other in theirs
        if look(one) == look(other)
        and sum(look(each) == look(one) for each in mine) == 1
        and sum(look(each) == look(one) for each in theirs) == 1
    }
    assert {(pair.carerix.native_id, pair.external.native_id) for pair in found} == wanted
