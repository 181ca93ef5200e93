"""Creating the copy of an appointment that has no partner, once (rule 2)."""

from collections.abc import Sequence
from uuid import uuid4

from consumers.handler import Effect
from consumers.sink.case import Case
from cxsync.calendars.errors import Gone
from cxsync.calendars.port import Found
from cxsync.merge.creation import created, creation
from cxsync.store import links
from cxsync.store.lease import Fenced, Hand
from cxsync.store.links import Link, Observed
from cxsync.store.outbox import Message as Owed


def create(case: Case, hand: Hand, *, more: Sequence[Owed] = ()) -> Effect:
    """A pending link first, then the item with its marker; after a lost answer it is asked for, not made again."""
    sides, source = case.sides, case.appointment
    link, again = (case.link, True) if case.link is not None else (_pend(case, hand), False)
    made = creation(
        source,
        source_side=sides.source_side,
        source_system=sides.source_system,
        target_system=sides.target_system,
        language=sides.connection.language,
    )
    calendar = sides.target()
    found = calendar.find(link.creation_key) if again else None
    if found is not None and found.presence != "present":
        found = _revived(case, found)
    if found is None:
        hand.check()
        found = calendar.create(made.appointment, link.creation_key, owner=sides.owner)
    answer = sides.read(found, sides.target_system)
    base = created(source, answer.appointment, hidden=made.base.hidden, systems=sides.systems)

    def write(conn: Fenced) -> None:
        links.complete(
            conn,
            link.id,
            native_id=answer.native_id,
            base=sides.sealed(link.id, base),
            target=sides.observed(answer, written=True),
        )
        links.observe(
            conn, link.id, sides.source_side, Observed(case.change.source_version, case.fingerprint, read=True)
        )
        links.count_write(conn, link.id)
        case.remember(conn)

    told = case.outcome("created", link_id=link.id, target_id=answer.native_id)
    return Effect((told, *more), write)


def _pend(case: Case, hand: Hand) -> Link:
    """Commit the intention before anything is sent."""
    sides, change = case.sides, case.change
    with hand.transaction() as conn:
        last = links.last_generation(conn, change.connection_id, sides.source_side, change.native_id)
        generation = 0 if last is None else last + 1
        link_id = uuid4()
        links.pend(
            conn,
            link_id=link_id,
            connection_id=change.connection_id,
            creation_key=sides.creation_key(change.native_id, generation),
            generation=generation,
            origin=sides.source_side,
            native_id=change.native_id,
            observed=Observed(change.source_version, case.fingerprint, read=True),
        )
        link = links.get(conn, link_id)
    if link is None:
        raise LookupError("a link that was just committed is not there")
    return link


def _revived(case: Case, found: Found) -> Found | None:
    try:
        return case.sides.target().restore(found)
    except Gone:
        return None
