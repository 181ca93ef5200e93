"""One example of every record and content with every field filled, for the golden files."""

from datetime import UTC, date, datetime
from uuid import UUID

from schemas.appointment import Appointment, Day, Meeting, Moment, Override, Recurrence, Rule
from schemas.records import (
    Change,
    ChangeContent,
    Content,
    DeadLetter,
    DeadLetterContent,
    Document,
    Finding,
    Header,
    LostValue,
    Notification,
    NotificationContent,
    Outcome,
    OutcomeContent,
    Parameter,
    Part,
    Policy,
    Position,
    Proposal,
    RawChange,
    RawContent,
    Record,
    WrittenValue,
)

AT = datetime(2026, 3, 29, 1, 30, 0, 123456, UTC)
EVENT, CONNECTION, LINK = UUID(int=2**127 + 1), UUID(int=2**126 + 2), UUID(int=2**125 + 3)
POSITION = Position(topic="cx.raw.exchange", partition=11, offset=2**40)
START = Moment(wall="2026-03-30T09:30:00", zone="Europe/Amsterdam", instant=datetime(2026, 3, 30, 7, 30, tzinfo=UTC))
END = Moment(wall="2026-03-30T10:30:00", zone="Europe/Amsterdam", instant=datetime(2026, 3, 30, 8, 30, tzinfo=UTC))
RULE = Rule(
    frequency="monthly",
    interval=2,
    days=(Day(weekday="monday", nth=-1), Day(weekday="friday")),
    month_days=(-1, 31),
    months=(3, 9),
    year_days=(100,),
    weeks=(20,),
    hours=(9,),
    minutes=(30,),
    seconds=(0,),
    positions=(1, -1),
    week_start="sunday",
    short_month="clamp",
    count=999,
    until=date(2027, 12, 31),
)
OVERRIDE = Override(
    original="2026-05-25T09:30:00",
    cancelled=False,
    changed=("time", "subject"),
    native_id="AAMkO",
    start=START,
    end=END,
    all_day=False,
    subject="Verzet",
    location="Zaal 2",
    notes="later",
    busy="working-elsewhere",
    private=True,
    reminder_minutes=5,
    attendees="Jan",
)
FINDING = Finding(
    code="unsupported-recurrence",
    reason="SETPOS",
    offending="BYSETPOS=1",
    dates=("2026-05-25T09:30:00", "2026-05-26"),
    proposals=(
        Proposal(kind="alternative", parts=(Part(start=START, end=END, rule=RULE),), first_difference="2026-04-01"),
        Proposal(kind="split", parts=(Part(start=START, end=END),)),
    ),
)
LOST = LostValue(field="location", winner="carerix", kept="Zaal 1", lost="Zaal 2 — “boven”")

RECORDS: tuple[Record, ...] = (
    RawChange(
        event_id=EVENT,
        connection_id=CONNECTION,
        system="exchange",
        target="carerix",
        origin="resync",
        observed_at=AT,
        native_id="AAMkAG==",
        native_version="DwAAABYA",
        presence="tombstone",
        policy=Policy(
            home_zone="Europe/London",
            week_start="sunday",
            short_month="clamp",
            daily_series="convert",
            user_zone="America/New_York",
        ),
        truncated=True,
        sealed=b"\x00sealed\xff",
    ),
    Change(
        event_id=EVENT,
        connection_id=CONNECTION,
        origin="sink",
        source_side="external",
        source_system="exchange",
        target="carerix",
        kind="left",
        native_id="AAMkAG==",
        uid="040000008200E0",
        marker=LINK,
        source_version="DwAAABYA",
        observed_at=AT,
        raw=POSITION,
        fingerprint=bytes(range(16)),
        verdict="refused",
        reasons=("exception-in-series", "daily-series"),
        sealed=b"\x00sealed\xff",
    ),
    Outcome(
        event_id=EVENT,
        connection_id=CONNECTION,
        target="google",
        result="kept-history",
        at=AT,
        change_id=LINK,
        change=POSITION,
        raw=POSITION,
        link_id=LINK,
        carerix_id="Q1JUb0Rv",
        external_id="abc123",
        code="conditionNotMet",
        written=("subject", "time"),
        lost=("location",),
        attempts=3,
        notification_id=EVENT,
        sealed=b"\x00sealed\xff",
    ),
    Notification(
        event_id=EVENT,
        connection_id=CONNECTION,
        reason="password-expires-soon",
        cause="password-expires-soon:2026-04-01",
        at=AT,
        link_id=LINK,
        outcome_id=LINK,
        sealed=b"\x00sealed\xff",
    ),
    DeadLetter(
        event_id=EVENT,
        connection_id=CONNECTION,
        position=POSITION,
        code="undecodable",
        cause="the record cannot be read",
        program_version="0.1.0",
        attempts=2,
        at=AT,
        raw_key=b"key",
        raw_value=b"\xc3\x01garbage",
        raw_headers=(Header(name="cx-system", value=b"google"), Header(name="x", value=None)),
        truncated=True,
        sealed=b"\x00sealed\xff",
    ),
)

CONTENTS: tuple[Content, ...] = (
    RawContent(
        documents=(
            Document(
                role="series",
                native_id="AAMkAG==",
                native_version="DwA",
                media_type="text/xml",
                body=b"<CalendarItem/>",
            ),
            Document(role="exception", native_id="AAMkO", media_type="text/xml", body=b"<CalendarItem/>"),
        )
    ),
    ChangeContent(
        appointment=Appointment(
            subject="Sollicitatiegesprek – Zoë 🎓",
            start=START,
            end=END,
            all_day=True,
            location="Zaal 1",
            notes="Neem cv mee\r\n",
            notes_plain=False,
            busy="out-of-office",
            private=True,
            reminder_minutes=15,
            attendees="Zoë <zoe@example.com>",
            meeting=Meeting(
                role="organizer", response="accepted", organizer="Jan <jan@example.com>", guests=3, cancelled=True
            ),
            nature="focus-time",
            categories=("Intake", "NoSync"),
            no_sync=True,
            web_link="https://mail.example.com/owa/?ItemID=AAMkAG",
            recurrence=Recurrence(
                rules=(RULE,),
                excluded_rules=(Rule(frequency="weekly"),),
                excluded=("2026-06-29T09:30:00",),
                extra=("2026-07-01T09:30:00",),
                overrides=(OVERRIDE,),
            ),
        ),
        findings=(FINDING,),
        assert_=("time", "location"),
    ),
    OutcomeContent(
        subject="Intake",
        start=START,
        written=(WrittenValue(field="subject", before="Intake", after="Intake 2"),),
        lost=(LOST,),
        detail="ErrorIrresolvableConflict",
    ),
    NotificationContent(
        subject="Intake",
        start=START,
        end=END,
        web_link="https://calendar.google.com/calendar/event?eid=abc",
        findings=(FINDING,),
        lost=(LOST,),
        parameters=(Parameter(name="guests", value="3"),),
    ),
    DeadLetterContent(key=b"key", value=b"\xc3\x01value", headers=(Header(name="cx-system", value=b"google"),)),
)
