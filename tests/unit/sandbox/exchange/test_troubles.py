"""Throttling, faults on demand, autodiscover: everything that goes wrong or comes before."""

import threading
import time
from typing import Any

import pytest
import requests
from exchangelib.errors import (
    ErrorExceededConnectionCount,
    ErrorInvalidSyncStateData,
    ErrorItemNotFound,
    ErrorMailboxMoveInProgress,
    ErrorServerBusy,
)
from lxml import etree

from cxsync.sandbox.core.faults import Fault
from cxsync.sandbox.core.run import Sandbox
from tests.unit.sandbox.exchange.conftest import Mailbox, new_mailbox, set_options

REQUEST = "http://schemas.microsoft.com/exchange/autodiscover/outlook/requestschema/2006"
RESPONSE = "http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a"


def fault(sandbox: Sandbox, operation: str, kind: Any, **more: Any) -> None:
    sandbox.call(sandbox.world.faults.add, Fault(system="exchange", operation=operation, kind=kind, **more))


def ready(sandbox: Sandbox) -> tuple[Mailbox, Any]:
    """A mailbox whose account has met the server already."""
    mailbox = new_mailbox(sandbox)
    account = mailbox.account()
    assert account.calendar.all().count() == 0
    return mailbox, account


def test_a_busy_server_says_how_long_to_stay_away(own_sandbox: Sandbox) -> None:
    """Page "EWS throttling in Exchange": ErrorServerBusy with BackOffMilliseconds."""
    _, account = ready(own_sandbox)
    fault(own_sandbox, "FindItem", "reason", params={"reason": "ErrorServerBusy", "back_off": 7500})
    with pytest.raises(ErrorServerBusy) as caught:
        account.calendar.all().count()
    assert caught.value.back_off == 7.5
    assert account.calendar.all().count() == 0


def test_a_budget_of_requests_runs_out_and_comes_back(own_sandbox: Sandbox) -> None:
    _, account = ready(own_sandbox)
    set_options(own_sandbox, budget_per_minute=3)
    for _ in range(3):
        account.calendar.all().count()
    with pytest.raises(ErrorServerBusy) as caught:
        account.calendar.all().count()
    assert caught.value.back_off == 10
    own_sandbox.call(own_sandbox.world.clock.shift, 60)
    assert account.calendar.all().count() == 0


def test_requests_at_the_same_time_are_limited(own_sandbox: Sandbox) -> None:
    """EWSMaxConcurrency."""
    mailbox, account = ready(own_sandbox)
    set_options(own_sandbox, max_concurrency=1)
    fault(own_sandbox, "GetServerTimeZones", "delay", params={"seconds": 1.5})
    slow = threading.Thread(target=mailbox.soap, args=("<m:GetServerTimeZones ReturnFullTimeZoneData='false'/>",))
    slow.start()
    deadline = time.monotonic() + 10
    while True:
        try:
            account.calendar.all().count()
        except ErrorExceededConnectionCount:
            break
        assert time.monotonic() < deadline
    slow.join()
    assert account.calendar.all().count() == 0


@pytest.mark.parametrize(("when", "count"), [("before", 0), ("after", 1)])
def test_a_dropped_connection_leaves_the_effect_or_not(own_sandbox: Sandbox, when: Any, count: int) -> None:
    mailbox, account = ready(own_sandbox)
    fault(own_sandbox, "CreateItem", "drop", when=when)
    with pytest.raises(requests.ConnectionError):
        mailbox.soap(
            '<m:CreateItem SendMeetingInvitations="SendToNone"><m:Items><t:CalendarItem/></m:Items></m:CreateItem>'
        )
    assert account.calendar.all().count() == count


def test_errors_come_in_their_own_form(own_sandbox: Sandbox) -> None:
    mailbox, account = ready(own_sandbox)
    made = mailbox.act("create", subject="x", start="2026-03-03T09:00")
    fault(own_sandbox, "GetItem", "reason", params={"reason": "ErrorItemNotFound"})
    assert isinstance(next(iter(account.fetch([(made["item"], None)]))), ErrorItemNotFound)
    fault(own_sandbox, "GetItem", "reason", params={"reason": "ErrorItemCorrupt"})
    assert [type(each).__name__ for each in account.fetch([(made["item"], None)] * 3)] == ["ErrorItemCorrupt"] * 3
    fault(own_sandbox, "SyncFolderItems", "reason", params={"reason": "ErrorMailboxMoveInProgress"})
    with pytest.raises(ErrorMailboxMoveInProgress):
        list(account.calendar.sync_items())
    fault(own_sandbox, "SyncFolderItems", "invalid-state")
    with pytest.raises(ErrorInvalidSyncStateData):
        list(account.calendar.sync_items())
    assert len(list(account.calendar.sync_items())) == 1


def test_status_cut_and_garbled_answers(own_sandbox: Sandbox) -> None:
    mailbox, _ = ready(own_sandbox)
    body = "<m:GetServerTimeZones ReturnFullTimeZoneData='false'/>"
    fault(own_sandbox, "GetServerTimeZones", "status", params={"status": 503})
    assert mailbox.soap(body).status_code == 503
    fault(own_sandbox, "GetServerTimeZones", "truncate", when="after")
    with pytest.raises(requests.RequestException):
        mailbox.soap(body)
    fault(own_sandbox, "GetServerTimeZones", "garble", when="after")
    with pytest.raises(etree.XMLSyntaxError):
        etree.fromstring(mailbox.soap(body).content)
    assert mailbox.soap(body).status_code == 200


def test_a_stray_401(own_sandbox: Sandbox) -> None:
    mailbox, _ = ready(own_sandbox)
    fault(own_sandbox, "GetPasswordExpirationDate", "expire-token")
    assert mailbox.soap("<m:GetPasswordExpirationDate/>").status_code == 401
    assert "9999-12-31" in mailbox.soap("<m:GetPasswordExpirationDate/>").text


def test_the_web_server_may_fail_before_anybody_signs_in(own_sandbox: Sandbox) -> None:
    mailbox, _ = ready(own_sandbox)
    fault(own_sandbox, "sign-in", "status", params={"status": 503})
    mailbox.password = "wrong"
    assert mailbox.soap("<m:GetPasswordExpirationDate/>").status_code == 503
    assert own_sandbox.world.witness.logins == []
    fault(own_sandbox, "*", "status", params={"status": 503})
    assert mailbox.soap("<m:GetPasswordExpirationDate/>").status_code == 401


def autodiscover(mailbox: Mailbox, address: str, schema: str = RESPONSE) -> requests.Response:
    body = (
        f'<?xml version="1.0" encoding="utf-8"?><Autodiscover xmlns="{REQUEST}"><Request><EMailAddress>{address}'
        f"</EMailAddress><AcceptableResponseSchema>{schema}</AcceptableResponseSchema></Request></Autodiscover>"
    )
    return requests.post(
        mailbox.sandbox.urls["exchange"]["autodiscover"], data=body, auth=(mailbox.owner, mailbox.password), timeout=30
    )


def test_autodiscover_tells_the_address_of_the_web_services(mailbox: Mailbox) -> None:
    """MS-OXDSCLI 2.2.4 and its errors 500 and 601."""
    root = etree.fromstring(autodiscover(mailbox, mailbox.owner).content)
    assert {each.text for each in root.iter(f"{{{RESPONSE}}}EwsUrl")} == {mailbox.url}
    assert "<ErrorCode>500<" in autodiscover(mailbox, "nobody@agency.example").text
    assert "<ErrorCode>601<" in autodiscover(mailbox, mailbox.owner, "other").text


def test_impersonation_needs_the_right(own_sandbox: Sandbox) -> None:
    mailbox, other = new_mailbox(own_sandbox), new_mailbox(own_sandbox)
    other.act("create", subject="Theirs", start="2026-03-03T09:00")
    header = (
        f"<t:ExchangeImpersonation><t:ConnectingSID><t:PrimarySmtpAddress>{other.owner}</t:PrimarySmtpAddress>"
        "</t:ConnectingSID></t:ExchangeImpersonation>"
    )
    body = (
        "<m:FindItem Traversal='Shallow'><m:ItemShape><t:BaseShape>Default</t:BaseShape></m:ItemShape>"
        '<m:ParentFolderIds><t:DistinguishedFolderId Id="calendar"/></m:ParentFolderIds></m:FindItem>'
    )
    assert "ErrorImpersonateUserDenied" in mailbox.soap(body, header=header).text
    set_options(own_sandbox, impersonators=(mailbox.owner,))
    assert "Theirs" in mailbox.soap(body, header=header).text
