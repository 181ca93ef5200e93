"""The process dies between any two steps: afterwards there is one item, with the right content (rules 1, 2).

Every test dies at each step in turn, until the work takes fewer steps than that.
"""

from collections import Counter

import pytest

from cxsync.sandbox.core.faults import Fault
from tests.integration.sync.desk import Agenda, Desk, at

MOST: int = 60


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


def check(desk: Desk, died: list[str]) -> None:
    assert len(died) > 5, died
    assert twins(desk) == []
    assert desk.differences() == []
    assert desk.line.strangers() == []
    before = desk.line.last
    desk.line.settle()
    assert desk.line.written(before) == []


@pytest.mark.parametrize("inward", [True, False], ids=["inward", "outward"])
def test_a_create_dies_at_any_step(desk: Desk, inward: bool) -> None:
    here, there = sides(desk, inward)
    died = []
    for number in range(1, MOST):
        name = f"Nieuw {number}"
        here.makes(name, notes="tekst")
        desk.line.poll(here.system)
        step = desk.line.crash(number, lambda: desk.line.work(there.system))
        desk.line.settle()
        assert there.only(name)["notes"].strip() == "tekst", step
        assert here.only(name)
        if step is None:
            break
        died.append(step)
    check(desk, died)


@pytest.mark.parametrize("inward", [True, False], ids=["inward", "outward"])
def test_both_sides_are_edited_after_a_create_died(desk: Desk, inward: bool) -> None:
    here, there = sides(desk, inward)
    died = []
    for number in range(1, MOST):
        name = f"Nieuw {number}"
        here.makes(name, location="eerst")
        desk.line.poll(here.system)
        step = desk.line.crash(number, lambda: desk.line.work(there.system))
        if there.named(name):
            there.edits(name, location="daar")
        here.edits(name, start=at(2, 11), end=at(2, 12))
        edited = bool(there.named(name))
        desk.line.settle()
        for agenda in desk.both:
            assert agenda.only(name)["location"] == ("daar" if edited else "eerst"), (step, agenda.system)
        if step is None:
            break
        died.append(step)
    check(desk, died)


@pytest.mark.parametrize("inward", [True, False], ids=["inward", "outward"])
def test_an_update_dies_at_any_step(desk: Desk, inward: bool) -> None:
    here, there = sides(desk, inward)
    died = []
    for number in range(1, MOST):
        name = f"Bestaand {number}"
        there.makes(name)
        desk.line.settle()
        here.edits(name, location="nieuw")
        desk.line.poll(here.system)
        step = desk.line.crash(number, lambda: desk.line.work(there.system))
        desk.line.settle()
        assert there.only(name)["location"] == "nieuw", step
        if step is None:
            break
        died.append(step)
    check(desk, died)


@pytest.mark.parametrize("inward", [True, False], ids=["inward", "outward"])
def test_a_delete_dies_at_any_step(desk: Desk, inward: bool) -> None:
    here, there = sides(desk, inward)
    died = []
    for number in range(1, MOST):
        name = f"Weg {number}"
        there.makes(name)
        desk.line.settle()
        here.deletes(name)
        desk.line.sql("UPDATE links SET state_since = state_since - interval '2 hours'")  # none is one of too many
        desk.line.poll(here.system)
        step = desk.line.crash(number, lambda: desk.line.work(there.system))
        desk.line.settle()
        assert not there.named(name), step
        assert not here.named(name), step
        if step is None:
            break
        died.append(step)
    check(desk, died)


@pytest.mark.parametrize("inward", [True, False], ids=["inward", "outward"])
def test_a_poll_dies_at_any_step(desk: Desk, inward: bool) -> None:
    here, there = sides(desk, inward)
    died = []
    for number in range(1, MOST):
        name = f"Gezien {number}"
        here.makes(name)
        step = desk.line.crash(number, lambda: desk.line.poll(here.system))
        desk.line.settle()
        assert there.only(name), step
        if step is None:
            break
        died.append(step)
    assert twins(desk) == []


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("inward", [True, False], ids=["inward", "outward"])
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
