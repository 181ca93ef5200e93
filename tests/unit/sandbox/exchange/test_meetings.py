"""Invitations: what is mailed by which attribute, what arrives at colleagues, answers, cancellations."""

from typing import Any

import pytest
from exchangelib import Attendee, CalendarItem, EWSDateTime
from exchangelib import Mailbox as Address
from exchangelib.items import (
    SEND_ONLY_TO_CHANGED,
    SEND_TO_ALL_AND_SAVE_COPY,
    SEND_TO_CHANGED_AND_SAVE_COPY,
    SEND_TO_NONE,
)

from cxsync.sandbox.core.run import Sandbox
from tests.unit.sandbox.exchange.conftest import AMSTERDAM, Mailbox, new_mailbox, set_options

CLIENT = "client@elsewhere.example"


def at(hour: int, day: int = 3) -> Any:
    return EWSDateTime(2026, 3, day, hour, tzinfo=AMSTERDAM)


def attendee(address: str) -> Any:
    return Attendee(mailbox=Address(email_address=address), response_type="Unknown")


def meeting(account: Any, *addresses: str) -> Any:
    return CalendarItem(
        account=account, folder=account.calendar, subject="Intake", start=at(9), end=at(10),
        required_attendees=[attendee(each) for each in addresses],
    )  # fmt: skip


def one(mailbox: Mailbox) -> dict[str, Any]:
    (found,) = mailbox.items()
    return found


@pytest.fixture
def colleague(sandbox: Sandbox) -> Mailbox:
    return new_mailbox(sandbox)


def test_nothing_is_mailed_by_send_to_none_whatever_is_done(account: Any, mailbox: Mailbox, colleague: Mailbox) -> None:
    made = meeting(account, colleague.owner, CLIENT).save(send_meeting_invitations=SEND_TO_NONE)
    made.start, made.end = at(11), at(12)
    made.save(update_fields=["start", "end"], send_meeting_invitations=SEND_TO_NONE)
    made.refresh()
    assert (made.is_meeting, made.meeting_request_was_sent) == (True, False)
    made.delete(send_meeting_cancellations=SEND_TO_NONE)
    assert mailbox.mails() == [] and colleague.items() == []


def test_a_sent_invitation_arrives_tentative_and_unanswered(account: Any, mailbox: Mailbox, colleague: Mailbox) -> None:
    made = meeting(account, colleague.owner, CLIENT).save(send_meeting_invitations=SEND_TO_ALL_AND_SAVE_COPY)
    assert mailbox.mails() == [("invitation", colleague.owner), ("invitation", CLIENT)]
    theirs = one(colleague)
    made.refresh()
    assert (theirs["subject"], theirs["busy"], theirs["status"]) == ("Intake", "tentative", "unanswered")
    assert theirs["organizer"] == mailbox.owner and theirs["uid"] == made.uid
    (seen,) = colleague.account().calendar.all()
    assert (seen.my_response_type, seen.is_meeting, seen.organizer.email_address) == (
        "NoResponseReceived", True, mailbox.owner,
    )  # fmt: skip
    assert made.meeting_request_was_sent


def test_updates_go_to_all_or_to_those_who_changed(account: Any, mailbox: Mailbox, colleague: Mailbox) -> None:
    made = meeting(account, CLIENT).save(send_meeting_invitations=SEND_TO_ALL_AND_SAVE_COPY)
    made.refresh()
    made.required_attendees = [*made.required_attendees, attendee(colleague.owner)]
    made.save(update_fields=["required_attendees"], send_meeting_invitations=SEND_ONLY_TO_CHANGED)
    assert mailbox.mails() == [("invitation", CLIENT), ("invitation", colleague.owner)]
    made.start, made.end = at(13), at(14)
    made.save(update_fields=["start", "end"], send_meeting_invitations=SEND_TO_CHANGED_AND_SAVE_COPY)
    assert mailbox.mails()[2:] == [("update", CLIENT), ("update", colleague.owner)]
    assert one(colleague)["start"] == "2026-03-03T13:00:00+01:00"


def test_a_removed_guest_is_told(account: Any, mailbox: Mailbox, colleague: Mailbox) -> None:
    made = meeting(account, colleague.owner, CLIENT).save(send_meeting_invitations=SEND_TO_ALL_AND_SAVE_COPY)
    made.refresh()
    made.required_attendees = [attendee(CLIENT)]
    made.save(update_fields=["required_attendees"], send_meeting_invitations=SEND_TO_CHANGED_AND_SAVE_COPY)
    assert mailbox.mails()[2:] == [("cancellation", colleague.owner)]
    assert one(colleague)["status"] == "cancelled"


def test_a_cancelled_meeting_stays_with_the_guest_marked(account: Any, mailbox: Mailbox, colleague: Mailbox) -> None:
    made = meeting(account, colleague.owner).save(send_meeting_invitations=SEND_TO_ALL_AND_SAVE_COPY)
    made.delete(send_meeting_cancellations=SEND_TO_ALL_AND_SAVE_COPY)
    assert mailbox.mails()[1:] == [("cancellation", colleague.owner)]
    (seen,) = colleague.account().calendar.all()
    assert (seen.is_cancelled, seen.subject, seen.legacy_free_busy_status) == (True, "Canceled: Intake", "Free")


def test_a_deleted_occurrence_is_cancelled_for_the_guests(mailbox: Mailbox, colleague: Mailbox) -> None:
    made = mailbox.act(
        "create", subject="x", start="2026-03-04T14:00", end="2026-03-04T15:00", guests=[colleague.owner],
        rule={"frequency": "daily", "count": 3},
    )  # fmt: skip
    mailbox.act("delete-occurrence", item=made["item"], occurrence="2026-03-05T14:00")
    assert mailbox.mails() == [("invitation", colleague.owner), ("cancellation", colleague.owner)]
    (seen,) = colleague.account().calendar.all()
    assert [each.start.day for each in seen.deleted_occurrences] == [5]


def test_a_guest_who_deletes_a_meeting_declines_it(mailbox: Mailbox, colleague: Mailbox) -> None:
    mailbox.act(
        "create", subject="x", start="2026-03-04T14:00", end="2026-03-04T15:00", guests=[colleague.owner, CLIENT]
    )
    colleague.act("delete", item=one(colleague)["id"])
    assert colleague.mails() == [("response", mailbox.owner)]
    (seen,) = mailbox.account().calendar.all()
    assert [each.response_type for each in seen.required_attendees] == ["Decline", "Unknown"]


def test_answers_reach_the_organiser(account: Any, mailbox: Mailbox, colleague: Mailbox) -> None:
    made = meeting(account, colleague.owner).save(send_meeting_invitations=SEND_TO_ALL_AND_SAVE_COPY)
    (theirs,) = colleague.account().calendar.all()
    theirs.accept()
    assert (one(colleague)["status"], one(colleague)["busy"]) == ("confirmed", "busy")
    made.refresh()
    assert [each.response_type for each in made.required_attendees] == ["Accept"]
    assert colleague.mails() == [("response", mailbox.owner)]


@pytest.mark.parametrize(
    ("answer", "status", "busy"), [("accept", "confirmed", "busy"), ("tentative", "tentative", "tentative")]
)
def test_a_person_answers_an_invitation_from_elsewhere(mailbox: Mailbox, answer: str, status: str, busy: str) -> None:
    arrived = mailbox.act(
        "invited", **{"from": CLIENT}, subject="Kennismaking", start="2026-03-04T14:00", end="2026-03-04T15:00"
    )
    assert one(mailbox)["status"] == "unanswered"
    answered = mailbox.act(answer, item=arrived["item"])
    assert (one(mailbox)["status"], one(mailbox)["busy"]) == (status, busy)
    assert answered["item"] == arrived["item"] and answered["version"] != arrived["version"]
    assert mailbox.mails() == [("response", CLIENT)]


def test_a_declined_invitation_goes_to_deleted_items(mailbox: Mailbox) -> None:
    arrived = mailbox.act("invited", **{"from": CLIENT}, subject="x", start="2026-03-04T14:00")
    mailbox.act("decline", item=arrived["item"], send=False)
    assert mailbox.items() == [] and mailbox.mails() == []


def test_outlook_may_replace_the_item_when_answering(own_sandbox: Sandbox) -> None:
    set_options(own_sandbox, response_replaces_item=True)
    mailbox = new_mailbox(own_sandbox)
    arrived = mailbox.act("invited", **{"from": CLIENT}, subject="x", start="2026-03-04T14:00")
    answered = mailbox.act("accept", item=arrived["item"])
    assert answered["item"] != arrived["item"] and answered["uid"] == arrived["uid"]
    assert one(mailbox)["status"] == "confirmed"


def test_the_organiser_elsewhere_updates_and_cancels(mailbox: Mailbox) -> None:
    arrived = mailbox.act("invited", **{"from": CLIENT}, subject="x", start="2026-03-04T14:00", end="2026-03-04T15:00")
    mailbox.act("accept", item=arrived["item"])
    mailbox.act("invited", **{"from": CLIENT}, item=arrived["item"], start="2026-03-05T14:00")
    assert (one(mailbox)["status"], one(mailbox)["start"]) == ("unanswered", "2026-03-05T14:00:00+01:00")
    mailbox.act("cancel", item=arrived["item"])
    assert (one(mailbox)["status"], one(mailbox)["subject"]) == ("cancelled", "Canceled: x")


def test_a_person_invites_and_moves_and_guests_are_told(mailbox: Mailbox, colleague: Mailbox) -> None:
    made = mailbox.act("create", subject="x", start="2026-03-04T14:00", end="2026-03-04T15:00")
    mailbox.act("invite", item=made["item"], guests=[colleague.owner, CLIENT])
    mailbox.act("move", item=made["item"], start="2026-03-04T16:00")
    kinds = [kind for kind, _ in mailbox.mails()]
    assert kinds == ["invitation", "invitation", "update", "update"]
    assert one(colleague)["start"] == "2026-03-04T16:00:00+01:00"
    channels = {each.channel for each in mailbox.sandbox.world.witness.mails if each.owner == mailbox.owner}
    assert channels == {"person"}
