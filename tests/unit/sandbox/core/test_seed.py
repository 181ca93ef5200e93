from datetime import date

from cxsync.sandbox.core.seed import appointments, generated, people


def test_the_same_seed_gives_the_same_appointments() -> None:
    person, day = people()[0], date(2026, 3, 4)
    first = appointments(person, "google", 1, day)
    assert first == appointments(person, "google", 1, day)
    assert first != appointments(person, "google", 2, day)
    assert first != appointments(person, "carerix", 1, day)
    assert len(first) > 4


def test_generated_people_are_all_different() -> None:
    some = [*people(), *generated(1000)]
    for field in ("key", "user_id", "mailbox"):
        assert len({getattr(person, field) for person in some}) == len(some)
    assert some[3].key == "user00001"
    assert {person.provider for person in generated(2)} == {"exchange", "google"}
