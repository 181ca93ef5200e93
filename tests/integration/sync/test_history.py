"""Random histories: people edit on both sides, polls, sinks, crashes and faults come in any order; then it settles.

CXSYNC_HISTORIES sets how many histories a test plays, CXSYNC_HISTORY the first seed.
"""

import os
import random
from collections import defaultdict
from collections.abc import Callable
from typing import Any

import pytest

from cxsync.sandbox.core.faults import Fault
from tests.integration.sync.desk import Agenda, Desk, at

HISTORIES = int(os.environ.get("CXSYNC_HISTORIES", "12"))
FIRST = int(os.environ.get("CXSYNC_HISTORY", "0"))
EVENTS = 30
WEEKDAYS = ("mo", "tu", "we", "th", "fr")


class History:
    """One history: what happened is in ``told``, to be read when a proof fails."""

    def __init__(self, desk: Desk, seed: int) -> None:
        self._desk = desk
        self._random = random.Random(seed)
        self._seed = seed
        self._number = 0
        self.told: list[str] = []
        self._said: dict[tuple[str, str], dict[str, Any]] = defaultdict(dict)
        self._deleted: set[str] = set()

    def play(self) -> None:
        """Some events in random order; items of earlier histories stay as they are."""
        events: list[tuple[int, Callable[[], None]]] = [
            (4, self._make),
            (8, self._edit),
            (2, self._delete),
            (2, self._make_series),
            (5, self._poll),
            (5, self._work),
            (2, self._crash),
            (2, self._fault),
        ]
        weights, kinds = zip(*events, strict=True)
        for _ in range(EVENTS):
            self._random.choices(kinds, weights)[0]()
        world = self._desk.line.sandbox.world
        self._desk.line.sandbox.call(world.faults.clear)

    def lost(self) -> list[str]:
        """Items that nobody deleted and that are not there, and values that are neither side's last."""
        items = {_name(item["subject"]): item for item in self._mine(self._desk.carerix)}
        names = {name for name, _ in self._said}
        lost = [name for name in names - self._deleted if name not in items]
        for (name, field), said in self._said.items():
            if name in items and name not in self._deleted:  # made anew, if the server cannot bring it back
                value = items[name][field]
                value = str(value)[:16] if field == "start" else str(value).strip()
                if value not in said.values():
                    lost.append(f"{field} of {name} is {value!r}, last said was {said}")
        return lost

    def _says(self, agenda: Agenda, subject: str, values: dict[str, Any]) -> None:
        for field, value in values.items():
            self._said[_name(subject), field][agenda.system] = value

    def _agenda(self) -> Agenda:
        return self._random.choice(self._desk.both)

    def _mine(self, agenda: Agenda) -> list[dict[str, Any]]:
        return [item for item in agenda.items() if item["subject"].startswith(f"H{self._seed} ")]

    def _times(self) -> dict[str, Any]:
        day, hour = self._random.randrange(5), self._random.randrange(8, 17)
        return {"start": at(day, hour), "end": at(day, hour + 1)}

    def _make(self) -> None:
        agenda = self._agenda()
        self._number += 1
        name = f"H{self._seed} {self._number}"
        fields = {"location": self._random.choice(("", "Kamer 1")), "notes": self._random.choice(("", "a\nb"))}
        times = self._times()
        agenda.does("create", subject=name, **times, **fields)
        self._says(agenda, name, {"subject": name, "start": times["start"], **fields})
        self.told.append(f"{agenda.system} makes {name}")

    def _make_series(self) -> None:
        agenda = self._agenda()
        singles = [item for item in self._mine(agenda) if not item["recurrence"] and not item["all_day"]]
        if singles:
            item = self._random.choice(singles)
            day = WEEKDAYS[self._random.randrange(5)]
            start = at(WEEKDAYS.index(day), 10)
            rule = {"frequency": "weekly", "weekdays": [day], "count": self._random.randrange(2, 9)}
            self._says(agenda, item["subject"], {"start": start})
            agenda.does("make-series", item=item["id"], start=start, end=start.replace("T10", "T11"), rule=rule)
            self.told.append(f"{agenda.system} makes {item['subject']} a series")

    def _edit(self) -> None:
        agenda = self._agenda()
        found = self._mine(agenda)
        if not found:
            return
        item = self._random.choice(found)
        value = self._random.randrange(1000)
        edits: list[dict[str, Any]] = [{"location": f"Kamer {value}"}, {"notes": f"notitie {value}"}]
        edits.append({"subject": f"{_name(item['subject'])} · {value}"})
        if not item["recurrence"]:
            edits.append(self._times())
        edit = self._random.choice(edits)
        agenda.does("update", item=item["id"], **edit)
        self._says(agenda, item["subject"], {field: value for field, value in edit.items() if field != "end"})
        self.told.append(f"{agenda.system} edits {item['subject']}: {edit}")

    def _delete(self) -> None:
        agenda = self._agenda()
        found = self._mine(agenda)
        if found:
            item = self._random.choice(found)
            agenda.does("delete", item=item["id"])
            self._deleted.add(_name(item["subject"]))
            self.told.append(f"{agenda.system} deletes {item['subject']}")

    def _poll(self) -> None:
        system = self._agenda().system
        self.told.append(f"poll {system}")
        self._desk.line.poll(system)

    def _work(self) -> None:
        system = self._agenda().system
        self.told.append(f"work {system}")
        self._desk.line.work(system)

    def _crash(self) -> None:
        doing, step = self._random.choice((self._poll, self._work)), self._random.randrange(1, 25)
        died = self._desk.line.crash(step, doing)
        self.told.append(f"died at step {step}: {died}")

    def _fault(self) -> None:
        fault = Fault(
            system=self._agenda().system,
            operation="*",
            kind=self._random.choice(("drop", "status")),
            when=self._random.choice(("before", "after")),
            skip=self._random.randrange(6),
            params={"status": 503},
        )
        self._desk.line.sandbox.call(self._desk.line.sandbox.world.faults.add, fault)
        self.told.append(f"fault {fault.system} {fault.kind} {fault.when} {fault.skip}")


def _name(subject: str) -> str:
    return subject.partition("·")[0].strip()


@pytest.mark.parametrize("name", ["anna", "bert"], ids=["exchange", "google"])
def test_whatever_happens_both_sides_are_the_same_in_the_end(connect: Callable[[str], Desk], name: str) -> None:
    desk = connect(name)
    for seed in range(FIRST, FIRST + HISTORIES):
        history = History(desk, seed)
        # Neither limits of deletions nor of writes are this test's: each history is an hour of its own.
        desk.line.sql("UPDATE links SET state_since = state_since - interval '2 hours', content_writes = '{}'")
        history.play()
        for _ in range(5):
            desk.line.sql("UPDATE links SET state_since = state_since - interval '2 hours', content_writes = '{}'")
            desk.line.sql("UPDATE inbox SET held = NULL WHERE held IS NOT NULL")
            desk.line.settle(faults=True)
        what = "\n".join([f"seed {seed}", *history.told])
        assert desk.line.faults == [], what
        assert desk.line.dead_letters() == [], what
        assert desk.differences() == [], what
        mine = [
            sorted(item["subject"] for item in agenda.items() if item["subject"].startswith(f"H{seed} "))
            for agenda in desk.both
        ]
        assert mine[0] == mine[1], what
        assert len(set(map(_name, mine[0]))) == len(mine[0]), what
        assert history.lost() == [], what
        before = desk.line.last
        desk.line.settle()
        assert desk.line.written(before) == [], what
    assert desk.line.strangers() == []
