"""Merging an observed appointment into its live partner, and writing only what is meant (rules 3, 4, 7)."""

from typing import Final

from msgspec.structs import replace

from consumers.handler import Effect, HoldItem, TryAgain
from consumers.sink.case import Case
from consumers.sink.explain import dropped, explanation, fields_kept, guests, losses
from consumers.sink.suspended import keep_out
from cxsync.appointment.fields import shown
from cxsync.calendars.errors import Gone
from cxsync.calendars.port import Found, Read
from cxsync.killpoints import reached
from cxsync.merge.deletion import deletion
from cxsync.merge.merge import Merge, merge, settle
from cxsync.store import links, outbox
from cxsync.store.lease import Fenced, Hand
from cxsync.store.links import Link, Observed
from cxsync.store.outbox import Message as Owed
from schemas.appointment import Appointment
from schemas.records import LostValue, WrittenValue
from schemas.words import Result

MOST_WRITES: Final = 10
"""Content writes to one link within an hour; more are a loop (rule 9)."""


def update(case: Case, link: Link, hand: Hand) -> Effect:
    """Merge the source into the target, read live. Raises TryAgain if the source has to be read again first."""
    sides = case.sides
    source = _source(case, link)
    if source is None:
        return case.done(case.outcome("unchanged", code="source-gone"))
    calendar = sides.target()
    found = calendar.fetch(case.partner_id or "")
    if found.presence != "present":
        return _target_gone(case, link, source, found, hand)
    target = sides.read(found, sides.target_system)
    if target.appointment.no_sync:
        return keep_out(case, hand)
    base = sides.base_of(link)
    merged = merge(
        source.appointment,
        target.appointment,
        base,
        source_side=sides.source_side,
        source_system=sides.source_system,
        target_system=sides.target_system,
        winner=case.role.settings.conflict_winner,
        asserted=case.content.assert_,
    )
    answer = target
    mails = _mails(case, merged, source.appointment, target.appointment)
    if merged.write:
        with hand.transaction() as conn:
            writes = links.count_write(conn, link.id)
            if writes <= MOST_WRITES:
                # Owed from now on: after a death behind the write the fields are equal, and nobody would know any more.
                outbox.add(conn, mails)
        if writes > MOST_WRITES:
            raise HoldItem("loop-suspected", (case.outcome("held", code="loop-suspected"),))
        hand.check()
        after = calendar.update(found, merged.appointment, merged.write)
        reached("target-written")
        answer = sides.read(after, sides.target_system)
    new_base = settle(merged, source.appointment, answer.appointment, sides.systems)

    def write(conn: Fenced) -> None:
        if link.state != "live":
            links.set_state(conn, link.id, "live", "")
        links.observe(conn, link.id, sides.source_side, sides.observed(source))
        links.observe(conn, link.id, sides.target_side, _answered(case, merged, answer))
        links.rebase(conn, link.id, sides.sealed(link.id, new_base))
        case.remember(conn)

    return Effect((*_told(case, merged, source.appointment, target, answer), *mails), write)


def _answered(case: Case, merged: Merge, answer: Read) -> Observed:
    """What is noted of the target. If it holds an edit of its own that is still to be carried the other way, its
    version is not: that edit's record may show this very version, and must not be taken for an echo of our write."""
    observed = case.sides.observed(answer, written=bool(merged.write))
    return observed if merged.echo else replace(observed, version=None, fingerprint=None)


def _source(case: Case, link: Link) -> Read | None:
    """The snapshot, or the source read live if its link was touched after the observation; None if it is gone."""
    sides, change = case.sides, case.change
    carerix = sides.source_side == "carerix"
    touched = (
        (link.carerix_read_at, link.carerix_written_at)
        if carerix
        else (link.external_read_at, link.external_written_at)
    )
    if all(at is None or at <= change.observed_at for at in touched):
        return Read(
            native_id=change.native_id,
            version=change.source_version,
            appointment=case.appointment,
            fingerprint=b"",
            marker=change.marker,
            uid=change.uid,
        )
    found = sides.source().fetch(change.native_id)
    return sides.read(found, sides.source_system) if found.presence == "present" else None


def _target_gone(case: Case, link: Link, source: Read, found: Found, hand: Hand) -> Effect:
    """The partner was deleted: a modification beats that, else its own record deletes the source."""
    sides = case.sides
    fate = deletion(source.appointment, sides.base_of(link), partner_side=sides.source_side, systems=sides.systems)
    if fate.fate != "restore" and not case.content.assert_:
        return case.done(case.outcome("unchanged", code="target-deleted"))
    hand.check()
    try:
        restored = sides.read(sides.target().restore(found), sides.target_system)
    except Gone:
        with hand.transaction() as conn:  # it is made anew, with the next generation
            links.set_state(conn, link.id, "closed", "target-deleted")
        raise TryAgain("made-anew", 0.0) from None

    # The same change comes again and finds it present, with whatever was edited in it before it was deleted: its
    # version is not noted, for its own record carries those edits and must not be taken for an echo.
    with hand.transaction() as conn:
        if restored.native_id != case.partner_id:
            links.renumber(conn, link.id, sides.target_side, restored.native_id)
        links.observe(conn, link.id, sides.target_side, Observed(None, None, written=True))
    raise TryAgain("restored", 0.0)


def _told(case: Case, merged: Merge, source: Appointment, target: Read, answer: Read) -> list[Owed]:
    written = [
        WrittenValue(field=field, before=shown(field, target.appointment), after=shown(field, answer.appointment))
        for field in merged.write
    ]
    lost = _lost(case, merged, source, target.appointment)
    result: Result = "unchanged"
    if merged.conflicts or (merged.write and merged.left):
        result = "merged"
    elif merged.write:
        result = "updated"
    told = [case.outcome(result, written=written, lost=lost)]
    language = case.sides.connection.language
    external = answer.appointment if case.sides.target_side == "external" else source
    lost_dates = _dropped(target.appointment, answer.appointment) if merged.write else []
    if lost_dates:
        cause = f"dropped {case.link.id if case.link else ''} {' '.join(lost_dates)}"
        text = dropped(lost_dates, language)
        told.append(case.notification("exception-in-series", cause, about=external, parameters=explanation(text)))
    back = merged.put_back
    if case.link is not None and case.link.state == "suspended":
        back += merged.left  # their own record came while the link was at rest, and ended there
    if back:
        told.append(case.turned(answer.appointment, answer.version, back))
    return told


def _mails(case: Case, merged: Merge, source: Appointment, target: Appointment) -> list[Owed]:
    """What the user is owed for this merge, whatever the server answers to the write."""
    language = case.sides.connection.language
    external = merged.appointment if case.sides.target_side == "external" else source
    mails = []
    for reason in merged.reasons:
        text = {
            "conflict": losses(_lost(case, merged, source, target), language),
            "write-refused": fields_kept((*merged.local, *merged.put_back), language),
            "invitees-not-told": guests(merged.guests_not_told, language),
        }.get(reason, "")
        cause = f"{reason} {case.link.id if case.link else ''}"
        if reason == "invitees-not-told":
            cause += f" {case.change.event_id}"
        mails.append(case.notification(reason, cause, about=external, parameters=explanation(text)))
    return mails


def _lost(case: Case, merged: Merge, source: Appointment, target: Appointment) -> list[LostValue]:
    return [
        LostValue(
            field=one.field,
            winner=one.winner,
            kept=shown(one.field, merged.appointment),
            lost=shown(one.field, target if one.winner == case.sides.source_side else source),
        )
        for one in merged.conflicts
    ]


def _dropped(before: Appointment, after: Appointment) -> list[str]:
    """Dates of exceptions that a write cost, read back: servers reset them when a series' time or pattern changes."""
    had, has = _exceptions(before), _exceptions(after)
    return sorted(had - has) if after.recurrence is not None and len(has) < len(had) else []


def _exceptions(appointment: Appointment) -> set[str]:
    series = appointment.recurrence
    if series is None:
        return set()
    return {start[:10] for start in (*series.excluded, *(override.original for override in series.overrides))}
