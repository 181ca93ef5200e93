"""Each line of the table of fields, in both directions."""

from tests.integration.sync.desk import Desk, at


def test_subject_and_place_and_time_cross_both_ways(desk: Desk) -> None:
    for here, there in (desk.both, desk.both[::-1]):
        name = f"Intake uit {here.system}"
        here.makes(name, location="Kamer 3")
        desk.line.settle()
        assert there.only(name)["location"] == "Kamer 3"
        assert there.starts(name) == here.starts(name)
        there.edits(name, subject=f"{name} 2", location="Kamer 4", start=at(1, 11), end=at(1, 12))
        desk.line.settle()
        assert here.only(f"{name} 2")["location"] == "Kamer 4"
        assert here.starts(f"{name} 2") == there.starts(f"{name} 2")
        assert not here.named(name)
    assert desk.differences() == []
    assert desk.line.strangers() == []


def test_a_comma_in_the_notes_of_an_older_item_brings_it_across(desk: Desk) -> None:
    for here, there in (desk.both, desk.both[::-1]):
        old = next(item for item in here.items() if not item["recurrence"] and not there.named(item["subject"]))
        here.does("update", item=old["id"], notes=(old["notes"] or "") + ",")
        desk.line.settle()
        assert there.only(old["subject"])["notes"].rstrip() == (old["notes"] or "") + ","
    assert len(desk.carerix.items()) == desk.older["carerix"] + 1


def test_older_items_stay_as_they_are(desk: Desk) -> None:
    desk.line.settle()
    assert desk.line.written(desk.begin) == []


def test_an_all_day_item_keeps_its_dates(desk: Desk) -> None:
    for here, there in (desk.both, desk.both[::-1]):
        name = f"Beurs uit {here.system}"
        here.makes(name, all_day=True, start=at(2)[:10], end=at(4)[:10], reminder=-1)
        desk.line.settle()
        assert there.only(name)["all_day"]
        assert (there.only(name)["start"][:10], there.only(name)["end"][:10]) == (at(2)[:10], at(4)[:10])
        there.edits(name, start=at(3, 9), end=at(3, 10), all_day=False)
        desk.line.settle()
        assert not here.only(name)["all_day"]
        assert here.starts(name) == there.starts(name)
    assert desk.differences() == []


def test_an_item_in_another_zone_keeps_it_while_the_instant_stays(desk: Desk) -> None:
    desk.outside.makes("Call met Lissabon", zone="Europe/Lisbon")
    desk.line.settle()
    assert desk.carerix.starts("Call met Lissabon") == desk.outside.starts("Call met Lissabon")
    zone = desk.outside.only("Call met Lissabon")["zone"]
    desk.carerix.edits("Call met Lissabon", location="Teams")
    desk.line.settle()
    assert desk.outside.only("Call met Lissabon")["zone"] == zone
    desk.carerix.edits("Call met Lissabon", start=at(0, 15), end=at(0, 16))
    desk.line.settle()
    assert desk.carerix.starts("Call met Lissabon") == desk.outside.starts("Call met Lissabon")
    assert desk.outside.only("Call met Lissabon")["zone"] == zone


def test_plain_notes_cross_both_ways(desk: Desk) -> None:
    desk.outside.makes("Notitie", notes="eerste regel\ntweede regel")
    desk.line.settle()
    assert desk.carerix.only("Notitie")["notes"] == "eerste regel\ntweede regel"
    desk.carerix.edits("Notitie", notes="derde regel")
    desk.line.settle()
    assert desk.outside.only("Notitie")["notes"].strip() == "derde regel"
    assert desk.line.mails() == []


def test_notes_stay_in_carerix_if_the_body_has_a_layout_and_the_user_is_told_once(desk: Desk) -> None:
    html = {"html": "<html><body><table><tr><td>rij</td></tr></table></body></html>"}
    extra = html if desk.provider == "exchange" else {"description": "<ul><li>rij</li></ul>"}
    desk.outside.makes("Opgemaakt", extra=extra)
    desk.line.settle()
    before = desk.outside.only("Opgemaakt")["notes"]
    assert "rij" in desk.carerix.only("Opgemaakt")["notes"]
    for text in ("intern", "nog meer intern"):
        desk.carerix.edits("Opgemaakt", notes=text)
        desk.line.settle()
    assert desk.outside.only("Opgemaakt")["notes"] == before
    assert desk.carerix.only("Opgemaakt")["notes"] == "nog meer intern"
    assert len(desk.line.mails("write-refused")) == 1


def test_notes_never_reach_guests(desk: Desk) -> None:
    desk.outside.makes("Met gasten", guests=["kandidaat@example.com"], notes="Welkom", send=False)
    desk.line.settle()
    desk.carerix.edits("Met gasten", notes="twijfel over salaris")
    desk.line.settle()
    assert desk.outside.only("Met gasten")["notes"].strip() == "Welkom"
    assert len(desk.line.mails("write-refused")) == 1


def test_busy_crosses_by_its_class(desk: Desk) -> None:
    desk.outside.makes("Vrij gehouden", busy="free")
    desk.line.settle()
    assert desk.carerix.only("Vrij gehouden")["status"] == "definitive"
    desk.carerix.edits("Vrij gehouden", location="hier")
    desk.line.settle()
    assert desk.outside.only("Vrij gehouden")["busy"] == "free"
    desk.carerix.edits("Vrij gehouden", busy="tentative")
    desk.line.settle()
    if desk.provider == "exchange":
        assert desk.outside.only("Vrij gehouden")["busy"] == "tentative"
    assert desk.carerix.only("Vrij gehouden")["status"] == "preliminary"


def test_a_reminder_crosses_when_its_minutes_change_and_not_when_it_is_dismissed(desk: Desk) -> None:
    desk.outside.makes("Herinner", reminder=15)
    desk.line.settle()
    assert desk.carerix.only("Herinner")["reminder"] == 15
    desk.outside.edits("Herinner", reminder=30)
    desk.line.settle()
    assert desk.carerix.only("Herinner")["reminder"] == 30
    before = desk.line.last
    desk.outside.does("dismiss-reminder", item=desk.outside.only("Herinner")["id"])
    desk.line.settle()
    assert desk.line.written(before) == []
    assert desk.carerix.only("Herinner")["reminder"] == 30


def test_dismissing_the_reminder_of_an_older_item_does_not_wake_it(desk: Desk) -> None:
    old = next(item for item in desk.outside.items() if not item["recurrence"])
    desk.outside.does("dismiss-reminder", item=old["id"])
    desk.line.settle()
    assert desk.line.written(desk.begin) == []


def test_attendees_cross_inward_as_text_only(desk: Desk) -> None:
    desk.outside.makes("Overleg", guests=["kandidaat@example.com"], send=False)
    desk.line.settle()
    assert "kandidaat@example.com" in desk.carerix.only("Overleg")["attendees"].lower()
    before = desk.line.last
    desk.carerix.edits("Overleg", guests=["iemand@anders.example"])
    desk.line.settle()
    assert [entry for entry in desk.line.written(before) if entry.system == desk.provider] == []
    assert "iemand@anders.example" in desk.carerix.only("Overleg")["attendees"]
    item = desk.outside.only("Overleg")["id"]
    desk.outside.does("invite", item=item, guests=["kandidaat@example.com", "klant@example.com"], send=False)
    desk.line.settle()
    assert "klant@example.com" in desk.carerix.only("Overleg")["attendees"].lower()
    assert desk.line.strangers() == []
