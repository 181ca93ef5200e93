"""Streaming notifications: events of each kind, several batches on one connection, limits, ends."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from exchangelib.errors import ErrorExceededSubscriptionCount, ErrorSubscriptionNotFound

from cxsync.sandbox.core.run import Sandbox
from tests.unit.sandbox.exchange.conftest import Mailbox, new_mailbox, set_options


def make(mailbox: Mailbox) -> dict[str, Any]:
    return mailbox.act("create", subject="x", start="2026-03-03T09:00", end="2026-03-03T10:00")


def listen(account: Any, subscription: str, wanted: int, meanwhile: Callable[[], None]) -> list[Any]:
    """The first ``wanted`` events of what happens when ``meanwhile`` runs on another thread."""
    events: list[Any] = []
    thread = threading.Timer(0.1, meanwhile)
    thread.start()
    for notification in account.calendar.get_streaming_events(subscription, connection_timeout=1):
        events.extend(notification.events)
        if len(events) >= wanted:
            break
    thread.join()
    return events


def test_what_a_person_does_is_told_while_listening(account: Any, mailbox: Mailbox) -> None:
    subscription = account.calendar.subscribe_to_streaming()

    def meanwhile() -> None:
        made = make(mailbox)
        mailbox.act("dismiss-reminder", item=made["item"])
        gone = mailbox.act("delete", item=made["item"])
        mailbox.act("archive", item=gone["item"])

    events = listen(account, subscription, 3, meanwhile)
    assert [each.ELEMENT_NAME for each in events[:3]] == ["CreatedEvent", "ModifiedEvent", "MovedEvent"]
    assert events[0].item_id.id == events[1].item_id.id == events[2].old_item_id.id
    assert events[0].parent_folder_id.id == account.calendar.id
    assert account.calendar.unsubscribe(subscription)


def test_what_happened_before_listening_is_told_first(account: Any, mailbox: Mailbox) -> None:
    subscription = account.calendar.subscribe_to_streaming()
    made = make(mailbox)
    events = listen(account, subscription, 1, lambda: None)
    assert [each.item_id.id for each in events] == [made["item"]]


def test_a_quiet_connection_says_that_it_is_there(own_sandbox: Sandbox) -> None:
    mailbox = new_mailbox(own_sandbox)
    set_options(own_sandbox, keep_alive_seconds=0.05, hanging_connections=1)
    subscription = mailbox.account().calendar.subscribe_to_streaming()
    body = (
        f"<m:GetStreamingEvents><m:SubscriptionIds><t:SubscriptionId>{subscription}</t:SubscriptionId>"
        "</m:SubscriptionIds><m:ConnectionTimeout>1</m:ConnectionTimeout></m:GetStreamingEvents>"
    )
    with mailbox.soap(body, stream=True) as answer:
        read = b""
        for part in answer.iter_content(64):
            read += part
            if read.count(b"<m:ConnectionStatus>OK<") >= 3:
                break
        assert b"ErrorExceededConnectionCount" in mailbox.soap(body).content


def test_a_second_connection_ousts_the_first(mailbox: Mailbox) -> None:
    """Page "ResponseCode", ErrorNewEventStreamConnectionOpened."""
    subscription = mailbox.account().calendar.subscribe_to_streaming()
    body = (
        f"<m:GetStreamingEvents><m:SubscriptionIds><t:SubscriptionId>{subscription}</t:SubscriptionId>"
        "</m:SubscriptionIds><m:ConnectionTimeout>1</m:ConnectionTimeout></m:GetStreamingEvents>"
    )
    with mailbox.soap(body, stream=True) as first:
        parts = first.iter_content(None)
        assert b"<m:ConnectionStatus>OK<" in next(parts)
        with mailbox.soap(body, stream=True) as second:
            later = second.iter_content(None)
            assert b"<m:ConnectionStatus>OK<" in next(later)
            assert b"ErrorNewEventStreamConnectionOpened" in b"".join(parts)
            made = make(mailbox)
            assert made["item"].encode() in next(later)


def test_an_ended_subscription_is_not_found(mailbox: Mailbox) -> None:
    account = mailbox.account()
    subscription = account.calendar.subscribe_to_streaming()
    account.calendar.unsubscribe(subscription)
    with pytest.raises(ErrorSubscriptionNotFound):
        list(account.calendar.get_streaming_events(subscription, connection_timeout=1))
    with pytest.raises(ErrorSubscriptionNotFound):
        account.calendar.unsubscribe(subscription)


def test_a_subscription_nobody_listens_to_ends(own_sandbox: Sandbox) -> None:
    account = new_mailbox(own_sandbox).account()
    subscription = account.calendar.subscribe_to_streaming()
    own_sandbox.call(own_sandbox.world.clock.shift, 31 * 60)
    with pytest.raises(ErrorSubscriptionNotFound):
        account.calendar.unsubscribe(subscription)


def test_subscriptions_are_limited(own_sandbox: Sandbox) -> None:
    set_options(own_sandbox, max_subscriptions=2)
    account = new_mailbox(own_sandbox).account()
    for _ in range(2):
        account.calendar.subscribe_to_streaming()
    with pytest.raises(ErrorExceededSubscriptionCount):
        account.calendar.subscribe_to_streaming()
