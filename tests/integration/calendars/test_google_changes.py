"""What the Google client sees of a calendar: pages, series of which a part changed, tombstones, lost tokens."""

import json
import random
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import date, timedelta
from typing import Any

import msgspec
import pytest

from cxsync.calendars.errors import CursorLost, Unavailable
from cxsync.calendars.google import cursor as cursors
from cxsync.calendars.google.api import Api
from cxsync.calendars.google.reading import MANY
from cxsync.sandbox.core.refusal import BadInput
from cxsync.sandbox.core.run import Sandbox
from tests.integration.calendars.google_bench import (
    BERT,
    Desk,
    appointment_in,
    by_id,
    desk,
    of_token,
    sandbox,
    token_of,
)

__all__ = ["desk", "sandbox"]

MONDAY = "2027-03-15"
WEEKLY = {"frequency": "weekly", "weekdays": ["mo"], "count": 6}


def series(desk: Desk, **fields: object) -> str:
    """Six Mondays at nine, over the change of the clocks."""
    return desk.act("create", **{"subject": "Overleg", "start": f"{MONDAY}T09:00", "rule": WEEKLY, **fields})


def on(week: int, hour: str = "09:00") -> str:
    """The Monday of that week, from 0."""
    return f"{date.fromisoformat(MONDAY) + timedelta(weeks=week)}T{hour}"


@pytest.mark.parametrize("empty_last_page", [False, True])
def test_a_list_is_read_to_its_last_page(desk: Desk, monkeypatch: pytest.MonkeyPatch, empty_last_page: bool) -> None:
    monkeypatch.setitem(cursors.QUERY, "maxResults", 3)
    desk.switch(empty_last_page=empty_last_page)
    before = by_id(desk.calendar.changes(None))
    made = {desk.act("create", subject=f"Item {number}", start=f"{MONDAY}T{9 + number:02}:00") for number in range(10)}
    listing = desk.calendar.changes(None)
    assert by_id(listing).keys() == before.keys() | made
    for item in list(made)[:7]:
        desk.act("delete", item=item)
    assert {item for item, found in desk.news(listing.cursor).items() if found.presence == "tombstone"} == set(
        list(made)[:7]
    )


def test_a_page_that_is_packed_very_well_is_read(desk: Desk) -> None:
    body = {"subject": "Nieuwsbrief", "start": on(0), "notes": "Lees dit. " * 900}
    made = {desk.act("create", **body) for _ in range(1300)}
    assert by_id(desk.calendar.changes(None)).keys() >= made


def test_what_changes_while_pages_are_read_is_seen_the_next_time(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(cursors.QUERY, "maxResults", 2)
    item = desk.act("create", subject="Eerst", start=f"{MONDAY}T09:00")
    action = {"action": "update", "item": item, "subject": "Intussen"}
    desk.fault("events.list", "act", skip=2, params={"owner": BERT, "action": action})
    first = desk.calendar.changes(None)
    seen = by_id(first) | desk.news(first.cursor)
    assert appointment_in(seen[item]).subject == "Intussen"


def test_a_moved_occurrence_brings_its_whole_series(desk: Desk) -> None:
    item = series(desk)
    desk.act("delete-occurrence", item=item, occurrence=on(4))
    cursor = desk.cursor()
    desk.act("move-occurrence", item=item, occurrence=on(1), start=on(1, "14:30"), end=on(1, "15:30"))
    (found,) = desk.news(cursor).values()
    assert found.native_id == item
    assert [document.role for document in found.documents] == ["series", "exception", "exception", "context"]
    recurrence = appointment_in(found).recurrence
    assert recurrence is not None
    moved, removed = recurrence.overrides
    assert (moved.original, moved.changed, moved.cancelled) == (f"{on(1)}:00", ("time",), False)
    assert moved.start is not None
    assert moved.start.wall == f"{on(1, '14:30')}:00"
    assert (removed.original, removed.cancelled) == (f"{on(4)}:00", True)


def test_a_removed_occurrence_after_the_change_of_the_clocks_is_named_by_the_clock_of_the_series(desk: Desk) -> None:
    item = series(desk)
    cursor = desk.cursor()
    desk.act("delete-occurrence", item=item, occurrence=on(3))
    (found,) = desk.news(cursor).values()
    recurrence = appointment_in(found).recurrence
    assert recurrence is not None
    assert [(one.original, one.cancelled) for one in recurrence.overrides] == [(f"{on(3)}:00", True)]


def test_an_occurrence_whose_text_alone_changed_says_so(desk: Desk) -> None:
    item = series(desk)
    cursor = desk.cursor()
    desk.act("change-occurrence", item=item, occurrence=on(2), subject="Met taart", location="Kantine")
    (found,) = desk.news(cursor).values()
    recurrence = appointment_in(found).recurrence
    assert recurrence is not None
    (one,) = recurrence.overrides
    assert (one.changed, one.subject, one.location) == (("subject", "location"), "Met taart", "Kantine")


def test_a_full_list_and_a_fetch_give_a_series_in_the_same_form(desk: Desk) -> None:
    item = series(desk)
    desk.act("move-occurrence", item=item, occurrence=on(1), start=on(1, "14:30"))
    desk.act("delete-occurrence", item=item, occurrence=on(2))
    listed, fetched = by_id(desk.calendar.changes(None))[item], desk.calendar.fetch(item)
    assert fetched == listed


def test_an_edit_of_an_occurrence_is_a_new_version_of_the_series(desk: Desk) -> None:
    item = series(desk)
    before = desk.calendar.fetch(item).version
    desk.act("change-occurrence", item=item, occurrence=on(2), subject="Anders")
    edited = desk.calendar.fetch(item).version
    desk.act("delete-occurrence", item=item, occurrence=on(2))
    assert len({before, edited, desk.calendar.fetch(item).version}) == 3


def test_a_deleted_series_and_a_deleted_single_are_tombstones(desk: Desk) -> None:
    whole, single = series(desk), desk.act("create", subject="Los", start=f"{MONDAY}T09:00")
    desk.act("change-occurrence", item=whole, occurrence=on(2), subject="Anders")
    cursor = desk.cursor()
    desk.act("delete", item=whole)
    desk.act("delete", item=single)
    news = desk.news(cursor)
    assert {item: found.presence for item, found in news.items()} == {whole: "tombstone", single: "tombstone"}
    assert desk.calendar.fetch(whole).presence == "tombstone"


def test_a_series_that_became_a_single_is_a_single(desk: Desk) -> None:
    item = series(desk)
    desk.act("change-occurrence", item=item, occurrence=on(2), subject="Anders")
    cursor = desk.cursor()
    desk.act("update", item=item, lines=[])
    (found,) = desk.news(cursor).values()
    assert found.native_id == item
    assert appointment_in(found).recurrence is None


def test_a_split_leaves_two_series_and_the_copy_does_not_pass_for_ours(desk: Desk) -> None:
    item = series(desk, extra={"extendedProperties": {"private": {"cxsyncMarker": "0" * 32}}})
    cursor = desk.cursor()
    rest = desk.act("this-and-following", item=item, occurrence=on(2), start=on(2, "11:00"))
    news = desk.news(cursor)
    assert news.keys() == {item, rest}
    first, second = appointment_in(news[item]).recurrence, appointment_in(news[rest]).recurrence
    assert first is not None
    assert second is not None
    assert first.rules[0].until is not None
    assert date.fromisoformat(on(1)[:10]) <= first.rules[0].until < date.fromisoformat(on(2)[:10])
    assert second.rules[0].count == 4


def test_a_guest_of_one_occurrence_sees_it_as_a_single(sandbox: Sandbox, desk: Desk) -> None:
    guest = "guest@agency.example"
    sandbox.call(desk.system.add_user, {"email": guest})
    item = series(desk)
    theirs = Desk(sandbox, guest)
    cursor = theirs.cursor()
    desk.act("change-occurrence", item=item, occurrence=on(1), guests=[guest])
    (found,) = theirs.news(cursor).values()
    read = appointment_in(found)
    assert (read.subject, read.recurrence, read.start.wall) == ("Overleg", None, f"{on(1)}:00")
    assert read.meeting is not None
    assert read.meeting.role == "attendee"
    desk.act("delete-occurrence", item=item, occurrence=on(1))
    (gone,) = theirs.news(cursor).values()
    assert (gone.native_id, gone.presence) == (found.native_id, "tombstone")
    theirs.calendar.close()


def test_many_changed_series_cost_one_list_instead_of_two_requests_each(desk: Desk) -> None:
    items = [series(desk, subject=f"Reeks {number}") for number in range(MANY + 5)]
    cursor = desk.cursor()
    for item in items:
        desk.act("delete-occurrence", item=item, occurrence=on(1))
    before = desk.requests("events.list") + desk.requests("events.get")
    news = desk.news(cursor)
    assert news.keys() == set(items)
    for found in news.values():
        recurrence = appointment_in(found).recurrence
        assert recurrence is not None
        assert len(recurrence.overrides) == 1
    assert desk.requests("events.list") + desk.requests("events.get") - before == 2


@pytest.mark.parametrize("seen", ["nothing", "all but removed occurrences", "everything there is"])
def test_a_series_is_whole_whatever_the_server_finds_by_its_uid(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, seen: str
) -> None:
    item = series(desk)
    desk.act("move-occurrence", item=item, occurrence=on(1), start=on(1, "14:30"))
    desk.act("delete-occurrence", item=item, occurrence=on(4))
    by_uid = desk.calendar.fetch(item)
    ask = Api.list

    def other(api: Api, **params: Any) -> bytes:
        if "iCalUID" not in params or seen == "everything there is":
            params.pop("iCalUID", None)
            return ask(api, **params)
        if seen == "nothing":
            return ask(api, **{**params, "iCalUID": "nobody"})
        page = json.loads(ask(api, **params))
        return json.dumps({**page, "items": [row for row in page["items"] if row["status"] != "cancelled"]}).encode()

    desk.act("create", subject="Iets anders", start=on(0), rule=WEEKLY)
    monkeypatch.setattr(Api, "list", other)
    fetched = desk.calendar.fetch(item)
    assert (fetched.version, appointment_in(fetched)) == (by_uid.version, appointment_in(by_uid))


def test_a_uid_that_is_too_long_for_an_address_is_asked_for_all_the_same(desk: Desk) -> None:
    item = series(desk, extra={"iCalUID": "u" * 3000})
    desk.act("delete-occurrence", item=item, occurrence=on(4))
    recurrence = appointment_in(desk.calendar.fetch(item)).recurrence
    assert recurrence is not None
    assert len(recurrence.overrides) == 1


def test_clients_in_several_threads_do_not_disturb_each_other(sandbox: Sandbox, desk: Desk) -> None:
    items = {desk.act("create", subject=f"Item {number}", start=on(0)): number for number in range(4)}

    def follow(item: str) -> set[str]:
        calendar = of_token(sandbox, token_of(sandbox, BERT))
        seen = {appointment_in(calendar.fetch(item)).subject for _ in range(15)}
        calendar.close()
        return seen

    with ThreadPoolExecutor(len(items)) as pool:
        assert list(pool.map(follow, items)) == [{f"Item {number}"} for number in items.values()]


def test_kinds_of_event_that_are_not_synchronised_are_not_listed(desk: Desk) -> None:
    cursor = desk.cursor()
    away = desk.act(
        "create",
        subject="Weg",
        start=on(0),
        extra={"eventType": "outOfOffice", "outOfOfficeProperties": {"autoDeclineMode": "declineNone"}},
    )
    focus = desk.act(
        "create",
        subject="Focus",
        start=on(0),
        extra={"eventType": "focusTime", "focusTimeProperties": {"chatStatus": "available"}},
    )
    desk.act(
        "create",
        subject="Thuis",
        start=on(0),
        extra={"eventType": "workingLocation", "workingLocationProperties": {"type": "homeOffice"}},
    )
    news = desk.news(cursor)
    assert {item: appointment_in(found).nature for item, found in news.items()} == {
        away: "out-of-office",
        focus: "focus-time",
    }
    assert by_id(desk.calendar.changes(None)).keys() >= news.keys()


def test_they_stay_out_even_if_the_server_lists_them(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    ask = Api.list

    def unfiltered(api: Api, **params: Any) -> bytes:
        return ask(api, **{name: value for name, value in params.items() if name != "eventTypes"})

    monkeypatch.setattr(Api, "list", unfiltered)
    cursor = desk.cursor()
    home = {"eventType": "workingLocation", "workingLocationProperties": {"type": "homeOffice"}}
    item = series(desk, subject="Thuis", extra=home)
    desk.act("delete-occurrence", item=item, occurrence=on(1))
    assert desk.news(cursor) == {}
    assert item not in by_id(desk.calendar.changes(None))
    cursor = desk.cursor()
    desk.act("delete-occurrence", item=item, occurrence=on(2))
    assert desk.news(cursor) == {}


def test_documents_are_what_the_server_sent(desk: Desk) -> None:
    item = desk.act("create", subject="Één «tekst»", start=on(0), extra={"colorId": "7"})
    (document, context) = desk.calendar.fetch(item).documents
    sent = json.loads(document.body)
    assert (sent["id"], sent["colorId"], sent["kind"]) == (item, "7", "calendar#event")
    assert (document.role, document.native_id, document.native_version) == ("single", item, sent["etag"])
    assert (context.role, json.loads(context.body)["timeZone"]) == ("context", "Europe/Amsterdam")


@pytest.mark.parametrize("cursor", [b"", b"garbage", b"[1]", b'["token"]', b"\xff\xfe"])
def test_a_cursor_that_nobody_made_is_lost_without_a_request(desk: Desk, cursor: bytes) -> None:
    with pytest.raises(CursorLost):
        desk.calendar.changes(cursor)
    assert desk.requests("events.list") == 0


def test_a_cursor_of_another_query_is_lost(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    cursor = desk.cursor()
    monkeypatch.setitem(cursors.QUERY, "eventTypes", ["default"])
    with pytest.raises(CursorLost):
        desk.calendar.changes(cursor)


@pytest.mark.parametrize("status", [400, 410])
def test_a_token_that_the_server_refuses_is_lost(desk: Desk, status: int) -> None:
    cursor = desk.cursor()
    desk.fault("events.list", "invalid-state", params={"status": status})
    with pytest.raises(CursorLost):
        desk.calendar.changes(cursor)
    _, query = msgspec.json.decode(cursor)
    desk.switch(malformed_token=status)
    with pytest.raises(CursorLost):
        desk.calendar.changes(msgspec.json.encode(("nonsense", query)))


def test_a_full_list_is_never_answered_by_a_lost_cursor(desk: Desk) -> None:
    desk.fault("events.list", "reason", params={"reason": "fullSyncRequired"})
    with pytest.raises(Unavailable):
        desk.calendar.changes(None)


def test_a_list_that_breaks_off_moves_no_cursor(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(cursors.QUERY, "maxResults", 2)
    item = desk.act("create", subject="Blijft", start=on(0))
    desk.fault("events.list", "drop", when="after", skip=1)
    with pytest.raises(Unavailable):
        desk.calendar.changes(None)
    assert item in by_id(desk.calendar.changes(None))


@pytest.mark.parametrize("number", range(12))
def test_who_follows_by_cursors_holds_what_a_full_list_gives(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    monkeypatch.setitem(cursors.QUERY, "maxResults", 1 + number % 4)
    choice = random.Random(number)
    first = desk.calendar.changes(None)
    held = {each.native_id: each.version for each in first.found}
    cursor, items = first.cursor, [series(desk), series(desk)]
    for _ in range(6):
        for _ in range(choice.randrange(1, 5)):
            with suppress(BadInput):  # what the person's program refuses changes nothing
                _edit(desk, choice, items)
        listing = desk.calendar.changes(cursor)
        cursor = listing.cursor
        for found in listing.found:
            held.pop(found.native_id, None)
            if found.presence == "present":
                held[found.native_id] = found.version
    assert held == {each.native_id: each.version for each in desk.calendar.changes(None).found}


def _edit(desk: Desk, choice: random.Random, items: list[str]) -> None:
    living = {
        item["id"]: item
        for item in desk.sandbox.call(desk.system.items, BERT)
        if item["id"] in items and not item["deleted"]
    }
    week = choice.randrange(6)
    kinds = ["create", "series"]
    item = choice.choice(sorted(living)) if living else ""
    if living:
        kinds += ["rename", "delete"]
        recurs = living[item]["recurrence"] and living[item]["start"].startswith(on(0)[:13])
        kinds += ["move-occurrence", "delete-occurrence", "change-occurrence", "rule"] * 2 if recurs else []
    match choice.choice(kinds):
        case "create":
            items.append(desk.act("create", subject="Los", start=on(week)))
        case "series":
            items.append(series(desk))
        case "rename":
            desk.act("update", item=item, subject=f"Naam {choice.randrange(99)}")
        case "delete":
            desk.act("delete", item=item)
        case "rule":
            desk.act(
                "update", item=item, rule={"frequency": "weekly", "weekdays": ["mo"], "count": 6 + choice.randrange(4)}
            )
        case "move-occurrence":
            desk.act(
                "move-occurrence", item=item, occurrence=on(week), start=on(week, f"{choice.randrange(10, 20)}:00")
            )
        case kind:
            desk.act(kind, item=item, occurrence=on(week), subject="Uitzondering")
