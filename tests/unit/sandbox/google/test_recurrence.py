"""Guide "Recurring events" and RFC 5545: expansion compared with dateutil, exceptions, exclusions, splits."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from dateutil.rrule import rrulestr

Body = Callable[..., dict[str, Any]]
Refusal = Callable[[Any], tuple[int, str]]
PATTERNS = [
    "FREQ=DAILY",
    "FREQ=DAILY;INTERVAL=3",
    "FREQ=WEEKLY",
    "FREQ=WEEKLY;BYDAY=MO,WE,FR",
    "FREQ=WEEKLY;INTERVAL=2;BYDAY=SU,TU;WKST=SU",
    "FREQ=WEEKLY;INTERVAL=2;BYDAY=SU,TU;WKST=MO",
    "FREQ=MONTHLY;BYMONTHDAY=31",
    "FREQ=MONTHLY;BYMONTHDAY=-1",
    "FREQ=MONTHLY;BYDAY=-1FR",
    "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1",
    "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29",
    "FREQ=YEARLY;BYMONTH=3;BYDAY=2SU",
]
ENDS = ["", ";COUNT=9", ";UNTIL=20270630T120000Z"]
ZONES = ["Europe/Amsterdam", "America/New_York", "Asia/Kolkata", "UTC"]


def series(events: Any, lines: list[str], start: str, zone: str, minutes: int = 30) -> str:
    begin = datetime.fromisoformat(start)
    end = begin + timedelta(minutes=minutes)
    body = {
        "start": {"dateTime": begin.isoformat(), "timeZone": zone},
        "end": {"dateTime": end.isoformat(), "timeZone": zone},
        "recurrence": lines,
    }
    made: str = events.insert(calendarId="primary", body=body).execute()["id"]
    return made


def starts(events: Any, name: str, **params: Any) -> list[str]:
    found: list[str] = []
    request = events.instances(calendarId="primary", eventId=name, timeZone="UTC", maxResults=2500, **params)
    while request is not None:
        page = request.execute()
        found += [item["start"].get("dateTime") or item["start"]["date"] for item in page["items"]]
        request = events.instances_next(request, page)
    return found


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("end", ENDS)
def test_expansion_equals_dateutil_on_the_zones_wall_clock(events: Any, zone: str, end: str) -> None:
    horizon = datetime(2028, 1, 1, tzinfo=UTC)
    for pattern in PATTERNS:
        first = datetime(2026, 2, 27, 1, 30)  # noqa: DTZ001 - wall clock
        local_end = end
        if "UNTIL" in end:
            until = datetime(2027, 6, 30, 12, tzinfo=UTC).astimezone(ZoneInfo(zone))
            local_end = f";UNTIL={until:%Y%m%dT%H%M%S}"
        expected = []
        # The start is an occurrence even where the rule leaves it out, and COUNT does not count it then.
        for wall in sorted({first, *_upto(pattern + local_end, first)}):
            moment = wall.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
            if moment < horizon:
                expected.append(moment.strftime("%Y-%m-%dT%H:%M:%SZ"))
        name = series(events, [f"RRULE:{pattern}{end}"], first.isoformat(), zone)
        assert starts(events, name, timeMax=horizon.isoformat()) == expected, pattern


def _upto(rule: str, first: datetime) -> list[datetime]:
    return rrulestr(rule, dtstart=first).between(first, datetime(2028, 1, 3), inc=True)  # noqa: DTZ001 - wall clock


def test_fourteen_oclock_stays_fourteen_oclock_over_the_spring_change(events: Any) -> None:
    name = series(events, ["RRULE:FREQ=WEEKLY;COUNT=3"], "2026-03-22T14:00", "Europe/Copenhagen")
    assert starts(events, name) == ["2026-03-22T13:00:00Z", "2026-03-29T12:00:00Z", "2026-04-05T12:00:00Z"]


@pytest.mark.parametrize(
    "line",
    [
        "EXDATE;TZID=Europe/Amsterdam:20260309T090000",
        "EXDATE;TZID=Europe/London:20260309T080000",
        "EXDATE:20260309T080000Z",
        "EXDATE:20260309T080000Z,20300101T000000Z",
        "EXRULE:FREQ=WEEKLY;INTERVAL=7;BYDAY=MO;COUNT=1\nEXDATE:20260309T080000Z",
    ],
)
def test_exclusions_are_compared_as_instants(events: Any, line: str) -> None:
    lines = ["RRULE:FREQ=WEEKLY;COUNT=3", *(each for each in line.split("\n") if not each.startswith("EXRULE"))]
    name = series(events, lines, "2026-03-02T09:00", "Europe/Amsterdam")
    assert starts(events, name) == ["2026-03-02T08:00:00Z", "2026-03-16T08:00:00Z"]


def test_a_date_exclusion_on_a_timed_series_hits_only_when_switched(events: Any, switch: Callable[..., None]) -> None:
    lines = ["RRULE:FREQ=WEEKLY;COUNT=3", "EXDATE;VALUE=DATE:20260309"]
    name = series(events, lines, "2026-03-02T09:00", "Europe/Amsterdam")
    assert len(starts(events, name)) == 3
    switch(date_exdate_drops_day=True)
    assert len(starts(events, name)) == 2


def test_an_exrule_takes_away(events: Any) -> None:
    lines = ["RRULE:FREQ=DAILY;COUNT=7", "EXRULE:FREQ=WEEKLY;BYDAY=SA,SU"]
    name = series(events, lines, "2026-03-02T09:00", "Europe/Amsterdam")
    assert len(starts(events, name)) == 5


def test_a_series_of_added_dates_alone(events: Any) -> None:
    lines = ["RDATE;TZID=Europe/Amsterdam:20260310T090000,20260401T120000"]
    name = series(events, lines, "2026-03-02T09:00", "Europe/Amsterdam")
    assert starts(events, name) == ["2026-03-02T08:00:00Z", "2026-03-10T08:00:00Z", "2026-04-01T10:00:00Z"]


def test_all_day_series_have_dates(events: Any) -> None:
    times = {"start": {"date": "2026-03-28"}, "end": {"date": "2026-03-30"}}
    body = {**times, "recurrence": ["RRULE:FREQ=WEEKLY;UNTIL=20260411", "EXDATE;VALUE=DATE:20260404"]}
    name = events.insert(calendarId="primary", body=body).execute()["id"]
    items = events.instances(calendarId="primary", eventId=name).execute()["items"]
    assert [(item["id"], item["start"], item["end"]) for item in items] == [
        (f"{name}_20260328", {"date": "2026-03-28"}, {"date": "2026-03-30"}),
        (f"{name}_20260411", {"date": "2026-04-11"}, {"date": "2026-04-13"}),
    ]


def test_hourly_rules_meet_a_server_error(
    events: Any, timed: Body, refusal: Refusal, switch: Callable[..., None]
) -> None:
    asked = events.insert(calendarId="primary", body=timed(recurrence=["RRULE:FREQ=HOURLY"]))
    assert refusal(asked) == (500, "backendError")
    switch(hourly_status=400)
    assert refusal(asked) == (400, "invalid")


def test_an_endless_series_is_expanded_up_to_the_cap(events: Any, timed: Body, switch: Callable[..., None]) -> None:
    name = events.insert(calendarId="primary", body=timed(recurrence=["RRULE:FREQ=DAILY"])).execute()["id"]
    assert len(starts(events, name)) == 730
    switch(instance_cap=10)
    assert len(starts(events, name)) == 10
    assert len(starts(events, name, timeMax="2026-04-01T00:00:00Z")) == 30


def test_an_exception_keeps_its_place_and_is_found_by_its_original_start(events: Any, timed: Body) -> None:
    name = events.insert(calendarId="primary", body=timed(recurrence=["RRULE:FREQ=WEEKLY;COUNT=3"])).execute()["id"]
    original = "2026-03-09T09:00:00+01:00"
    occurrence = events.instances(calendarId="primary", eventId=name, originalStart=original).execute()["items"][0]
    times = {key: {"dateTime": f"2026-03-20T{hour}:00:00+01:00"} for key, hour in (("start", 11), ("end", 12))}
    moved = events.patch(calendarId="primary", eventId=occurrence["id"], body=times).execute()
    assert (moved["recurringEventId"], moved["originalStartTime"]["dateTime"]) == (name, original)
    assert "recurrence" not in moved
    found = events.instances(calendarId="primary", eventId=name, originalStart=original).execute()["items"]
    assert [item["start"]["dateTime"] for item in found] == ["2026-03-20T11:00:00+01:00"]
    listed = {item["id"] for item in events.list(calendarId="primary").execute()["items"]}
    assert listed == {name, occurrence["id"]}


def test_instances_of_an_occurrence_is_itself_and_of_a_removed_one_empty(events: Any, timed: Body) -> None:
    name = events.insert(calendarId="primary", body=timed(recurrence=["RRULE:FREQ=WEEKLY;COUNT=3"])).execute()["id"]
    occurrence = f"{name}_20260309T080000Z"
    found = events.instances(calendarId="primary", eventId=occurrence).execute()["items"]
    assert [item["id"] for item in found] == [occurrence]
    events.delete(calendarId="primary", eventId=occurrence).execute()
    assert events.instances(calendarId="primary", eventId=occurrence).execute()["items"] == []
    assert events.get(calendarId="primary", eventId=occurrence).execute()["status"] == "cancelled"


def test_an_occurrence_that_the_rule_lacks_is_404(events: Any, timed: Body, refusal: Refusal) -> None:
    name = events.insert(calendarId="primary", body=timed(recurrence=["RRULE:FREQ=WEEKLY;COUNT=3"])).execute()["id"]
    for stamp in ("20260310T080000Z", "20260330T070000Z", "20260309"):
        assert refusal(events.get(calendarId="primary", eventId=f"{name}_{stamp}")) == (404, "notFound")


def test_trimming_a_series_resets_the_exceptions_behind(events: Any, timed: Body) -> None:
    name = events.insert(calendarId="primary", body=timed(recurrence=["RRULE:FREQ=WEEKLY;COUNT=5"])).execute()["id"]
    early, late = f"{name}_20260309T080000Z", f"{name}_20260323T080000Z"
    for each in (early, late):
        events.patch(calendarId="primary", eventId=each, body={"summary": "Changed"}).execute()
    token = events.list(calendarId="primary").execute()["nextSyncToken"]
    body = {"recurrence": ["RRULE:FREQ=WEEKLY;UNTIL=20260316T075959Z"]}
    events.patch(calendarId="primary", eventId=name, body=body).execute()
    changed = events.list(calendarId="primary", syncToken=token).execute()["items"]
    assert {item["id"]: item["status"] for item in changed} == {name: "confirmed", late: "cancelled"}
    assert len(starts(events, name)) == 2


def test_orphans_can_vanish_without_a_word(events: Any, timed: Body, switch: Callable[..., None]) -> None:
    switch(orphans="silent")
    name = events.insert(calendarId="primary", body=timed(recurrence=["RRULE:FREQ=WEEKLY;COUNT=5"])).execute()["id"]
    events.patch(calendarId="primary", eventId=f"{name}_20260323T080000Z", body={"summary": "Changed"}).execute()
    token = events.list(calendarId="primary").execute()["nextSyncToken"]
    events.patch(calendarId="primary", eventId=name, body={"recurrence": ["RRULE:FREQ=WEEKLY;COUNT=2"]}).execute()
    changed = events.list(calendarId="primary", syncToken=token).execute()["items"]
    assert [item["id"] for item in changed] == [name]


def test_a_new_title_of_the_series_reaches_exceptions_that_had_the_old_one(events: Any, timed: Body) -> None:
    name = events.insert(calendarId="primary", body=timed(recurrence=["RRULE:FREQ=WEEKLY;COUNT=4"])).execute()["id"]
    moved, renamed = f"{name}_20260309T080000Z", f"{name}_20260316T080000Z"
    times = {key: {"dateTime": f"2026-03-10T{hour}:00:00+01:00"} for key, hour in (("start", 11), ("end", 12))}
    events.patch(calendarId="primary", eventId=moved, body=times).execute()
    events.patch(calendarId="primary", eventId=renamed, body={"summary": "Own"}).execute()
    events.patch(calendarId="primary", eventId=name, body={"summary": "New"}).execute()
    titles = [events.get(calendarId="primary", eventId=each).execute()["summary"] for each in (moved, renamed)]
    assert titles == ["New", "Own"]


def test_a_stricter_visibility_of_one_occurrence_holds_for_the_series(events: Any, timed: Body) -> None:
    name = events.insert(calendarId="primary", body=timed(recurrence=["RRULE:FREQ=WEEKLY;COUNT=3"])).execute()["id"]
    one = f"{name}_20260309T080000Z"
    events.patch(calendarId="primary", eventId=one, body={"visibility": "private"}).execute()
    assert events.get(calendarId="primary", eventId=name).execute()["visibility"] == "private"
    looser = events.patch(calendarId="primary", eventId=one, body={"visibility": "public"}).execute()
    assert looser["visibility"] == "private"


def test_a_split_in_googles_program(events: Any, timed: Body, person: Callable[..., str]) -> None:
    tagged = timed(recurrence=["RRULE:FREQ=WEEKLY;COUNT=6"], extendedProperties={"private": {"link": "7"}})
    name = events.insert(calendarId="primary", body=tagged).execute()["id"]
    behind = f"{name}_20260330T070000Z"
    events.patch(calendarId="primary", eventId=behind, body={"summary": "Changed"}).execute()
    later = person("this-and-following", item=name, occurrence="2026-03-23T09:00", subject="Later")
    assert later == f"{name}_R20260323T080000"
    head, tail = (events.get(calendarId="primary", eventId=each).execute() for each in (name, later))
    assert head["recurrence"] == ["RRULE:FREQ=WEEKLY;UNTIL=20260323T075959Z"]
    assert (tail["recurrence"], tail["summary"]) == (["RRULE:FREQ=WEEKLY;COUNT=3"], "Later")
    assert tail["extendedProperties"] == {"private": {"link": "7"}}
    assert tail["iCalUID"] != head["iCalUID"]
    items = events.instances(calendarId="primary", eventId=later).execute()["items"]
    assert [item["id"] for item in items] == [
        f"{later}_20260323T080000Z",
        f"{later}_20260330T070000Z",
        f"{later}_20260406T070000Z",
    ]
    assert [item["summary"] for item in items] == ["Later"] * 3


def test_ids_without_the_splits_part_change_their_meaning_behind_it(
    events: Any, timed: Body, person: Callable[..., str], switch: Callable[..., None]
) -> None:
    switch(split_instance_ids="drop")
    name = events.insert(calendarId="primary", body=timed(recurrence=["RRULE:FREQ=WEEKLY;COUNT=6"])).execute()["id"]
    behind = f"{name}_20260330T070000Z"
    events.patch(calendarId="primary", eventId=behind, body={"summary": "Before"}).execute()
    later = person("this-and-following", item=name, occurrence="2026-03-23T09:00", subject="Later")
    assert events.get(calendarId="primary", eventId=behind).execute()["recurringEventId"] == later
    changed = events.patch(calendarId="primary", eventId=behind, body={"summary": "After"}).execute()
    assert (changed["recurringEventId"], changed["status"]) == (later, "confirmed")
    titles = [each["summary"] for each in events.instances(calendarId="primary", eventId=later).execute()["items"]]
    assert titles == ["Later", "After", "Later"]
    events.delete(calendarId="primary", eventId=behind).execute()
    assert len(events.instances(calendarId="primary", eventId=later).execute()["items"]) == 2
    assert events.get(calendarId="primary", eventId=behind).execute()["status"] == "cancelled"
