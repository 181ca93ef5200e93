"""Each switch of what rests on a guess changes what it says; each is written down."""

from pathlib import Path
from typing import Any

import requests
from requests_ntlm import HttpNtlmAuth

from cxsync.sandbox.core.run import Sandbox
from cxsync.sandbox.exchange.options import Options
from tests.unit.sandbox.exchange.conftest import (
    CALENDAR,
    IDS,
    Mailbox,
    codes,
    new_mailbox,
    root,
    set_options,
    text,
)

DOCUMENT = Path(__file__).parents[4] / "docs" / "sandbox-exchange.md"
WHERE = f"<m:ParentFolderIds>{CALENDAR}</m:ParentFolderIds>"


def switched(sandbox: Sandbox, **options: Any) -> Mailbox:
    set_options(sandbox, **options)
    return new_mailbox(sandbox)


def get(mailbox: Mailbox, name: str, path: str) -> str | None:
    return text(
        mailbox.soap(
            "<m:GetItem><m:ItemShape><t:BaseShape>AllProperties</t:BaseShape></m:ItemShape>"
            f'<m:ItemIds><t:ItemId Id="{name}"/></m:ItemIds></m:GetItem>'
        ),
        path,
    )


def test_every_option_is_documented() -> None:
    page = DOCUMENT.read_text("utf-8")
    assert [name for name in Options.__struct_fields__ if f"`{name}`" not in page] == []


def test_off_rule_start(own_sandbox: Sandbox) -> None:
    series = {"start": "2026-03-03T09:00", "rule": {"frequency": "weekly", "weekdays": ["fr"], "count": 2}}
    moved = switched(own_sandbox)
    assert get(moved, moved.act("create", **series)["item"], ".//t:StartDate") == "2026-03-06+01:00"
    kept = switched(own_sandbox, off_rule_start="keep")
    name = kept.act("create", **series)["item"]
    assert get(kept, name, ".//t:StartDate") == "2026-03-03+01:00"
    assert get(kept, name, "m:x") is None and get(kept, name, ".//t:Start") == "2026-03-06T08:00:00Z"


def test_overlap(own_sandbox: Sandbox) -> None:
    for overlap, expected in (("first", "2026-10-25T00:30:00Z"), ("second", "2026-10-25T01:30:00Z")):
        mailbox = switched(own_sandbox, overlap=overlap)
        made = mailbox.act("create", start="2026-10-25T02:30", end="2026-10-25T04:00")
        assert get(mailbox, made["item"], ".//t:Start") == expected


def test_first_day_of_week(own_sandbox: Sandbox) -> None:
    mailbox = switched(own_sandbox, first_day_of_week="Monday")
    made = mailbox.act("create", start="2026-03-03T09:00", rule={"frequency": "weekly", "count": 2})
    assert get(mailbox, made["item"], ".//t:FirstDayOfWeek") == "Monday"


def test_rewrite_html(own_sandbox: Sandbox) -> None:
    mailbox = switched(own_sandbox, rewrite_html=False)
    body = "<t:Body BodyType='HTML'>&lt;B&gt;x&lt;/B&gt;</t:Body>"
    made = mailbox.soap(
        f"<m:CreateItem SendMeetingInvitations='SendToNone'><m:Items><t:CalendarItem>{body}</t:CalendarItem></m:Items>"
        "</m:CreateItem>"
    )
    name = root(made).find(".//{*}ItemId")
    assert name is not None and get(mailbox, str(name.get("Id")), ".//t:Body") == "<B>x</B>"


def test_move_changes_id(own_sandbox: Sandbox) -> None:
    mailbox = switched(own_sandbox, move_changes_id=False)
    made = mailbox.act("create", start="2026-03-03T09:00")
    assert mailbox.act("delete", item=made["item"])["item"] == made["item"]
    assert mailbox.items() == []


def test_find_refuses_body(own_sandbox: Sandbox) -> None:
    shape = (
        "<m:ItemShape><t:BaseShape>IdOnly</t:BaseShape><t:AdditionalProperties><t:FieldURI FieldURI='item:TextBody'/>"
        "</t:AdditionalProperties></m:ItemShape>"
    )
    find = f"<m:FindItem Traversal='Shallow'>{shape}{WHERE}</m:FindItem>"
    assert codes(switched(own_sandbox).soap(find)) == ["ErrorInvalidPropertyForOperation"]
    assert codes(switched(own_sandbox, find_refuses_body=False).soap(find)) == ["NoError"]


def test_view_with_restriction(own_sandbox: Sandbox) -> None:
    find = (
        f"<m:FindItem Traversal='Shallow'>{IDS}<m:CalendarView StartDate='2026-03-01T00:00:00Z' "
        "EndDate='2026-03-02T00:00:00Z'/><m:Restriction><t:Exists><t:FieldURI FieldURI='item:Subject'/></t:Exists>"
        f"</m:Restriction>{WHERE}</m:FindItem>"
    )
    assert codes(switched(own_sandbox, view_with_restriction="ErrorInvalidRequest").soap(find)) == [
        "ErrorInvalidRequest"
    ]


def test_missing_change_key(own_sandbox: Sandbox) -> None:
    mailbox = switched(own_sandbox, missing_change_key="ErrorChangeKeyRequired")
    made = mailbox.act("create", start="2026-03-03T09:00")
    update = (
        '<m:UpdateItem ConflictResolution="NeverOverwrite" SendMeetingInvitationsOrCancellations="SendToNone">'
        f'<m:ItemChanges><t:ItemChange><t:ItemId Id="{made["item"]}"/><t:Updates><t:DeleteItemField>'
        '<t:FieldURI FieldURI="calendar:Location"/></t:DeleteItemField></t:Updates></t:ItemChange></m:ItemChanges>'
        "</m:UpdateItem>"
    )
    assert codes(mailbox.soap(update)) == ["ErrorChangeKeyRequired"]


def test_new_password_ends_connections(own_sandbox: Sandbox) -> None:
    mailbox = switched(own_sandbox, new_password_ends_connections=False)
    with requests.Session() as session:
        auth = HttpNtlmAuth(mailbox.owner, mailbox.password)
        assert session.post(mailbox.url, data=b"x", auth=auth, timeout=30).status_code == 500
        own_sandbox.call(own_sandbox.world.system("exchange").set_password, mailbox.owner, "other")
        assert session.post(mailbox.url, data=b"x", timeout=30).status_code == 500


def test_concurrency_code(own_sandbox: Sandbox) -> None:
    """A limit that nobody can keep shows the code at once."""
    mailbox = switched(own_sandbox, max_concurrency=-1, concurrency_code="ErrorServerBusy", back_off_milliseconds=1234)
    answer = mailbox.soap("<m:GetPasswordExpirationDate/>").text
    assert "ErrorServerBusy" in answer and '<t:Value Name="BackOffMilliseconds">1234<' in answer
