"""Merges two sides of a link: what is to be written on the target, and the base that then holds.

The caller has the lease, ``source`` (the snapshot, or read live if the link was touched after it) and ``target`` (read
live). After the write it gives the server's answer to ``settle``: only what both sides then hold moves the base.
"""

from collections.abc import Collection, Mapping
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from cxsync.appointment.canonical import Canonical
from cxsync.appointment.classes import project
from cxsync.appointment.fields import FIELDS, TEXTS, copied
from cxsync.appointment.rule import falls_on
from cxsync.appointment.zone import in_zone
from cxsync.merge import rules
from cxsync.merge.base import Base, kept
from cxsync.merge.decide import Decided, Decision, Pair, decide
from schemas.appointment import Appointment
from schemas.words import Field, Reason, Side, System


class Conflict(Struct, frozen=True):
    """A field that both sides had changed. ``told``: its loss is worth a mail to the user."""

    field: Field
    winner: Side
    told: bool


class Merge(Struct, frozen=True):
    """``appointment`` is the target with the values of ``write``; ``base`` holds once they are written, ``unwritten``
    holds already. ``put_back``: fields in which the source is to be given the target's value (a change of the other
    direction that asserts them). ``local``: Carerix edits that stay there; ``left``: the target's own record carries
    them. ``reasons``: what the user is owed, once each.

    ``echo``: whether the target's version, as written or as read, may be remembered as known (rule 3). It may not while
    the target holds an edit that is still to be carried: its own record has that very version, and would end as an
    echo.
    """

    write: tuple[Field, ...]
    appointment: Appointment
    base: Base
    unwritten: Base
    echo: bool
    conflicts: tuple[Conflict, ...] = ()
    put_back: tuple[Field, ...] = ()
    local: tuple[Field, ...] = ()
    left: tuple[Field, ...] = ()
    reasons: tuple[Reason, ...] = ()
    guests_not_told: int = 0


def merge(
    source: Appointment,
    target: Appointment,
    base: Base | None,
    *,
    source_side: Side,
    source_system: System,
    target_system: System,
    winner: Side = "carerix",
    asserted: Collection[Field] = (),
) -> Merge:
    """Merge ``source`` into ``target``. ``base`` None: they were never compared, every field counts as changed.

    ``asserted`` fields of the source are to hold at the target whatever the base says (a change's ``assert``).
    """
    outward = source_side == "carerix"
    external = target if outward else source
    values = {} if base is None else base.values
    hidden = rules.hides(external, base)
    uncovering = outward and hidden and not source.private and values.get("private") is True
    now = Base(values, hidden and not uncovering)
    systems = (source_system, target_system)
    ours, theirs = ({field: kept(field, one, systems) for field in FIELDS} for one in (source, target))
    pair = Pair(source, target, ours, theirs, base, now, outward, winner)
    decided = _together({field: decide(field, pair, asserted) for field in FIELDS}, pair)
    write = tuple(field for field, one in decided.items() if one.decision is Decision.WRITE)
    merged = _written(write, pair, project(source, target_system))
    equal = {field: ours[field] for field in _with(Decision.AGREED, decided)}
    covered = hidden or (base is not None and base.hidden)
    unwritten = _covering({**values, **equal}, covered)
    final = _covering({**unwritten.values, **{field: ours[field] for field in write}}, covered)
    conflicts = tuple(_conflict(field, one, pair) for field, one in decided.items() if one.conflict)
    put_back = tuple(field for field, one in decided.items() if one.decision is Decision.PUT_BACK or one.stuck)
    not_told = any(rules.guests_not_told(field, external) for field in write) if outward else False
    return Merge(
        write=write,
        appointment=merged,
        base=final,
        unwritten=unwritten,
        echo=not any(one.decision in {Decision.LEAVE, Decision.LOST} for one in decided.values()),
        conflicts=conflicts,
        put_back=put_back + (_uncovered(decided) if uncovering else ()),
        local=_with(Decision.LOCAL, decided),
        left=_with(Decision.LEAVE, decided),
        reasons=_reasons(decided, conflicts, pair, not_told=not_told),
        guests_not_told=external.meeting.guests if not_told and external.meeting else 0,
    )


def settle(result: Merge, source: Appointment, answer: Appointment, systems: Collection[System]) -> Base:
    """The base after the write: of what was written, only the fields that the server's answer shows."""
    taken = {field: kept(field, source, systems) for field in result.write}
    taken = {field: value for field, value in taken.items() if value == kept(field, answer, systems)}
    return _covering({**result.unwritten.values, **taken}, result.unwritten.hidden or result.base.hidden)


def _covering(values: Mapping[Field, Canonical], hidden: bool) -> Base:
    """Texts stay hidden until both sides agree that the item is public: one that is private again before that was
    never shown."""
    return Base(values, hidden and values.get("private") is True)


def _together(decided: dict[Field, Decided], pair: Pair) -> dict[Field, Decided]:
    """Time and recurrence merge singly only if a start on its own pattern comes of it (A19 refuses others); else they
    are one edit, and the winner's pair holds."""
    written = {field: decided[field].decision is Decision.WRITE for field in ("time", "recurrence")}
    agreed = any(decided[field].decision is Decision.AGREED for field in ("time", "recurrence"))
    if agreed or written["time"] == written["recurrence"]:
        return decided
    mixed = _written([field for field in FIELDS if written.get(field)], pair, pair.source)
    if on_its_pattern(mixed):
        return decided
    together = Decided(Decision.WRITE if pair.source_wins else Decision.LOST, conflict=True)
    return {**decided, "time": together, "recurrence": together}


def on_its_pattern(appointment: Appointment) -> bool:
    if appointment.recurrence is None:
        return True
    start = datetime.fromisoformat(appointment.start.wall)
    return all(falls_on(rule, start, start.date()) is not False for rule in appointment.recurrence.rules)


def _written(fields: Collection[Field], pair: Pair, source: Appointment) -> Appointment:
    """The target with these fields of the source. A single keeps the zone that it has outside."""
    merged = pair.target
    for field in fields:
        merged = copied(field, source, merged)
    if "time" in fields and pair.outward and merged.recurrence is None and not merged.all_day:
        zone = pair.target.start.zone
        return replace(merged, start=in_zone(merged.start, zone), end=in_zone(merged.end, pair.target.end.zone or zone))
    return merged


def _uncovered(decided: dict[Field, Decided]) -> tuple[Field, ...]:
    """Carerix makes a hidden item public: its texts come in, for this program's own write is no record of theirs."""
    return tuple(field for field in TEXTS if decided[field].decision is Decision.LEAVE)


def _conflict(field: Field, one: Decided, pair: Pair) -> Conflict:
    source_side: Side = "carerix" if pair.outward else "external"
    target_side: Side = "external" if pair.outward else "carerix"
    return Conflict(field, source_side if one.decision is Decision.WRITE else target_side, field in rules.TOLD)


def _with(decision: Decision, decided: dict[Field, Decided]) -> tuple[Field, ...]:
    return tuple(field for field, one in decided.items() if one.decision is decision)


def _reasons(
    decided: dict[Field, Decided], conflicts: tuple[Conflict, ...], pair: Pair, *, not_told: bool
) -> tuple[Reason, ...]:
    refused = any(
        one.decision in {Decision.LOCAL, Decision.PUT_BACK} and field in pair.base.values and field != "attendees"
        for field, one in decided.items()
    )
    owed: list[Reason] = []
    if any(conflict.told for conflict in conflicts):
        owed.append("conflict")
    if refused:
        owed.append("write-refused")
    if not_told:
        owed.append("invitees-not-told")
    return tuple(owed)
