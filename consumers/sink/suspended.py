"""Links at rest: a series that Carerix cannot hold any more, and what its user tagged to be kept out.

Both keep their pair, so that neither copy is taken for a new item, and their base, so that whatever was edited
meanwhile is merged once they live again.
"""

from typing import Final

from consumers.handler import Effect
from consumers.sink.case import Case
from consumers.sink.create import settle_pending
from consumers.sink.explain import explanation, fields_kept
from cxsync.appointment.fields import FIELDS
from cxsync.merge.base import Base, kept
from cxsync.store import links
from cxsync.store.lease import Fenced, Hand
from cxsync.store.links import Link

NO_SYNC: Final = "no-sync"


def keep_out(case: Case, hand: Hand) -> Effect:
    """One side is tagged: its link rests, both copies stay (product contract, Kinds of item)."""
    link = case.link
    if link is not None and link.state == "pending":
        settle_pending(case, link, hand)

    def write(conn: Fenced) -> None:
        if link is not None and link.state_reason != NO_SYNC:
            links.set_state(conn, link.id, "suspended", NO_SYNC)
        case.remember(conn)

    return Effect((case.outcome("unchanged", code=NO_SYNC),), write)


def is_local(case: Case, link: Link) -> bool:
    """Whether the change is an edit in Carerix of a series that Carerix cannot hold: it has nowhere to go."""
    return link.state == "suspended" and link.state_reason != NO_SYNC and case.sides.source_side == "carerix"


def stay(case: Case, link: Link) -> Effect:
    """The edit stays in Carerix until the series can be held again, and its user is told once an item."""
    sides = case.sides
    base = sides.base_of(link) or Base()
    edited = [
        field
        for field in FIELDS
        if field in base.values and kept(field, case.appointment, sides.systems) != base.values[field]
    ]
    if not edited:
        return case.done(case.outcome("unchanged", code="suspended"))
    text = fields_kept(edited, sides.connection.language)
    mail = case.notification("write-refused", f"write-refused {link.id}", parameters=explanation(text))
    return case.done(case.outcome("refused", code="suspended"), mail)
