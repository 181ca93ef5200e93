"""Kinds of item: meetings, invitations, what is kept out, rows that change owner."""

from collections.abc import Callable

import pytest

from tests.integration.sync.desk import Desk, at


def invited(desk: Desk, subject: str) -> str:
    times = {"start": at(0, 9), "end": at(0, 10)}
    item = desk.outside.does("invited", subject=subject, **times, **{"from": "klant@example.com"})
    desk.line.settle()
    return item


def test_an_invitation_is_preliminary_and_definitive_once_accepted(desk: Desk) -> None:
    item = invited(desk, "Uitnodiging")
    assert desk.carerix.only("Uitnodiging")["status"] == "preliminary"
    desk.outside.does("accept", item=item, send=False)
    desk.line.settle()
    assert desk.carerix.only("Uitnodiging")["status"] == "definitive"
    assert desk.line.strangers() == []


def test_a_declined_invitation_is_as_deleted(desk: Desk) -> None:
    item = invited(desk, "Uitnodiging")
    desk.outside.does("decline", item=item, send=False)
    desk.line.settle()
    assert not desk.carerix.named("Uitnodiging")
    assert desk.line.strangers() == []


def test_someone_elses_meeting_changed_in_carerix_is_put_back(desk: Desk) -> None:
    invited(desk, "Uitnodiging")
    start = desk.outside.starts("Uitnodiging")
    before = desk.line.last
    desk.carerix.edits("Uitnodiging", start=at(0, 14), end=at(0, 15), location="bij ons")
    desk.line.settle()
    assert desk.carerix.starts("Uitnodiging") == start
    assert desk.carerix.only("Uitnodiging")["location"] == ""
    assert [entry for entry in desk.line.written(before) if entry.system == desk.provider] == []
    assert len(desk.line.mails("write-refused")) == 1


def test_ones_own_meeting_moved_in_carerix_moves_silently_and_the_user_is_told(desk: Desk) -> None:
    desk.outside.makes("Overleg", guests=["a@example.com", "b@example.com"], send=False)
    desk.line.settle()
    desk.carerix.edits("Overleg", start=at(0, 14), end=at(0, 15))
    desk.line.settle()
    assert desk.outside.starts("Overleg") == desk.carerix.starts("Overleg")
    (mail,) = desk.line.mails("invitees-not-told")
    assert any("2 " in parameter.value for parameter in mail[1].parameters)
    assert desk.line.strangers() == []


def test_ones_own_meeting_deleted_in_carerix_goes_silently_and_the_user_is_told(desk: Desk) -> None:
    desk.outside.makes("Overleg", guests=["a@example.com"], send=False)
    desk.line.settle()
    desk.carerix.deletes("Overleg")
    desk.line.settle()
    assert not desk.outside.named("Overleg")
    assert len(desk.line.mails("invitees-not-told")) == 1
    assert desk.line.strangers() == []


def test_called_off_by_its_organiser_it_goes(connect: Callable[[str], Desk]) -> None:
    desk = connect("anna")
    item = invited(desk, "Uitnodiging")
    desk.outside.does("cancel", item=item)
    desk.line.settle()
    assert not desk.carerix.named("Uitnodiging")


@pytest.mark.parametrize("nature", ["outOfOffice", "focusTime"])
def test_googles_absences_come_in_and_are_not_written(connect: Callable[[str], Desk], nature: str) -> None:
    desk = connect("bert")
    extra = {"eventType": nature, f"{nature}Properties": {"autoDeclineMode": "declineNone"}}
    desk.outside.makes("Afwezig", extra=extra)
    desk.line.settle()
    assert desk.carerix.only("Afwezig")
    before = desk.line.last
    desk.carerix.edits("Afwezig", subject="Toch aanwezig")
    desk.line.settle()
    assert [entry for entry in desk.line.written(before) if entry.system == "google"] == []
    assert desk.carerix.only("Afwezig")


def test_a_working_location_does_not_cross(connect: Callable[[str], Desk]) -> None:
    desk = connect("bert")
    properties = {"type": "homeOffice", "homeOffice": {}}
    extra = {"eventType": "workingLocation", "visibility": "public", "transparency": "transparent"}
    desk.outside.makes("Thuis", extra={**extra, "workingLocationProperties": properties})
    desk.line.settle()
    assert desk.line.written(desk.begin) == []


def test_a_row_given_to_another_owner_goes_from_the_first_calendar_into_the_second(
    connect: Callable[[str], Desk],
) -> None:
    anna, bert = connect("anna"), connect("bert")
    row = anna.carerix.makes("Overgedragen")
    anna.line.settle()
    assert anna.outside.only("Overgedragen")
    anna.carerix.does("hand-over", item=row, to_owner="demo/bert")
    anna.line.settle()
    assert not anna.outside.named("Overgedragen")
    assert bert.outside.only("Overgedragen")
    bert.outside.edits("Overgedragen", location="bij Bert")
    anna.line.settle()
    assert bert.carerix.only("Overgedragen")["location"] == "bij Bert"
    bert.carerix.does("hand-over", item=row, to_owner="demo/anna")
    anna.line.settle()
    assert not bert.outside.named("Overgedragen")
    assert anna.outside.only("Overgedragen")["location"] == "bij Bert"
    assert anna.line.strangers() == []


def test_a_row_given_to_someone_without_a_connection_leaves(desk: Desk) -> None:
    row = desk.carerix.makes("Overgedragen")
    desk.line.settle()
    desk.carerix.does("hand-over", item=row, to_owner="demo/chris")
    desk.line.settle()
    assert not desk.outside.named("Overgedragen")


def test_a_colleague_who_only_takes_part_gets_nothing(connect: Callable[[str], Desk]) -> None:
    anna, bert = connect("anna"), connect("bert")
    anna.carerix.makes("Samen", extra={"toDoUsers": ["bert"]})
    anna.line.settle()
    assert anna.outside.only("Samen")
    assert not bert.outside.named("Samen")


def test_no_sync_keeps_an_item_out(desk: Desk) -> None:
    desk.outside.makes("Buiten NoSync")
    desk.carerix.makes("Binnen NoSync")
    desk.line.settle()
    assert desk.line.written(desk.begin) == []


def test_no_sync_on_a_linked_item_closes_the_link_and_both_copies_stay(desk: Desk) -> None:
    desk.outside.makes("Gesprek")
    desk.line.settle()
    links = len(desk.links())
    desk.outside.edits("Gesprek", subject="Gesprek NoSync", location="geheim")
    desk.line.settle()
    assert len(desk.links()) == links - 1
    assert desk.carerix.only("Gesprek")["location"] == ""
    assert desk.outside.only("Gesprek NoSync")
    desk.carerix.edits("Gesprek", location="hier")
    desk.line.settle()
    assert desk.outside.only("Gesprek NoSync")["location"] == "geheim"
    assert not desk.outside.named("Gesprek")


def test_without_the_tag_it_is_one_pair_again_and_both_sides_edits_are_merged(desk: Desk) -> None:
    for here, there in (desk.both, desk.both[::-1]):
        name = f"Gesprek uit {here.system}"
        here.makes(name)
        desk.line.settle()
        here.edits(name, subject=f"NoSync {name}")
        desk.line.settle()
        there.edits(name, location="elders")
        here.edits(f"NoSync {name}", start=at(1, 11), end=at(1, 12))
        desk.line.settle()
        here.edits(f"NoSync {name}", subject=name)
        desk.line.settle()
        assert here.only(name)["location"] == "elders"
        assert there.starts(name) == here.starts(name)
    assert desk.differences() == []


def test_what_is_kept_out_may_be_deleted_on_either_side_alone(desk: Desk) -> None:
    for here, there in (desk.both, desk.both[::-1]):
        name = f"Gesprek uit {here.system}"
        here.makes(name)
        desk.line.settle()
        here.edits(name, subject=f"NoSync {name}")
        desk.line.settle()
        here.deletes(f"NoSync {name}")
        desk.line.settle()
        assert there.only(name)


def test_a_category_no_sync_keeps_out(connect: Callable[[str], Desk]) -> None:
    desk = connect("anna")
    desk.outside.makes("Met categorie", category="NoSync")
    desk.line.settle()
    assert not desk.carerix.named("Met categorie")


def test_a_copy_made_by_its_user_is_an_item_of_its_own(desk: Desk) -> None:
    desk.carerix.makes("Origineel")
    desk.line.settle()
    desk.outside.makes("Origineel", day=1)
    desk.line.settle()
    assert len(desk.carerix.named("Origineel")) == 2
    assert len(desk.outside.named("Origineel")) == 2
