"""The sink of the model: rules 2 to 5 around the real ``cxsync.merge``, in steps between which anything may happen.

``reconcile`` is a generator; it yields wherever a process may die, lose its lease or be overtaken by a user. Everything
between two yields happens at once, as one transaction or one conditional request does.
"""

from collections.abc import Callable, Iterator
from typing import Literal, TypeAlias
from uuid import NAMESPACE_URL, UUID, uuid5

from msgspec import Struct
from msgspec.structs import replace

from cxsync.appointment.fields import FIELDS, TEXTS
from cxsync.merge.base import Base, kept, pack, unpack
from cxsync.merge.creation import created, creation
from cxsync.merge.deletion import deletion
from cxsync.merge.merge import Merge, merge, settle
from schemas.words import Side
from tests.model.calendars import Calendar, Item
from tests.model.ledger import SYSTEMS, TRACKED, Broken, Ledger
from tests.model.pipeline import OTHER, Record

Rule: TypeAlias = Literal[
    "right", "trust-the-snapshot", "move-the-whole-base", "all-that-was-seen-is-an-echo", "create-without-a-base"
]
Steps: TypeAlias = Iterator[None]


class Link(Struct):
    """A row of ``links``."""

    key: UUID
    ids: dict[Side, str]
    state: Literal["pending", "live", "closed"] = "pending"
    base: Base | None = None
    versions: dict[Side, int] = {}
    touched: int = 0


class LeaseLost(Exception):
    """Somebody else has the connection."""


class Sink:
    """Reconciles records under a lease."""

    def __init__(
        self, calendars: dict[Side, Calendar], ledger: Ledger, clock: Callable[[], int], rule: Rule, winner: Side
    ) -> None:
        self._calendars = calendars
        self._ledger = ledger
        self._clock = clock
        self._rule: Rule = rule
        self._winner: Side = winner
        self.links: list[Link] = []
        self.lease = 0
        self.writes = 0
        self.published: list[Record] = []

    def reconcile(self, record: Record) -> Steps:
        """All steps for one record, under a new lease. They end normally when its row may go."""
        self.lease += 1
        return self._steps(record, self.lease)

    def _steps(self, record: Record, lease: int) -> Steps:
        yield
        link = self._link_of(record, lease)
        yield
        self._check_open(link)
        if record.item.deleted:
            yield from self._deleted(record, link, lease)
            return
        source = self._source(record, link)
        if source.deleted:
            return  # its tombstone has a record of its own
        if link is None:
            self._check(lease)
            link = self._pend(record)
            yield
            self._check_open(link)
        if link.state == "pending":
            yield from self._create(record, source, link, lease)
        else:
            yield from self._merge(record, source, link, lease)

    def _check(self, lease: int) -> None:
        if lease != self.lease:
            raise LeaseLost

    def _check_open(self, link: Link | None) -> None:
        """A link is closed by whoever has the lease now: every statement of a late worker would say so."""
        if link is not None and link.state == "closed":
            raise LeaseLost

    def _link_of(self, record: Record, lease: int) -> Link | None:
        own, marker = record.item.native_id, record.item.marker
        for link in self.links:
            if link.state != "closed" and link.ids.get(record.source) == own:
                return link
        for link in self.links:
            if link.key == marker and link.state == "pending" and record.source not in link.ids:
                if self._calendars[record.source].find(link.key)[0].native_id != own:
                    return None  # a copy of what a lost answer left behind
                self._check(lease)
                link.ids[record.source] = own
                link.state, link.touched = "live", self._clock()
                return link
        return None

    def _source(self, record: Record, link: Link | None) -> Item:
        """The snapshot; read live if the link was touched after it (rule 4)."""
        trusted = self._rule == "trust-the-snapshot" or link is None or link.touched < record.observed_at
        return record.item if trusted else self._calendars[record.source].items[record.item.native_id]

    def _pend(self, record: Record) -> Link:
        generation = sum(1 for link in self.links if link.ids.get(record.source) == record.item.native_id)
        key = uuid5(NAMESPACE_URL, f"{record.source} {record.item.native_id} {generation}")
        link = Link(key, {record.source: record.item.native_id}, touched=self._clock())
        self.links.append(link)
        return link

    def _create(self, record: Record, source: Item, link: Link, lease: int) -> Steps:
        side = OTHER[record.source]
        target = self._calendars[side]
        systems = (self._calendars[record.source].system, target.system)
        found = target.find(link.key)
        yield
        self._check(lease)
        if link.state != "pending":
            raise LeaseLost
        if found:  # the answer to a create was lost; its base was committed before it was sent
            link.ids[side], link.state, link.touched = found[0].native_id, "live", self._clock()
            yield
            yield from self._merge(record, self._source(record, link), link, lease)
            return
        copy = creation(
            source.appointment, source_side=record.source, source_system=systems[0], target_system=systems[1]
        )
        link.base, link.touched = Base() if self._rule == "create-without-a-base" else copy.base, self._clock()
        yield
        self._check(lease)
        if target.find(link.key):
            raise Broken(f"doubled: {link.key} made twice")
        made = target.create(copy.appointment, link.key)
        self.writes += 1
        yield
        self._check(lease)
        link.base = created(source.appointment, made.appointment, hidden=copy.base.hidden, systems=SYSTEMS)
        link.ids[side], link.state, link.touched = made.native_id, "live", self._clock()
        link.versions = {side: made.version, record.source: source.version}

    def _merge(self, record: Record, source: Item, link: Link, lease: int) -> Steps:
        side = OTHER[record.source]
        calendar = self._calendars[side]
        if source.version == link.versions.get(record.source):
            return  # an echo
        target = calendar.items[link.ids[side]]
        yield
        if target.deleted:
            if not self._modified(record.source, source, link):
                return  # its tombstone has a record of its own
            self._check(lease)
            target = calendar.restore(target.native_id)
            yield
        result = merge(
            source.appointment,
            target.appointment,
            link.base,
            source_side=record.source,
            source_system=self._calendars[record.source].system,
            target_system=calendar.system,
            winner=self._winner,
            asserted=record.asserted,
        )
        yield
        self._check(lease)
        if calendar.items[target.native_id].version != target.version:
            raise LeaseLost  # refused by its condition: read and merge again
        self._report(result, source, target)
        answer = target
        if result.write:
            self.writes += 1
            self._ledger.replaced(target.appointment, result.appointment, result.write, f"{record.source} to {side}")
            answer = calendar.change(target.native_id, result.appointment)
        yield
        self._check(lease)
        base = settle(result, source.appointment, answer.appointment, SYSTEMS)
        if self._rule == "move-the-whole-base":
            base = Base({field: kept(field, answer.appointment, SYSTEMS) for field in FIELDS})
        echo = result.echo or self._rule == "all-that-was-seen-is-an-echo"
        versions = {record.source: source.version, **({side: answer.version} if echo else {})}
        link.base, link.versions, link.touched = unpack(pack(base)), link.versions | versions, self._clock()
        if result.put_back:
            back = calendar.items[target.native_id]
            self.published.append(Record(side, back, self._clock(), result.put_back))

    def _report(self, result: Merge, source: Item, target: Item) -> None:
        for conflict in result.conflicts:
            source_won = conflict.field in result.write
            self._ledger.reported(conflict.field, target.appointment if source_won else source.appointment)

    def _modified(self, side: Side, item: Item, link: Link) -> bool:
        return deletion(item.appointment, link.base, partner_side=side, systems=SYSTEMS).fate == "restore"

    def _deleted(self, record: Record, link: Link | None, lease: int) -> Steps:
        if link is None:
            return
        side, here = OTHER[record.source], self._calendars[record.source]
        if not here.items[record.item.native_id].deleted:
            return  # restored meanwhile
        calendar = self._calendars[side]
        found = [calendar.items[link.ids[side]]] if side in link.ids else calendar.find(link.key)[:1]
        yield
        self._check(lease)
        partner = found[0] if found else None
        if partner is None or partner.deleted:
            link.state = "closed"
            return
        if link.state == "pending":
            link.ids[side], link.state, link.touched = partner.native_id, "live", self._clock()
        gone = here.items[record.item.native_id]
        fate = deletion(partner.appointment, link.base, partner_side=side, systems=SYSTEMS)
        yield
        self._check(lease)
        if calendar.items[partner.native_id].version != partner.version:
            raise LeaseLost
        if fate.fate == "restore":
            here.restore(record.item.native_id)
            self.published.append(Record(side, replace(partner), self._clock()))
            yield
            self._check(lease)
            link.touched = self._clock()
            return
        if gone.deleted:
            hidden = TEXTS if link.base is not None and link.base.hidden else ()
            self._ledger.replaced(partner.appointment, gone.appointment, {*TRACKED} - {*hidden}, "a deletion")
            calendar.delete(partner.native_id)
            self.writes += 1
            yield
            self._check(lease)
            link.state = "closed"
