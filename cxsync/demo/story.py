"""The story: a recruiter's working week, each step with what it shows, its proof and its latency."""

import time
from collections.abc import Callable
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any, Final
from zoneinfo import ZoneInfo

import click

from cxsync.demo.stage import Stage

ANNA, BERT = "anna@agency.example", "bert@agency.example"
CARERIX = {ANNA: "demo/101", BERT: "demo/102"}
SYSTEM = {ANNA: "exchange", BERT: "google"}
PATIENCE: Final = 90.0
HOME: Final = ZoneInfo("Europe/Amsterdam")


class Story:
    """Plays the steps on a stage; ``failed`` counts those whose proof did not come."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._people = stage.people
        self._monday = _next_monday(datetime.now(HOME).date())
        self.latencies: list[float] = []
        self.failed = 0
        self._connections: dict[str, str] = {}
        self._acted = 0.0

    def play(self) -> None:
        """All steps in order."""
        for step in (
            self._connect,
            self._older_stays,
            self._inward,
            self._outward,
            self._edits,
            self._both_sides,
            self._series,
            self._refused,
            self._reminder,
            self._meeting,
            self._private_and_all_day,
            self._deleted,
            self._password,
            self._nobody_mailed,
        ):
            step()

    # The steps ---------------------------------------------------------------------------------------------------

    def _connect(self) -> None:
        self._title("Anna connects her Exchange mailbox, Bert his Google calendar")
        box, google = self._stage.sandbox["exchange"], self._people.users("google")
        token = next(user["refresh_token"] for user in google if user["owner"] == BERT)
        self._connections[ANNA] = self._added(
            *("--carerix-user", "101", "--provider", "exchange", "--endpoint", box["ews"]),
            *("--username", "AGENCY\\anna", "--password-stdin", "--language", "nl"),
            stdin="anna-secret\n",
        )
        self._connections[BERT] = self._added(
            *("--carerix-user", "102", "--provider", "google", "--refresh-token-stdin", "--language", "en"),
            stdin=f"{token}\n",
        )
        self._check("both connections stand, and nothing was written to any calendar", lambda: not self._written())

    def _older_stays(self) -> None:
        self._title("Appointments from before stay as they are, until somebody edits one")
        old = next(item for item in self._people.items("exchange", ANNA) if not item.get("recurrence"))
        self._check(f"“{old['subject']}” is not in Carerix", lambda: not self._in_carerix(ANNA, old["subject"]))
        self._act("exchange", ANNA, "update", item=old["id"], notes=(old.get("notes") or "") + ",")
        self._arrives("a comma in its notes brings it in", lambda: self._in_carerix(ANNA, old["subject"]))

    def _inward(self) -> None:
        self._title("An intake made in Outlook, an interview made in Google Calendar")
        for owner, subject in ((ANNA, "Intake Jansen & Zn"), (BERT, "Interview Özlem 🙂")):
            self._make(SYSTEM[owner], owner, subject, 0, 9, location="Kamer 3")
        for owner, subject in ((ANNA, "Intake Jansen & Zn"), (BERT, "Interview Özlem 🙂")):
            self._arrives(f"“{subject}” is in Carerix", partial(self._in_carerix, owner, subject))

    def _outward(self) -> None:
        self._title("Appointments made in Carerix")
        for owner, subject in ((ANNA, "Klantbezoek Rotterdam"), (BERT, "Reference call")):
            self._make("carerix", CARERIX[owner], subject, 1, 14, location="Coolsingel 1")
        for owner, subject in ((ANNA, "Klantbezoek Rotterdam"), (BERT, "Reference call")):
            self._arrives(f"“{subject}” is outside", partial(self._outside, owner, subject))

    def _edits(self) -> None:
        self._title("Moved in Outlook, renamed in Carerix")
        self._change("exchange", ANNA, "Intake Jansen & Zn", start=self._at(2, 11), end=self._at(2, 12))
        self._change("carerix", CARERIX[BERT], "Interview Özlem 🙂", subject="Interview Özlem (2nd)")
        self._arrives(
            "the new time is in Carerix",
            lambda: self._starts(self._in_carerix(ANNA, "Intake Jansen & Zn"), self._at(2, 11)),
        )
        self._arrives("the new name is in Google", lambda: self._outside(BERT, "Interview Özlem (2nd)"))

    def _both_sides(self) -> None:
        self._title("One appointment edited on both sides at once: other fields merge, the same field has a winner")
        self._change("exchange", ANNA, "Klantbezoek Rotterdam", location="Blaak 31")
        self._change("carerix", CARERIX[ANNA], "Klantbezoek Rotterdam", subject="Klantbezoek R'dam")
        self._arrives(
            "both edits are on both sides",
            lambda: (
                any(item["location"] == "Blaak 31" for item in self._in_carerix(ANNA, "Klantbezoek R'dam"))
                and any(item["location"] == "Blaak 31" for item in self._outside(ANNA, "Klantbezoek R'dam"))
            ),
        )
        self._change("google", BERT, "Reference call", subject="Reference call (Google)")
        self._change("carerix", CARERIX[BERT], "Reference call", subject="Reference call (Carerix)")
        self._arrives(
            "Carerix wins, on both sides",
            lambda: (
                self._outside(BERT, "Reference call (Carerix)") and self._in_carerix(BERT, "Reference call (Carerix)")
            ),
        )
        self._mailed("Bert is told what lost", "conflict")

    def _series(self) -> None:
        self._title("A weekly team meeting over the change of the clocks, a monthly first Tuesday")
        weekly = {"frequency": "weekly", "weekdays": ["mo"], "count": 30}
        self._make("exchange", ANNA, "Teamoverleg", 0, 10, rule=weekly)
        self._make(
            "carerix",
            CARERIX[BERT],
            "First Tuesday",
            _days_to_first_tuesday(self._monday),
            16,
            rule={"frequency": "monthly-nth", "weekdays": ["tu"], "nth": 1, "count": 6},
        )
        self._arrives("the weekly series is in Carerix", lambda: self._in_carerix(ANNA, "Teamoverleg"))
        self._arrives("the monthly series is in Google", lambda: self._outside(BERT, "First Tuesday"))

    def _refused(self) -> None:
        self._title("A daily stand-up, and an occurrence moved: Carerix can hold neither, a mail says what to do")
        self._make("exchange", ANNA, "Stand-up", 0, 9, rule={"frequency": "daily", "count": 20})
        series = self._outside(ANNA, "Teamoverleg")[0]
        self._act(
            "exchange", ANNA, "move-occurrence", item=series["id"], occurrence=self._at(7, 10), start=self._at(8, 15)
        )
        self._mailed("Anna is told about the daily series", "daily-series")
        self._mailed("Anna is told about the exception", "exception-in-series")
        self._check("the stand-up is not in Carerix", lambda: not self._in_carerix(ANNA, "Stand-up"))

    def _reminder(self) -> None:
        self._title("Outlook's reminder is dismissed: nothing may happen")
        item = self._outside(ANNA, "Intake Jansen & Zn")[0]
        before = self._version(ANNA, "Intake Jansen & Zn")
        self._act("exchange", ANNA, "dismiss-reminder", item=item["id"])
        time.sleep(20)
        self._check("Carerix did not hear of it", lambda: self._version(ANNA, "Intake Jansen & Zn") == before)

    def _meeting(self) -> None:
        self._title("A meeting with guests, moved in Carerix: it moves in Outlook, and no guest is mailed")
        guests = ["candidate@example.com", "client@example.com"]
        self._make("exchange", ANNA, "Gesprek met kandidaat", 3, 13, guests=guests, send=False)
        self._arrives("it is in Carerix", lambda: self._in_carerix(ANNA, "Gesprek met kandidaat"))
        self._change("carerix", CARERIX[ANNA], "Gesprek met kandidaat", start=self._at(3, 15), end=self._at(3, 16))
        self._arrives(
            "it moved in Outlook",
            lambda: self._starts(self._outside(ANNA, "Gesprek met kandidaat"), self._at(3, 15)),
        )
        self._mailed("Anna is told that her guests were not", "invitees-not-told")

    def _private_and_all_day(self) -> None:
        self._title("A private appointment, and an all-day fair")
        self._make("exchange", ANNA, "Tandarts", 4, 8, private=True)
        fair = self._monday + timedelta(days=4)
        self._act(
            "google", BERT, "create", subject="Banenbeurs", start=fair.isoformat(),
            end=(fair + timedelta(days=1)).isoformat(), all_day=True,
        )  # fmt: skip
        self._arrives("Carerix has the time, not the words", lambda: self._in_carerix(ANNA, "Privéafspraak"))
        self._check("“Tandarts” stays outside", lambda: not self._in_carerix(ANNA, "Tandarts"))
        self._arrives(
            "the fair keeps its date",
            lambda: any(
                str(item["start"]).startswith(fair.isoformat()) for item in self._in_carerix(BERT, "Banenbeurs")
            ),
        )

    def _deleted(self) -> None:
        self._title("Deleted in Google, deleted in Carerix")
        gone = self._outside(BERT, "Interview Özlem (2nd)")[0]
        self._act("google", BERT, "delete", item=gone["id"])
        row = self._in_carerix(ANNA, "Klantbezoek R'dam")[0]
        self._act("carerix", CARERIX[ANNA], "delete", item=row["id"])
        self._arrives("gone from Carerix", lambda: not self._in_carerix(BERT, "Interview Özlem (2nd)"))
        self._arrives("gone from Outlook", lambda: not self._outside(ANNA, "Klantbezoek R'dam"))

    def _password(self) -> None:
        self._title("Anna's password changes; a minute later she is told, signs in again, and nothing was lost")
        self._people.password("exchange", ANNA, "anna-secret-2")
        self._make("carerix", CARERIX[ANNA], "Gemaakt terwijl niets ging", 2, 16)
        self._mailed("Anna is told to sign in again", "credentials-refused", patience=150.0)
        done = self._stage.cxsync(
            "connection", "reactivate", self._connections[ANNA], "--username", "AGENCY\\anna", "--password-stdin",
            stdin="anna-secret-2\n",
        )  # fmt: skip
        self._check("she signs in again", lambda: done.returncode == 0, done.stderr)
        self._arrives("what was made meanwhile arrives", lambda: self._outside(ANNA, "Gemaakt terwijl niets ging"))

    def _nobody_mailed(self) -> None:
        self._title("And to strangers went")
        self._check("no invitation, update or cancellation at all", lambda: not self._people.mails())

    # How they are played and proved -----------------------------------------------------------------------------

    def _title(self, text: str) -> None:
        self._acted = time.monotonic()
        click.echo(f"\n{click.style(text, bold=True)}")

    def _check(self, text: str, holds: Callable[[], Any], why: str = "") -> None:
        self._say(text, bool(holds()), "", why)

    def _arrives(self, text: str, holds: Callable[[], Any], patience: float = PATIENCE) -> None:
        """Wait for a proof; its latency counts from the last thing that somebody did."""
        began = time.monotonic()
        while not (there := bool(holds())) and time.monotonic() - began < patience:
            time.sleep(0.25)
        seconds = time.monotonic() - self._acted
        if there:
            self.latencies.append(seconds)
        self._say(text, there, f"{seconds:5.1f} s")

    def _mailed(self, text: str, reason: str, patience: float = PATIENCE) -> None:
        self._arrives(text, lambda: any(_reason(mail) == reason for mail in self._stage.mails()), patience)

    def _say(self, text: str, good: bool, after: str = "", why: str = "") -> None:
        mark = click.style("  ✓ ", fg="green") if good else click.style("  ✗ ", fg="red")
        click.echo(f"{mark}{text}  {click.style(after, dim=True)}".rstrip())
        if not good:
            self.failed += 1
            if why:
                click.echo(f"    {why.strip()}")

    def _added(self, *arguments: str, stdin: str) -> str:
        done = self._stage.cxsync("connection", "add", "--tenant", "demo", *arguments, stdin=stdin)
        self._check(f"connection {done.stdout.strip()}", lambda: done.returncode == 0, done.stderr)
        return done.stdout.strip()

    def _act(self, *whom: str, **fields: Any) -> str:
        self._acted = time.monotonic()
        return self._people.act(*whom, **fields)

    def _make(self, system: str, owner: str, subject: str, day: int, hour: int, **more: Any) -> str:
        return self._act(
            system, owner, "create", subject=subject, start=self._at(day, hour), end=self._at(day, hour + 1), **more
        )

    def _change(self, system: str, owner: str, named: str, **fields: Any) -> None:
        item = self._people.named(system, owner, named)[0]
        self._act(system, owner, "update", item=item["id"], **fields)

    def _at(self, day: int, hour: int) -> str:
        return f"{self._monday + timedelta(days=day)}T{hour:02}:00"

    def _in_carerix(self, owner: str, subject: str) -> list[dict[str, Any]]:
        return self._people.named("carerix", CARERIX[owner], subject)

    def _outside(self, owner: str, subject: str) -> list[dict[str, Any]]:
        return self._people.named(SYSTEM[owner], owner, subject)

    def _starts(self, items: list[dict[str, Any]], wall: str) -> bool:
        return any(
            datetime.fromisoformat(item["start"]).astimezone(HOME).strftime("%Y-%m-%dT%H:%M") == wall for item in items
        )

    def _version(self, owner: str, subject: str) -> Any:
        return [item.get("version") for item in self._in_carerix(owner, subject)]

    def _written(self) -> list[dict[str, Any]]:
        return [entry for entry in self._people.journal() if entry["channel"] == "api"]


def _reason(mail: dict[str, Any]) -> str:
    headers = {name.lower(): value for name, value in dict(mail.get("headers", {})).items()}
    return str(headers.get("x-cxsync-reason", ""))


def _next_monday(today: date) -> date:
    return today + timedelta(days=7 - today.weekday())


def _days_to_first_tuesday(monday: date) -> int:
    first = (monday.replace(day=1) + timedelta(days=32)).replace(day=1)
    tuesday = first + timedelta(days=(1 - first.weekday()) % 7)
    return (tuesday - monday).days
