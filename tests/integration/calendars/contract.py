"""What every calendar client keeps, whatever the system: run by ``test_<system>.py`` against that system's sandbox.

A system's test module says how its client is made and how its server calls things (``Bench``); the rest is here::

    class TestGoogle(CalendarContract):
        system = "google"

        def make(self, sandbox: Sandbox) -> Bench: ...
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Any, ClassVar
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest
from msgspec import Struct, structs

from cxsync.calendars.errors import (
    Busy,
    CalendarError,
    CredentialsRefused,
    CursorLost,
    Gone,
    Rejected,
    Unavailable,
    VersionChanged,
)
from cxsync.calendars.port import Calendar, Found, Listing, Read, Reader
from cxsync.sandbox.core.faults import Fault
from cxsync.sandbox.core.run import Sandbox, started
from schemas.appointment import Appointment, Day, Moment, Recurrence, Rule
from schemas.records import Policy
from schemas.words import Field, System

ZONE = "Europe/Amsterdam"
ODD = "Überprüfung 🧑‍💻 «naïve» ĳ – 日本語 \u202eאבג <b>&amp;</b> ]]> \"q\" 'a' \\n %s"
IMPOSSIBLE = "a\x00b\x0bc\x1fd\ufffee\ud800f"
ALL_FIELDS: tuple[Field, ...] = (
    "subject",
    "location",
    "notes",
    "time",
    "busy",
    "private",
    "reminder",
    "recurrence",
)


class Operations(Struct, frozen=True, kw_only=True):
    """How the sandbox calls the requests that a client makes (see ``cxsync.sandbox.core.faults.Fault.operation``)."""

    changes: str
    fetch: str
    find: str
    create: str
    update: str
    delete: str


class Bench(Struct, kw_only=True):
    """One client and the server that it talks to.

    ``person``: the owner's name at the sandbox; ``owner``: what ``create`` gets. ``refused``: makes a client whose
    credentials are wrong. ``busy``: ``kind`` and ``params`` of the fault with which the server asks for ``pause``
    seconds. ``lost``: makes the server forget ``cursor`` and gives the cursor to go on with. ``foreign``: attributes of
    the system that are none of ours, as ``extra`` of a person's action, and ``kept`` says whether an item has them.
    """

    calendar: Calendar
    read: Reader
    sandbox: Sandbox
    person: str
    refused: Callable[[], Calendar]
    operations: Operations
    busy: Mapping[str, Any]
    pause: float
    lost: Callable[[bytes], bytes]
    foreign: Mapping[str, Any] = {}
    kept: Callable[[str], bool] = lambda native_id: True
    owner: str | None = None
    policy: Policy = Policy()

    def act(self, action: str, **fields: Any) -> str:
        """The owner does something by hand; the item's id in the sandbox."""
        done = self.sandbox.act(self.calendar.system, self.person, {"action": action, **fields})
        return str(done["item"])

    def called(self, subject: str) -> list[dict[str, Any]]:
        """The items of that subject that stand in the agenda, as the sandbox's page would show them."""
        system = self.sandbox.world.system(self.calendar.system)
        items = self.sandbox.call(system.items, self.person)
        return [item for item in items if item["subject"] == subject and not item.get("deleted")]

    def understood(self, found: Found) -> Read:
        """The appointment in what was found."""
        return self.read(found, self.policy)

    def fault(self, operation: str, kind: str, **fields: Any) -> None:
        """Something goes wrong at the next such request."""
        given = {"system": self.calendar.system, "operation": operation, "kind": kind, **fields}
        self.sandbox.call(self.sandbox.world.faults.add, Fault(**given))

    def everything(self, cursor: bytes | None = None) -> Listing:
        """All that is new since ``cursor``, in as many calls as it takes."""
        found: list[Found] = []
        while True:
            listing = self.calendar.changes(cursor)
            found += listing.found
            cursor = listing.cursor
            if not listing.more:
                return Listing(found=tuple(found), cursor=cursor, full=listing.full)

    def subjects(self, listing: Listing) -> list[str]:
        """The subjects of what is there in a listing, of this owner's."""
        mine = [each for each in listing.found if each.presence == "present" and each.owner in (None, self.owner)]
        return [self.understood(each).appointment.subject for each in mine]

    def the(self, subject: str) -> Found:
        """The item of that subject, found by listing everything."""
        found = [
            each
            for each in self.everything().found
            if each.presence == "present" and self.understood(each).appointment.subject == subject
        ]
        assert len(found) == 1, f"{len(found)} items are called {subject!r}"
        return found[0]

    def make(self, appointment: Appointment, marker: UUID | None = None) -> Found:
        """Create through the client."""
        return self.calendar.create(appointment, marker or uuid4(), owner=self.owner)


def next_monday(weeks: int = 2) -> date:
    """A Monday some weeks ahead, far from whatever the seed holds today."""
    today = datetime.now(ZoneInfo(ZONE)).date()
    return today + timedelta(days=7 * weeks - today.weekday())


def at(day: date, hour: int, minute: int = 0, zone: str = ZONE) -> Moment:
    """A moment on the wall clock of ``zone``."""
    instant = datetime(day.year, day.month, day.day, hour, minute, tzinfo=ZoneInfo(zone))
    return Moment(wall=instant.replace(tzinfo=None).isoformat(), zone=zone, instant=instant)


def whole_day(day: date) -> Moment:
    """A day as the start or end of an all-day appointment."""
    return Moment(wall=day.isoformat())


def meeting(**changes: Any) -> Appointment:
    """An hour on a Monday, with every text filled."""
    day = next_monday()
    plain = Appointment(
        subject="Intake Noor Visser",
        start=at(day, 10),
        end=at(day, 11),
        location="Kamer 2",
        notes="Regel een\nRegel twee",
        busy="busy",
        reminder_minutes=15,
    )
    return structs.replace(plain, **changes)


def weekly(**changes: Any) -> Recurrence:
    """Mondays and Wednesdays, ten times."""
    rule = Rule(frequency="weekly", days=(Day(weekday="monday"), Day(weekday="wednesday")), count=10)
    return Recurrence(rules=(structs.replace(rule, **changes),))


def same_moment(one: Moment, other: Moment) -> bool:
    """The same instant, or the same date of a whole day."""
    if one.instant is None or other.instant is None:
        return one.wall[:10] == other.wall[:10] and one.instant is other.instant
    return one.instant == other.instant


def assert_same(found: Appointment, wanted: Appointment, fields: tuple[Field, ...] = ALL_FIELDS) -> None:
    """Every one of ``fields`` has the wanted value, as far as all systems can hold it."""
    for field in fields:
        match field:
            case "time":
                assert found.all_day == wanted.all_day
                assert same_moment(found.start, wanted.start), (found.start, wanted.start)
                assert same_moment(found.end, wanted.end), (found.end, wanted.end)
            case "reminder":
                assert found.reminder_minutes == wanted.reminder_minutes
            case "notes":
                assert found.notes.strip("\n") == wanted.notes.strip("\n")
            case "recurrence":
                assert_same_recurrence(found.recurrence, wanted.recurrence)
            case _:
                assert getattr(found, field) == getattr(wanted, field), field


def assert_same_recurrence(found: Recurrence | None, wanted: Recurrence | None) -> None:
    """The same single rule, however the server orders its days."""
    if wanted is None or found is None:
        assert found is wanted
        return
    assert not (found.excluded or found.extra or found.overrides or found.excluded_rules)
    (mine,), (theirs,) = found.rules, wanted.rules
    assert {day.weekday for day in mine.days} == {day.weekday for day in theirs.days}
    for name in ("frequency", "interval", "month_days", "count", "until"):
        assert getattr(mine, name) == getattr(theirs, name), name
    nth = {day.nth for day in mine.days if day.nth is not None} or set(mine.positions)
    assert nth == {day.nth for day in theirs.days if day.nth is not None}


class CalendarContract:
    """The suite. Every test ends with the check that nobody outside would have got a mail."""

    system: ClassVar[System]

    def make(self, sandbox: Sandbox) -> Bench:
        """A client of a server that has just begun with the seed."""
        raise NotImplementedError

    @pytest.fixture(scope="class")
    @classmethod
    def server(cls) -> Iterator[Sandbox]:
        """One server for the class."""
        with started(only=[cls.system]) as sandbox:
            yield sandbox

    @pytest.fixture
    def bench(self, server: Sandbox) -> Iterator[Bench]:
        """The server at its beginning, nothing wrong with it, and a new client."""

        def begin() -> None:
            server.world.faults.clear()
            server.world.reset(1)
            server.world.witness.clear()

        server.call(begin)
        bench = self.make(server)
        yield bench
        bench.calendar.close()
        assert [mail for mail in server.world.witness.mails if mail.channel == "api"] == []

    # Reading

    def test_the_first_listing_is_full_and_holds_everything(self, bench: Bench) -> None:
        before = bench.subjects(bench.everything())
        bench.act("create", subject="Vol", start=next_monday().isoformat() + "T09:00")
        listing = bench.everything()
        assert listing.full
        assert sorted(bench.subjects(listing)) == sorted([*before, "Vol"])
        assert len({each.native_id for each in listing.found}) == len(listing.found)

    def test_nothing_changed_nothing_listed(self, bench: Bench) -> None:
        first = bench.everything()
        second = bench.everything(first.cursor)
        assert second.found == ()
        assert not second.full
        assert bench.everything(second.cursor).found == ()

    def test_creation_edit_and_deletion_are_each_listed_once(self, bench: Bench) -> None:
        cursor = bench.everything().cursor
        day = next_monday().isoformat()
        item = bench.act("create", subject="Nieuw", start=f"{day}T09:00", location="Kamer 1")
        created = bench.everything(cursor)
        assert bench.subjects(created) == ["Nieuw"]
        bench.act("update", item=item, subject="Anders")
        edited = bench.everything(created.cursor)
        assert bench.subjects(edited) == ["Anders"]
        assert edited.found[0].native_id == created.found[0].native_id
        assert edited.found[0].version != created.found[0].version
        bench.act("delete", item=item)
        deleted = bench.everything(edited.cursor)
        assert [(each.native_id, each.presence == "present") for each in deleted.found] == [
            (created.found[0].native_id, False)
        ]
        assert bench.everything(deleted.cursor).found == ()

    def test_fetch_gives_the_whole_appointment_as_listed(self, bench: Bench) -> None:
        bench.act("create", subject="Heel", start=next_monday().isoformat() + "T09:00", notes="tekst", reminder=30)
        listed = bench.the("Heel")
        fetched = bench.calendar.fetch(listed.native_id)
        assert (fetched.native_id, fetched.version) == (listed.native_id, listed.version)
        one, other = bench.understood(listed), bench.understood(fetched)
        assert one.appointment == other.appointment
        assert one.fingerprint == other.fingerprint
        assert one.appointment.notes.strip() == "tekst"
        assert one.appointment.reminder_minutes == 30

    def test_a_deleted_item_is_not_present_when_fetched(self, bench: Bench) -> None:
        item = bench.act("create", subject="Weg", start=next_monday().isoformat() + "T09:00")
        found = bench.the("Weg")
        bench.act("delete", item=item)
        assert bench.calendar.fetch(found.native_id).presence in ("tombstone", "absent", "left")

    def test_the_series_of_a_person_is_read_as_its_rule(self, bench: Bench) -> None:
        day = next_monday()
        rule = {"frequency": "weekly", "interval": 2, "weekdays": ["mo", "th"], "count": 6}
        bench.act("create", subject="Reeks", start=f"{day}T09:00", rule=rule)
        read = bench.understood(bench.the("Reeks")).appointment
        days = (Day(weekday="monday"), Day(weekday="thursday"))
        wanted = Rule(frequency="weekly", interval=2, days=days, count=6)
        assert_same_recurrence(read.recurrence, Recurrence(rules=(wanted,)))
        assert same_moment(read.start, at(day, 9))

    def test_a_cursor_that_the_server_forgot_or_nobody_made_is_lost(self, bench: Bench) -> None:
        cursor = bench.everything().cursor
        with pytest.raises(CursorLost):
            bench.everything(bench.lost(cursor))
        assert bench.everything().full

    # Creating and finding

    def test_create_gives_every_field_and_is_found_by_its_marker(self, bench: Bench) -> None:
        marker, wanted = uuid4(), meeting(busy="tentative")
        made = bench.make(wanted, marker)
        for found in (made, bench.calendar.find(marker), bench.calendar.fetch(made.native_id)):
            assert found is not None
            assert (found.native_id, found.presence) == (made.native_id, "present")
            read = bench.understood(found)
            assert_same(read.appointment, wanted)
            assert read.marker == marker
            assert read.version == made.version

    def test_an_own_creation_is_listed_with_version_and_fingerprint_of_the_answer(self, bench: Bench) -> None:
        cursor = bench.everything().cursor
        made = bench.make(meeting())
        (listed,) = bench.everything(cursor).found
        assert (listed.native_id, listed.version) == (made.native_id, made.version)
        assert bench.understood(listed).fingerprint == bench.understood(made).fingerprint

    def test_nothing_is_found_by_a_marker_that_nothing_carries(self, bench: Bench) -> None:
        assert bench.calendar.find(uuid4()) is None

    def test_a_deleted_item_is_found_by_its_marker_but_not_as_present(self, bench: Bench) -> None:
        marker = uuid4()
        made = bench.make(meeting(), marker)
        bench.calendar.delete(made)
        found = bench.calendar.find(marker)
        assert found is not None
        assert found.presence != "present"

    def test_a_lost_answer_to_a_create_is_settled_by_asking_for_the_marker(self, bench: Bench) -> None:
        marker, wanted = uuid4(), meeting(subject="Antwoord kwijt")
        bench.fault(bench.operations.create, "drop", when="after")
        with pytest.raises(Unavailable):
            bench.make(wanted, marker)
        found = bench.calendar.find(marker)
        assert found is not None
        assert_same(bench.understood(found).appointment, wanted)
        assert len(bench.called("Antwoord kwijt")) == 1

    def test_a_create_that_never_arrived_leaves_nothing(self, bench: Bench) -> None:
        marker = uuid4()
        bench.fault(bench.operations.create, "drop")
        with pytest.raises(Unavailable):
            bench.make(meeting(subject="Nooit"), marker)
        assert bench.calendar.find(marker) is None
        assert bench.called("Nooit") == []

    def test_an_all_day_appointment_keeps_its_dates(self, bench: Bench) -> None:
        day = next_monday()
        wanted = meeting(start=whole_day(day), end=whole_day(day + timedelta(days=3)), all_day=True)
        read = bench.understood(bench.make(wanted)).appointment
        assert_same(read, wanted)
        assert (read.start.wall, read.end.wall) == (wanted.start.wall, wanted.end.wall)

    @pytest.mark.parametrize(
        "rule",
        [
            Rule(frequency="weekly", days=(Day(weekday="monday"), Day(weekday="wednesday")), count=10),
            Rule(frequency="weekly", interval=3, days=(Day(weekday="monday"),)),
            Rule(frequency="monthly", days=(Day(weekday="monday", nth=-1),), count=5),
        ],
        ids=["weekly", "every third week", "last Monday"],
    )
    def test_a_series_is_written_as_its_rule(self, bench: Bench, rule: Rule) -> None:
        day = next_monday()
        if rule.frequency == "monthly":
            while (day + timedelta(days=7)).month == day.month:
                day += timedelta(days=7)
        recurrence = Recurrence(rules=(rule,))
        wanted = meeting(start=at(day, 10), end=at(day, 11), recurrence=recurrence)
        made = bench.make(wanted)
        assert_same(bench.understood(made).appointment, wanted)
        assert_same(bench.understood(bench.calendar.fetch(made.native_id)).appointment, wanted)

    def test_a_series_until_a_day_ends_with_that_day(self, bench: Bench) -> None:
        day = next_monday()
        rule = Rule(frequency="weekly", days=(Day(weekday="monday"),), until=day + timedelta(days=28))
        wanted = meeting(recurrence=Recurrence(rules=(rule,)))
        assert_same(bench.understood(bench.make(wanted)).appointment, wanted)

    # Updating

    @pytest.mark.parametrize("field", ["subject", "location", "notes", "time", "busy", "reminder"])
    def test_one_field_changes_and_all_others_stay(self, bench: Bench, field: Field) -> None:
        before = meeting()
        day = next_monday()
        after = meeting(
            subject="Ander onderwerp",
            location="",
            notes="Heel andere tekst",
            start=at(day, 14, 30),
            end=at(day, 15, 15),
            busy="tentative",
            reminder_minutes=60,
        )
        made = bench.make(before)
        updated = bench.calendar.update(made, after, [field])
        assert updated.native_id == made.native_id
        assert updated.version != made.version
        for found in (updated, bench.calendar.fetch(made.native_id)):
            read = bench.understood(found).appointment
            assert_same(read, after, (field,))
            assert_same(read, before, tuple(other for other in ALL_FIELDS if other != field))

    def test_private_and_public_again(self, bench: Bench) -> None:
        made = bench.make(meeting())
        hidden = bench.calendar.update(made, meeting(private=True), ["private"])
        assert bench.understood(hidden).appointment.private
        shown = bench.calendar.update(hidden, meeting(private=False), ["private"])
        assert_same(bench.understood(shown).appointment, meeting())

    def test_an_edit_in_between_is_not_overwritten(self, bench: Bench) -> None:
        item = bench.act("create", subject="Samen", start=next_monday().isoformat() + "T09:00", notes="eerst")
        found = bench.the("Samen")
        bench.act("update", item=item, notes="van een mens")
        with pytest.raises(VersionChanged):
            bench.calendar.update(found, meeting(notes="van ons"), ["notes"])
        read = bench.understood(bench.calendar.fetch(found.native_id)).appointment
        assert read.notes.strip() == "van een mens"

    def test_fields_that_are_not_ours_survive_an_update(self, bench: Bench) -> None:
        start = next_monday().isoformat() + "T09:00"
        item = bench.act("create", subject="Rijk", start=start, extra=dict(bench.foreign))
        assert bench.kept(item)
        found = bench.the("Rijk")
        updated = bench.calendar.update(found, meeting(subject="Rijker"), ["subject", "location", "notes", "time"])
        assert_same(bench.understood(updated).appointment, meeting(subject="Rijker"), ("subject", "time"))
        assert bench.kept(item)

    def test_an_update_of_what_was_deleted_is_refused(self, bench: Bench) -> None:
        item = bench.act("create", subject="Straks weg", start=next_monday().isoformat() + "T09:00")
        found = bench.the("Straks weg")
        bench.act("delete", item=item)
        with pytest.raises((Gone, VersionChanged)):
            bench.calendar.update(found, meeting(), ["subject"])
        assert bench.calendar.fetch(found.native_id).presence != "present"

    def test_a_single_becomes_a_series_and_a_single_again(self, bench: Bench) -> None:
        made = bench.make(meeting())
        series = bench.calendar.update(made, meeting(recurrence=weekly()), ["recurrence"])
        assert_same(bench.understood(series).appointment, meeting(recurrence=weekly()))
        single = bench.calendar.update(series, meeting(), ["recurrence"])
        assert_same(bench.understood(single).appointment, meeting())

    def test_weekly_becomes_monthly(self, bench: Bench) -> None:
        day = next_monday()
        monthly = Recurrence(rules=(Rule(frequency="monthly", month_days=(day.day,), count=4),))
        made = bench.make(meeting(recurrence=weekly()))
        changed = bench.calendar.update(made, meeting(recurrence=monthly), ["recurrence"])
        assert_same(bench.understood(changed).appointment, meeting(recurrence=monthly))

    # Deleting and restoring

    def test_delete_is_seen_and_a_second_one_does_nothing(self, bench: Bench) -> None:
        made = bench.make(meeting(subject="Op"))
        bench.calendar.delete(made)
        assert bench.called("Op") == []
        assert bench.calendar.fetch(made.native_id).presence != "present"
        bench.calendar.delete(made)

    def test_what_a_person_edited_in_between_is_not_deleted(self, bench: Bench) -> None:
        item = bench.act("create", subject="Blijft", start=next_monday().isoformat() + "T09:00")
        found = bench.the("Blijft")
        bench.act("update", item=item, location="Kamer 9")
        with pytest.raises(VersionChanged):
            bench.calendar.delete(found)
        assert len(bench.called("Blijft")) == 1

    def test_a_deleted_item_comes_back_as_it_was(self, bench: Bench) -> None:
        marker, wanted = uuid4(), meeting(subject="Terug")
        made = bench.make(wanted, marker)
        bench.calendar.delete(made)
        gone = bench.calendar.find(marker)
        assert gone is not None
        back = bench.calendar.restore(gone)
        assert back.presence == "present"
        assert_same(bench.understood(back).appointment, wanted)
        assert bench.understood(back).marker == marker
        assert len(bench.called("Terug")) == 1

    # Texts and times that are hard

    def test_odd_texts_arrive_as_they_are(self, bench: Bench) -> None:
        wanted = meeting(subject=ODD, location=ODD, notes=f"{ODD}\n\n  {ODD}")
        made = bench.make(wanted)
        assert_same(bench.understood(made).appointment, wanted)
        assert_same(bench.understood(bench.calendar.fetch(made.native_id)).appointment, wanted)

    def test_characters_that_no_system_can_hold_cost_neither_the_item_nor_the_rest(self, bench: Bench) -> None:
        made = bench.make(meeting(subject=IMPOSSIBLE, notes=IMPOSSIBLE))
        read = bench.understood(bench.calendar.fetch(made.native_id)).appointment
        for text in (read.subject, read.notes):
            assert [letter for letter in text if letter in "abcdef"] == list("abcdef")

    def test_a_text_that_is_too_long_is_cut_or_refused(self, bench: Bench) -> None:
        long = "é🧑" * 20_000
        try:
            made = bench.make(meeting(subject=long, location=long))
        except Rejected:
            assert bench.called(long) == []
            return
        read = bench.understood(made).appointment
        for text in (read.subject, read.location):
            assert len(text) > 200
            assert long.startswith(text)

    def test_an_end_before_the_start_is_refused_and_nothing_made(self, bench: Bench) -> None:
        day = next_monday()
        with pytest.raises(Rejected) as refused:
            bench.make(meeting(subject="Achterstevoren", start=at(day, 11), end=at(day, 10)))
        assert "end" in str(refused.value)
        assert bench.called("Achterstevoren") == []

    # A server that does not answer as it should

    @pytest.mark.parametrize(
        ("kind", "fields"),
        [
            ("drop", {}),
            ("garble", {"when": "after"}),
            ("truncate", {"when": "after", "params": {"bytes": 40}}),
            ("status", {"params": {"status": 503}}),
        ],
        ids=["dropped", "garbled", "cut", "503"],
    )
    @pytest.mark.parametrize("operation", ["changes", "fetch", "update"])
    def test_an_answer_without_sense_is_unavailable(
        self, bench: Bench, operation: str, kind: str, fields: dict[str, Any]
    ) -> None:
        made = bench.make(meeting())
        does: dict[str, Callable[[], object]] = {
            "changes": lambda: bench.calendar.changes(None),
            "fetch": lambda: bench.calendar.fetch(made.native_id),
            "update": lambda: bench.calendar.update(made, meeting(subject="Nieuw"), ["subject"]),
        }
        bench.fault(getattr(bench.operations, operation), kind, **fields)
        with pytest.raises(Unavailable):
            does[operation]()
        assert bench.calendar.fetch(made.native_id).presence == "present"

    def test_a_server_that_asks_to_wait_is_busy_and_says_how_long(self, bench: Bench) -> None:
        bench.calendar.changes(None)
        bench.fault(bench.operations.changes, **bench.busy)
        with pytest.raises(Busy) as busy:
            bench.calendar.changes(None)
        assert busy.value.retry_after == bench.pause

    def test_refused_credentials_cost_one_attempt(self, bench: Bench) -> None:
        refused = bench.refused()
        witness = bench.sandbox.world.witness
        bench.sandbox.call(witness.clear)
        with pytest.raises(CredentialsRefused):
            refused.changes(None)
        refused.close()
        assert len(witness.logins) == 1

    def test_errors_name_system_and_operation_and_no_persons_words(self, bench: Bench) -> None:
        secret = "Ontslag Jansen"
        bench.fault(bench.operations.create, "drop")
        with pytest.raises(CalendarError) as failed:
            bench.make(meeting(subject=secret, notes=secret))
        assert failed.value.system == self.system
        assert failed.value.operation
        assert secret not in str(failed.value)
