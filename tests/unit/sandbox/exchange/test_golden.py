"""Hand-written exchanges, each from the document it names: what is asked, and what Exchange answers."""

import base64

import pytest
import requests
from lxml import etree

from cxsync.sandbox.core.run import Sandbox
from tests.unit.sandbox.exchange.conftest import (
    ALL,
    CALENDAR,
    IDS,
    NS,
    Mailbox,
    codes,
    new_mailbox,
    root,
    set_options,
    text,
)


def created(
    mailbox: Mailbox, inner: str, send: str = ' SendMeetingInvitations="SendToNone"', header: str = ""
) -> requests.Response:
    return mailbox.soap(
        f"<m:CreateItem{send}><m:Items><t:CalendarItem>{inner}</t:CalendarItem></m:Items></m:CreateItem>", header=header
    )


def read(mailbox: Mailbox, answer: requests.Response, header: str = "") -> etree._Element:
    item = root(answer).find(".//t:ItemId", NS)
    assert item is not None, answer.text
    got = mailbox.soap(
        f'<m:GetItem>{ALL}<m:ItemIds><t:ItemId Id="{item.get("Id")}"/></m:ItemIds></m:GetItem>', header=header
    )
    found = root(got).find(".//t:CalendarItem", NS)
    assert found is not None, got.text
    return found


def value(item: etree._Element, name: str) -> str | None:
    return item.findtext(f"t:{name}", namespaces=NS)


def test_every_answer_carries_the_servers_version(mailbox: Mailbox) -> None:
    """MS-OXWSCDATA, ServerVersionInfo."""
    answer = mailbox.soap(
        f"<m:FindItem Traversal='Shallow'>{IDS}<m:ParentFolderIds>{CALENDAR}</m:ParentFolderIds></m:FindItem>"
    )
    info = root(answer).find("s:Header/t:ServerVersionInfo", NS)
    assert answer.status_code == 200 and answer.headers["Content-Type"] == "text/xml; charset=utf-8"
    assert info is not None and (info.get("MajorVersion"), info.get("MinorVersion")) == ("15", "1")


def test_a_wrong_order_is_a_schema_violation_with_its_place(mailbox: Mailbox) -> None:
    """Page "Errors in EWS responses": ErrorSchemaValidation with LineNumber, LinePosition and Violation."""
    answer = created(mailbox, "<t:Start>2026-03-03T09:00:00Z</t:Start>\n  <t:Subject>Late</t:Subject>")
    assert answer.status_code == 500
    assert text(answer, ".//e:ResponseCode") == "ErrorSchemaValidation"
    assert text(answer, ".//t:LineNumber") == "5" and text(answer, ".//t:LinePosition") == "4"
    assert "has invalid child element 'Subject'" in (text(answer, ".//t:Violation") or "")
    assert text(answer, ".//faultcode") == "a:ErrorSchemaValidation"


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ("<m:Nonsense/>", "Nonsense"),
        ("<m:GetItem><m:ItemIds/></m:GetItem>", "ItemIds"),
        (f"<m:SyncFolderItems>{IDS}<m:SyncFolderId>{CALENDAR}</m:SyncFolderId></m:SyncFolderItems>", "incomplete"),
        (
            f"<m:FindItem Traversal='Deep'>{IDS}<m:ParentFolderIds>{CALENDAR}</m:ParentFolderIds></m:FindItem>",
            "Traversal",
        ),
        ("<m:GetFolder/>", "incomplete"),
    ],
)
def test_other_violations(mailbox: Mailbox, body: str, named: str) -> None:
    answer = mailbox.soap(body)
    assert answer.status_code == 500 and named in answer.text and "ErrorSchemaValidation" in answer.text


def test_documents_with_entities_are_refused(mailbox: Mailbox) -> None:
    """.NET: DTD is prohibited; no entity of ours is ever resolved."""
    body = '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><s:Envelope xmlns:s="x">&e;</s:Envelope>'
    answer = requests.post(mailbox.url, data=body, auth=(mailbox.owner, mailbox.password), timeout=30)
    assert answer.status_code == 500 and "DTD is prohibited" in answer.text and "root:" not in answer.text


def test_creating_needs_to_say_whether_invitations_are_sent(mailbox: Mailbox) -> None:
    """MS-OXWSMTGS 3.1.4.3: ErrorSendMeetingInvitationsRequired."""
    assert codes(created(mailbox, "<t:Subject>x</t:Subject>", send="")) == ["ErrorSendMeetingInvitationsRequired"]


def test_times_without_offset_are_of_the_requests_zone(mailbox: Mailbox) -> None:
    """Page "TimeZoneContext"; without the header they are UTC."""
    inner = "<t:Start>2026-07-01T09:00:00</t:Start><t:End>2026-07-01T10:00:00</t:End>"
    header = '<t:TimeZoneContext><t:TimeZoneDefinition Id="W. Europe Standard Time"/></t:TimeZoneContext>'
    local = read(mailbox, created(mailbox, inner, header=header))
    assert value(local, "Start") == "2026-07-01T07:00:00Z"
    zone = local.find("t:StartTimeZone", NS)
    assert zone is not None and zone.get("Id") == "W. Europe Standard Time"
    assert len(zone.findall(".//t:RecurringDayTransition", NS)) == 2
    assert value(read(mailbox, created(mailbox, inner)), "Start") == "2026-07-01T09:00:00Z"


def test_a_zone_of_ones_own_is_followed(mailbox: Mailbox) -> None:
    """MS-OXWSCDATA TimeZoneDefinitionType: periods, transitions groups, transitions."""
    zone = (
        '<t:StartTimeZone Id="Own" Name="Own"><t:Periods><t:Period Bias="-PT3H" Name="Standard" Id="std"/>'
        '<t:Period Bias="-PT4H" Name="Daylight" Id="dlt"/></t:Periods><t:TransitionsGroups><t:TransitionsGroup Id="0">'
        '<t:RecurringDayTransition><t:To Kind="Period">dlt</t:To><t:TimeOffset>PT2H</t:TimeOffset><t:Month>4</t:Month>'
        "<t:DayOfWeek>Sunday</t:DayOfWeek><t:Occurrence>1</t:Occurrence></t:RecurringDayTransition>"
        '<t:RecurringDateTransition><t:To Kind="Period">std</t:To><t:TimeOffset>PT3H</t:TimeOffset>'
        "<t:Month>10</t:Month><t:Day>15</t:Day></t:RecurringDateTransition></t:TransitionsGroup></t:TransitionsGroups>"
        '<t:Transitions><t:Transition><t:To Kind="Group">0</t:To></t:Transition></t:Transitions></t:StartTimeZone>'
    )
    recurrence = (
        "<t:Recurrence><t:WeeklyRecurrence><t:Interval>1</t:Interval><t:DaysOfWeek>Friday</t:DaysOfWeek>"
        "</t:WeeklyRecurrence><t:NumberedRecurrence><t:StartDate>2026-03-27</t:StartDate>"
        "<t:NumberOfOccurrences>30</t:NumberOfOccurrences></t:NumberedRecurrence></t:Recurrence>"
    )
    times = "<t:Start>2026-03-27T06:00:00Z</t:Start><t:End>2026-03-27T07:00:00Z</t:End>"
    created(mailbox, times + recurrence + zone)
    view = '<m:CalendarView StartDate="2026-03-01T00:00:00Z" EndDate="2026-11-01T00:00:00Z"/>'
    answer = mailbox.soap(
        "<m:FindItem Traversal='Shallow'><m:ItemShape><t:BaseShape>Default</t:BaseShape></m:ItemShape>"
        f"{view}<m:ParentFolderIds>{CALENDAR}</m:ParentFolderIds></m:FindItem>"
    )
    starts = [each.text or "" for each in root(answer).iterfind(".//t:Start", NS)]
    assert len(starts) == 30
    assert {each[11:16] for each in starts if "2026-04-05" < each < "2026-10-15"} == {"05:00"}
    assert {each[11:16] for each in starts if each < "2026-04-05" or each > "2026-10-16"} == {"06:00"}


def test_an_all_day_item_lasts_a_day_at_least(mailbox: Mailbox) -> None:
    """How to: Create all-day events by using EWS."""
    moment = "2026-03-03T00:00:00Z"
    inner = f"<t:Start>{moment}</t:Start><t:End>{moment}</t:End><t:IsAllDayEvent>true</t:IsAllDayEvent>"
    item = read(mailbox, created(mailbox, inner))
    assert (value(item, "Start"), value(item, "End")) == (moment, "2026-03-04T00:00:00Z")


def test_an_unknown_zone_is_an_error(mailbox: Mailbox) -> None:
    answer = created(mailbox, '<t:Subject>x</t:Subject><t:StartTimeZone Id="Customized Time Zone"/>')
    assert codes(answer) == ["ErrorTimeZone"]


def test_a_weekly_rule_without_first_day_has_that_of_the_mailbox(mailbox: Mailbox) -> None:
    """WeeklyRecurrence page; a real server in English (US) took Sunday."""
    answer = created(
        mailbox,
        "<t:Start>2013-01-19T09:00:00Z</t:Start><t:End>2013-01-19T10:00:00Z</t:End><t:Recurrence><t:WeeklyRecurrence>"
        "<t:Interval>2</t:Interval><t:DaysOfWeek>Saturday Sunday</t:DaysOfWeek></t:WeeklyRecurrence>"
        "<t:NumberedRecurrence><t:StartDate>2013-01-19</t:StartDate><t:NumberOfOccurrences>5</t:NumberOfOccurrences>"
        "</t:NumberedRecurrence></t:Recurrence>",
    )
    item = read(mailbox, answer)
    assert item.findtext(".//t:FirstDayOfWeek", namespaces=NS) == "Sunday"
    assert item.findtext("t:LastOccurrence/t:Start", namespaces=NS) == "2013-02-16T09:00:00Z"


@pytest.mark.parametrize(
    ("inner", "code"),
    [
        (
            "<t:Start>2026-03-03T10:00:00Z</t:Start><t:End>2026-03-03T09:00:00Z</t:End>",
            "ErrorCalendarEndDateIsEarlierThanStartDate",
        ),
        (
            "<t:Start>2026-03-03T10:00:00Z</t:Start><t:End>2036-03-03T09:00:00Z</t:End>",
            "ErrorCalendarDurationIsTooLong",
        ),
        ("<t:IsMeeting>true</t:IsMeeting>", "ErrorInvalidPropertySet"),
        (
            "<t:Recurrence><t:WeeklyRecurrence><t:Interval>1</t:Interval><t:DaysOfWeek>Weekday</t:DaysOfWeek>"
            "</t:WeeklyRecurrence><t:NoEndRecurrence><t:StartDate>2026-03-03</t:StartDate></t:NoEndRecurrence>"
            "</t:Recurrence>",
            "ErrorCalendarInvalidDayForWeeklyRecurrence",
        ),
        (
            "<t:Recurrence><t:DailyRecurrence><t:Interval>0</t:Interval></t:DailyRecurrence><t:NoEndRecurrence>"
            "<t:StartDate>2026-03-03</t:StartDate></t:NoEndRecurrence></t:Recurrence>",
            "ErrorCalendarInvalidRecurrence",
        ),
    ],
)
def test_what_cannot_be_stored(mailbox: Mailbox, inner: str, code: str) -> None:
    assert codes(created(mailbox, inner)) == [code]
    assert mailbox.items() == []


def test_an_update_without_change_key_needs_to_overwrite(mailbox: Mailbox) -> None:
    """Page "ResponseCode": ErrorChangeKeyRequiredForWriteOperations took the place of ErrorChangeKeyRequired."""
    item = root(created(mailbox, "<t:Subject>x</t:Subject>")).find(".//t:ItemId", NS)
    assert item is not None

    def update(resolution: str) -> list[str | None]:
        return codes(
            mailbox.soap(
                f'<m:UpdateItem ConflictResolution="{resolution}" SendMeetingInvitationsOrCancellations="SendToNone">'
                f'<m:ItemChanges><t:ItemChange><t:ItemId Id="{item.get("Id")}"/><t:Updates><t:SetItemField>'
                '<t:FieldURI FieldURI="item:Subject"/><t:CalendarItem><t:Subject>y</t:Subject></t:CalendarItem>'
                "</t:SetItemField></t:Updates></t:ItemChange></m:ItemChanges></m:UpdateItem>"
            )
        )

    assert update("NeverOverwrite") == ["ErrorChangeKeyRequiredForWriteOperations"]
    assert update("AlwaysOverwrite") == ["NoError"]


def test_a_field_and_its_element_have_to_agree(mailbox: Mailbox) -> None:
    item = root(created(mailbox, "<t:Subject>x</t:Subject>")).find(".//t:ItemId", NS)
    assert item is not None
    answer = mailbox.soap(
        '<m:UpdateItem ConflictResolution="AlwaysOverwrite" SendMeetingInvitationsOrCancellations="SendToNone">'
        f'<m:ItemChanges><t:ItemChange><t:ItemId Id="{item.get("Id")}"/><t:Updates><t:SetItemField>'
        '<t:FieldURI FieldURI="item:Subject"/><t:CalendarItem><t:Location>y</t:Location></t:CalendarItem>'
        "</t:SetItemField></t:Updates></t:ItemChange></m:ItemChanges></m:UpdateItem>"
    )
    assert codes(answer) == ["ErrorUpdatePropertyMismatch"]


def test_identifiers_mean_what_they_name(mailbox: Mailbox) -> None:
    item = root(created(mailbox, "<t:Subject>x</t:Subject>")).find(".//t:ItemId", NS)
    assert item is not None

    def get(element: str) -> list[str | None]:
        return codes(mailbox.soap(f"<m:GetItem>{IDS}<m:ItemIds>{element}</m:ItemIds></m:GetItem>"))

    name = item.get("Id")
    assert get(f'<t:RecurringMasterItemId OccurrenceId="{name}"/>') == ["ErrorCalendarCannotUseIdForOccurrenceId"]
    assert get(f'<t:OccurrenceItemId RecurringMasterId="{name}" InstanceIndex="1"/>') == [
        "ErrorCalendarCannotUseIdForRecurringMasterId"
    ]
    folder = root(mailbox.soap(
        f"<m:GetFolder><m:FolderShape><t:BaseShape>IdOnly</t:BaseShape></m:FolderShape><m:FolderIds>{CALENDAR}"
        "</m:FolderIds></m:GetFolder>"
    )).find(".//t:FolderId", NS)  # fmt: skip
    assert folder is not None
    assert get(f'<t:ItemId Id="{folder.get("Id")}"/>') == ["ErrorCannotUseFolderIdForItemId"]


def test_a_refused_state_answers_as_the_schema_demands(mailbox: Mailbox) -> None:
    """MS-OXWSSYNC 3.1.4.2: SyncState and IncludesLastItemInRange stand in an error too."""
    answer = mailbox.soap(
        f"<m:SyncFolderItems>{IDS}<m:SyncFolderId>{CALENDAR}</m:SyncFolderId><m:SyncState>AAAA</m:SyncState>"
        "<m:MaxChangesReturned>10</m:MaxChangesReturned></m:SyncFolderItems>"
    )
    assert codes(answer) == ["ErrorInvalidSyncStateData"]
    assert root(answer).find(".//m:SyncState", NS) is not None
    assert text(answer, ".//m:IncludesLastItemInRange") == "true"


def test_a_search_cuts_long_texts_and_leaves_bodies_out(mailbox: Mailbox) -> None:
    """Page "Property sets and response shapes in EWS": FindItem returns the first 255 characters, and no body."""
    created(mailbox, f"<t:Subject>{'s' * 300}</t:Subject><t:Body BodyType='Text'>b</t:Body>")
    answer = mailbox.soap(
        f"<m:FindItem Traversal='Shallow'>{ALL}<m:ParentFolderIds>{CALENDAR}</m:ParentFolderIds></m:FindItem>"
    )
    assert text(answer, ".//t:Subject") == "s" * 255
    assert root(answer).find(".//t:Body", NS) is None and root(answer).find(".//t:Recurrence", NS) is None


def test_a_view_takes_no_restriction_and_no_page_of_nothing(mailbox: Mailbox) -> None:
    view = '<m:CalendarView StartDate="2026-03-01T00:00:00Z" EndDate="2026-03-02T00:00:00Z"/>'
    restriction = '<m:Restriction><t:Exists><t:FieldURI FieldURI="item:Subject"/></t:Exists></m:Restriction>'
    where = f"<m:ParentFolderIds>{CALENDAR}</m:ParentFolderIds>"
    answer = mailbox.soap(f"<m:FindItem Traversal='Shallow'>{IDS}{view}{restriction}{where}</m:FindItem>")
    assert codes(answer) == ["ErrorInvalidOperation"]
    far = view.replace("2026-03-02", "9999-12-31")
    answer = mailbox.soap(f"<m:FindItem Traversal='Shallow'>{IDS}{far}{where}</m:FindItem>")
    assert codes(answer) == ["ErrorValueOutOfRange"]
    page = '<m:IndexedPageItemView MaxEntriesReturned="0" Offset="0" BasePoint="Beginning"/>'
    assert codes(mailbox.soap(f"<m:FindItem Traversal='Shallow'>{IDS}{page}{where}</m:FindItem>")) == [
        "ErrorInvalidPagingMaxRows"
    ]


def test_a_search_returns_a_thousand_at_most(own_sandbox: Sandbox) -> None:
    """EWSFindCountLimit of the page "EWS throttling in Exchange"; here 3."""
    mailbox = new_mailbox(own_sandbox)
    set_options(own_sandbox, find_count_limit=3)
    for number in range(5):
        created(mailbox, f"<t:Subject>{number}</t:Subject>")
    answer = mailbox.soap(
        f"<m:FindItem Traversal='Shallow'>{IDS}<m:ParentFolderIds>{CALENDAR}</m:ParentFolderIds></m:FindItem>"
    )
    folder = root(answer).find(".//m:RootFolder", NS)
    assert folder is not None and folder.get("IncludesLastItemInRange") == "false"
    assert folder.get("TotalItemsInView") == "5" and len(folder.findall(".//t:ItemId", NS)) == 3


def test_times_are_told_in_the_requests_zone_if_so_switched(own_sandbox: Sandbox) -> None:
    mailbox = new_mailbox(own_sandbox)
    set_options(own_sandbox, answer_times="context")
    header = '<t:TimeZoneContext><t:TimeZoneDefinition Id="W. Europe Standard Time"/></t:TimeZoneContext>'
    made = created(mailbox, "<t:Start>2026-07-01T07:00:00Z</t:Start><t:End>2026-07-01T08:00:00Z</t:End>")
    assert value(read(mailbox, made, header), "Start") == "2026-07-01T09:00:00+02:00"


def test_the_name_of_a_property_set_has_several_spellings(mailbox: Mailbox) -> None:
    """MS-OXWSXPROP 2.1.5: a GUID is one whatever its case; a distinguished set is its GUID."""

    def path(name: str) -> str:
        return f'<t:ExtendedFieldURI {name} PropertyName="Key" PropertyType="String"/>'

    guid = "00020329-0000-0000-C000-000000000046"
    spelled = f'PropertySetId="{guid}"'
    created(mailbox, f"<t:ExtendedProperty>{path(spelled)}<t:Value>v</t:Value></t:ExtendedProperty>")
    for name in (f'PropertySetId="{guid.lower()}"', 'DistinguishedPropertySetId="PublicStrings"'):
        answer = mailbox.soap(
            "<m:FindItem Traversal='Shallow'><m:ItemShape><t:BaseShape>IdOnly</t:BaseShape><t:AdditionalProperties>"
            f"{path(name)}</t:AdditionalProperties></m:ItemShape><m:Restriction><t:IsEqualTo>{path(name)}"
            '<t:FieldURIOrConstant><t:Constant Value="v"/></t:FieldURIOrConstant></t:IsEqualTo></m:Restriction>'
            f"<m:ParentFolderIds>{CALENDAR}</m:ParentFolderIds></m:FindItem>"
        )
        assert text(answer, ".//t:Value") == "v"


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ('PropertyTag="0x3001" PropertyName="x"', "ErrorInvalidExtendedProperty"),
        ('PropertyName="x"', "ErrorInvalidExtendedProperty"),
        ('DistinguishedPropertySetId="Common"', "ErrorInvalidExtendedProperty"),
    ],
)
def test_a_property_needs_one_name(mailbox: Mailbox, path: str, code: str) -> None:
    """MS-OXWSXPROP 2.1.5 PathToExtendedFieldType: which attributes go together."""
    inner = f'<t:ExtendedFieldURI {path} PropertyType="String"/><t:Value>v</t:Value>'
    assert codes(created(mailbox, f"<t:ExtendedProperty>{inner}</t:ExtendedProperty>")) == [code]


def test_a_value_has_to_be_of_its_type(mailbox: Mailbox) -> None:
    inner = '<t:ExtendedFieldURI DistinguishedPropertySetId="Common" PropertyId="1" PropertyType="Integer"/>'
    answer = created(mailbox, f"<t:ExtendedProperty>{inner}<t:Value>many</t:Value></t:ExtendedProperty>")
    assert codes(answer) == ["ErrorInvalidExtendedPropertyValue"]


def test_the_uid_is_a_global_object_id(mailbox: Mailbox) -> None:
    """MS-OXOCAL 2.2.1.27, MS-OXPROPS PidLidCleanGlobalObjectId: searched for by clients that know an invitation."""
    item = read(mailbox, created(mailbox, "<t:Subject>x</t:Subject>"))
    uid = value(item, "UID") or ""
    path = '<t:ExtendedFieldURI DistinguishedPropertySetId="Meeting" PropertyId="35" PropertyType="Binary"/>'
    constant = base64.b64encode(bytes.fromhex(uid)).decode()
    answer = mailbox.soap(
        f"<m:FindItem Traversal='Shallow'>{IDS}<m:Restriction><t:IsEqualTo>{path}<t:FieldURIOrConstant>"
        f'<t:Constant Value="{constant}"/></t:FieldURIOrConstant></t:IsEqualTo></m:Restriction>'
        f"<m:ParentFolderIds>{CALENDAR}</m:ParentFolderIds></m:FindItem>"
    )
    assert len(root(answer).findall(".//t:ItemId", NS)) == 1


def test_a_foreign_uid_is_kept(mailbox: Mailbox) -> None:
    """The element UID may be set when an item is created, and never again."""
    item = read(mailbox, created(mailbox, "<t:UID>abc@elsewhere.example</t:UID>"))
    assert value(item, "UID") == "abc@elsewhere.example"


def test_an_unsearchable_property_is_refused(mailbox: Mailbox) -> None:
    """Page "ErrorUnsupportedPathForQuery"."""
    answer = mailbox.soap(
        f"<m:FindItem Traversal='Shallow'>{IDS}<m:Restriction><t:Exists><t:FieldURI FieldURI='calendar:UID'/>"
        f"</t:Exists></m:Restriction><m:ParentFolderIds>{CALENDAR}</m:ParentFolderIds></m:FindItem>"
    )
    assert codes(answer) == ["ErrorUnsupportedPathForQuery"]


def test_zones_are_told_with_their_last_sundays(mailbox: Mailbox) -> None:
    """Page "GetServerTimeZones operation"; -1 is the last of its month (RecurringDayTransition)."""
    answer = mailbox.soap(
        "<m:GetServerTimeZones ReturnFullTimeZoneData='true'><m:Ids><t:Id>W. Europe Standard Time</t:Id></m:Ids>"
        "</m:GetServerTimeZones>"
    )
    assert {each.text for each in root(answer).iterfind(".//t:Occurrence", NS)} == {"-1"}
    assert {each.get("Bias") for each in root(answer).iterfind(".//t:Period", NS)} == {"-PT1H", "-PT2H"}


def test_folders_are_told_when_they_appear(mailbox: Mailbox) -> None:
    """MS-OXWSSYNC 3.1.4.1 SyncFolderHierarchy."""
    shape = "<m:FolderShape><t:BaseShape>Default</t:BaseShape></m:FolderShape>"
    body = f"<m:SyncFolderHierarchy>{shape}{{}}</m:SyncFolderHierarchy>"
    first = mailbox.soap(body.format(""))
    assert "Calendar" in {each.text for each in root(first).iterfind(".//t:Create//t:DisplayName", NS)}
    made = mailbox.act("create", subject="x", start="2026-03-03T09:00")
    mailbox.act("move-folder", item=made["item"], folder="Oud")
    second = mailbox.soap(body.format(f"<m:SyncState>{text(first, './/m:SyncState')}</m:SyncState>"))
    assert [each.text for each in root(second).iterfind(".//t:Create//t:DisplayName", NS)] == ["Oud"]


def test_a_body_can_be_asked_for_as_text_or_html(mailbox: Mailbox) -> None:
    """Page "BodyType (ItemShape)": Best is what was stored."""
    made = created(mailbox, "<t:Body BodyType='HTML'>&lt;p&gt;One&lt;/p&gt;&lt;p&gt;Two&lt;/p&gt;</t:Body>")
    name = root(made).find(".//t:ItemId", NS)
    assert name is not None
    for wanted, kind, expected in (("Text", "Text", "One\r\n\r\nTwo"), ("Best", "HTML", "<p>One</p><p>Two</p>")):
        answer = mailbox.soap(
            f"<m:GetItem><m:ItemShape><t:BaseShape>Default</t:BaseShape><t:BodyType>{wanted}</t:BodyType></m:ItemShape>"
            f'<m:ItemIds><t:ItemId Id="{name.get("Id")}"/></m:ItemIds></m:GetItem>'
        )
        body = root(answer).find(".//t:Body", NS)
        assert body is not None and body.get("BodyType") == kind and expected in (body.text or "")


def test_a_refused_state_shows_no_changes(mailbox: Mailbox) -> None:
    """The error example of the page "SyncFolderItems operation"."""
    answer = mailbox.soap(
        f"<m:SyncFolderItems>{IDS}<m:SyncFolderId>{CALENDAR}</m:SyncFolderId><m:SyncState>AAAA</m:SyncState>"
        "<m:MaxChangesReturned>10</m:MaxChangesReturned></m:SyncFolderItems>"
    )
    message = root(answer).find(".//m:SyncFolderItemsResponseMessage", NS)
    assert message is not None
    assert [etree.QName(each).localname for each in message] == [
        "MessageText", "ResponseCode", "DescriptiveLinkKey", "SyncState", "IncludesLastItemInRange",
    ]  # fmt: skip


def test_is_recurring_is_wrong_for_the_organisers_master(mailbox: Mailbox) -> None:
    """The table of the page "IsRecurring", its known fault included."""
    more = {"start": "2026-03-03T09:00", "rule": {"frequency": "daily", "count": 3}}
    mine = mailbox.act("create", subject="Mine", **more)["item"]
    theirs = mailbox.act("invited", subject="Theirs", **{"from": "client@elsewhere.example"}, **more)["item"]
    for name, recurring in ((mine, "false"), (theirs, "true")):
        answer = mailbox.soap(f'<m:GetItem>{ALL}<m:ItemIds><t:ItemId Id="{name}"/></m:ItemIds></m:GetItem>')
        assert text(answer, ".//t:IsRecurring") == recurring
