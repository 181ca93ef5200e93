from cxsync.sandbox.core.clock import Clock
from cxsync.sandbox.core.journal import Entry, Journal


def test_entries_are_numbered_and_found_by_what_they_are_about() -> None:
    journal = Journal(Clock())
    seen: list[Entry] = []
    journal.watchers.add(seen.append)
    for owner, item in (("anna", "1"), ("bert", "2"), ("anna", "3")):
        journal.add("google", owner, item, "v1", "person", owner, "create", {"subject": item})
    assert [entry.seq for entry in journal.entries()] == [1, 2, 3]
    assert [entry.item for entry in journal.entries(owner="anna")] == ["1", "3"]
    assert [entry.item for entry in journal.entries(since=1, item="2")] == ["2"]
    assert list(journal.entries(system="exchange")) == []
    assert (seen, journal.last) == (list(journal.entries()), 3)


def test_a_version_stays_what_it_was() -> None:
    journal = Journal(Clock())
    content = {"guests": ["a"]}
    journal.add("google", "anna", "1", "v1", "api", "anna", "create", content)
    content["guests"].append("b")
    assert next(journal.entries()).content == {"guests": ["a"]}


def test_forgetting_begins_the_numbers_again() -> None:
    journal = Journal(Clock())
    journal.add("google", "anna", "1", "v1", "api", "anna", "create", {})
    journal.clear()
    assert journal.add("google", "anna", "1", "v1", "api", "anna", "create", {}).seq == 1
