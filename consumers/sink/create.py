"""Creating the copy of an appointment that has no partner, once (rule 2)."""

from typing import NoReturn
from uuid import uuid4

from consumers.handler import Effect, Later, TryAgain
from consumers.sink.case import Case
from cxsync.calendars.errors import Gone
from cxsync.calendars.port import Found, Read
from cxsync.killpoints import reached
from cxsync.merge.base import Base
from cxsync.merge.creation import created, creation
from cxsync.store import links
from cxsync.store.lease import Fenced, Hand
from cxsync.store.links import Link, Observed


def create(case: Case, hand: Hand) -> Effect:
    """A pending link first, then the item with its marker; after a lost answer it is asked for, not made again."""
    sides = case.sides
    link = case.link
    if link is None:
        link = _pend(case, hand)
    else:
        found = _made_before(case, link)
        if found is not None:
            return _complete(case, link, sides.read(found, sides.target_system), sides.base_of(link))
    made = creation(
        case.appointment,
        source_side=sides.source_side,
        source_system=sides.source_system,
        target_system=sides.target_system,
        language=sides.connection.language,
    )
    with hand.transaction() as conn:  # after a lost answer only this says who has edited since (docs/merge.md)
        links.rebase(conn, link.id, sides.sealed(link.id, made.base))
    reached("link-pending")
    hand.check()
    found = sides.target().create(made.appointment, link.creation_key, owner=sides.owner)
    reached("target-written")
    answer = sides.read(found, sides.target_system)
    base = created(case.appointment, answer.appointment, hidden=made.base.hidden, systems=sides.systems)
    return _complete(case, link, answer, base)


def settle_pending(case: Case, link: Link, hand: Hand) -> NoReturn:
    """Before anything but a create is decided: what an earlier attempt made is the link's partner, or there is none.

    Raises TryAgain: decide by the link as it then is.
    """
    sides = case.sides
    found = sides.target().find(link.creation_key)
    with hand.transaction() as conn:
        if found is None or found.presence != "present":
            links.set_state(conn, link.id, "closed", "not-created")
        else:
            base = sides.sealed(link.id, sides.base_of(link) or Base())
            target = Observed(None, None, read=True)
            links.complete(conn, link.id, native_id=found.native_id, base=base, target=target)
    raise TryAgain("pending-settled", 0.0)


def _complete(case: Case, link: Link, answer: Read, base: Base | None) -> Effect:
    """The link lives. What was created before its answer was lost may have been edited since on both sides: then the
    same change comes again at once and is merged, with the source read live."""
    sides = case.sides
    again = case.link is not None
    unknown = Observed(None, None, read=True)  # no version is known as ours, so that nothing is taken for an echo

    def write(conn: Fenced) -> None:
        links.complete(
            conn,
            link.id,
            native_id=answer.native_id,
            base=sides.sealed(link.id, base or Base()),
            target=unknown if again else sides.observed(answer, written=True),
        )
        links.observe(
            conn,
            link.id,
            sides.source_side,
            unknown if again else Observed(case.change.source_version, case.fingerprint, read=True),
        )
        links.count_write(conn, link.id)
        if not again:
            case.remember(conn)

    told = case.outcome("created", link_id=link.id, target_id=answer.native_id)
    if again:
        return Effect((told,), write, Later("merge-after-create", 0.0))
    return Effect((told,), write)


def _made_before(case: Case, link: Link) -> Found | None:
    """What an earlier attempt made before its answer was lost."""
    found = case.sides.target().find(link.creation_key)
    if found is None or found.presence == "present":
        return found
    try:
        return case.sides.target().restore(found)
    except Gone:
        return None


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
