"""A recruiter's working week: what Anna, Bert and Chris do, and what has to come of it."""

import time
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any, Final
from zoneinfo import ZoneInfo

from cxsync.demo.stage import Stage
from cxsync.demo.story import Step, Story

ANNA, BERT, CHRIS = "anna@agency.example", "bert@agency.example", "chris@agency.example"
CARERIX: Final = {ANNA: "demo/101", BERT: "demo/102", CHRIS: "demo/103"}
SYSTEM: Final = {ANNA: "exchange", BERT: "google", CHRIS: "exchange"}
HOME: Final = ZoneInfo("Europe/Amsterdam")
UNHEARD: Final = 17.0
"""Seconds after which a hot connection has been polled for certain: what should have no effect has had none."""


class Week:
    """The steps. Their docstrings are what the audience reads."""

    def __init__(self, stage: Stage, story: Story) -> None:
        self._stage = stage
        self._people = stage.people
        self._story = story
        self._monday = _next_monday(datetime.now(HOME).date())
        self._connections: dict[str, str] = {}

    def scenes(self) -> Sequence[Sequence[Step]]:
        """The steps by scenes; those of one scene wait together."""
        return (
            (self.connect,),
            (
                self.password,
                self.older,
                self.inward,
                self.outward,
                self.series,
                self.daily,
                self.meeting,
                self.private,
                self.fair,
            ),
            (self.edits, self.two_fields, self.one_field, self.guests, self.exception, self.reminder),
            (self.deleted, self.signed_in_again),
            (self.strangers,),
        )

    def connect(self) -> Iterator[None]:
        """Anna and Chris connect their Exchange mailboxes, Bert his Google calendar"""
        before = [self._people.items(SYSTEM[who], who) for who in SYSTEM]
        ours = [self._people.items("carerix", who) for who in CARERIX.values()]
        ews = self._stage.sandbox["exchange"]["ews"]
        token = next(user["refresh_token"] for user in self._people.users("google") if user["owner"] == BERT)
        exchange = ("--provider", "exchange", "--endpoint", ews, "--password-stdin", "--language", "nl")
        google = ("--provider", "google", "--refresh-token-stdin", "--language", "en")
        yield
        self._added(ANNA, "--carerix-user", "101", "--username", "AGENCY\\anna", *exchange, stdin="anna-secret\n")
        self._added(BERT, "--carerix-user", "102", *google, stdin=f"{token}\n")
        self._added(CHRIS, "--carerix-user", "103", "--username", CHRIS, *exchange, stdin="chris-secret\n")
        same = before == [self._people.items(SYSTEM[who], who) for who in SYSTEM] and ours == [
            self._people.items("carerix", who) for who in CARERIX.values()
        ]
        self._story.check("nothing was changed in any calendar", lambda: same)

    def password(self) -> Iterator[None]:
        """Chris's password changes; a minute after the first refusal one more attempt confirms it, then he is told"""
        self._people.password("exchange", CHRIS, "chris-secret-2")
        self._make("carerix", CARERIX[CHRIS], "Gemaakt terwijl niets ging", 2, 16)
        yield

    def older(self) -> Iterator[None]:
        """Appointments from before stay as they are, until somebody edits one"""
        old = next(item for item in self._people.items("exchange", ANNA) if not item.get("recurrence"))
        there_before = self._in_carerix(ANNA, old["subject"])
        self._people.act("exchange", ANNA, "update", item=old["id"], notes=(old.get("notes") or "") + ",")
        yield
        self._story.check(f"“{old['subject']}” was not in Carerix", lambda: not there_before)
        self._story.arrives("a comma in its notes brings it in", lambda: self._in_carerix(ANNA, old["subject"]))

    def inward(self) -> Iterator[None]:
        """An intake made in Outlook, an interview made in Google Calendar"""
        self._make("exchange", ANNA, "Intake Jansen & Zn", 0, 9, location="Kamer 3")
        self._make("google", BERT, "Interview Özlem 🙂", 0, 9, location="Kamer 4")
        yield
        self._story.arrives("the intake is in Carerix", lambda: self._in_carerix(ANNA, "Intake Jansen & Zn"))
        self._story.arrives("the interview is in Carerix", lambda: self._in_carerix(BERT, "Interview Özlem 🙂"))

    def outward(self) -> Iterator[None]:
        """Appointments made in Carerix"""
        self._make("carerix", CARERIX[ANNA], "Klantbezoek Rotterdam", 1, 14, location="Coolsingel 1")
        self._make("carerix", CARERIX[BERT], "Reference call", 1, 14, location="Phone")
        yield
        self._story.arrives("one is in Outlook", lambda: self._outside(ANNA, "Klantbezoek Rotterdam"))
        self._story.arrives("the other is in Google", lambda: self._outside(BERT, "Reference call"))

    def series(self) -> Iterator[None]:
        """A weekly team meeting over the change of the clocks, a monthly first Tuesday"""
        weekly = {"frequency": "weekly", "weekdays": ["mo"], "count": 30}
        monthly = {"frequency": "monthly-nth", "weekdays": ["tu"], "nth": 1, "count": 6}
        self._make("exchange", ANNA, "Teamoverleg", 0, 10, rule=weekly)
        self._make("carerix", CARERIX[BERT], "First Tuesday", _to_first_tuesday(self._monday), 16, rule=monthly)
        yield
        self._story.arrives("the weekly series is in Carerix", lambda: self._in_carerix(ANNA, "Teamoverleg"))
        self._story.arrives("the monthly series is in Google", lambda: self._outside(BERT, "First Tuesday"))

    def daily(self) -> Iterator[None]:
        """A daily stand-up: Carerix cannot hold it, a mail says what to do"""
        self._make("exchange", ANNA, "Stand-up", 0, 9, rule={"frequency": "daily", "count": 20})
        yield
        self._mailed("Anna is told, with the weekly series that has the same dates", "daily-series")
        self._story.check("it is not in Carerix", lambda: not self._in_carerix(ANNA, "Stand-up"))

    def meeting(self) -> Iterator[None]:
        """A meeting with guests"""
        guests = ["candidate@example.com", "client@example.com"]
        self._make("exchange", ANNA, "Gesprek met kandidaat", 3, 13, guests=guests)
        yield
        self._story.arrives("it is in Carerix", lambda: self._in_carerix(ANNA, "Gesprek met kandidaat"))

    def private(self) -> Iterator[None]:
        """A private appointment"""
        self._make("exchange", ANNA, "Tandarts", 4, 8, private=True)
        yield
        self._story.arrives("Carerix has the time, not the words", lambda: self._in_carerix(ANNA, "Privéafspraak"))
        self._story.check("“Tandarts” stays outside", lambda: not self._in_carerix(ANNA, "Tandarts"))

    def fair(self) -> Iterator[None]:
        """An all-day fair"""
        day = self._monday + timedelta(days=4)
        days = {"start": day.isoformat(), "end": (day + timedelta(days=1)).isoformat(), "all_day": True}
        self._people.act("google", BERT, "create", subject="Banenbeurs", **days)
        yield
        self._story.arrives(
            "it keeps its date",
            lambda: any(
                str(item["start"]).startswith(day.isoformat()) for item in self._in_carerix(BERT, "Banenbeurs")
            ),
        )

    def edits(self) -> Iterator[None]:
        """Moved in Outlook, renamed in Carerix"""
        self._change("exchange", ANNA, "Intake Jansen & Zn", start=self._at(2, 11), end=self._at(2, 12))
        self._change("carerix", CARERIX[BERT], "Interview Özlem 🙂", subject="Interview Özlem (2nd)")
        yield
        moved = partial(self._starts, "carerix", CARERIX[ANNA], "Intake Jansen & Zn", self._at(2, 11))
        self._story.arrives("the new time is in Carerix", moved)
        self._story.arrives("the new name is in Google", lambda: self._outside(BERT, "Interview Özlem (2nd)"))

    def two_fields(self) -> Iterator[None]:
        """Both sides edited at once, different fields: both edits live"""
        self._change("exchange", ANNA, "Klantbezoek Rotterdam", location="Blaak 31")
        self._change("carerix", CARERIX[ANNA], "Klantbezoek Rotterdam", subject="Klantbezoek R'dam")
        yield
        self._story.arrives(
            "name and place are the new ones on both sides",
            lambda: (
                any(item["location"] == "Blaak 31" for item in self._in_carerix(ANNA, "Klantbezoek R'dam"))
                and any(item["location"] == "Blaak 31" for item in self._outside(ANNA, "Klantbezoek R'dam"))
            ),
        )

    def one_field(self) -> Iterator[None]:
        """Both sides edited at once, the same field: Carerix wins, and Bert is told what lost"""
        self._change("google", BERT, "Reference call", subject="Reference call (Google)")
        self._change("carerix", CARERIX[BERT], "Reference call", subject="Reference call (Carerix)")
        yield
        self._story.arrives(
            "both sides have Carerix's name",
            lambda: (
                self._outside(BERT, "Reference call (Carerix)") and self._in_carerix(BERT, "Reference call (Carerix)")
            ),
        )
        self._mailed("Bert is told", "conflict")

    def exception(self) -> Iterator[None]:
        """One occurrence of the team meeting is moved: the series goes on by its rule, a mail says what to do"""
        weekly = self._outside(ANNA, "Teamoverleg")[0]["id"]
        times = {"occurrence": self._at(7, 10), "start": self._at(8, 15)}
        self._people.act("exchange", ANNA, "move-occurrence", item=weekly, **times)
        yield
        self._mailed("Anna is told, once she has been quiet for a while", "exception-in-series", counts=False)
        self._story.check("the series is still in Carerix", lambda: self._in_carerix(ANNA, "Teamoverleg"))

    def reminder(self) -> Iterator[None]:
        """Outlook's reminder is dismissed: nothing may happen"""
        item = self._outside(ANNA, "Gesprek met kandidaat")[0]
        before = self._writes(CARERIX[ANNA], "Tandarts"), self._writes(CARERIX[ANNA], "Teamoverleg")
        self._people.act("exchange", ANNA, "dismiss-reminder", item=self._outside(ANNA, "Teamoverleg")[0]["id"])
        self._people.act("exchange", ANNA, "dismiss-reminder", item=item["id"])
        acted = time.monotonic()
        yield
        time.sleep(max(0.0, UNHEARD - (time.monotonic() - acted)))
        after = self._writes(CARERIX[ANNA], "Tandarts"), self._writes(CARERIX[ANNA], "Teamoverleg")
        self._story.check("Carerix was not written", lambda: before == after)

    def guests(self) -> Iterator[None]:
        """The meeting with guests is moved in Carerix: it moves in Outlook, no guest is mailed, Anna is told"""
        times = {"start": self._at(3, 15), "end": self._at(3, 16)}
        self._change("carerix", CARERIX[ANNA], "Gesprek met kandidaat", **times)
        yield
        moved = partial(self._starts, "exchange", ANNA, "Gesprek met kandidaat", self._at(3, 15))
        self._story.arrives("it moved in Outlook", moved)
        self._mailed("Anna is told that her guests were not", "invitees-not-told")

    def deleted(self) -> Iterator[None]:
        """Deleted in Google, deleted in Carerix"""
        gone = self._outside(BERT, "Interview Özlem (2nd)")
        row = self._in_carerix(ANNA, "Klantbezoek R'dam")
        for item in gone:
            self._people.act("google", BERT, "delete", item=item["id"])
        for item in row:
            self._people.act("carerix", CARERIX[ANNA], "delete", item=item["id"])
        yield
        self._story.arrives("gone from Carerix", lambda: not self._in_carerix(BERT, "Interview Özlem (2nd)"))
        self._story.arrives("gone from Outlook", lambda: not self._outside(ANNA, "Klantbezoek R'dam"))

    def signed_in_again(self) -> Iterator[None]:
        """Chris is told to sign in again, and does; what was made meanwhile arrives"""
        yield
        self._mailed("Chris is told", "credentials-refused", counts=False, patience=150.0)
        self._story.acted()
        done = self._stage.cxsync(
            *("connection", "reactivate", self._connections[CHRIS], "--username", CHRIS, "--password-stdin"),
            stdin="chris-secret-2\n",
        )
        self._story.check("he signs in again", lambda: done.returncode == 0, done.stderr)
        self._story.arrives(
            "what was made meanwhile arrives", lambda: self._outside(CHRIS, "Gemaakt terwijl niets ging")
        )

    def strangers(self) -> Iterator[None]:
        """And to strangers went"""
        yield
        self._story.check("no invitation, update or cancellation at all", lambda: not self._people.mails())

    def _added(self, who: str, *arguments: str, stdin: str) -> None:
        done = self._stage.cxsync("connection", "add", "--tenant", "demo", *arguments, stdin=stdin)
        self._connections[who] = done.stdout.strip().rpartition("\n")[2]
        self._story.check(f"{who}: {self._connections[who]}", lambda: done.returncode == 0, done.stderr)

    def _mailed(self, text: str, reason: str, *, counts: bool = True, patience: float = 90.0) -> None:
        self._story.arrives(
            text,
            lambda: any(_reason(mail) == reason for mail in self._stage.mails()),
            patience=patience,
            counts=counts,
        )

    def _make(self, system: str, owner: str, subject: str, day: int, hour: int, **more: Any) -> None:
        times = {"start": self._at(day, hour), "end": self._at(day, hour + 1)}
        self._people.act(system, owner, "create", subject=subject, **times, **more)

    def _change(self, system: str, owner: str, named: str, **fields: Any) -> None:
        for item in self._people.named(system, owner, named):
            self._people.act(system, owner, "update", item=item["id"], **fields)

    def _at(self, day: int, hour: int) -> str:
        return f"{self._monday + timedelta(days=day)}T{hour:02}:00"

    def _in_carerix(self, owner: str, subject: str) -> list[dict[str, Any]]:
        return self._people.named("carerix", CARERIX[owner], subject)

    def _outside(self, owner: str, subject: str) -> list[dict[str, Any]]:
        return self._people.named(SYSTEM[owner], owner, subject)

    def _starts(self, system: str, owner: str, subject: str, wall: str) -> bool:
        return any(
            datetime.fromisoformat(item["start"]).astimezone(HOME).strftime("%Y-%m-%dT%H:%M") == wall
            for item in self._people.named(system, owner, subject)
        )

    def _writes(self, owner: str, subject: str) -> list[Any]:
        return [item["version"] for item in self._people.named("carerix", owner, subject)]


def _reason(mail: dict[str, Any]) -> str:
    headers = {name.lower(): value for name, value in dict(mail.get("headers", {})).items()}
    return str(headers.get("x-cxsync-reason", ""))


def _next_monday(today: date) -> date:
    return today + timedelta(days=7 - today.weekday())


def _to_first_tuesday(monday: date) -> int:
    first = (monday.replace(day=1) + timedelta(days=32)).replace(day=1)
    return (first + timedelta(days=(1 - first.weekday()) % 7) - monday).days
