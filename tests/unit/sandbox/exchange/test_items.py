"""exchangelib's everyday use, unmodified, over Basic and NTLM: items, fields, properties, conditional writes, bulk."""

import base64
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from exchangelib import CalendarItem, EWSDate, EWSDateTime, ExtendedProperty, HTMLBody
from exchangelib.errors import (
    ErrorInvalidChangeKey,
    ErrorInvalidIdMalformed,
    ErrorIrresolvableConflict,
    ErrorItemNotFound,
)
from exchangelib.items import ALWAYS_OVERWRITE, AUTO_RESOLVE, HARD_DELETE, NEVER_OVERWRITE, SOFT_DELETE

from cxsync.sandbox.core.run import Sandbox
from tests.unit.sandbox.exchange.conftest import AMSTERDAM, Mailbox, new_mailbox, set_options


class CreationKey(ExtendedProperty):  # type: ignore[misc] # exchangelib ships no types
    """A property such as an integration marks its items with."""

    property_set_id = "c11ff724-aa03-4555-9952-8fa248a11c3e"
    property_name = "CreationKey"
    property_type = "String"


CalendarItem.register("creation_key", CreationKey)


def at(day: int, hour: int, minute: int = 0, month: int = 3) -> Any:
    return EWSDateTime(2026, month, day, hour, minute, tzinfo=AMSTERDAM)


def item(account: Any, **fields: Any) -> Any:
    given = {"subject": "Intake", "start": at(3, 9), "end": at(3, 10), **fields}
    return CalendarItem(account=account, folder=account.calendar, **given)


def fetched(account: Any, given: Any) -> Any:
    found = next(iter(account.fetch([(given.id, given.changekey)])))
    assert isinstance(found, CalendarItem), found
    return found


def test_every_field_a_client_may_set_is_read_back(account: Any) -> None:
    made = item(
        account,
        subject="Intake <b> & 'co' \u20ac",
        location="Kamer 2",
        body="First line\nsecond",
        categories=["Werk", "Rood"],
        importance="High",
        sensitivity="Private",
        legacy_free_busy_status="OOF",
        reminder_is_set=True,
        reminder_minutes_before_start=45,
        creation_key="k-1",
    ).save()
    found = fetched(account, made)
    assert found.subject == "Intake <b> & 'co' \u20ac"
    assert (found.location, found.body, found.importance, found.sensitivity) == (
        "Kamer 2", "First line\r\nsecond", "High", "Private",
    )  # fmt: skip
    assert (found.categories, found.legacy_free_busy_status) == (["Werk", "Rood"], "OOF")
    assert (found.reminder_is_set, found.reminder_minutes_before_start, found.creation_key) == (True, 45, "k-1")
    assert found.start == datetime(2026, 3, 3, 8, tzinfo=UTC) and found.end == datetime(2026, 3, 3, 9, tzinfo=UTC)
    assert found._start_timezone.ms_id == "W. Europe Standard Time"  # noqa: SLF001 - the library has no public name
    assert (found.type, found.is_recurring, found.is_meeting, found.my_response_type) == (
        "Single", False, False, "Organizer",
    )  # fmt: skip
    assert len(found.uid) == 112 and found.uid.startswith("040000008200E00074C5B7101A82E008")


def test_html_is_stored_as_a_document(account: Any) -> None:
    made = item(account, body=HTMLBody("<P onclick='x()'>Hi</P>")).save()
    found = fetched(account, made)
    assert isinstance(found.body, HTMLBody)
    assert "<p>Hi</p>" in found.body and "<html>" in found.body and "onclick" not in found.body
    assert found.text_body == "Hi"


def test_an_all_day_item_keeps_its_dates(account: Any) -> None:
    made = item(account, start=EWSDate(2026, 3, 5), end=EWSDate(2026, 3, 6), is_all_day=True).save()
    found = fetched(account, made)
    assert (found.start, found.end, found.is_all_day) == (EWSDate(2026, 3, 5), EWSDate(2026, 3, 6), True)


def test_an_all_day_item_of_hours_is_widened_to_midnights(account: Any) -> None:
    """How to: Create all-day events by using EWS."""
    made = item(account, start=at(5, 11), end=at(5, 12), is_all_day=True).save()
    found = fetched(account, made)
    assert (found.start, found.end) == (EWSDate(2026, 3, 5), EWSDate(2026, 3, 5))


def test_an_update_names_its_fields_and_leaves_the_rest(account: Any) -> None:
    made = item(account, location="Kamer 2", body="Notes", creation_key="k-2").save()
    made.subject = "Anders"
    made.start, made.end = at(4, 9), at(4, 11)
    made.save(update_fields=["subject", "start", "end"])
    found = fetched(account, made)
    assert (found.subject, found.location, found.body, found.creation_key) == ("Anders", "Kamer 2", "Notes", "k-2")
    assert found.end - found.start == timedelta(hours=2)
    made.location = None
    made.creation_key = None
    made.save(update_fields=["location", "creation_key"])
    found = fetched(account, made)
    assert (found.location, found.creation_key, found.body) == (None, None, "Notes")


def test_each_save_gives_a_new_change_key_and_an_old_one_is_refused(account: Any) -> None:
    made = item(account).save()
    old = made.changekey
    made.subject = "Second"
    made.save(update_fields=["subject"], conflict_resolution=NEVER_OVERWRITE)
    assert made.changekey != old
    stale = fetched(account, made)
    stale.changekey = old
    stale.subject = "Third"
    with pytest.raises(ErrorIrresolvableConflict):
        stale.save(update_fields=["subject"], conflict_resolution=NEVER_OVERWRITE)
    assert fetched(account, made).subject == "Second"
    stale.save(update_fields=["subject"], conflict_resolution=ALWAYS_OVERWRITE)
    assert fetched(account, made).subject == "Third"


def test_two_writers_of_different_and_of_the_same_field(own_sandbox: Sandbox) -> None:
    mailbox = new_mailbox(own_sandbox)
    account = mailbox.account()
    for switch, expected in (("later", "Mine"), ("refuse", "Theirs")):
        set_options(own_sandbox, auto_resolve=switch)
        made = item(account).save()
        mailbox.act("update", item=made.id, location="Kamer 9")
        made.subject = "First"
        made.save(update_fields=["subject"], conflict_resolution=AUTO_RESOLVE)
        assert fetched(account, made).location == "Kamer 9"
        mailbox.act("update", item=made.id, subject="Theirs")
        made.subject = "Mine"
        try:
            made.save(update_fields=["subject"], conflict_resolution=AUTO_RESOLVE)
        except ErrorIrresolvableConflict:
            assert switch == "refuse"
        assert fetched(account, made).subject == expected


def test_many_items_at_once(account: Any) -> None:
    made = account.bulk_create(account.calendar, [item(account, subject=f"n{n}") for n in range(120)])
    assert len({each.id for each in made}) == 120
    items = list(account.calendar.all())
    assert len(items) == 120
    for each in items:
        each.location = "Overal"
    assert len(account.bulk_update([(each, ["location"]) for each in items])) == 120
    assert {each.location for each in account.calendar.all()} == {"Overal"}
    assert account.bulk_delete([(each.id, each.changekey) for each in account.calendar.all()]) == [True] * 120
    assert account.calendar.all().count() == 0


def test_filters_search_on_the_server(account: Any) -> None:
    for number in range(3):
        item(account, subject=f"Klant {number}", start=at(3 + number, 9), end=at(3 + number, 10),
             creation_key=f"key-{number}", categories=["even"] if number % 2 == 0 else ["odd"]).save()  # fmt: skip
    calendar = account.calendar
    assert [each.subject for each in calendar.filter(creation_key="key-1")] == ["Klant 1"]
    assert calendar.filter(creation_key__exists=True).count() == 3
    assert calendar.filter(creation_key="key-9").count() == 0
    assert {each.subject for each in calendar.filter(start__gte=at(4, 0))} == {"Klant 1", "Klant 2"}
    assert {each.subject for each in calendar.filter(start__gte=at(4, 9))} == {"Klant 1", "Klant 2"}
    assert {each.subject for each in calendar.filter(start__gt=at(4, 9))} == {"Klant 2"}
    assert {each.subject for each in calendar.filter(start__lte=at(4, 9))} == {"Klant 0", "Klant 1"}
    assert {each.subject for each in calendar.filter(start__lt=at(4, 0))} == {"Klant 0"}
    assert {each.subject for each in calendar.filter(categories__contains=["even"])} == {"Klant 0", "Klant 2"}
    assert calendar.filter(subject__istartswith="KLANT").count() == 3
    assert calendar.filter(subject__contains="ant 2").count() == 1
    assert calendar.filter(subject="KLANT 1").count() == 1
    assert calendar.exclude(subject="Klant 0").count() == 2
    ordered = list(calendar.all().order_by("-subject").values_list("subject", flat=True))
    assert ordered == ["Klant 2", "Klant 1", "Klant 0"]
    assert len(list(calendar.all().only("subject")[1:3])) == 2


def test_pages_are_walked_to_the_end(account: Any) -> None:
    account.bulk_create(account.calendar, [item(account, subject=f"n{n:03d}") for n in range(25)])
    query = account.calendar.all().order_by("subject").only("subject")
    query.page_size = 7
    assert [each.subject for each in query] == [f"n{n:03d}" for n in range(25)]


def test_three_kinds_of_deletion(account: Any) -> None:
    trashed, soft, hard = (item(account, subject=name).save() for name in ("trashed", "soft", "hard"))
    trashed.move_to_trash()
    soft.soft_delete()
    hard.delete()
    assert account.calendar.all().count() == 0
    assert [each.subject for each in account.trash.all()] == ["trashed"]
    assert [each.subject for each in account.recoverable_items_deletions.all()] == ["soft"]


def test_a_moved_item_has_a_new_id_and_the_old_one_is_gone(account: Any) -> None:
    made = item(account, creation_key="k-3").save()
    old = made.id
    made.move(account.trash)
    assert made.id != old
    gone = next(iter(account.fetch([(old, None)])))
    assert isinstance(gone, ErrorItemNotFound)
    assert fetched(account, made).creation_key == "k-3"
    made.move(account.calendar)
    assert account.calendar.all().count() == 1


def test_identifiers_that_were_never_given_out_are_malformed(account: Any) -> None:
    made = item(account).save()
    wrong, lower = next(iter(account.fetch([("AAMkAGU=", None)]))), next(iter(account.fetch([(made.id.lower(), None)])))
    assert isinstance(wrong, ErrorInvalidIdMalformed) and isinstance(lower, ErrorInvalidIdMalformed)
    raw = bytearray(base64.b64decode(made.id))
    raw[28] ^= 1
    forged = next(iter(account.fetch([(base64.b64encode(raw).decode(), None)])))
    assert isinstance(forged, ErrorInvalidIdMalformed)
    made.changekey = "AAAA"
    with pytest.raises(ErrorInvalidChangeKey):
        made.save(update_fields=["subject"], conflict_resolution=NEVER_OVERWRITE)


def test_one_bad_id_does_not_spoil_the_others(account: Any) -> None:
    made = item(account).save()
    results = account.bulk_delete([("AAMkAGU=", "x"), (made.id, made.changekey)], delete_type=HARD_DELETE)
    assert isinstance(results[0], ErrorInvalidIdMalformed) and results[1] is True


def test_deleting_twice_is_an_error_of_the_item_alone(account: Any) -> None:
    made = item(account).save()
    assert account.bulk_delete([made], delete_type=SOFT_DELETE) == [True]
    assert isinstance(account.bulk_delete([made], delete_type=SOFT_DELETE)[0], ErrorItemNotFound)


def test_the_folder_tree(account: Any) -> None:
    assert account.calendar.name == "Calendar"
    assert "Calendar" in {folder.name for folder in account.msg_folder_root.children}
    assert account.calendar.total_count == 0
    item(account).save()
    account.calendar.refresh()
    assert account.calendar.total_count == 1


def test_names_are_resolved(account: Any, mailbox: Mailbox) -> None:
    assert account.protocol.version.build.major_version == 15
    assert [each.email_address for each in account.protocol.resolve_names([mailbox.owner])] == [mailbox.owner]


def test_the_servers_time_zones(account: Any) -> None:
    zones = list(account.protocol.get_timezones(return_full_timezone_data=True))
    western = next(zone for zone in zones if zone.id == "W. Europe Standard Time")
    assert len(zones) > 130
    standard, daylight, _ = western.get_std_and_dst(for_year=2026)
    assert (standard.bias, daylight.bias) == (0, -60) or standard.bias + 60 == daylight.bias + 120
