"""Series: what Carerix can hold, what is refused by mail, exceptions, and from one to the other."""

from collections.abc import Callable
from datetime import date

from cxsync.sandbox.core.faults import Fault
from tests.integration.sync.desk import Desk, at

WEEKLY = {"frequency": "weekly", "weekdays": ["mo"], "count": 10}
DAILY = {"frequency": "daily", "count": 10}


def occurrence(desk: Desk, subject: str, action: str, day: int, **fields: str) -> None:
    item = desk.outside.only(subject)["id"]
    desk.outside.does(action, item=item, occurrence=at(day), **fields)


def test_a_weekly_series_crosses_both_ways_over_the_change_of_the_clocks(desk: Desk) -> None:
    long = {**WEEKLY, "count": 30}
    for here, there in (desk.both, desk.both[::-1]):
        name = f"Team {here.system}"
        here.makes(name, rule=long)
        desk.line.settle()
        assert there.only(name)["recurrence"]
        assert there.starts(name) == here.starts(name)
        there.edits(name, start=at(0, 11), end=at(0, 12))
        desk.line.settle()
        assert there.starts(name) == here.starts(name)
    assert desk.differences() == []


def test_a_monthly_series_crosses_both_ways(desk: Desk) -> None:
    first = date.fromisoformat(at(0)[:10])
    rule = {"frequency": "monthly", "day": first.day, "count": 5}
    for here, there in (desk.both, desk.both[::-1]):
        name = f"Maand {here.system}"
        here.makes(name, rule=rule)
        desk.line.settle()
        assert there.only(name)["recurrence"]
    assert desk.differences() == []


def test_a_daily_series_is_refused_by_one_mail(desk: Desk) -> None:
    desk.outside.makes("Stand-up", rule=DAILY)
    desk.line.settle()
    assert not desk.carerix.named("Stand-up")
    desk.outside.edits("Stand-up", location="Kamer 1")
    desk.line.settle()
    assert not desk.carerix.named("Stand-up")
    assert len(desk.line.mails("daily-series")) == 1


def test_weekly_then_daily_then_weekly(desk: Desk) -> None:
    desk.outside.makes("Overleg", rule=WEEKLY)
    desk.line.settle()
    before = desk.carerix.only("Overleg")
    item = desk.outside.only("Overleg")["id"]
    desk.outside.does("change-rule", item=item, rule=DAILY)
    desk.line.settle()
    assert desk.carerix.only("Overleg") == before, "the copy stays as it was"
    assert len(desk.links("suspended")) == 1
    assert len(desk.line.mails("daily-series")) == 1
    desk.outside.does("change-rule", item=item, rule={**WEEKLY, "count": 6})
    desk.outside.edits("Overleg", location="Kamer 7")
    desk.line.settle()
    assert desk.links("suspended") == []
    assert desk.carerix.only("Overleg")["location"] == "Kamer 7"
    assert desk.differences() == []


def test_an_edit_in_carerix_of_a_suspended_series_stays_there_and_is_told(desk: Desk) -> None:
    desk.outside.makes("Overleg", rule=WEEKLY)
    desk.line.settle()
    item = desk.outside.only("Overleg")["id"]
    desk.outside.does("change-rule", item=item, rule=DAILY)
    desk.line.settle()
    before = desk.line.last
    desk.carerix.edits("Overleg", location="Kamer 8")
    desk.line.settle()
    assert [entry for entry in desk.line.written(before) if entry.system == desk.provider] == []
    assert desk.carerix.only("Overleg")["location"] == "Kamer 8"
    assert len(desk.links("suspended")) == 1
    assert len(desk.line.mails("write-refused")) == 1
    desk.outside.does("change-rule", item=item, rule=WEEKLY)
    desk.line.settle()
    assert desk.outside.only("Overleg")["location"] == "Kamer 8"
    assert desk.differences() == []


def test_a_suspended_series_deleted_outside_is_deleted_in_carerix(desk: Desk) -> None:
    desk.outside.makes("Overleg", rule=WEEKLY)
    desk.line.settle()
    desk.outside.does("change-rule", item=desk.outside.only("Overleg")["id"], rule=DAILY)
    desk.line.settle()
    desk.outside.deletes("Overleg")
    desk.line.settle()
    assert not desk.carerix.named("Overleg")


def test_a_suspended_series_deleted_in_carerix_stays_outside(desk: Desk) -> None:
    desk.outside.makes("Overleg", rule=WEEKLY)
    desk.line.settle()
    item = desk.outside.only("Overleg")["id"]
    desk.outside.does("change-rule", item=item, rule=DAILY)
    desk.line.settle()
    desk.carerix.deletes("Overleg")
    desk.line.settle()
    assert desk.outside.only("Overleg")
    assert not desk.carerix.named("Overleg")
    desk.outside.does("change-rule", item=item, rule=WEEKLY)
    desk.line.settle()
    assert desk.carerix.only("Overleg")
    assert desk.differences() == []


def test_exceptions_are_one_mail_after_the_quiet_time_and_another_when_the_set_grows(desk: Desk) -> None:
    desk.outside.makes("Overleg", rule=WEEKLY)
    desk.line.settle()
    occurrence(desk, "Overleg", "delete-occurrence", 7)
    desk.line.settle()
    occurrence(desk, "Overleg", "move-occurrence", 14, start=at(15, 15), end=at(15, 16))
    desk.line.settle()
    assert desk.line.mails("exception-in-series") == [], "the quiet time has not passed"
    assert desk.carerix.only("Overleg")["recurrence"]
    desk.line.quiet()
    desk.line.settle()
    (mail,) = desk.line.mails("exception-in-series")
    assert len(mail[1].findings[0].dates) == 2
    desk.outside.edits("Overleg", location="Kamer 3")
    desk.line.settle()
    desk.line.quiet()
    assert desk.carerix.only("Overleg")["location"] == "Kamer 3"
    assert len(desk.line.mails("exception-in-series")) == 1, "the set did not grow"
    occurrence(desk, "Overleg", "delete-occurrence", 21)
    desk.line.settle()
    desk.line.quiet()
    desk.line.settle()
    assert len(desk.line.mails("exception-in-series")) == 2
    assert desk.differences() == []


def test_an_exception_undone_before_the_quiet_time_is_no_mail(connect: Callable[[str], Desk]) -> None:
    desk = connect("bert")
    desk.outside.makes("Overleg", rule=WEEKLY)
    desk.line.settle()
    occurrence(desk, "Overleg", "move-occurrence", 14, start=at(15, 15), end=at(15, 16))
    desk.line.settle()
    desk.outside.deletes("Overleg")
    desk.line.settle()
    desk.line.quiet()
    assert desk.line.mails("exception-in-series") == []


def test_text_written_to_a_series_leaves_its_exceptions(desk: Desk) -> None:
    desk.outside.makes("Overleg", rule=WEEKLY)
    desk.line.settle()
    occurrence(desk, "Overleg", "move-occurrence", 14, start=at(15, 15), end=at(15, 16))
    desk.line.settle()
    desk.line.quiet()
    desk.carerix.edits("Overleg", location="Kamer 5")
    desk.line.settle()
    assert desk.outside.only("Overleg")["location"] == "Kamer 5"
    world = desk.line.sandbox.world
    items = desk.line.sandbox.call(world.system(desk.provider).state)
    assert at(15, 15) in str(items) or "T14:00" in str(items), "the moved occurrence is still there"
    assert desk.differences() == []


def test_a_single_becomes_a_series_and_a_single_again(desk: Desk) -> None:
    for here, there in (desk.both, desk.both[::-1]):
        name = f"Wordt reeks {here.system}"
        item = here.makes(name)
        desk.line.settle()
        links = len(desk.links())
        here.does("make-series", item=item, rule=WEEKLY)
        desk.line.settle()
        assert there.only(name)["recurrence"]
        assert len(desk.links()) == links
    assert desk.differences() == []


def test_this_and_following_is_no_mail(desk: Desk) -> None:
    desk.outside.makes("Overleg", rule=WEEKLY)
    desk.line.settle()
    occurrence(desk, "Overleg", "this-and-following", 21, start=at(21, 14), end=at(21, 15))
    desk.line.settle()
    desk.line.quiet()
    desk.line.settle()
    assert len(desk.carerix.named("Overleg")) == 2
    assert len(desk.outside.named("Overleg")) == 2
    assert desk.line.mails() == []
    assert desk.differences() == []


def test_an_older_series_stays_until_its_content_changes(desk: Desk) -> None:
    old = next(item for item in desk.outside.items() if item["recurrence"])
    desk.line.settle()
    assert not desk.carerix.named(old["subject"])
    desk.outside.edits(old["subject"], location="Elders")
    desk.line.settle()
    assert desk.carerix.only(old["subject"])["location"] == "Elders"


def test_a_series_made_after_activation_that_began_in_the_past_is_new(desk: Desk) -> None:
    desk.outside.makes("Begon al", start=at(-28), end=at(-28, 10), rule={**WEEKLY, "count": 30})
    desk.line.settle()
    assert desk.carerix.only("Begon al")["recurrence"]


def test_exceptions_that_are_over_are_no_mail(desk: Desk) -> None:
    desk.outside.makes("Begon al", start=at(-28), end=at(-28, 10), rule={**WEEKLY, "count": 30})
    occurrence(desk, "Begon al", "delete-occurrence", -21)
    desk.line.settle()
    desk.line.quiet()
    desk.line.settle()
    assert desk.carerix.only("Begon al")["recurrence"]
    assert desk.line.mails() == []


def test_the_mail_about_exceptions_survives_a_server_that_is_away_at_that_moment(desk: Desk) -> None:
    desk.outside.makes("Overleg", rule=WEEKLY)
    desk.line.settle()
    occurrence(desk, "Overleg", "delete-occurrence", 7)
    desk.line.settle()
    world = desk.line.sandbox.world
    for system in ("carerix", desk.provider):
        down = Fault(system=system, operation="*", kind="status", params={"status": 503}, times=-1)
        desk.line.sandbox.call(world.faults.add, down)
    desk.line.quiet()
    desk.line.sandbox.call(world.faults.clear)
    desk.line.settle()
    desk.line.quiet()
    assert len(desk.line.mails("exception-in-series")) == 1


def test_a_series_refused_before_the_answer_to_its_create_was_known_has_one_copy(desk: Desk) -> None:
    item = desk.outside.makes("Overleg", rule=WEEKLY)
    desk.line.poll(desk.provider)
    _die_after_the_create(desk, "Overleg")
    desk.outside.does("change-rule", item=item, rule=DAILY)
    desk.line.settle()
    assert len(desk.links("suspended")) == 1
    assert desk.line.waiting() == []
    desk.outside.does("change-rule", item=item, rule=WEEKLY)
    desk.line.settle()
    assert desk.carerix.only("Overleg")
    assert desk.outside.only("Overleg")
    assert desk.differences() == []


def test_an_item_kept_out_before_the_answer_to_its_create_was_known_has_one_copy(desk: Desk) -> None:
    desk.outside.makes("Overleg")
    desk.line.poll(desk.provider)
    _die_after_the_create(desk, "Overleg")
    desk.outside.edits("Overleg", subject="Overleg NoSync")
    desk.line.settle()
    assert desk.carerix.only("Overleg")
    assert desk.outside.subjects().count("Overleg") == 0
    desk.carerix.edits("Overleg", location="hier")
    desk.line.settle()
    assert desk.outside.subjects().count("Overleg") == 0


def _die_after_the_create(desk: Desk, subject: str) -> None:
    for step in range(1, 60):
        desk.line.crash(step, lambda: desk.line.work("carerix"))
        if desk.carerix.named(subject):
            break
    assert len(desk.links("pending")) == 1
