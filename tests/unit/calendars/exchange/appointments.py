"""Appointments of all kinds that Exchange can hold, for property tests."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from schemas.appointment import Appointment, Day, Moment, Recurrence, Rule
from schemas.words import Weekday

ZONES = ("Europe/Amsterdam", "Europe/London", "America/New_York", "Asia/Kolkata", "Pacific/Auckland", "UTC")
_DAYS: tuple[Weekday, ...] = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_texts = st.text(st.characters(exclude_categories=()), max_size=60)


def moment(at: datetime, zone: str) -> Moment:
    """An instant on the clock of a zone."""
    local = at.astimezone(ZoneInfo(zone))
    return Moment(wall=local.replace(tzinfo=None).isoformat(), zone=zone, instant=at)


@st.composite
def appointments(draw: st.DrawFn) -> Appointment:
    """Timed or all-day, single or series."""
    zone = draw(st.sampled_from(ZONES))
    all_day = draw(st.booleans())
    if all_day:
        first = draw(st.dates(date(2025, 1, 1), date(2030, 12, 31)))
        start = Moment(wall=first.isoformat())
        end = Moment(wall=(first + timedelta(days=draw(st.integers(1, 5)))).isoformat())
    else:
        minutes = draw(st.integers(0, 6 * 365 * 24 * 60))
        begins = datetime(2025, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
        start = moment(begins, zone)
        end = moment(begins + timedelta(minutes=draw(st.integers(0, 20 * 60))), zone)
        first = date.fromisoformat(start.wall[:10])
    return Appointment(
        subject=draw(_texts),
        start=start,
        end=end,
        all_day=all_day,
        location=draw(_texts),
        notes=draw(st.text(st.characters(exclude_categories=()), max_size=300)),
        busy=draw(st.sampled_from(["free", "tentative", "busy", "out-of-office", "working-elsewhere"])),
        private=draw(st.booleans()),
        reminder_minutes=draw(st.none() | st.integers(0, 40_000)),
        recurrence=draw(st.none() | _recurrences(first)),
    )


@st.composite
def _recurrences(draw: st.DrawFn, first: date) -> Recurrence:
    """A series that ``first`` lies on."""
    weekday = _DAYS[first.weekday()]
    end = draw(st.sampled_from([(None, None), (draw(st.integers(2, 50)), None), (None, first + timedelta(days=400))]))
    more = draw(st.sets(st.sampled_from(_DAYS), max_size=3)) | {weekday}
    rules = [
        Rule(frequency="daily", interval=draw(st.integers(1, 30)), count=end[0], until=end[1]),
        Rule(
            frequency="weekly",
            interval=draw(st.integers(1, 5)),
            days=tuple(Day(weekday=each) for each in _DAYS if each in more),
            count=end[0],
            until=end[1],
        ),
        Rule(
            frequency="monthly",
            interval=draw(st.integers(1, 12)),
            month_days=(first.day,),
            short_month="clamp" if first.day > 28 else "skip",
            count=end[0],
            until=end[1],
        ),
    ]
    if first.day <= 28:
        nth = (first.day - 1) // 7 + 1
        rules.append(Rule(frequency="monthly", days=(Day(weekday=weekday, nth=nth),), count=end[0], until=end[1]))
        rules.append(Rule(frequency="yearly", months=(first.month,), month_days=(first.day,), count=end[0]))
    return Recurrence(rules=(draw(st.sampled_from(rules)),))
