"""Carrying a deletion over: proved, not more than a person would do, and never against a modification (rule 5)."""

from typing import Final

from consumers.handler import Effect, HoldItem
from consumers.sink.case import Case
from consumers.sink.create import settle_pending
from consumers.sink.explain import explanation, guests
from consumers.sink.suspended import NO_SYNC
from cxsync.activate.pairing import is_over
from cxsync.killpoints import reached
from cxsync.merge.deletion import deletion
from cxsync.store import links, outbox
from cxsync.store.lease import Fenced, Hand
from cxsync.store.links import Link
from schemas.words import Result

HELD: Final = "deletions-held"
HOUR: Final = 3600.0
FEW: Final = 5
"""Deletions within an hour that are always carried out."""
SHARE: Final = 0.3
"""Share of the live links that may go within an hour, beyond the few."""


def remove(case: Case, hand: Hand, *, called_off: bool = False) -> Effect:
    """Delete the partner of an item that is gone, that left its calendar, or that was called off."""
    link, sides = case.link, case.sides
    if link is None:
        return _finished(case, None, "unchanged", code="not-linked")
    if link.state == "suspended" and (link.state_reason == NO_SYNC or sides.source_side == "carerix"):
        return _finished(case, link, "unchanged", code="suspended")  # what the user sees outside was never Carerix's
    if link.state == "pending" or case.partner_id is None:
        settle_pending(case, link, hand)
    calendar = sides.target()
    found = calendar.fetch(case.partner_id)
    if found.presence != "present":
        return _finished(case, link, "deleted", code="gone-on-both-sides")
    target = sides.read(found, sides.target_system)
    fate = deletion(
        target.appointment,
        sides.base_of(link),
        partner_side=sides.target_side,
        systems=sides.systems,
        over=is_over(target.appointment, case.now, sides.policy.home_zone),
        ended_by_organizer=called_off or case.change.kind == "left",
    )
    match fate.fate:
        case "kept-history":
            return _finished(case, link, "kept-history")
        case "restore" if link.state == "suspended":
            return _finished(case, link, "unchanged", code="modification-beats-deletion")
        case "restore":
            turned = case.turned(target.appointment, target.version, fate.modified)
            return Effect(
                (case.outcome("merged", code="modification-beats-deletion"), turned),
                lambda conn: case.remember(conn, gone=True),
            )
        case "delete":
            _within_limits(case, hand)
    told = []
    for reason in fate.reasons:
        text = guests(fate.guests_not_told, sides.connection.language)
        told.append(
            case.notification(
                reason, f"{reason} {case.change.event_id}", about=target.appointment, parameters=explanation(text)
            )
        )
    if told:
        with hand.transaction() as conn:  # owed before the deletion: behind it nobody would know any more
            outbox.add(conn, told)
    hand.check()
    calendar.delete(found)
    reached("target-written")
    effect = _finished(case, link, "deleted")
    return Effect((*effect.messages, *told), effect.write)


def _finished(case: Case, link: Link | None, result: Result, *, code: str | None = None) -> Effect:
    def write(conn: Fenced) -> None:
        if link is not None:
            links.set_state(conn, link.id, "closed", code or result)
        case.remember(conn, gone=True)

    return Effect((case.outcome(result, code=code),), write)


def _within_limits(case: Case, hand: Hand) -> None:
    """Hold a deletion that comes among too many: a person says whether they were meant."""
    if case.work.item.last_code == HELD:
        return  # it was held before and released: a person has confirmed
    with hand.transaction() as conn:
        closed = links.count(conn, case.change.connection_id, "closed", within=HOUR)
        live = links.count(conn, case.change.connection_id, "live")
    limit = case.role.settings.deletion_limit
    if closed >= limit or (closed >= FEW and closed + 1 > SHARE * (live + closed)):
        text = (
            f"{closed} afspraken zijn al verwijderd."
            if case.sides.connection.language == "nl"
            else f"{closed} appointments have been deleted already."
        )
        hour = case.now.replace(minute=0, second=0, microsecond=0)
        mail = case.notification(HELD, f"deletions {hour.isoformat()}", parameters=explanation(text))
        raise HoldItem(HELD, (case.outcome("held", code=HELD), mail))
