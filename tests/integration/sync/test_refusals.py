"""Refused by the server: told once, nothing else waits; and exceptions that a write in Carerix's name drops."""

from tests.integration.sync.desk import Desk, at

WEEKLY = {"frequency": "weekly", "weekdays": ["mo"], "count": 10}


def test_a_series_with_exceptions_moved_in_carerix_is_moved_outside(desk: Desk) -> None:
    desk.outside.makes("Overleg", rule=WEEKLY)
    desk.line.settle()
    desk.outside.does(
        "move-occurrence",
        item=desk.outside.only("Overleg")["id"],
        occurrence=at(14),
        start=at(15, 15),
        end=at(15, 16),
    )
    desk.line.settle()
    desk.line.quiet()
    desk.carerix.edits("Overleg", start=at(0, 14), end=at(0, 15))
    desk.line.settle()
    assert desk.outside.starts("Overleg") == desk.carerix.starts("Overleg")
    assert desk.differences() == []
    told = [parameter.value for _, mail in desk.line.mails("exception-in-series") for parameter in mail.parameters]
    reset = [text for text in told if "laten vervallen" in text and at(14)[:10] in text]
    assert len(reset) == (1 if desk.provider == "exchange" else 0), told


def test_a_subject_longer_than_the_other_side_holds_does_not_bounce(desk: Desk) -> None:
    long = "Gesprek " + "x" * 400
    desk.carerix.makes(long)
    desk.line.settle()
    before = desk.line.last
    desk.carerix.edits(long, location="Kamer 1")
    desk.line.settle()
    assert desk.carerix.only(long)["location"] == "Kamer 1"
    assert {entry.system for entry in desk.line.written(before)} == {desk.provider}


def test_an_item_without_a_subject_crosses(desk: Desk) -> None:
    items = {agenda.system: len(agenda.items()) for agenda in desk.both}
    desk.outside.makes("")
    desk.line.settle()
    desk.carerix.makes("", day=1)
    desk.line.settle()
    for agenda in desk.both:
        assert len(agenda.items()) == items[agenda.system] + 2
    assert desk.differences() == []


def test_a_short_and_a_very_long_item_cross(desk: Desk) -> None:
    for here, there in (desk.both, desk.both[::-1]):
        here.makes(f"Nul minuten {here.system}", start=at(1, 9), end=at(1, 9))
        here.makes(f"Drie dagen {here.system}", start=at(1, 9), end=at(4, 17))
        desk.line.settle()
        assert there.starts(f"Nul minuten {here.system}") == here.starts(f"Nul minuten {here.system}")
        assert there.only(f"Drie dagen {here.system}")
    assert desk.differences() == []
