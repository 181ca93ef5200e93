"""Random histories of an organizer and two guests: the copies always agree in what they share."""

import random
from typing import Any

from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

from cxsync.sandbox.core.refusal import BadInput, NotThere
from cxsync.sandbox.core.run import populate
from cxsync.sandbox.core.world import World

OWNERS = ["o@agency.example", "g@agency.example", "h@agency.example"]
SHARED = ("summary", "start", "end", "recurrence", "location", "attendees")
RULE = {"frequency": "weekly", "count": 4}


def _step(system: Any, choice: random.Random) -> None:
    owner = choice.choice(OWNERS)
    items = [item for item in system.items(owner) if not item["deleted"]]
    item = choice.choice(items)["id"] if items else None
    day = f"2026-03-{choice.randrange(2, 28):02d}T09:00"
    guests = choice.sample(OWNERS[1:], choice.randrange(3))
    actions: list[dict[str, Any]] = [
        {"action": "create", "subject": "new", "start": day, "guests": guests},
        {"action": "create", "subject": "series", "start": day, "guests": guests, "rule": RULE},
        {"action": "update", "item": item, "subject": f"s{choice.randrange(99)}"},
        {"action": "move", "item": item, "start": day},
        {"action": "update", "item": item, "guests": guests},
        {"action": "change-rule", "item": item, "rule": {"frequency": "daily", "count": choice.randrange(1, 5)}},
        {"action": "change-occurrence", "item": item, "occurrence": day, "subject": "one"},
        {"action": "delete-occurrence", "item": item, "occurrence": day},
        {"action": choice.choice(["accept", "decline", "tentative"]), "item": item},
        {"action": "delete", "item": item},
        {"action": "this-and-following", "item": item, "occurrence": day, "subject": "later"},
    ]
    try:
        system.act(owner, {key: value for key, value in choice.choice(actions).items() if value is not None})
    except (BadInput, NotThere):
        return


@seed(4)
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck), database=None)
@given(number=st.integers(0, 10**6), steps=st.integers(1, 40))
def test_copies_of_one_event_agree(number: int, steps: int) -> None:
    world = populate(World(number, population=[]), ["google"])
    system: Any = world.system("google")
    for owner in OWNERS:
        system.add_user({"email": owner})
    choice = random.Random(number)
    for _ in range(steps):
        _step(system, choice)
    calendars = system.state()["calendars"]
    for owner in OWNERS:
        for name, event in calendars[owner]["events"].items():
            if event["status"] == "cancelled" or event["organizer"]["email"] != owner:
                continue
            for row in event.get("attendees", ()):
                copy = calendars[row["email"]]["events"].get(name)
                assert copy is not None, (name, row)
                if row["responseStatus"] == "declined" and copy["status"] == "cancelled":
                    continue
                assert {key: copy.get(key) for key in SHARED} == {key: event.get(key) for key in SHARED}
