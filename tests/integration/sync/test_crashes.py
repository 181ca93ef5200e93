"""The process dies between any two steps: afterwards there is one item, with the right content (rules 1, 2).

Every test dies at each step in turn, until the work takes fewer steps than that.
"""

from collections import Counter
from collections.abc import Callable

import pytest

from cxsync.sandbox.core.faults import Fault
from tests.integration.sync.desk import Agenda, Desk, at

MOST = 60
SOME = 40
INWARD = pytest.mark.parametrize("inward", [True, False], ids=["inward", "outward"])


def twins(desk: Desk) -> list[str]:
    """Creation keys that more than one existing item carries."""
    markers: Counter[str] = Counter()
    for agenda in desk.both:
        for item in agenda.items():
            for text in (item.get("external_identifier"), *(item.get("extended") or {}).values()):
                if text:
                    markers[f"{agenda.system} {text}"] += 1
    return [marker for marker, number in markers.items() if number > 1]


def sides(desk: Desk, inward: bool) -> tuple[Agenda, Agenda]:
    return desk.both[::-1] if inward else desk.both


def check(desk: Desk) -> None:
    assert twins(desk) == []
    assert desk.differences() == []
    assert desk.line.strangers() == []
    before = desk.line.last
    desk.line.settle()
    assert desk.line.written(before) == []


def each_step(desk: Desk, there: Agenda, begin: Callable[[int], None], after: Callable[[int], None]) -> list[str]:
    """Let the sink of ``there`` die at step 1, 2, … of the work that ``begin`` gives it; what the steps were."""
    steps: list[str] = []
    for number in range(1, MOST):
        begin(number)
        step = desk.line.crash(number, lambda: desk.line.work(there.system))
        after(number)
        desk.line.work(there.system)
        if step is None:
            break
        steps.append(step)
    else:
        raise AssertionError(f"it takes more than {MOST} steps: {steps}")
    assert len(steps) > 5, steps
    desk.line.settle()
    return steps


def nothing(number: int) -> None:
    """Nobody does anything."""


@INWARD
def test_a_create_dies_at_any_step(desk: Desk, inward: bool) -> None:
    here, there = sides(desk, inward)

    def make(number: int) -> None:
        here.makes(f"Nieuw {number}", notes="tekst")
        desk.line.poll(here.system)

    for number, step in enumerate(each_step(desk, there, make, nothing), 1):
        assert there.only(f"Nieuw {number}")["notes"].strip() == "tekst", step
        assert here.only(f"Nieuw {number}"), step
    check(desk)


@INWARD
def test_both_sides_are_edited_after_a_create_died(desk: Desk, inward: bool) -> None:
    here, there = sides(desk, inward)
    edited: set[int] = set()

    def make(number: int) -> None:
        here.makes(f"Nieuw {number}", location="eerst")
        desk.line.poll(here.system)

    def edit(number: int) -> None:
        name = f"Nieuw {number}"
        if there.named(name):
            edited.add(number)
            there.edits(name, location="daar")
        here.edits(name, start=at(2, 11), end=at(2, 12))
        desk.line.poll()

    steps = each_step(desk, there, make, edit)
    assert 0 < len(edited) <= len(steps) + 1
    for number, step in enumerate(steps, 1):
        for agenda in desk.both:
            place = "daar" if number in edited else "eerst"
            assert agenda.only(f"Nieuw {number}")["location"] == place, (step, agenda.system)
        assert there.starts(f"Nieuw {number}") == here.starts(f"Nieuw {number}"), step
    check(desk)


@INWARD
def test_an_update_dies_at_any_step(desk: Desk, inward: bool) -> None:
    here, there = sides(desk, inward)
    for number in range(1, SOME):
        there.makes(f"Bestaand {number}")
    desk.line.settle()

    def edit(number: int) -> None:
        here.edits(f"Bestaand {number}", location="nieuw")
        desk.line.poll(here.system)

    for number, step in enumerate(each_step(desk, there, edit, nothing), 1):
        assert there.only(f"Bestaand {number}")["location"] == "nieuw", step
    check(desk)


@INWARD
def test_a_delete_dies_at_any_step(desk: Desk, inward: bool) -> None:
    here, there = sides(desk, inward)
    for number in range(1, SOME):
        there.makes(f"Weg {number}")
    desk.line.settle()

    def delete(number: int) -> None:
        here.deletes(f"Weg {number}")
        desk.line.sql("UPDATE links SET state_since = state_since - interval '2 hours'")  # none is one of too many
        desk.line.poll(here.system)

    for number, step in enumerate(each_step(desk, there, delete, nothing), 1):
        assert not there.named(f"Weg {number}"), step
        assert not here.named(f"Weg {number}"), step
    check(desk)


@INWARD
def test_a_poll_dies_at_any_step(desk: Desk, inward: bool) -> None:
    here, there = sides(desk, inward)
    died = []
    for number in range(1, MOST):
        here.makes(f"Gezien {number}")
        step = desk.line.crash(number, lambda: desk.line.poll(here.system))
        if step is None:
            break
        died.append(step)
    assert died
    desk.line.settle()
    for number, step in enumerate(died, 1):
        assert there.only(f"Gezien {number}"), step
    check(desk)


@pytest.mark.parametrize("when", ["before", "after"])
@INWARD
def test_an_answer_that_is_lost_is_asked_for(desk: Desk, inward: bool, when: str) -> None:
    here, there = sides(desk, inward)

    def lose() -> None:
        """Every second of the next requests."""
        for skip in range(6):
            fault = Fault(system=there.system, operation="*", kind="drop", when=when, skip=skip * 2)  # type: ignore[arg-type]  # parametrised
            desk.line.sandbox.call(desk.line.sandbox.world.faults.add, fault)

    here.makes("Antwoord kwijt")
    desk.line.poll(here.system)
    lose()
    desk.line.settle(faults=True)
    desk.line.sandbox.call(desk.line.sandbox.world.faults.clear)
    desk.line.settle(faults=True)
    assert there.only("Antwoord kwijt")
    here.edits("Antwoord kwijt", location="elders")
    desk.line.poll(here.system)
    lose()
    desk.line.settle(faults=True)
    desk.line.sandbox.call(desk.line.sandbox.world.faults.clear)
    desk.line.settle(faults=True)
    assert there.only("Antwoord kwijt")["location"] == "elders"
    here.deletes("Antwoord kwijt")
    desk.line.poll(here.system)
    lose()
    desk.line.settle(faults=True)
    desk.line.sandbox.call(desk.line.sandbox.world.faults.clear)
    desk.line.settle(faults=True)
    assert not there.named("Antwoord kwijt")
    assert twins(desk) == []
    assert desk.line.faults == []


def test_guests_that_were_not_told_are_mentioned_though_the_update_died_at_any_step(desk: Desk) -> None:
    for number in range(1, SOME):
        desk.outside.makes(f"Overleg {number}", guests=["a@example.com"], send=False)
    desk.line.settle()

    def move(number: int) -> None:
        desk.carerix.edits(f"Overleg {number}", start=at(0, 14), end=at(0, 15))
        desk.line.poll("carerix")

    steps = list(each_step(desk, desk.outside, move, nothing))
    told = {mail[1].subject for mail in desk.line.mails("invitees-not-told")}
    assert told >= {f"Overleg {number}" for number in range(1, len(steps) + 1)}
