"""Series through exchangelib: all patterns and ranges, occurrences, exceptions, deletions, DST, what is refused."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from exchangelib import CalendarItem, EWSDate, EWSDateTime, EWSTimeZone
from exchangelib.errors import (
    ErrorCalendarOccurrenceIndexIsOutOfRecurrenceRange,
    ErrorCalendarOccurrenceIsDeletedFromRecurrence,
    ErrorCalendarViewRangeTooBig,
    ErrorOccurrenceCrossingBoundary,
    ErrorOccurrenceTimeSpanTooBig,
)
from exchangelib.fields import FRIDAY, MONDAY, SUNDAY, TUESDAY, WEDNESDAY, WEEK_DAY
from exchangelib.recurrence import (
    AbsoluteMonthlyPattern,
    AbsoluteYearlyPattern,
    DailyPattern,
    EndDatePattern,
    NoEndPattern,
    NumberedPattern,
    Recurrence,
    RelativeMonthlyPattern,
    RelativeYearlyPattern,
    WeeklyPattern,
)

from cxsync.sandbox.core.run import Sandbox
from tests.unit.sandbox.exchange.conftest import AMSTERDAM, Mailbox, new_mailbox, set_options

START = EWSDate(2026, 3, 2)
PATTERNS = [
    DailyPattern(interval=3),
    WeeklyPattern(interval=2, weekdays=[MONDAY, WEDNESDAY], first_day_of_week=MONDAY),
    AbsoluteMonthlyPattern(interval=1, day_of_month=2),
    RelativeMonthlyPattern(interval=2, weekday=MONDAY, week_number=1),
    AbsoluteYearlyPattern(day_of_month=2, month=3),
    RelativeYearlyPattern(weekday=WEEK_DAY, week_number=1, month=3),
]
BOUNDARIES = [
    NoEndPattern(start=START),
    EndDatePattern(start=START, end=EWSDate(2026, 12, 31)),
    NumberedPattern(start=START, number=10),
]


def series(account: Any, pattern: Any = None, boundary: Any = None, hour: int = 9, **fields: Any) -> Any:
    recurrence = Recurrence(
        pattern=pattern or DailyPattern(interval=1), boundary=boundary or NumberedPattern(start=START, number=5)
    )
    start = EWSDateTime(2026, 3, 2, hour, tzinfo=AMSTERDAM)
    given = {"subject": "Overleg", "start": start, "end": start + timedelta(hours=1), **fields}
    made = CalendarItem(account=account, folder=account.calendar, recurrence=recurrence, **given).save()
    return master(account, made)


def master(account: Any, given: Any) -> Any:
    found = next(iter(account.fetch([(given.id, None)])))
    assert isinstance(found, CalendarItem), found
    return found


def occurrence(account: Any, given: Any, index: int) -> Any:
    found = given.occurrence(index)
    found.refresh()
    return found


def window(account: Any, days: int = 60) -> list[Any]:
    start = EWSDateTime(2026, 3, 1, tzinfo=AMSTERDAM)
    return list(account.calendar.view(start=start, end=start + timedelta(days=days)))


@pytest.mark.parametrize("boundary", BOUNDARIES, ids=lambda each: type(each).__name__)
@pytest.mark.parametrize("pattern", PATTERNS, ids=lambda each: type(each).__name__)
def test_patterns_and_ranges_are_read_back(mailbox: Mailbox, pattern: Any, boundary: Any) -> None:
    account = mailbox.account()
    found = series(account, pattern, boundary)
    assert found.type == "RecurringMaster"
    assert found.recurrence == Recurrence(pattern=pattern, boundary=boundary)
    assert found.first_occurrence.start == datetime(2026, 3, 2, 8, tzinfo=UTC)
    assert (found.last_occurrence is None) == isinstance(boundary, NoEndPattern)
    assert (found.modified_occurrences, found.deleted_occurrences) == (None, None)


def test_a_view_expands_and_a_search_does_not(account: Any) -> None:
    series(account)
    assert [each.type for each in account.calendar.all()] == ["RecurringMaster"]
    found = window(account)
    assert [each.start.day for each in found] == [2, 3, 4, 5, 6]
    assert {each.type for each in found} == {"Occurrence"}
    assert len({each.id for each in found}) == 5


def test_a_view_is_two_years_at_most(mailbox: Mailbox) -> None:
    account = mailbox.account()
    start = EWSDateTime(2026, 1, 1, tzinfo=AMSTERDAM)
    with pytest.raises(ErrorCalendarViewRangeTooBig):
        list(account.calendar.view(start=start, end=start + timedelta(days=800)))


def test_occurrences_are_found_by_index_and_lead_back_to_the_master(account: Any) -> None:
    found = series(account)
    third = occurrence(account, found, 3)
    assert (third.type, third.start) == ("Occurrence", datetime(2026, 3, 4, 8, tzinfo=UTC))
    assert third.recurrence is None and third.original_start == third.start
    back = third.recurring_master()
    back.refresh()
    assert (back.id, back.type) == (found.id, "RecurringMaster")


def test_a_changed_occurrence_is_listed_by_its_master_and_changes_its_key(account: Any) -> None:
    found = series(account, location="Kamer 1")
    third = occurrence(account, found, 3)
    third.subject = "Anders"
    third.start = third.start + timedelta(hours=3)
    third.end = third.end + timedelta(hours=3)
    third.save(update_fields=["subject", "start", "end"])
    after = master(account, found)
    assert after.changekey != found.changekey and after.subject == "Overleg"
    (modified,) = after.modified_occurrences
    assert modified.original_start == datetime(2026, 3, 4, 8, tzinfo=UTC)
    assert modified.start == datetime(2026, 3, 4, 11, tzinfo=UTC)
    again = occurrence(account, found, 3)
    assert (again.type, again.subject, again.location) == ("Exception", "Anders", "Kamer 1")
    assert [each.subject for each in window(account)] == ["Overleg", "Overleg", "Anders", "Overleg", "Overleg"]


def test_a_deleted_occurrence_is_listed_keeps_its_index_and_cannot_be_read(account: Any) -> None:
    found = series(account)
    occurrence(account, found, 2).delete()
    after = master(account, found)
    (deleted,) = after.deleted_occurrences
    assert deleted.start == datetime(2026, 3, 3, 8, tzinfo=UTC) and after.modified_occurrences is None
    assert occurrence(account, found, 3).start.day == 4
    assert after.recurrence.boundary.number == 5
    assert [each.start.day for each in window(account)] == [2, 4, 5, 6]
    with pytest.raises(ErrorCalendarOccurrenceIsDeletedFromRecurrence):
        occurrence(account, found, 2)
    with pytest.raises(ErrorCalendarOccurrenceIndexIsOutOfRecurrenceRange):
        occurrence(account, found, 6)


def test_first_and_last_follow_deletions(account: Any) -> None:
    found = series(account)
    occurrence(account, found, 1).delete()
    occurrence(account, found, 5).delete()
    after = master(account, found)
    assert (after.first_occurrence.start.day, after.last_occurrence.start.day) == (3, 5)
    assert after.start.day == 2


def test_an_occurrence_may_not_pass_its_neighbour(account: Any) -> None:
    found = series(account)
    third = occurrence(account, found, 3)
    third.start, third.end = third.start + timedelta(days=1), third.end + timedelta(days=1)
    with pytest.raises(ErrorOccurrenceCrossingBoundary):
        third.save(update_fields=["start", "end"])
    third = occurrence(account, found, 3)
    third.start, third.end = third.start - timedelta(hours=20), third.end - timedelta(hours=20)
    with pytest.raises(ErrorOccurrenceCrossingBoundary):
        third.save(update_fields=["start", "end"])
    third = occurrence(account, found, 3)
    third.end = third.end + timedelta(days=1)
    with pytest.raises(ErrorOccurrenceTimeSpanTooBig):
        third.save(update_fields=["end"])
    assert master(account, found).modified_occurrences is None


def test_occurrences_keep_the_wall_clock_of_their_zone(account: Any) -> None:
    pattern = WeeklyPattern(interval=1, weekdays=[MONDAY], first_day_of_week=SUNDAY)
    series(account, pattern, NumberedPattern(start=START, number=8))
    assert [(each.start.day, each.start.hour) for each in window(account, 60)] == [
        (2, 8), (9, 8), (16, 8), (23, 8), (30, 7), (6, 7), (13, 7), (20, 7),
    ]  # fmt: skip


def test_a_series_of_another_zone_follows_that_zone(account: Any) -> None:
    zone = EWSTimeZone("America/New_York")
    start = EWSDateTime(2026, 3, 2, 9, tzinfo=zone)
    pattern = WeeklyPattern(interval=1, weekdays=[MONDAY], first_day_of_week=SUNDAY)
    series(account, pattern, NumberedPattern(start=START, number=6), start=start, end=start + timedelta(hours=1))
    assert [each.start.hour for each in window(account)] == [14, 13, 13, 13, 13, 13]


def test_a_start_beside_the_rule_moves_to_its_first_date(account: Any) -> None:
    pattern = WeeklyPattern(interval=1, weekdays=[FRIDAY], first_day_of_week=MONDAY)
    found = series(account, pattern, NumberedPattern(start=START, number=3))
    assert found.first_occurrence.start.day == 6
    assert [each.start.day for each in window(account)] == [6, 13, 20]


def test_an_all_day_series_keeps_its_dates_over_the_change_of_clocks(account: Any) -> None:
    pattern = WeeklyPattern(interval=1, weekdays=[TUESDAY], first_day_of_week=MONDAY)
    day = EWSDate(2026, 3, 24)
    series(account, pattern, NumberedPattern(start=day, number=3), start=day, end=day, is_all_day=True)
    found = [(each.start, each.end) for each in window(account)]
    assert found == [(EWSDate(2026, 3, 24),) * 2, (EWSDate(2026, 3, 31),) * 2, (EWSDate(2026, 4, 7),) * 2]


def test_a_single_becomes_a_series_and_back_under_the_same_id(account: Any) -> None:
    found = series(account)
    found.recurrence = None
    found.save(update_fields=["recurrence"])
    single = master(account, found)
    assert (single.type, single.recurrence, single.id) == ("Single", None, found.id)
    single.recurrence = Recurrence(pattern=DailyPattern(interval=2), boundary=NumberedPattern(start=START, number=3))
    single.save(update_fields=["recurrence"])
    assert [each.start.day for each in window(account)] == [2, 4, 6]


def test_a_new_pattern_drops_exceptions_and_a_new_end_does_not(account: Any) -> None:
    found = series(account)
    occurrence(account, found, 3).delete()
    found = master(account, found)
    found.recurrence.boundary = NumberedPattern(start=START, number=7)
    found.save(update_fields=["recurrence"])
    found = master(account, found)
    assert [each.start.day for each in found.deleted_occurrences] == [4]
    found.recurrence.pattern = DailyPattern(interval=2)
    found.save(update_fields=["recurrence"])
    assert master(account, found).deleted_occurrences is None
    assert [each.start.day for each in window(account)][:3] == [2, 4, 6]


def test_switches_decide_what_becomes_of_exceptions(own_sandbox: Sandbox) -> None:
    account = new_mailbox(own_sandbox).account()
    set_options(own_sandbox, pattern_change="keep", range_change="drop", master_text_reaches_exceptions=False)
    found = series(account)
    occurrence(account, found, 2).delete()
    occurrence(account, found, 3).delete()
    fifth = occurrence(account, found, 5)
    fifth.subject = "Anders"
    fifth.save(update_fields=["subject"])
    found = master(account, found)
    found.recurrence.pattern = DailyPattern(interval=2)
    found.location = "Kamer 9"
    found.save(update_fields=["recurrence", "location"])
    found = master(account, found)
    assert [each.start.day for each in found.deleted_occurrences] == [4]
    assert [(each.subject, each.location) for each in window(account)][:2] == [
        ("Overleg", "Kamer 9"),
        ("Anders", None),
    ]
    found.recurrence.boundary = NumberedPattern(start=START, number=7)
    found.save(update_fields=["recurrence"])
    found = master(account, found)
    assert (found.deleted_occurrences, found.modified_occurrences) == (None, None)


def test_an_exception_keeps_a_text_that_was_set_back(account: Any) -> None:
    found = series(account)
    third = occurrence(account, found, 3)
    for subject in ("Anders", "Overleg"):
        third.subject = subject
        third.save(update_fields=["subject"])
    found = master(account, found)
    found.subject = "Nieuw"
    found.save(update_fields=["subject"])
    assert [each.subject for each in window(account)] == ["Nieuw", "Nieuw", "Overleg", "Nieuw", "Nieuw"]


def test_views_find_what_began_before_them_and_what_was_moved_into_them(mailbox: Mailbox) -> None:
    account = mailbox.account()
    made = mailbox.act(
        "create", subject="x", start="2026-03-03T09:00", end="2026-03-06T17:00",
        rule={"frequency": "weekly", "interval": 8},
    )  # fmt: skip

    def seen(month: int, day: int) -> list[int]:
        start = EWSDateTime(2026, month, day, tzinfo=AMSTERDAM)
        return [each.start.day for each in account.calendar.view(start=start, end=start + timedelta(days=1))]

    assert (seen(3, 2), seen(3, 3), seen(3, 5), seen(3, 7)) == ([], [3], [3], [])
    mailbox.act("move-occurrence", item=made["item"], occurrence="2026-03-03T09:00", start="2026-04-20T09:00")
    assert (seen(3, 3), seen(4, 20), seen(4, 22)) == ([], [20], [20])
    mailbox.act("move-occurrence", item=made["item"], occurrence="2026-06-23T09:00", start="2026-05-20T09:00")
    assert (seen(5, 21), seen(6, 23)) == ([20], [])


def test_views_find_what_was_moved_far_over_deleted_days(mailbox: Mailbox) -> None:
    account = mailbox.account()
    made = mailbox.act(
        "create", subject="x", start="2026-03-03T09:00", end="2026-03-03T10:00", rule={"frequency": "daily"}
    )
    for day in range(4, 21):
        mailbox.act("delete-occurrence", item=made["item"], occurrence=f"2026-03-{day:02d}T09:00")
    mailbox.act("move-occurrence", item=made["item"], occurrence="2026-03-03T09:00", start="2026-03-12T09:00")
    mailbox.act("move-occurrence", item=made["item"], occurrence="2026-03-21T09:00", start="2026-03-16T09:00")
    for day, expected in ((3, []), (12, [12]), (14, []), (16, [16]), (21, []), (22, [22])):
        start = EWSDateTime(2026, 3, day, tzinfo=AMSTERDAM)
        assert [
            each.start.day for each in account.calendar.view(start=start, end=start + timedelta(days=1))
        ] == expected


def test_a_new_time_of_the_master_moves_every_occurrence(account: Any) -> None:
    found = series(account)
    found.start, found.end = found.start + timedelta(hours=2, seconds=17), found.end + timedelta(hours=3)
    found.save(update_fields=["start", "end"])
    assert [(each.start.day, each.start.hour, each.start.second) for each in window(account)] == [
        (day, 10, 0) for day in range(2, 7)
    ]
    assert {each.end - each.start for each in window(account)} == {timedelta(hours=2)}


def test_a_first_occurrence_in_a_skipped_hour_does_not_move_the_others(mailbox: Mailbox) -> None:
    """Made at 02:30 on a Saturday, the series begins on the Sunday whose clocks skip that hour."""
    mailbox.act(
        "create", subject="x", start="2026-03-28T02:30", end="2026-03-28T03:30",
        rule={"frequency": "weekly", "weekdays": ["su"], "count": 3},
    )  # fmt: skip
    assert [each.start.ewsformat() for each in window(mailbox.account())] == [
        "2026-03-29T01:30:00Z", "2026-04-05T00:30:00Z", "2026-04-12T00:30:00Z",
    ]  # fmt: skip


def test_a_series_given_another_zone_keeps_its_first_instant(mailbox: Mailbox) -> None:
    account = mailbox.account()
    pattern = WeeklyPattern(interval=1, weekdays=[MONDAY], first_day_of_week=SUNDAY)
    found = series(account, pattern, NumberedPattern(start=START, number=6))
    zone = EWSTimeZone("America/New_York")
    found.start, found.end = found.start.astimezone(zone), found.end.astimezone(zone)
    found._start_timezone = found._end_timezone = zone  # noqa: SLF001 - the library has no public name
    found.save(update_fields=["start", "end"])
    assert [each.start.hour for each in window(account)] == [8, 7, 7, 7, 7, 7]


def test_a_series_to_the_end_of_time_is_answered_at_once(mailbox: Mailbox) -> None:
    account = mailbox.account()
    found = series(account, DailyPattern(interval=1), EndDatePattern(start=START, end=EWSDate(4500, 8, 31)))
    assert found.last_occurrence.start.date() == EWSDate(4500, 8, 31)
    start = EWSDateTime(2300, 1, 1, tzinfo=AMSTERDAM)
    assert account.calendar.view(start=start, end=start + timedelta(days=5)).count() == 5


def test_a_changed_text_of_the_master_reaches_exceptions_that_did_not_change_it(account: Any) -> None:
    found = series(account)
    third = occurrence(account, found, 3)
    third.subject = "Anders"
    third.save(update_fields=["subject"])
    found = master(account, found)
    found.subject, found.location = "Nieuw", "Kamer 9"
    found.save(update_fields=["subject", "location"])
    assert [(each.subject, each.location) for each in window(account)][1:3] == [
        ("Nieuw", "Kamer 9"),
        ("Anders", "Kamer 9"),
    ]
