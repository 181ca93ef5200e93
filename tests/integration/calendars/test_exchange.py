"""The Exchange client against the Exchange sandbox: the contract of all clients, and what only Exchange does."""

import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import psutil
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from cxsync.appointment.classes import same
from cxsync.appointment.fields import copied
from cxsync.calendars.errors import (
    Busy,
    CalendarError,
    CredentialsRefused,
    CursorLost,
    Gone,
    NotPermitted,
    NotThatServer,
    Rejected,
    Unavailable,
    Unreadable,
    VersionChanged,
)
from cxsync.calendars.exchange.client import ExchangeCalendar
from cxsync.calendars.exchange.cursor import Cursor, dump
from cxsync.calendars.exchange.endpoint import Endpoint, EndpointRefused, read_allowlist, read_endpoint
from cxsync.calendars.exchange.protocol import Spoken
from cxsync.calendars.exchange.read import read
from cxsync.calendars.exchange.signin import ask
from cxsync.calendars.exchange.transport import Route, route
from cxsync.calendars.port import Found
from cxsync.sandbox.core.clock import Clock
from cxsync.sandbox.core.faults import Fault
from cxsync.sandbox.core.run import Sandbox, started
from cxsync.sandbox.core.seed import people
from schemas.appointment import Appointment
from schemas.records import Policy
from schemas.words import Field
from tests.integration.calendars.contract import (
    ALL_FIELDS,
    Bench,
    CalendarContract,
    Operations,
    assert_same,
    at,
    meeting,
    next_monday,
    weekly,
    whole_day,
)
from tests.unit.calendars.exchange.appointments import appointments

OPERATIONS = Operations(
    changes="SyncFolderItems",
    fetch="GetItem",
    find="FindItem",
    create="CreateItem",
    update="UpdateItem",
    delete="DeleteItem",
)
LOCAL = read_allowlist(["127.0.0.1"])
PERSON = next(each for each in people() if each.provider == "exchange")


def way_to(sandbox: Sandbox) -> Route:
    """The checked way to the sandbox's server."""
    return route(read_endpoint(sandbox.urls["exchange"]["ews"]), LOCAL)


def options(sandbox: Sandbox, **switches: Any) -> None:
    """Set switches of the server, all others as they are by default."""
    system = sandbox.world.system("exchange")

    def change() -> None:
        changed = type(system.options)(**switches)
        setattr(system, "options", changed)  # noqa: B010 - read-only in the protocol, as the control interface does it

    sandbox.call(change)


def bench_of(sandbox: Sandbox, **switches: Any) -> Bench:
    """A client of the first person's mailbox."""
    options(sandbox, **switches)
    way = way_to(sandbox)
    return Bench(
        calendar=ExchangeCalendar(way, PERSON.mailbox, PERSON.password),
        read=read,
        sandbox=sandbox,
        person=PERSON.mailbox,
        refused=lambda: ExchangeCalendar(way, PERSON.mailbox, "wrong"),
        operations=OPERATIONS,
        busy={"kind": "reason", "params": {"reason": "ErrorServerBusy", "back_off": 7000}},
        pause=7.0,
        lost=lambda cursor: dump(Cursor("AAAA")),
    )


class TestExchangeByNtlm(CalendarContract):
    system = "exchange"

    def make(self, sandbox: Sandbox) -> Bench:
        return bench_of(sandbox, auth=("NTLM",))


class TestExchangeByBasic(CalendarContract):
    system = "exchange"

    def make(self, sandbox: Sandbox) -> Bench:
        return bench_of(sandbox, auth=("Basic",))


class TestExchange2010(CalendarContract):
    system = "exchange"

    def make(self, sandbox: Sandbox) -> Bench:
        return bench_of(sandbox, release="2010_SP2")


NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
POLICY = Policy()


class Mailbox:
    """A mailbox of its own for one test, by client and as its owner in Outlook."""

    def __init__(self, sandbox: Sandbox, owner: str = "noor@agency.example") -> None:
        self.sandbox = sandbox
        self.owner = owner
        system = sandbox.world.system("exchange")
        self.password = str(sandbox.call(system.add_user, {"owner": owner})["password"])
        self._clients: list[ExchangeCalendar] = []
        self.calendar = self.client()

    def client(self, username: str | None = None, password: str | None = None, **named: Any) -> ExchangeCalendar:
        """A further client of it."""
        made = ExchangeCalendar(way_to(self.sandbox), username or self.owner, password or self.password, **named)
        self._clients.append(made)
        return made

    def close(self) -> None:
        """All clients."""
        for client in self._clients:
            client.close()

    def act(self, action: str, **fields: Any) -> str:
        """As the owner, who writes from Amsterdam."""
        return str(self.sandbox.act("exchange", self.owner, {"action": action, **fields})["item"])

    def everything(self, cursor: bytes | None = None) -> tuple[list[Found], bytes]:
        """All pages, and the cursor behind them."""
        found: list[Found] = []
        while True:
            listing = self.calendar.changes(cursor)
            found += listing.found
            cursor = listing.cursor
            if not listing.more:
                return found, cursor

    def understood(self, native_id: str) -> Appointment:
        """What it is now."""
        return read(self.calendar.fetch(native_id), POLICY).appointment

    def fault(self, operation: str, kind: str, **fields: Any) -> None:
        """Something goes wrong at the next such request."""
        given = {"system": "exchange", "operation": operation, "kind": kind, **fields}
        self.sandbox.call(self.sandbox.world.faults.add, Fault(**given))

    def requests(self, operation: str) -> int:
        """How many the server has answered."""
        return self.sandbox.world.witness.counts.get(("exchange", operation), 0)

    def refusals(self) -> int:
        """How often a password was refused."""
        return len(self.sandbox.world.witness.logins)

    def mails(self) -> list[str]:
        """What our writes would have sent to people."""
        return [mail.kind for mail in self.sandbox.world.witness.mails if mail.channel == "api"]


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    """A server with one empty mailbox."""
    with started(only=("exchange",), clock=Clock(NOW), people=()) as sandbox:
        made = Mailbox(sandbox)
        yield made
        made.close()
        assert made.mails() == []


# Signing in


@pytest.mark.parametrize("auth", [("NTLM",), ("Basic",), ("Basic", "NTLM")])
@pytest.mark.parametrize("name", ["noor@agency.example", "AGENCY\\noor", "noor@agency.local"])
def test_every_form_of_a_user_name_signs_in(mailbox: Mailbox, auth: tuple[str, ...], name: str) -> None:
    options(mailbox.sandbox, auth=auth)
    calendar = mailbox.client(name)
    assert calendar.changes(None).full
    assert calendar.spoken is not None
    assert calendar.spoken.kind == ("NTLM" if "NTLM" in auth else "Basic")
    assert mailbox.refusals() == 0


@pytest.mark.parametrize("auth", ["NTLM", "Basic"])
def test_a_password_may_hold_any_character(mailbox: Mailbox, auth: str) -> None:
    options(mailbox.sandbox, auth=(auth,))
    password = "Zażółć gęślą €:ïß🔑 "
    mailbox.sandbox.call(mailbox.sandbox.world.system("exchange").set_password, mailbox.owner, password)
    assert mailbox.client(password=password).changes(None).full


@pytest.mark.parametrize("auth", ["NTLM", "Basic"])
def test_a_refused_password_is_tried_once_by_every_operation(mailbox: Mailbox, auth: str) -> None:
    options(mailbox.sandbox, auth=(auth,), lockout_threshold=0)
    good = mailbox.calendar.create(meeting(), uuid4())
    bad = mailbox.client(password="wrong", spoken=mailbox.calendar.spoken)
    acts: list[Callable[[], object]] = [
        lambda: bad.changes(None),
        lambda: bad.fetch(good.native_id),
        lambda: bad.find(uuid4()),
        lambda: bad.create(meeting(), uuid4()),
        lambda: bad.update(good, meeting(subject="x"), ["subject"]),
        lambda: bad.delete(good),
        lambda: bad.restore(good),
    ]
    for count, act in enumerate(acts, start=1):
        with pytest.raises(CredentialsRefused):
            act()
        assert mailbox.refusals() == count


def test_expired_disabled_and_locked_accounts_are_refused_credentials(mailbox: Mailbox) -> None:
    system = mailbox.sandbox.world.system("exchange")
    options(mailbox.sandbox, after_expiry="fault")
    mailbox.sandbox.call(system.add_user, {"owner": mailbox.owner, "must_change_password": True})
    with pytest.raises(CredentialsRefused):
        mailbox.calendar.changes(None)
    mailbox.sandbox.call(system.add_user, {"owner": mailbox.owner, "must_change_password": False, "disabled": True})
    with pytest.raises(CredentialsRefused):
        mailbox.client().changes(None)


def test_the_kind_is_asked_without_a_password_and_remembered(mailbox: Mailbox) -> None:
    mailbox.calendar.changes(None)
    spoken = mailbox.calendar.spoken
    before = mailbox.requests("sign-in")
    later = mailbox.client(spoken=spoken)
    later.changes(None)
    assert later.spoken == spoken
    # NTLM alone: its two steps, no question before.
    assert mailbox.requests("sign-in") - before <= 2


def test_a_server_that_no_longer_offers_the_remembered_kind_costs_no_attempt(mailbox: Mailbox) -> None:
    mailbox.calendar.changes(None)
    options(mailbox.sandbox, auth=("Basic",))
    later = mailbox.client(spoken=mailbox.calendar.spoken)
    assert later.changes(None).full
    assert later.spoken is not None
    assert later.spoken.kind == "Basic"
    assert mailbox.refusals() == 0


def test_the_server_is_spoken_to_in_its_own_version_from_the_second_request_on(mailbox: Mailbox) -> None:
    mailbox.calendar.changes(None)
    assert mailbox.calendar.spoken == Spoken("NTLM", "Exchange2016", (15, 1, 2507, 39))
    options(mailbox.sandbox, release="2010_SP2")
    old = mailbox.client()
    old.changes(None)
    assert old.spoken is not None
    assert old.spoken.api_version == "Exchange2010_SP2"


def test_a_server_that_was_replaced_by_an_older_one_is_spoken_to_in_its_version(mailbox: Mailbox) -> None:
    mailbox.calendar.changes(None)
    options(mailbox.sandbox, release="2010_SP2")
    later = mailbox.client(spoken=mailbox.calendar.spoken)
    assert_same(read(later.create(meeting(), uuid4()), POLICY).appointment, meeting())
    assert later.spoken is not None
    assert later.spoken.build[0] == 14
    busy = later.create(meeting(busy="working-elsewhere"), uuid4())
    assert read(busy, POLICY).appointment.busy == "busy"


# Listing


def test_a_large_calendar_comes_in_pages_that_are_all_full(mailbox: Mailbox) -> None:
    for index in range(230):
        mailbox.act("create", subject=f"Nr {index}", start="2026-03-09T09:00")
    cursor, seen, pages = None, set[str](), 0
    while True:
        listing = mailbox.calendar.changes(cursor)
        assert listing.full
        pages += 1
        seen |= {each.native_id for each in listing.found}
        cursor = listing.cursor
        if not listing.more:
            break
    assert (len(seen), pages) == (230, 3)
    assert not mailbox.calendar.changes(cursor).full


def test_a_listing_broken_off_goes_on_where_it_was(mailbox: Mailbox) -> None:
    for index in range(150):
        mailbox.act("create", subject=f"Nr {index}", start="2026-03-09T09:00")
    first = mailbox.calendar.changes(None)
    mailbox.fault("GetItem", "drop")
    with pytest.raises(Unavailable):
        mailbox.calendar.changes(first.cursor)
    rest, _ = mailbox.everything(first.cursor)
    assert len({each.native_id for each in (*first.found, *rest)}) == 150


@pytest.mark.parametrize("part", range(1, 11))
def test_no_part_of_an_answer_passes_for_the_whole(mailbox: Mailbox, part: int) -> None:
    for index in range(20):
        mailbox.act("create", subject=f"Nr {index}", start="2026-03-09T09:00")
    mailbox.fault("SyncFolderItems", "truncate", when="after", params={"bytes": part * 450})
    with pytest.raises(Unavailable):
        mailbox.calendar.changes(None)
    mailbox.fault("GetItem", "truncate", when="after", params={"bytes": part * 4000})
    with pytest.raises(Unavailable):
        mailbox.calendar.changes(None)


def test_an_item_that_goes_between_listing_and_fetching_is_not_lost(mailbox: Mailbox) -> None:
    _, cursor = mailbox.everything()
    item = mailbox.act("create", subject="Kort", start="2026-03-09T09:00")
    delete = {"system": "exchange", "owner": mailbox.owner, "action": {"action": "delete", "item": item}}
    mailbox.fault("GetItem", "act", params=delete)
    found, cursor = mailbox.everything(cursor)
    assert found == []
    found, _ = mailbox.everything(cursor)
    assert [each.presence for each in found] == ["tombstone"]


def test_an_item_that_the_server_cannot_read_does_not_stop_the_rest(mailbox: Mailbox) -> None:
    _, cursor = mailbox.everything()
    mailbox.act("create", subject="Stuk", start="2026-03-09T09:00")
    mailbox.fault("GetItem", "reason", params={"reason": "ErrorItemCorrupt"})
    (found,), _ = mailbox.everything(cursor)
    assert found.presence == "present"
    with pytest.raises(Unreadable, match="ErrorItemCorrupt"):
        read(found, POLICY)


def test_leaving_the_calendar_is_told_from_being_deleted(mailbox: Mailbox) -> None:
    options(mailbox.sandbox, move_changes_id=False)
    one = mailbox.act("create", subject="Verhuist", start="2026-03-09T09:00")
    two = mailbox.act("create", subject="Weg", start="2026-03-09T09:00")
    three = mailbox.act("create", subject="Archief", start="2026-03-09T09:00")
    _, cursor = mailbox.everything()
    mailbox.act("move-folder", item=one, folder="Inbox")
    mailbox.act("delete", item=two)
    mailbox.act("archive", item=three)
    found, _ = mailbox.everything(cursor)
    assert {each.native_id: each.presence for each in found} == {one: "left", two: "tombstone", three: "tombstone"}
    assert mailbox.calendar.fetch(one).presence == "left"
    assert mailbox.calendar.fetch(two).presence == "tombstone"
    assert mailbox.calendar.fetch(three).presence == "absent"


def test_an_item_that_came_back_is_present(mailbox: Mailbox) -> None:
    options(mailbox.sandbox, move_changes_id=False)
    item = mailbox.act("create", subject="Terug", start="2026-03-09T09:00")
    _, cursor = mailbox.everything()
    mailbox.act("delete", item=item)
    mailbox.act("restore", item=item)
    found, _ = mailbox.everything(cursor)
    assert [(each.native_id, each.presence) for each in found] == [(item, "present")]


def test_a_cursor_of_another_version_is_lost(mailbox: Mailbox) -> None:
    for kept in (b"", b"0abc", b"1\xff\xff", b"1"):
        with pytest.raises(CursorLost):
            mailbox.calendar.changes(kept)


def test_an_idle_poll_is_one_request_and_leaves_no_socket(mailbox: Mailbox) -> None:
    options(mailbox.sandbox, auth=("Basic",))
    _, cursor = mailbox.everything()
    mailbox.calendar.close()
    before, asked = sum(mailbox.sandbox.world.witness.counts.values()), list[int]()
    later = mailbox.client(spoken=mailbox.calendar.spoken, wait=asked.append)
    assert later.changes(cursor).found == ()
    assert sum(mailbox.sandbox.world.witness.counts.values()) - before == 1
    assert asked == [1]
    port = way_to(mailbox.sandbox).endpoint.port
    assert _connections(port) > 0
    later.close()
    mailbox.close()
    assert _connections(port) == 0


def _connections(port: int) -> int:
    """Connections that this process has open to the server, as the client's side."""
    open_ones = psutil.Process().net_connections("tcp")
    established = [each for each in open_ones if each.status == "ESTABLISHED"]
    return len([each for each in established if getattr(each.raddr, "port", None) == port])


# Series


def tuesdays(**rule: Any) -> dict[str, Any]:
    """The rule of a weekly series, as the sandbox takes it."""
    return {"frequency": "weekly", "weekdays": ["tu"], "count": 8, **rule}


def test_a_changed_occurrence_arrives_as_its_whole_series(mailbox: Mailbox) -> None:
    item = mailbox.act("create", subject="Overleg", start="2026-03-10T09:00", rule=tuesdays())
    _, cursor = mailbox.everything()
    mailbox.act("change-occurrence", item=item, occurrence="2026-03-17", subject="Overleg in Utrecht")
    mailbox.act("move-occurrence", item=item, occurrence="2026-03-31", start="2026-04-01T14:00")
    mailbox.act("delete-occurrence", item=item, occurrence="2026-04-07")
    (found,), _ = mailbox.everything(cursor)
    assert found.native_id == item
    assert [each.role for each in found.documents] == ["series", "exception", "exception"]
    series = read(found, POLICY).appointment
    assert series.recurrence is not None
    assert series.recurrence.excluded == ("2026-04-07T09:00:00",)
    renamed, moved = series.recurrence.overrides
    assert (renamed.original, renamed.changed, renamed.subject) == (
        "2026-03-17T09:00:00",
        ("subject",),
        "Overleg in Utrecht",
    )
    # Across the change of clocks on 29 March.
    assert (moved.original, moved.changed) == ("2026-03-31T09:00:00", ("time",))
    assert moved.start == at(datetime(2026, 4, 1).date(), 14)  # noqa: DTZ001 - a date
    assert moved.end == at(datetime(2026, 4, 1).date(), 14, 30)  # noqa: DTZ001 - a date


def test_an_all_day_series_has_exceptions_by_date(mailbox: Mailbox) -> None:
    item = mailbox.act("create", subject="Beurs", start="2026-03-10", all_day=True, rule=tuesdays())
    mailbox.act("delete-occurrence", item=item, occurrence="2026-03-31")
    mailbox.act("move-occurrence", item=item, occurrence="2026-04-14", start="2026-04-15")
    series = mailbox.understood(item)
    assert series.recurrence is not None
    assert (series.start.wall, series.end.wall) == ("2026-03-10", "2026-03-11")
    assert series.recurrence.excluded == ("2026-03-31",)
    (moved,) = series.recurrence.overrides
    assert (moved.original, moved.start and moved.start.wall) == ("2026-04-14", "2026-04-15")


def test_a_category_on_an_occurrence_is_no_exception(mailbox: Mailbox) -> None:
    item = mailbox.act("create", subject="Overleg", start="2026-03-10T09:00", rule=tuesdays())
    mailbox.act("change-occurrence", item=item, occurrence="2026-03-17", category="Blauw")
    series = mailbox.understood(item)
    assert series.recurrence is not None
    assert series.recurrence.overrides == ()


def test_texts_of_a_series_change_and_its_exceptions_survive(mailbox: Mailbox) -> None:
    item = mailbox.act("create", subject="Overleg", start="2026-03-10T09:00", rule=tuesdays())
    mailbox.act("change-occurrence", item=item, occurrence="2026-03-17", location="Utrecht")
    mailbox.act("delete-occurrence", item=item, occurrence="2026-04-07")
    found = mailbox.calendar.fetch(item)
    before = read(found, POLICY).appointment
    wanted = structs.replace(before, subject="Weekstart", notes="nieuw")
    after = read(mailbox.calendar.update(found, wanted, ["subject", "notes"]), POLICY).appointment
    assert (after.subject, after.notes) == ("Weekstart", "nieuw")
    assert after.recurrence is not None
    assert before.recurrence is not None
    assert after.recurrence.excluded == before.recurrence.excluded
    assert [each.original for each in after.recurrence.overrides] == ["2026-03-17T09:00:00"]


def test_a_series_moves_to_another_time_and_another_day(mailbox: Mailbox) -> None:
    made = mailbox.calendar.create(meeting(recurrence=weekly()), uuid4())
    day = next_monday()
    later = meeting(start=at(day, 15), end=at(day, 16), recurrence=weekly())
    moved = mailbox.calendar.update(made, later, ["time"])
    assert_same(read(moved, POLICY).appointment, later)
    week = day + timedelta(days=7)
    other = meeting(start=at(week, 8), end=at(week, 9), recurrence=weekly(count=6))
    assert_same(read(mailbox.calendar.update(moved, other, ["time", "recurrence"]), POLICY).appointment, other)
    back = meeting(start=at(day, 8), end=at(day, 9), recurrence=weekly(count=6))
    assert_same(
        read(mailbox.calendar.update(mailbox.calendar.fetch(made.native_id), back, ["time"]), POLICY).appointment, back
    )


def test_a_new_series_with_exceptions_is_refused_by_name(mailbox: Mailbox) -> None:
    gaps = structs.replace(weekly(), excluded=("2026-03-11T10:00:00",))
    with pytest.raises(Rejected, match="excluded"):
        mailbox.calendar.create(meeting(recurrence=gaps), uuid4())
    assert mailbox.requests("CreateItem") == 0


def test_the_series_of_an_occurrence_s_id_is_found(mailbox: Mailbox) -> None:
    item = mailbox.act("create", subject="Overleg", start="2026-03-10T09:00", rule=tuesdays())
    mailbox.act("change-occurrence", item=item, occurrence="2026-03-17", subject="Anders")
    exception = mailbox.calendar.fetch(item).documents[1].native_id
    assert mailbox.calendar.fetch(exception).native_id == item


# Zones and times


def test_a_single_keeps_its_zone_when_it_moves(mailbox: Mailbox) -> None:
    item = mailbox.act("create", subject="Bellen", start="2026-03-10T09:00", zone="America/New_York")
    found = mailbox.calendar.fetch(item)
    assert read(found, POLICY).appointment.start.zone == "America/New_York"
    day = datetime(2026, 3, 11, tzinfo=UTC).date()
    wanted = meeting(start=at(day, 16), end=at(day, 17))
    after = read(mailbox.calendar.update(found, wanted, ["time"]), POLICY).appointment
    assert after.start.instant == wanted.start.instant
    assert after.start.zone == "America/New_York"


@pytest.mark.parametrize("hour", [0, 1])
def test_both_of_two_equal_hours_are_written_as_they_are(mailbox: Mailbox, hour: int) -> None:
    instant = datetime(2026, 10, 25, hour, 30, tzinfo=UTC)
    start = structs.replace(at(instant.date(), 2, 30), instant=instant)
    end = structs.replace(at(instant.date(), 5), instant=datetime(2026, 10, 25, 4, tzinfo=UTC))
    made = mailbox.calendar.create(meeting(start=start, end=end), uuid4())
    assert read(made, POLICY).appointment.start.instant == instant
    changed = mailbox.calendar.update(made, meeting(start=start, end=end), ["time"])
    assert read(changed, POLICY).appointment.start.instant == instant


def test_a_timed_appointment_becomes_all_day_and_timed_again(mailbox: Mailbox) -> None:
    day = next_monday()
    made = mailbox.calendar.create(meeting(), uuid4())
    whole = meeting(start=whole_day(day), end=whole_day(day + timedelta(days=1)), all_day=True)
    changed = mailbox.calendar.update(made, whole, ["time"])
    assert_same(read(changed, POLICY).appointment, whole)
    assert_same(read(mailbox.calendar.update(changed, meeting(), ["time"]), POLICY).appointment, meeting())


@pytest.mark.parametrize("zone", ["Europe/Kyiv", "America/Edmonton", "Pacific/Auckland", "UTC"])
def test_zones_that_are_newer_or_far_are_written(mailbox: Mailbox, zone: str) -> None:
    day = next_monday()
    wanted = meeting(start=at(day, 10, zone=zone), end=at(day, 11, zone=zone), recurrence=weekly())
    assert_same(read(mailbox.calendar.create(wanted, uuid4()), POLICY).appointment, wanted)


# Meetings


def invitation(mailbox: Mailbox, **fields: Any) -> str:
    """Somebody else's meeting arrives."""
    given = {"subject": "Bij de klant", "start": "2026-03-10T09:00", "from": "klant@client.example", **fields}
    return mailbox.act("invited", **given)


def test_an_invitation_is_preliminary_until_it_is_accepted(mailbox: Mailbox) -> None:
    item = invitation(mailbox, guests=[mailbox.owner, "derde@client.example"])
    unanswered = mailbox.understood(item)
    assert unanswered.busy == "tentative"
    assert unanswered.meeting is not None
    assert (unanswered.meeting.role, unanswered.meeting.response) == ("attendee", "none")
    assert "klant@client.example" in unanswered.meeting.organizer
    assert "derde@client.example" in unanswered.attendees
    mailbox.act("accept", item=item, send=False)
    accepted = mailbox.understood(item)
    assert accepted.busy == "busy"
    assert accepted.meeting is not None
    assert accepted.meeting.response == "accepted"
    mailbox.act("cancel", item=item)
    cancelled = mailbox.understood(item)
    assert cancelled.meeting is not None
    assert cancelled.meeting.cancelled


def test_guests_are_told_nothing_of_any_write_and_stay(mailbox: Mailbox) -> None:
    guests = ["een@client.example", "twee@client.example"]
    item = mailbox.act("create", subject="Met gasten", start="2026-03-10T09:00", guests=guests, send=False)
    found = mailbox.calendar.fetch(item)
    before = read(found, POLICY).appointment
    assert before.meeting is not None
    assert (before.meeting.role, before.meeting.guests) == ("organizer", 2)
    wanted = meeting(subject="Verzet", attendees="niemand")
    changed = mailbox.calendar.update(found, wanted, ["subject", "location", "time", "attendees", "busy", "private"])
    after = read(changed, POLICY).appointment
    assert_same(after, wanted, ("subject", "location", "time"))
    assert after.attendees == before.attendees
    mailbox.calendar.delete(changed)
    mailbox.calendar.restore(changed)


def test_nothing_but_attendees_to_write_is_no_request(mailbox: Mailbox) -> None:
    made = mailbox.calendar.create(meeting(), uuid4())
    assert mailbox.calendar.update(made, meeting(attendees="x"), ["attendees"]) == made
    assert mailbox.requests("UpdateItem") == 0


# Finding and restoring


def test_an_item_without_marker_is_restored_by_its_global_id(mailbox: Mailbox) -> None:
    item = mailbox.act("create", subject="Van Noor zelf", start="2026-03-10T09:00")
    mailbox.act("create", subject="Een ander", start="2026-03-10T09:00")
    found = mailbox.calendar.fetch(item)
    mailbox.calendar.delete(found)
    back = mailbox.calendar.restore(found)
    assert back.presence == "present"
    assert read(back, POLICY).appointment.subject == "Van Noor zelf"
    assert mailbox.calendar.restore(back) == back


def test_a_restored_series_has_its_exceptions(mailbox: Mailbox) -> None:
    item = mailbox.act("create", subject="Overleg", start="2026-03-10T09:00", rule=tuesdays())
    mailbox.act("change-occurrence", item=item, occurrence="2026-03-17", subject="Anders")
    found = mailbox.calendar.fetch(item)
    mailbox.calendar.delete(found)
    back = read(mailbox.calendar.restore(found), POLICY).appointment
    assert back.recurrence is not None
    assert [each.subject for each in back.recurrence.overrides] == ["Anders"]


def test_what_is_no_longer_in_deleted_items_is_gone(mailbox: Mailbox) -> None:
    made = mailbox.calendar.create(meeting(), uuid4())
    mailbox.act("archive", item=made.native_id)
    with pytest.raises(Gone):
        mailbox.calendar.restore(made)
    with pytest.raises(Gone):
        mailbox.calendar.restore(Found(native_id=made.native_id, version=None, presence="tombstone"))


def test_a_deleted_item_lies_in_deleted_items(mailbox: Mailbox) -> None:
    made = mailbox.calendar.create(meeting(), uuid4())
    mailbox.calendar.delete(made)
    items = mailbox.sandbox.call(mailbox.sandbox.world.system("exchange").items, mailbox.owner)
    assert [each["deleted"] for each in items] == [True]


def test_an_id_that_nobody_gave_is_absent_or_gone(mailbox: Mailbox) -> None:
    made = mailbox.calendar.create(meeting(), uuid4())
    nonsense = structs.replace(made, native_id="AAAA")
    with pytest.raises(Gone):
        mailbox.calendar.update(nonsense, meeting(), ["subject"])
    assert mailbox.calendar.fetch("AAAA").presence == "absent"
    mailbox.calendar.delete(nonsense)


# What servers answer


@pytest.mark.parametrize(
    ("reason", "error"),
    [
        ("ErrorServerBusy", Busy),
        ("ErrorExceededConnectionCount", Busy),
        ("ErrorAccessDenied", NotPermitted),
        ("ErrorNonExistentMailbox", NotPermitted),
        ("ErrorQuotaExceeded", NotPermitted),
        ("ErrorPasswordExpired", CredentialsRefused),
        ("ErrorPasswordChangeRequired", CredentialsRefused),
        ("ErrorMailboxMoveInProgress", Unavailable),
        ("ErrorInternalServerError", Unavailable),
        ("ErrorInternalServerTransientError", Unavailable),
        ("ErrorTimeoutExpired", Unavailable),
        ("ErrorIrresolvableConflict", VersionChanged),
        ("ErrorItemNotFound", Gone),
        ("ErrorInvalidRequest", Rejected),
        ("ErrorSchemaValidation", Rejected),
        ("ErrorCalendarDurationIsTooLong", Rejected),
    ],
)
def test_the_server_s_words_become_ours(mailbox: Mailbox, reason: str, error: type[CalendarError]) -> None:
    made = mailbox.calendar.create(meeting(), uuid4())
    mailbox.fault("UpdateItem", "reason", params={"reason": reason}, times=-1)
    with pytest.raises(error) as caught:
        mailbox.calendar.update(made, meeting(subject="Geheim"), ["subject"])
    assert caught.value.operation == "update"
    assert "Geheim" not in str(caught.value)
    assert mailbox.requests("UpdateItem") <= 4


# Half an answer, as a proxy that lost the other half passes it on: the new state is there, the changes are not.
HALF = (
    '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Header/><s:Body>'
    '<m:SyncFolderItemsResponse xmlns:m="http://schemas.microsoft.com/exchange/services/2006/messages">'
    '<m:ResponseMessages><m:SyncFolderItemsResponseMessage ResponseClass="Success">'
    "<m:ResponseCode>NoError</m:ResponseCode><m:SyncState>new</m:SyncState>"
    "<m:IncludesLastItemInRange>true</m:IncludesLastItemInRange><m:Changes>"
)


@pytest.mark.parametrize(
    ("params", "error"),
    [
        ({"status": 200, "body": HALF}, Unavailable),
        ({"status": 403}, NotPermitted),
        ({"status": 404}, NotThatServer),
        ({"status": 301, "headers": {"Location": "https://elsewhere.example/"}}, NotThatServer),
        ({"status": 429, "headers": {"Retry-After": "12"}}, Busy),
        ({"status": 503, "headers": {"Retry-After": "12"}}, Busy),
        ({"status": 500, "body": "<html>Oeps</html>"}, Unavailable),
        ({"status": 502}, Unavailable),
        ({"status": 200, "body": "<html>Aanmelden</html>"}, Unavailable),
        ({"status": 200, "body": ""}, Unavailable),
        ({"status": 200, "body": "<a><b/></a>"}, Unavailable),
        ({"status": 401, "headers": {"Connection": "close"}}, CredentialsRefused),
    ],
)
def test_http_answers_become_ours(mailbox: Mailbox, params: dict[str, Any], error: type[CalendarError]) -> None:
    options(mailbox.sandbox, auth=("Basic",))
    mailbox.fault("SyncFolderItems", "status", params=params)
    with pytest.raises(error) as caught:
        mailbox.calendar.changes(None)
    if isinstance(caught.value, Busy):
        assert caught.value.retry_after == 12


def test_nothing_that_people_wrote_is_logged(mailbox: Mailbox, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("DEBUG"):
        mailbox.calendar.create(meeting(subject="Ontslag Jansen"), uuid4())
        mailbox.fault("CreateItem", "drop")
        with pytest.raises(Unavailable):
            mailbox.calendar.create(meeting(subject="Ontslag Jansen"), uuid4())
        with pytest.raises(Rejected):
            mailbox.calendar.create(meeting(subject="Ontslag Jansen", reminder_minutes=-5), uuid4())
    assert "Ontslag" not in caplog.text
    assert mailbox.password not in caplog.text


def test_the_day_on_which_the_password_runs_out(mailbox: Mailbox) -> None:
    assert mailbox.calendar.password_expires(mailbox.owner) is None
    options(mailbox.sandbox, password_days=90)
    assert mailbox.calendar.password_expires(mailbox.owner) == NOW + timedelta(days=90)
    with pytest.raises(NotPermitted):
        mailbox.calendar.password_expires("iemand@agency.example")


# Endpoints


def test_a_loopback_endpoint_is_refused_unless_listed(mailbox: Mailbox) -> None:
    with pytest.raises(EndpointRefused):
        route(read_endpoint(mailbox.sandbox.urls["exchange"]["ews"]), read_allowlist(()))
    with pytest.raises(EndpointRefused):
        route(read_endpoint("https://localhost:1"), read_allowlist(()))


def test_a_web_site_is_not_that_server(mailbox: Mailbox) -> None:
    control = read_endpoint(mailbox.sandbox.control + "/EWS/Exchange.asmx")
    with pytest.raises(NotThatServer, match="HTTP 4"):
        ask(route(control, LOCAL))


def test_a_server_without_a_kind_that_we_speak_says_which_it_has(mailbox: Mailbox) -> None:
    options(mailbox.sandbox, auth=())
    with pytest.raises(NotThatServer, match="Basic or NTLM"):
        mailbox.client().changes(None)


def test_nobody_answers(mailbox: Mailbox) -> None:
    with pytest.raises(Unavailable):
        ask(Route(Endpoint("http", "127.0.0.1", 9), ("127.0.0.1",)))
    with pytest.raises(Unavailable, match="leads nowhere"):
        route(read_endpoint("no-such-host.invalid"), LOCAL)


def test_of_copies_with_one_marker_the_oldest_is_found(mailbox: Mailbox) -> None:
    marker = uuid4()
    first = mailbox.calendar.create(meeting(subject="Eerst"), marker)
    mailbox.sandbox.call(mailbox.sandbox.world.clock.shift, 60)
    mailbox.calendar.create(meeting(subject="Kopie"), marker)
    found = mailbox.calendar.find(marker)
    assert found is not None
    assert found.native_id == first.native_id


def test_a_connection_that_has_to_sign_in_again_does_so(mailbox: Mailbox) -> None:
    _, cursor = mailbox.everything()
    mailbox.fault("SyncFolderItems", "expire-token")
    assert mailbox.calendar.changes(cursor).found == ()
    assert mailbox.refusals() == 0


def test_clients_share_nothing(mailbox: Mailbox) -> None:
    mailbox.calendar.changes(None)
    with pytest.raises(CredentialsRefused):
        mailbox.client(password="wrong").changes(None)
    mailbox.sandbox.call(mailbox.sandbox.world.system("exchange").set_password, mailbox.owner, "new")
    with pytest.raises(CredentialsRefused):
        mailbox.calendar.changes(None)
    assert mailbox.client(password="new").changes(None).full


def test_a_refused_request_does_not_change_the_version_that_is_spoken(mailbox: Mailbox) -> None:
    made = mailbox.calendar.create(meeting(), uuid4())
    before = mailbox.calendar.spoken
    mailbox.fault("UpdateItem", "reason", params={"reason": "ErrorInvalidRequest"}, times=4)
    with pytest.raises(Rejected):
        mailbox.calendar.update(made, meeting(subject="x"), ["subject"])
    assert mailbox.calendar.spoken == before
    after = mailbox.calendar.update(made, meeting(busy="working-elsewhere"), ["busy"])
    assert read(after, POLICY).appointment.busy == "working-elsewhere"


def test_an_answer_in_an_older_version_that_is_taken_is_kept(mailbox: Mailbox) -> None:
    made = mailbox.calendar.create(meeting(), uuid4())
    mailbox.fault("UpdateItem", "reason", params={"reason": "ErrorInvalidRequest"})
    after = mailbox.calendar.update(made, meeting(subject="x"), ["subject"])
    assert read(after, POLICY).appointment.subject == "x"
    assert mailbox.requests("UpdateItem") == 2
    again = mailbox.calendar.update(after, meeting(busy="working-elsewhere"), ["busy"])
    assert read(again, POLICY).appointment.busy in ("busy", "working-elsewhere")


# Everything that Exchange can hold


@pytest.fixture(scope="module")
def shared() -> Iterator[Mailbox]:
    """A mailbox for many examples."""
    with started(only=("exchange",), clock=Clock(NOW), people=()) as sandbox:
        made = Mailbox(sandbox)
        yield made
        made.close()
        assert made.mails() == []


def assert_held(found: Found, wanted: Appointment) -> None:
    """The item is what Exchange can tell apart of the appointment."""
    read_back = read(found, POLICY).appointment
    for field in ALL_FIELDS:
        assert same(field, read_back, wanted, "exchange"), field


OTHERS: tuple[Field, ...] = ("subject", "location", "notes", "busy", "private", "reminder")


@settings(max_examples=int(os.environ.get("CXSYNC_TEST_EXAMPLES", "40")), deadline=None)
@given(one=appointments(), other=appointments(), some=st.sets(st.sampled_from(OTHERS)), when=st.booleans())
def test_whatever_is_written_reads_back_as_the_same(
    shared: Mailbox, one: Appointment, other: Appointment, some: set[Field], when: bool
) -> None:
    made = shared.calendar.create(one, uuid4())
    assert_held(made, one)
    fields: set[Field] = some | {"time", "recurrence"} if when else some
    wanted = one
    for field in fields:
        wanted = copied(field, other, wanted)
    changed = shared.calendar.update(made, other, fields)
    assert_held(changed, wanted)
    assert_held(shared.calendar.fetch(made.native_id), wanted)
    shared.calendar.delete(changed)
