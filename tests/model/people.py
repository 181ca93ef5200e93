"""What users do: create, edit, move, make recurring, delete, copy. Every value they type is new."""

from datetime import UTC, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from cxsync.appointment.rule import WEEKDAYS
from schemas.appointment import Appointment, Day, Moment, Recurrence, Rule
from schemas.words import Busy, Field
from tests.model.calendars import Calendar
from tests.model.ledger import Ledger

_FIRST = datetime(2026, 11, 30, 8, 0, tzinfo=UTC)
_BUSY: tuple[Busy, ...] = ("busy", "tentative", "free", "out-of-office")


class People:
    """All users of both calendars."""

    def __init__(self, random: Random, ledger: Ledger, *, secrets: bool, confidential: bool) -> None:
        """``secrets``: items are made private outside; ``confidential``: in Carerix too."""
        self._private_on = {"external": secrets, "carerix": secrets and confidential}
        self._random = random
        self._ledger = ledger
        self._number = 0

    def act(self, calendar: Calendar) -> None:
        """One deed."""
        living = [item for item in calendar.items.values() if not item.deleted]
        dice = self._random.random()
        if not living or dice < 0.12:
            self._create(calendar)
        elif dice < 0.2:
            calendar.delete(self._random.choice(living).native_id)
        elif dice < 0.24:
            copied = self._random.choice(living)
            private = copied.appointment.private and self._private_on[calendar.side]
            calendar.create(replace(copied.appointment, private=private), copied.marker)
        else:
            item = self._random.choice(living)
            fields = self._fields(private=self._private_on[calendar.side])
            after = item.appointment
            for field in fields:
                after = self._edited(field, after)
            changed = ("time", "recurrence") if "time" in fields or "recurrence" in fields else ()
            stored = calendar.change(item.native_id, after)
            self._ledger.edited(item.appointment, stored.appointment, {*fields, *changed})
            if calendar.side == "external":
                self._ledger.kept_secret(item.native_id, item.appointment, stored.appointment)

    def _create(self, calendar: Calendar) -> None:
        start, end = self._times(day=self._random.randrange(20))
        bare = Appointment(subject=self._word(), start=start, end=end, location=self._word(), reminder_minutes=15)
        stored = calendar.create(bare)
        self._ledger.edited(None, stored.appointment, ("subject", "location", "notes", "time", "recurrence"))

    def _fields(self, *, private: bool) -> list[Field]:
        fields: list[Field] = ["subject", "location", "notes", "time", "busy", "reminder", "recurrence"]
        if private:
            fields.append("private")
        return self._random.sample(fields, self._random.choice((1, 1, 1, 2, 3)))

    def _edited(self, field: Field, before: Appointment) -> Appointment:
        match field:
            case "subject":
                return replace(before, subject=self._word() + "x" * self._random.choice((0, 0, 0, 300, 1200)))
            case "location":
                return replace(before, location=self._word())
            case "notes":
                return replace(before, notes=f"{self._word()}\n{self._word()}")
            case "time":
                day = (before.start.instant or _FIRST) - _FIRST
                move = self._random.choice((0, 0, 1)) if before.recurrence else self._random.randrange(5)
                start, end = self._times(day=day.days + move)
                return _on_pattern(replace(before, start=start, end=end))
            case "busy":
                return replace(before, busy=self._random.choice(_BUSY))
            case "private":
                return replace(before, private=not before.private)
            case "reminder":
                return replace(before, reminder_minutes=self._random.choice((None, 5, 15, 30)))
            case _:
                if before.recurrence and self._random.random() < 0.3:
                    return replace(before, recurrence=None)
                self._number += 1
                rule = Rule(frequency="weekly", count=2 + self._number)
                return _on_pattern(replace(before, recurrence=Recurrence(rules=(rule,))))

    def _times(self, day: int) -> tuple[Moment, Moment]:
        """A time of that day that nobody used before."""
        self._number += 1
        start = _FIRST + timedelta(days=day, minutes=self._number % 600)
        end = start + timedelta(minutes=30 + self._number // 600, days=self._number)
        return _moment(start), _moment(end)

    def _word(self) -> str:
        self._number += 1
        return f"w{self._number}"


def _moment(at: datetime) -> Moment:
    wall = at.astimezone(ZoneInfo("Europe/Amsterdam")).strftime("%Y-%m-%dT%H:%M:%S")
    return Moment(wall=wall, zone="Europe/Amsterdam", instant=at)


def _on_pattern(appointment: Appointment) -> Appointment:
    """A series whose weekday is that of its start, as calendars make them."""
    if appointment.recurrence is None:
        return appointment
    weekday = WEEKDAYS[datetime.fromisoformat(appointment.start.wall).weekday()]
    rules = tuple(replace(rule, days=(Day(weekday=weekday),)) for rule in appointment.recurrence.rules)
    return replace(appointment, recurrence=Recurrence(rules=rules))
