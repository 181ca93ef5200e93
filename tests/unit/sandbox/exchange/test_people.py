"""What people do in Outlook, what is journalled of it, and what cannot be done."""

from typing import Any

import pytest
import requests
from exchangelib import CalendarItem

from cxsync.sandbox.core.clock import Clock
from cxsync.sandbox.core.refusal import BadInput, NotThere
from cxsync.sandbox.core.run import Sandbox
from cxsync.sandbox.core.world import World
from cxsync.sandbox.exchange.server import Exchange
from tests.unit.sandbox.exchange.conftest import NOW, Mailbox, new_mailbox

WEEKLY = {"frequency": "weekly", "weekdays": ["tu"], "count": 6}


def make(mailbox: Mailbox, **more: Any) -> dict[str, Any]:
    return mailbox.act("create", subject="Intake", start="2026-03-03T09:00", end="2026-03-03T10:00", **more)


def one(mailbox: Mailbox) -> dict[str, Any]:
    (found,) = mailbox.items()
    return found


def journal(mailbox: Mailbox) -> list[tuple[str, str]]:
    return [(each.channel, each.action) for each in mailbox.sandbox.world.journal.entries(owner=mailbox.owner)]


def starts(mailbox: Mailbox) -> list[str]:
    """Local starts of all occurrences from March to June."""
    answer = requests.get(
        f"{mailbox.sandbox.control}/exchange/items",
        params={"owner": mailbox.owner, "start": "2026-03-01T00:00:00Z", "end": "2026-06-01T00:00:00Z"},
        timeout=30,
    )
    found = [o["start"][:16] for each in answer.json() if not each["deleted"] for o in each["occurrences"]]
    return sorted(found)


def test_what_is_typed_is_what_is_seen(mailbox: Mailbox) -> None:
    make(mailbox, location="Kamer 2", notes="Eerst\nDan", private=True, busy="away", reminder=30, category="Rood, Werk")
    found = one(mailbox)
    assert (found["start"], found["end"]) == ("2026-03-03T09:00:00+01:00", "2026-03-03T10:00:00+01:00")
    assert (found["location"], found["notes"], found["private"]) == ("Kamer 2", "Eerst\n\nDan", True)
    assert (found["busy"], found["reminder"], found["categories"]) == ("away", 30, ["Rood", "Werk"])
    (seen,) = mailbox.account().calendar.all()
    assert 'class="MsoNormal"' in seen.body and seen.sensitivity == "Private"


def test_an_all_day_appointment_has_dates(mailbox: Mailbox) -> None:
    mailbox.act("create", subject="Vrij", start="2026-03-27", end="2026-03-31", all_day=True)
    assert (one(mailbox)["start"], one(mailbox)["end"]) == ("2026-03-27", "2026-03-31")


def test_moving_keeps_the_length(mailbox: Mailbox) -> None:
    made = make(mailbox)
    mailbox.act("move", item=made["item"], start="2026-03-10T14:00")
    assert (one(mailbox)["start"], one(mailbox)["end"]) == ("2026-03-10T14:00:00+01:00", "2026-03-10T15:00:00+01:00")


def test_a_dismissed_reminder_and_a_category_change_the_version_only(mailbox: Mailbox) -> None:
    made = make(mailbox)
    before = one(mailbox)
    dismissed = mailbox.act("dismiss-reminder", item=made["item"])
    categorised = mailbox.act("set-category", item=made["item"], category="Rood")
    assert len({made["version"], dismissed["version"], categorised["version"]}) == 3
    after = one(mailbox)
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {"version", "reminder", "categories"}
    (seen,) = mailbox.account().calendar.all()
    assert seen.reminder_is_set is False and seen.reminder_minutes_before_start == 15


def test_made_private_and_public_again(mailbox: Mailbox) -> None:
    made = make(mailbox)
    mailbox.act("make-private", item=made["item"])
    assert one(mailbox)["private"]
    mailbox.act("make-public", item=made["item"])
    assert not one(mailbox)["private"]


def test_a_series_and_its_exceptions(mailbox: Mailbox) -> None:
    made = make(mailbox, rule=WEEKLY)
    mailbox.act("delete-occurrence", item=made["item"], occurrence="2026-03-10T09:00")
    mailbox.act("move-occurrence", item=made["item"], occurrence="2026-03-17T09:00", start="2026-03-18T13:00")
    mailbox.act("change-occurrence", item=made["item"], occurrence="2026-03-31T09:00", subject="Anders")
    assert starts(mailbox) == [
        "2026-03-03T09:00", "2026-03-18T13:00", "2026-03-24T09:00", "2026-03-31T09:00", "2026-04-07T09:00",
    ]  # fmt: skip
    (master,) = mailbox.account().calendar.all()
    assert len(master.modified_occurrences) == 2 and len(master.deleted_occurrences) == 1


def test_this_and_following_ends_one_series_and_begins_another(mailbox: Mailbox) -> None:
    made = make(mailbox, rule=WEEKLY)
    fresh = mailbox.act(
        "this-and-following",
        item=made["item"],
        occurrence="2026-03-17T09:00",
        start="2026-03-17T11:00",
        subject="Nieuw",
    )
    assert fresh["item"] != made["item"]
    assert starts(mailbox) == [
        "2026-03-03T09:00", "2026-03-10T09:00", "2026-03-17T11:00", "2026-03-24T11:00", "2026-03-31T11:00",
        "2026-04-07T11:00",
    ]  # fmt: skip


def test_a_single_made_a_series_and_given_another_rule(mailbox: Mailbox) -> None:
    made = make(mailbox)
    mailbox.act("make-series", item=made["item"], rule=WEEKLY)
    assert len(starts(mailbox)) == 6
    mailbox.act("change-rule", item=made["item"], rule={"frequency": "monthly", "day": 3, "count": 2})
    assert starts(mailbox) == ["2026-03-03T09:00", "2026-04-03T09:00"]


def test_folders_archive_deletion_and_restoring(mailbox: Mailbox) -> None:
    made = make(mailbox)
    away = mailbox.act("move-folder", item=made["item"], folder="Oud")
    assert one(mailbox)["folder"] == "Oud" and mailbox.account().calendar.all().count() == 0
    back = mailbox.act("restore", item=away["item"])
    gone = mailbox.act("delete", item=back["item"])
    assert mailbox.items() == []
    restored = mailbox.act("restore", item=gone["item"])
    assert one(mailbox)["id"] == restored["item"]
    mailbox.act("archive", item=restored["item"])
    assert mailbox.items() == []
    assert [action for _, action in journal(mailbox)] == [
        "create",
        "move-folder",
        "restore",
        "delete",
        "restore",
        "archive",
    ]


def test_the_journal_says_who_wrote_each_version(mailbox: Mailbox) -> None:
    made = make(mailbox)
    account = mailbox.account()
    (found,) = account.calendar.all()
    assert isinstance(found, CalendarItem)
    found.subject = "Door de API"
    found.save(update_fields=["subject"])
    entries = list(mailbox.sandbox.world.journal.entries(owner=mailbox.owner))
    assert [(each.channel, each.action, each.content["subject"]) for each in entries] == [
        ("person", "create", "Intake"), ("api", "update", "Door de API"),
    ]  # fmt: skip
    assert entries[0].item == entries[1].item == made["item"] and entries[1].version == found.changekey


@pytest.mark.parametrize(
    ("action", "fields", "field"),
    [
        ("create", {"subject": "x"}, "start"),
        ("create", {"subject": "x", "start": "tomorrow"}, "start"),
        ("create", {"start": "2026-03-03T10:00", "end": "2026-03-03T09:00"}, "action"),
        ("create", {"start": "2026-03-03T10:00", "zone": "Mars/Base"}, "zone"),
        ("create", {"start": "2026-03-03T10:00", "rule": {"frequency": "daily", "interval": 1000}}, "action"),
        ("create", {"start": "2026-03-03T10:00", "busy": "asleep"}, "busy"),
        ("fly", {}, "action"),
        ("hand-over", {}, "action"),
    ],
)
def test_bad_input_names_the_field(mailbox: Mailbox, action: str, fields: dict[str, Any], field: str) -> None:
    with pytest.raises(BadInput) as caught:
        mailbox.act(action, **fields)
    assert caught.value.field == field
    assert mailbox.items() == [] and journal(mailbox) == []


def test_what_is_not_there(mailbox: Mailbox) -> None:
    with pytest.raises(NotThere):
        mailbox.act("delete", item="nothing")
    with pytest.raises(NotThere):
        mailbox.sandbox.act("exchange", "nobody@agency.example", {"action": "create"})


def test_the_same_seed_at_the_same_time_is_the_same_server() -> None:
    def digest(seed: int) -> str:
        return Exchange(World(seed, Clock(NOW, running=False))).digest()

    assert digest(1) == digest(1) != digest(2)


def test_the_digest_follows_content_and_a_reset_begins_again(own_sandbox: Sandbox) -> None:
    system = own_sandbox.world.system("exchange")
    mailbox = new_mailbox(own_sandbox)
    first = own_sandbox.call(system.digest)
    made = make(mailbox)
    second = own_sandbox.call(system.digest)
    mailbox.act("delete", item=made["item"], extra={"kind": "HardDelete"})
    assert first != second and own_sandbox.call(system.digest) == first
    own_sandbox.call(own_sandbox.world.reset, 2)
    assert system.users() == []
