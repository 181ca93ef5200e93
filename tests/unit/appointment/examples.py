"""Appointments to compare, and strategies that make them."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from schemas.appointment import Appointment, Day, Meeting, Moment, Recurrence, Rule

AMSTERDAM = "Europe/Amsterdam"


def at(wall: str, zone: str = AMSTERDAM) -> Moment:
    """The moment of a wall clock."""
    local = datetime.fromisoformat(wall).replace(tzinfo=ZoneInfo(zone))
    return Moment(wall=local.strftime("%Y-%m-%dT%H:%M:%S"), zone=zone, instant=local.astimezone(UTC))


INTERVIEW = Appointment(
    subject="Interview Anna de Vries",
    start=at("2026-11-30T09:30:00"),
    end=at("2026-11-30T10:30:00"),
    location="Room 2",
    notes="Bring the file",
    reminder_minutes=15,
)
WEEKLY = Rule(frequency="weekly", days=(Day(weekday="monday"),))
TEAM = Appointment(
    subject="Team meeting",
    start=at("2026-11-30T09:00:00"),
    end=at("2026-11-30T10:00:00"),
    recurrence=Recurrence(rules=(WEEKLY,)),
)
FAIR = Appointment(
    subject="Fair", start=Moment(wall="2026-12-01"), end=Moment(wall="2026-12-03"), all_day=True, busy="out-of-office"
)
GUESTS = Meeting(role="organizer", guests=3, organizer="me@example.com")
INVITED = Meeting(role="attendee", response="accepted", guests=4, organizer="Boss")

texts: SearchStrategy[str] = st.text(
    alphabet=st.one_of(st.characters(), st.sampled_from(" \n\t\r\x0b<>&;\xa0ab")), max_size=60
)


def moments() -> SearchStrategy[Moment]:
    """Walls of the next years, of a few zones."""
    return st.builds(
        lambda minutes, zone: at((datetime(2026, 1, 1) + timedelta(minutes=minutes)).isoformat(), zone),  # noqa: DTZ001 - a wall clock
        st.integers(0, 2 * 525_600),
        st.sampled_from([AMSTERDAM, "Europe/Berlin", "America/New_York", "UTC"]),
    )


appointments: SearchStrategy[Appointment] = st.builds(
    Appointment,
    subject=texts,
    start=moments(),
    end=moments(),
    location=texts,
    notes=texts,
    notes_plain=st.booleans(),
    busy=st.sampled_from(["free", "tentative", "busy", "out-of-office", "working-elsewhere"]),
    private=st.booleans(),
    reminder_minutes=st.one_of(st.none(), st.integers(0, 600)),
    attendees=texts,
    meeting=st.one_of(st.none(), st.just(GUESTS), st.just(INVITED)),
    recurrence=st.sampled_from([None, Recurrence(rules=(WEEKLY,)), Recurrence(rules=(Rule(frequency="monthly"),))]),
)
