"""What Exchange refuses, code by code, as the page "ResponseCode" of the web-service reference describes it."""

import pytest

from cxsync.sandbox.core.run import Sandbox
from tests.unit.sandbox.exchange.conftest import CALENDAR, IDS, Mailbox, codes, new_mailbox


def _update(mailbox: Mailbox, name: str, updates: str, send: str = "SendToNone") -> list[str | None]:
    return codes(
        mailbox.soap(
            f'<m:UpdateItem ConflictResolution="AlwaysOverwrite" SendMeetingInvitationsOrCancellations="{send}">'
            f'<m:ItemChanges><t:ItemChange><t:ItemId Id="{name}"/><t:Updates>{updates}</t:Updates></t:ItemChange>'
            "</m:ItemChanges></m:UpdateItem>"
        )
    )


def _set(uri: str, inner: str, action: str = "SetItemField") -> str:
    return f'<t:{action}><t:FieldURI FieldURI="{uri}"/><t:CalendarItem>{inner}</t:CalendarItem></t:{action}>'


@pytest.mark.parametrize(
    ("update", "code"),
    [
        (
            _set("item:Subject", "<t:Subject>a</t:Subject><t:Location>b</t:Location>"),
            "ErrorIncorrectUpdatePropertyCount",
        ),
        (_set("item:Subject", "<t:Location>b</t:Location>"), "ErrorUpdatePropertyMismatch"),
        (_set("calendar:UID", "<t:UID>b</t:UID>"), "ErrorInvalidPropertySet"),
        (_set("calendar:Location", "<t:Location>b</t:Location>", "AppendToItemField"), "ErrorInvalidPropertyAppend"),
        (_set("item:Body", "<t:Body BodyType='Text'>b</t:Body>", "AppendToItemField"), "ErrorInvalidPropertyAppend"),
        (
            '<t:DeleteItemField><t:FieldURI FieldURI="calendar:Start"/></t:DeleteItemField>',
            "ErrorInvalidPropertyDelete",
        ),
        ('<t:DeleteItemField><t:FieldURI FieldURI="item:ItemId"/></t:DeleteItemField>', "ErrorInvalidPropertyDelete"),
    ],
)
def test_updates_that_are_refused(mailbox: Mailbox, update: str, code: str) -> None:
    """Page "ResponseCode", the codes of UpdateItem."""
    made = mailbox.act("create", subject="x", start="2026-03-03T09:00", notes="html")
    assert _update(mailbox, made["item"], update) == [code]
    assert mailbox.items()[0]["subject"] == "x"


def test_bodies_and_attendees_can_be_appended_to(mailbox: Mailbox) -> None:
    """Page "ResponseCode", ErrorInvalidPropertyAppend names what supports appending."""
    made = mailbox.act("create", subject="x", start="2026-03-03T09:00", extra={"plain": "One"}, guests=["a@b.example"])
    guest = "<t:Attendee><t:Mailbox><t:EmailAddress>c@d.example</t:EmailAddress></t:Mailbox></t:Attendee>"
    assert _update(
        mailbox,
        made["item"],
        _set("item:Body", "<t:Body BodyType='Text'> Two</t:Body>", "AppendToItemField")
        + _set(
            "calendar:RequiredAttendees", f"<t:RequiredAttendees>{guest}</t:RequiredAttendees>", "AppendToItemField"
        ),
    ) == ["NoError"]
    (seen,) = mailbox.items()
    assert (seen["notes"], seen["guests"]) == ("One Two", ["a@b.example", "c@d.example"])


def test_no_update_is_sent_from_deleted_items(mailbox: Mailbox) -> None:
    """Page "ResponseCode", ErrorCalendarCannotUpdateDeletedItem."""
    made = mailbox.act("create", subject="x", start="2026-03-03T09:00")
    gone = mailbox.act("delete", item=made["item"])["item"]
    update = _set("item:Subject", "<t:Subject>y</t:Subject>")
    assert _update(mailbox, gone, update, "SendToAllAndSaveCopy") == ["ErrorCalendarCannotUpdateDeletedItem"]
    assert _update(mailbox, gone, update) == ["NoError"]


@pytest.mark.parametrize(
    ("condition", "code"),
    [
        (
            "<t:Contains ContainmentMode='Substring'><t:FieldURI FieldURI='calendar:Start'/><t:Constant Value='2'/>"
            "</t:Contains>",
            "ErrorContainsFilterWrongType",
        ),
        (
            "<t:IsEqualTo><t:FieldURI FieldURI='item:ReminderIsSet'/><t:FieldURIOrConstant><t:Constant Value='maybe'/>"
            "</t:FieldURIOrConstant></t:IsEqualTo>",
            "ErrorInvalidValueForProperty",
        ),
        (
            "<t:Excludes><t:FieldURI FieldURI='item:Size'/><t:Bitmask Value='some'/></t:Excludes>",
            "ErrorInvalidExcludesRestriction",
        ),
        (
            "<t:Exists><t:ExtendedFieldURI PropertyTag='0x8123' PropertyType='String'/></t:Exists>",
            "ErrorNoPropertyTagForCustomProperties",
        ),
        (
            "<t:Exists><t:ExtendedFieldURI PropertyTag='0x3001' PropertyType='Object'/></t:Exists>",
            "ErrorUnsupportedMapiPropertyType",
        ),
        (
            "<t:Or>" + '<t:Exists><t:FieldURI FieldURI="item:Subject"/></t:Exists>' * 520 + "</t:Or>",
            "ErrorRestrictionTooLong",
        ),
    ],
    ids=lambda each: each[:30],
)
def test_restrictions_that_are_refused(mailbox: Mailbox, condition: str, code: str) -> None:
    """Page "ResponseCode", the codes of restrictions."""
    mailbox.act("create", subject="x", start="2026-03-03T09:00")
    answer = mailbox.soap(
        f"<m:FindItem Traversal='Shallow'>{IDS}<m:Restriction>{condition}</m:Restriction>"
        f"<m:ParentFolderIds>{CALENDAR}</m:ParentFolderIds></m:FindItem>"
    )
    assert codes(answer) == [code]


def test_folders_that_do_not_fit(mailbox: Mailbox) -> None:
    """Page "ResponseCode": each operation has its own code for a folder that is wrong or missing."""
    inbox = '<t:DistinguishedFolderId Id="inbox"/>'
    view = '<m:CalendarView StartDate="2026-03-01T00:00:00Z" EndDate="2026-03-02T00:00:00Z"/>'
    answer = mailbox.soap(
        f"<m:FindItem Traversal='Shallow'>{IDS}{view}<m:ParentFolderIds>{inbox}</m:ParentFolderIds></m:FindItem>"
    )
    assert codes(answer) == ["ErrorCalendarFolderIsInvalidForCalendarView"]
    answer = mailbox.soap(
        f"<m:CreateItem SendMeetingInvitations='SendToNone'><m:SavedItemFolderId>{inbox}</m:SavedItemFolderId>"
        "<m:Items><t:CalendarItem/></m:Items></m:CreateItem>"
    )
    assert codes(answer) == ["ErrorCannotCreateCalendarItemInNonCalendarFolder"]
    answer = mailbox.soap(
        f"<m:SyncFolderItems>{IDS}<m:SyncFolderId><t:DistinguishedFolderId Id='voicemail'/></m:SyncFolderId>"
        "<m:MaxChangesReturned>10</m:MaxChangesReturned></m:SyncFolderItems>"
    )
    assert codes(answer) == ["ErrorSyncFolderNotFound"]


def test_answering_needs_a_disposition_and_a_meeting_that_stands(mailbox: Mailbox) -> None:
    """Page "ResponseCode": ErrorMessageDispositionRequired, ErrorCalendarIsCancelledForAccept and their like."""
    made = mailbox.act("invited", **{"from": "client@elsewhere.example"}, subject="x", start="2026-03-03T09:00")["item"]
    reply = f'<m:Items><t:AcceptItem><t:ReferenceItemId Id="{made}"/></t:AcceptItem></m:Items></m:CreateItem>'
    assert codes(mailbox.soap(f"<m:CreateItem>{reply}")) == ["ErrorMessageDispositionRequired"]
    mailbox.act("cancel", item=made)
    answer = mailbox.soap(f'<m:CreateItem MessageDisposition="SendAndSaveCopy">{reply}')
    assert codes(answer) == ["ErrorCalendarIsCancelledForAccept"]
    own = mailbox.act("create", subject="y", start="2026-03-03T09:00")["item"]
    answer = mailbox.soap(f'<m:CreateItem MessageDisposition="SendAndSaveCopy">{reply.replace(made, own)}')
    assert codes(answer) == ["ErrorCalendarIsOrganizerForAccept"]


def test_some_errors_stop_the_rest_of_a_request(sandbox: Sandbox, mailbox: Mailbox) -> None:
    """Page "ResponseCode", ErrorBatchProcessingStopped."""
    theirs = new_mailbox(sandbox).act("create", subject="x", start="2026-03-03T09:00")["item"]
    mine = mailbox.act("create", subject="x", start="2026-03-03T09:00")["item"]

    def get(*names: str) -> list[str | None]:
        ids = "".join(f'<t:ItemId Id="{name}"/>' for name in names)
        return codes(mailbox.soap(f"<m:GetItem>{IDS}<m:ItemIds>{ids}</m:ItemIds></m:GetItem>"))

    assert get(mine, theirs, mine) == ["NoError", "ErrorAccessDenied", "ErrorBatchProcessingStopped"]
    assert get(mine, "AAMkAGU=", mine) == ["NoError", "ErrorInvalidIdMalformed", "NoError"]


@pytest.mark.parametrize(
    ("inner", "code"),
    [
        ("<t:Start>0001-01-01T00:00:00Z</t:Start>", "ErrorCalendarOutOfRange"),
        ("<t:End>9999-12-31T23:59:59Z</t:End>", "ErrorCalendarOutOfRange"),
        ("<t:Start>2026-02-30T00:00:00Z</t:Start>", "ErrorCalendarOutOfRange"),
        (
            '<t:StartTimeZone Id="Own"><t:Periods><t:Period Bias="P9999999D"/></t:Periods></t:StartTimeZone>',
            "ErrorTimeZone",
        ),
        (
            '<t:StartTimeZone Id="Own"><t:Periods><t:Period Bias="PT1H" Id="a"/></t:Periods><t:TransitionsGroups>'
            '<t:TransitionsGroup Id="0"><t:RecurringDateTransition><t:To Kind="Period">a</t:To><t:TimeOffset>PT2H'
            "</t:TimeOffset><t:Month>2</t:Month><t:Day>-1</t:Day></t:RecurringDateTransition></t:TransitionsGroup>"
            '</t:TransitionsGroups><t:Transitions><t:Transition><t:To Kind="Group">0</t:To></t:Transition>'
            "</t:Transitions></t:StartTimeZone>",
            "ErrorTimeZone",
        ),
    ],
    ids=lambda each: each[:40],
)
def test_times_and_zones_out_of_range(mailbox: Mailbox, inner: str, code: str) -> None:
    """Page "ResponseCode", ErrorCalendarOutOfRange and ErrorTimeZone; found by random requests."""
    answer = mailbox.soap(
        f"<m:CreateItem SendMeetingInvitations='SendToNone'><m:Items><t:CalendarItem>{inner}</t:CalendarItem></m:Items>"
        "</m:CreateItem>"
    )
    assert codes(answer) == [code]
