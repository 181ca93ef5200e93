"""What this program wrote comes back as a change and ends there."""

from tests.integration.sync.desk import Desk, at


def test_a_second_run_writes_nothing(desk: Desk) -> None:
    weekly = {"frequency": "weekly", "weekdays": ["mo"], "count": 8}
    paired = desk.links()
    for number, agenda in enumerate(desk.both):
        agenda.makes(f"Een {number}", notes="tekst", reminder=15)
        agenda.makes(f"Dag {number}", all_day=True, start=at(1)[:10], end=at(2)[:10])
        agenda.makes(f"Reeks {number}", rule=weekly)
        agenda.makes(f"Privé {number}", private=True)
    desk.line.settle()
    assert len(desk.links()) == 8 + len(paired)
    before = desk.line.last
    told = len(desk.line.outcomes())
    for prefix in ("raw.carerix", f"raw.{desk.provider}", "changes.carerix", f"changes.{desk.provider}"):
        desk.line.topics.rewind(desk.line.ground.settings.topic_prefix + prefix)
    desk.line.settle()
    assert desk.line.last == before
    assert set(desk.line.results()[told:]) <= {"echo", "unchanged"}
    hidden = [f"subject of {'Privéafspraak'!r}"]  # born private outside: its words are not Carerix's
    assert desk.differences() == hidden


def test_what_the_server_rewrote_is_no_edit(desk: Desk) -> None:
    desk.carerix.makes("Regels", notes="a\n\nb\t c  d", location="  Kamer   2 ")
    desk.line.settle()
    before = desk.line.last
    desk.carerix.edits("Regels", subject="Regels 2")
    desk.line.settle()
    assert [entry.system for entry in desk.line.written(before)] == [desk.provider]
    assert desk.carerix.only("Regels 2")["notes"] == "a\n\nb\t c  d"
