"""Random series with random exceptions: a calendar view equals an expansion made by dateutil and the edits alone."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from dateutil.rrule import DAILY, MONTHLY, WEEKLY, rrule
from exchangelib import EWSDateTime
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cxsync.sandbox.core.refusal import BadInput
from cxsync.sandbox.core.run import Sandbox
from tests.unit.sandbox.exchange.conftest import AMSTERDAM, new_mailbox

HOME = ZoneInfo("Europe/Amsterdam")
DAYS = ("mo", "tu", "we", "th", "fr", "sa", "su")
STARTS = st.dates(date(2026, 1, 5), date(2026, 11, 30))
HOURS = st.integers(4, 20)


@st.composite
def series(draw: st.DrawFn) -> tuple[dict[str, Any], rrule, int]:
    """A rule in the words of the people page, dateutil's own form of it, and the hour."""
    start, hour, count = draw(STARTS), draw(HOURS), draw(st.integers(1, 12))
    interval = draw(st.integers(1, 4))
    first = datetime.combine(start, time(hour))
    match draw(st.sampled_from(("daily", "weekly", "monthly"))):
        case "daily":
            return {"frequency": "daily", "interval": interval}, rrule(DAILY, first, interval, count=count), count
        case "weekly":
            days = sorted(draw(st.sets(st.integers(0, 6), min_size=1, max_size=4)))
            spoken = {"frequency": "weekly", "interval": interval, "weekdays": [DAYS[d] for d in days]}
            spoken["week_start"] = "su"
            return spoken, rrule(WEEKLY, first, interval, wkst=6, byweekday=days, count=count), count
        case _:
            day = draw(st.integers(1, 28))
            reference = rrule(MONTHLY, first, interval, bymonthday=day, count=count)
            return {"frequency": "monthly", "interval": interval, "day": day}, reference, count


@settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(
    made=series(),
    edits=st.lists(
        st.tuples(st.integers(0, 11), st.sampled_from(("delete", "move")), st.integers(-40, 40)), max_size=5
    ),
)
def test_a_view_shows_the_rule_and_the_edits(
    sandbox: Sandbox, made: tuple[dict[str, Any], rrule, int], edits: list[tuple[int, str, int]]
) -> None:
    spoken, reference, count = made
    expected = dict(enumerate(reference))
    mailbox = new_mailbox(sandbox)
    start = datetime.combine(reference[0].date(), time(reference[0].hour))
    item = mailbox.act(
        "create", subject="x", start=start.isoformat(), end=(start + timedelta(minutes=30)).isoformat(),
        rule={**spoken, "count": count},
    )["item"]  # fmt: skip
    for number, kind, hours in edits:
        index = number % count
        if index not in expected:
            continue
        original = reference[index].isoformat()
        if kind == "delete":
            mailbox.act("delete-occurrence", item=item, occurrence=original)
            del expected[index]
        else:
            moved = _shown(reference[index] + timedelta(hours=hours))
            earlier = [expected[each] for each in expected if each < index]
            later = [expected[each] for each in expected if each > index]
            allowed = (not earlier or moved.date() > max(earlier).date()) and (
                not later or moved.date() < min(later).date()
            )
            try:
                mailbox.act("move-occurrence", item=item, occurrence=original, start=moved.isoformat())
            except BadInput as refused:
                assert not allowed and "ErrorOccurrenceCrossingBoundary" in str(refused)
            else:
                assert allowed
                expected[index] = moved
    begin = EWSDateTime(2026, 1, 1, tzinfo=AMSTERDAM)
    account = mailbox.account()
    seen = [each.start.astimezone(HOME).replace(tzinfo=None)
            for days in (0, 700, 1400) for each in _window(account, begin + timedelta(days=days))]  # fmt: skip
    assert seen == sorted(expected.values())


def _shown(wall: datetime) -> datetime:
    """The wall clock that stands for ``wall``, which may be skipped by a change of clocks."""
    return wall.replace(tzinfo=HOME).astimezone(UTC).astimezone(HOME).replace(tzinfo=None)


def _window(account: Any, begin: Any) -> list[Any]:
    return list(account.calendar.view(start=begin, end=begin + timedelta(days=700)).only("start"))
