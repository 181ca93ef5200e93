"""One history: everything that can happen, in an order that a seed decides, until it comes to rest."""

from collections.abc import Iterator
from random import Random

from msgspec import Struct

from cxsync.appointment.classes import same
from cxsync.appointment.fields import FIELDS, TEXTS
from cxsync.merge.base import kept
from cxsync.merge.merge import on_its_pattern
from schemas.words import Side
from tests.model.calendars import Calendar, Item
from tests.model.ledger import SYSTEMS, TRACKED, Broken, Known, Ledger
from tests.model.people import People
from tests.model.pipeline import OTHER, Inbox, Poller, Record
from tests.model.sink import LeaseLost, Link, Rule, Sink

SIDES: tuple[Side, Side] = ("carerix", "external")


class Figures(Struct, frozen=True):
    """What a history was made of."""

    edits: int
    writes: int
    crashes: int
    conflicts: int


class World:
    """Two calendars and the whole pipeline between them."""

    def __init__(self, seed: int, rule: Rule = "right") -> None:
        self._random = Random(seed)
        self._now = 0
        self._crashes = 0
        self._ledger = Ledger()
        self.calendars: dict[Side, Calendar] = {
            "carerix": Calendar("carerix", "carerix"),
            "external": Calendar("external", "exchange"),
        }
        winner: Side = "external" if seed % 3 == 0 else "carerix"
        self.sink = Sink(self.calendars, self._ledger, lambda: self._now, rule, winner)
        self._confidential = seed % 4 == 1
        self._people = People(self._random, self._ledger, secrets=seed % 2 == 1, confidential=self._confidential)
        self._pollers = {side: Poller(self.calendars[side]) for side in SIDES}
        self._topics: dict[Side, list[Record]] = {"carerix": [], "external": []}
        self._inboxes: dict[Side, Inbox] = {"carerix": Inbox(), "external": Inbox()}
        self._working: list[tuple[Record, Inbox, Iterator[None]]] = []

    def history(self, steps: int) -> Figures:
        """Let ``steps`` things happen, then come to rest and look.

        Raises:
            Broken: an invariant does not hold.
        """
        for step in range(1, steps + 1):
            self._happen()
            if step % 100 == 0 and self._random.random() < 0.5:
                self._rest()  # most edits meet a pair that had agreed
        self._rest()
        self._look()
        figures = Figures(self._ledger.edits, self.sink.writes, self._crashes, len(self._ledger.lost))
        self._again()
        return figures

    def _happen(self) -> None:
        self._now += 1
        side = self._random.choice(SIDES)
        match self._random.randrange(10):
            case 0 | 1 | 2:
                self._people.act(self.calendars[side])
            case 3:
                crash = self._crash(0.2)
                self._pollers[side].poll(self._topics[OTHER[side]], self._now, crash=crash)
            case 4 | 5:
                self._inboxes[side].ingest(self._topics[side], self._random, crash=self._crash(0.1))
            case 6:
                self._begin(side)
            case _:
                self._work(self._random.randrange(1, 5))
        self._publish()

    def _crash(self, chance: float) -> bool:
        crashed = self._random.random() < chance
        self._crashes += crashed
        return crashed

    def _begin(self, side: Side) -> None:
        """A worker takes a due row; whoever had the lease and stalled has lost it, but may not know yet."""
        due = list(self._inboxes[side].due.values())
        if due:
            record = self._random.choice(due)
            self._working.append((record, self._inboxes[side], self.sink.reconcile(record)))

    def _work(self, steps: int) -> None:
        """Any worker goes on, the one with the lease or a late one; or it dies."""
        if not self._working:
            return
        chosen = self._random.randrange(len(self._working))
        record, inbox, worker = self._working[chosen]
        if self._crash(0.08):
            del self._working[chosen]
            return
        for _ in range(steps):
            try:
                next(worker)
            except StopIteration:
                inbox.done(record)
                del self._working[chosen]
                return
            except LeaseLost:
                del self._working[chosen]
                return

    def _publish(self) -> None:
        for record in self.sink.published:
            self._topics[OTHER[record.source]].append(record)
        self.sink.published.clear()

    def _rest(self) -> None:
        """Everybody stops typing and nothing crashes any more."""
        self._working.clear()
        for _ in range(60):
            self._now += 1
            for side in SIDES:
                self._pollers[side].poll(self._topics[OTHER[side]], self._now, crash=False)
            for side in SIDES:
                while self._inboxes[side].behind(self._topics[side]):
                    self._inboxes[side].ingest(self._topics[side], self._random, crash=False)
                while self._inboxes[side].due:
                    self._now += 1
                    self._begin(side)
                    while self._working:
                        self._work_calmly()
                    self._publish()
            if self._at_rest():
                return
        raise Broken("it does not come to rest")

    def _work_calmly(self) -> None:
        record, inbox, worker = self._working.pop()
        try:
            for _ in worker:
                pass
        except LeaseLost:
            return
        inbox.done(record)

    def _at_rest(self) -> bool:
        return not any(
            self._pollers[side].behind or self._inboxes[side].behind(self._topics[side]) or self._inboxes[side].due
            for side in SIDES
        )

    def _again(self) -> None:
        """Every item of both sides is observed once more: nothing is to be written."""
        before = self.sink.writes
        self._now += 1
        for side in SIDES:
            self._topics[OTHER[side]].extend(
                Record(side, item, self._now) for item in self.calendars[side].items.values()
            )
        self._rest()
        if self.sink.writes != before:
            raise Broken(f"a second run wrote {self.sink.writes - before} times")

    def _look(self) -> None:
        live = [link for link in self.sink.links if link.state != "closed"]
        for side in SIDES:
            linked = [link.ids.get(side) for link in live]
            living = {item.native_id for item in self.calendars[side].items.values() if not item.deleted}
            if len(linked) != len(set(linked)) or set(linked) != living:
                raise Broken(f"{side}: items {sorted(living)} but links {linked}")
        for link in live:
            self._same(link)
        for value in self._ledger.missing(self._held()):
            raise Broken(f"lost edit: {value} is nowhere, and no conflict told of it")

    def _same(self, link: Link) -> None:
        carerix, external = (self.calendars[side].items[link.ids[side]].appointment for side in SIDES)
        for field in FIELDS:
            apart = field == "reminder" and None in (carerix.reminder_minutes, external.reminder_minutes)
            apart = apart or (field in TEXTS and external.private and link.base is not None and link.base.hidden)
            if not apart and not same(field, carerix, external, *SYSTEMS):
                values = [kept(field, side, SYSTEMS) for side in (carerix, external)]
                raise Broken(f"{field} differs at rest: {values}")
        told = self._ledger.leaked(link.ids["external"], carerix)
        if told and not self._confidential:  # what Carerix made private keeps its text on both sides
            raise Broken(f"leaked: {told}")
        if not on_its_pattern(carerix):
            raise Broken(f"a series that starts off its own pattern: {carerix}")

    def _held(self) -> set[Known]:
        items: list[Item] = [item for calendar in self.calendars.values() for item in calendar.items.values()]
        return {(field, kept(field, item.appointment, SYSTEMS)) for item in items for field in TRACKED}
