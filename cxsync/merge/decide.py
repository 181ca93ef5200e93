"""What becomes of one field: rule 4, with the special rules of the fields in their places."""

from collections.abc import Collection, Mapping
from enum import Enum

from msgspec import Struct
from msgspec.structs import replace

from cxsync.appointment.canonical import Canonical
from cxsync.merge import rules
from cxsync.merge.base import Base
from schemas.appointment import Appointment
from schemas.words import Field, Side


class Decision(Enum):
    """What is to be done about one field."""

    AGREED = "both sides have the same: the base moves"
    WRITE = "only the source changed (or it wins): the target is written, then the base moves"
    LEAVE = "only the target changed: its own record carries it"
    LOST = "both changed and the target wins: nothing is written, the base stays"
    LOCAL = "Carerix changed what may not be written outside: it stays in Carerix alone"
    PUT_BACK = "Carerix changed what is not its to change: the external value returns"


class Decided(Struct, frozen=True):
    """``conflict``: both sides had changed the field. ``stuck``: the target wins, but no record of its own comes."""

    decision: Decision
    conflict: bool = False
    stuck: bool = False


class Pair(Struct, frozen=True):
    """The two sides of one merge, with the values of their fields as they are compared. ``before``: the base as it was;
    ``base``: as it is for this merge, texts hidden or not."""

    source: Appointment
    target: Appointment
    ours: Mapping[Field, Canonical]
    theirs: Mapping[Field, Canonical]
    before: Base | None
    base: Base
    outward: bool
    winner: Side

    @property
    def external(self) -> Appointment:
        return self.target if self.outward else self.source

    @property
    def source_wins(self) -> bool:
        return self.winner == ("carerix" if self.outward else "external")


def decide(field: Field, pair: Pair, asserted: Collection[Field]) -> Decided:
    """The decision for ``field``; ``asserted`` fields are to be put back at the target whatever the base says."""
    source, target = pair.ours[field], pair.theirs[field]
    if source == target:
        return Decided(Decision.AGREED)
    if field == "private" and field not in pair.base.values:
        return Decided(Decision.WRITE if pair.source.private else Decision.LOST, stuck=True)
    if not pair.outward and rules.text_hidden(field, pair.base):
        return Decided(Decision.LEAVE)
    changed = _changed(field, pair.source, source, pair.base)
    if field in asserted:
        loses = _changed(field, pair.target, target, pair.base) and not rules.is_put_back(field, pair.external)
        return replace(_written(field, pair), conflict=loses)
    if not changed:
        return Decided(Decision.LEAVE)
    if not _changed(field, pair.target, target, pair.base) or _unseen(field, pair):
        return _written(field, pair)
    return _both_changed(field, pair)


def _changed(field: Field, appointment: Appointment, value: Canonical, base: Base) -> bool:
    """Whether a side has changed since the base; without one it counts as changed."""
    if field not in base.values:
        return not rules.switched_off(field, appointment)
    return value != base.values[field] and not rules.switched_off(field, appointment)


def _unseen(field: Field, pair: Pair) -> bool:
    """The target's own text is hidden from Carerix: whether it may be written is no question of who changed it."""
    return pair.outward and rules.text_hidden(field, pair.base)


def _both_changed(field: Field, pair: Pair) -> Decided:
    if not pair.outward and rules.external_rules(field, pair.external):
        return Decided(Decision.WRITE, conflict=True)
    if not pair.source_wins:
        uncovered = pair.before is not None and pair.before.hidden and not pair.base.hidden
        return Decided(Decision.LOST, conflict=True, stuck=uncovered or field not in pair.base.values)
    written = _written(field, pair)
    return Decided(written.decision, conflict=written.decision is Decision.WRITE)


def _written(field: Field, pair: Pair) -> Decided:
    """A write, unless the target is an external item that must not be written there."""
    external = pair.external
    if not pair.outward:
        return Decided(Decision.WRITE)
    if rules.never_written_outside(field) or rules.answer_decides(field, external):
        return Decided(Decision.LOCAL)
    if rules.is_put_back(field, external):
        return Decided(Decision.PUT_BACK)
    if rules.read_only(external) or rules.body_must_stay(field, external):
        return Decided(Decision.LOCAL)
    if _unseen(field, pair) and pair.theirs[field] != pair.base.values.get(field):
        return Decided(Decision.LOCAL)
    return Decided(Decision.WRITE)
