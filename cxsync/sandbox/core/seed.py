"""Who works at the sandbox's recruiting agency, and what stands in their calendars on the first day."""

import random
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Literal

import msgspec

from cxsync.sandbox.core.action import Rule

TENANT = "demo"
ZONE = "Europe/Amsterdam"
LANGUAGE = "nl"
DOMAIN = "agency.example"
Provider = Literal["exchange", "google"]


class Person(msgspec.Struct, frozen=True):
    """A recruiter: a Carerix user of ``tenant`` and, by ``provider``, the owner of one external calendar."""

    key: str
    user_id: int
    name: str
    mailbox: str
    password: str
    provider: Provider
    tenant: str = TENANT
    zone: str = ZONE
    language: str = LANGUAGE


class SeedAppointment(msgspec.Struct, frozen=True):
    """An appointment that exists from the start; ``start`` is wall clock in the person's zone (00:00 if all day)."""

    subject: str
    start: datetime
    minutes: int
    all_day: bool = False
    location: str = ""
    notes: str = ""
    private: bool = False
    rule: Rule | None = None


def people() -> list[Person]:
    """The three of the default seed; their passwords are no secret."""
    return [
        Person("anna", 101, "Anna de Vries", f"anna@{DOMAIN}", "anna-secret", "exchange"),
        Person("bert", 102, "Bert Bakker", f"bert@{DOMAIN}", "bert-secret", "google"),
        Person("chris", 103, "Chris Jansen", f"chris@{DOMAIN}", "chris-secret", "exchange"),
    ]


def generated(number: int) -> Iterator[Person]:
    """``number`` further people, user00001 and so on, by turns with an Exchange and a Google calendar."""
    for index in range(1, number + 1):
        key = f"user{index:05d}"
        provider: Provider = "exchange" if index % 2 else "google"
        yield Person(key, 1000 + index, f"User {index:05d}", f"{key}@{DOMAIN}", f"{key}-secret", provider)


_CANDIDATES = ("Noor Visser", "Daan Smit", "Emma Mulder", "Sem de Boer", "Julia Bos", "Lars Vos", "Tess Peters")
_CLIENTS = ("Bakkerij Zonneveld", "Van Dijk Logistiek", "Gemeente Utrecht", "Noordzee Energie", "Hofman Zorg")
_KINDS = (("Intake", 60), ("Sollicitatiegesprek", 45), ("Klantbezoek", 90), ("Bellen met", 15), ("Voortgang", 30))


def appointments(person: Person, system: str, seed: int, today: date) -> list[SeedAppointment]:
    """A handful for one person in one system: the same for the same seed and day, different in each system."""
    choice = random.Random(f"{seed}/{system}/{person.key}")  # noqa: S311 - texts for a demonstration, no secrets
    monday = today - timedelta(days=today.weekday())
    found = []
    for _ in range(4):
        kind, minutes = choice.choice(_KINDS)
        client = choice.choice(_CLIENTS)
        day = monday + timedelta(days=choice.choice((-7, -3, 0, 1, 2, 3, 4, 7, 8, 9, 10, 11)))
        start = datetime.combine(day, time(choice.randrange(9, 17), choice.choice((0, 30))))
        found.append(SeedAppointment(f"{kind} {choice.choice(_CANDIDATES)}", start, minutes, location=client))
    standup = datetime.combine(monday - timedelta(days=14), time(9, 0))
    found.append(
        SeedAppointment(
            f"Teamoverleg {system}", standup, 30, location="Kamer 2", rule=Rule("weekly", weekdays=["mo"], count=26)
        )
    )
    leave = datetime.combine(monday + timedelta(days=25), time())
    found.append(SeedAppointment("Vrij", leave, 24 * 60, all_day=True, private=True))
    return found
