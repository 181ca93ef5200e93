"""Who edited what, knowing what: the oracle that says whether an edit was lost.

Every edit makes a value that never existed before and remembers the value that its author saw. A value may disappear
if its author's successor saw it, or if its loss was reported as a conflict. Anything else is a lost edit.
"""

from collections.abc import Iterable

from cxsync.appointment.canonical import Canonical
from cxsync.appointment.fields import TEXTS
from cxsync.merge.base import kept
from schemas.appointment import Appointment
from schemas.words import Field, System

SYSTEMS: tuple[System, ...] = ("carerix", "exchange")
TRACKED: tuple[Field, ...] = ("subject", "location", "notes", "time", "recurrence")

NOTHING: tuple[Canonical, ...] = (None, "", "Private appointment")
"""Values that are typed again and again, so that nobody can say whose they were."""

Known = tuple[Field, Canonical]


class Broken(AssertionError):
    """An invariant does not hold; the message says which and where."""


class Ledger:
    """All values ever, and what each was made from."""

    def __init__(self) -> None:
        self.parents: dict[Known, set[Known]] = {}
        self.lost: set[Known] = set()
        self.secrets: dict[str, set[Known]] = {}
        self.edits = 0

    def edited(self, before: Appointment | None, after: Appointment, fields: Iterable[Field]) -> None:
        """A person made ``after`` out of ``before`` in these fields."""
        for field in set(fields) & set(TRACKED):
            value = (field, kept(field, after, SYSTEMS))
            self.edits += 1
            seen = self.parents.setdefault(value, set())
            if before is not None and (old := (field, kept(field, before, SYSTEMS))) != value:
                seen.add(old)

    def kept_secret(self, native_id: str, before: Appointment, after: Appointment) -> None:
        """What was typed into an external item while it was private, until it is public again."""
        if not after.private:
            self.secrets.pop(native_id, None)
            return
        for field in TEXTS:
            if kept(field, before, SYSTEMS) != (value := kept(field, after, SYSTEMS)) and value not in NOTHING:
                self.secrets.setdefault(native_id, set()).add((field, value))

    def reported(self, field: Field, loser: Appointment) -> None:
        """A conflict was told in which this value lost."""
        self.lost.add((field, kept(field, loser, SYSTEMS)))

    def replaced(self, old: Appointment, new: Appointment, fields: Iterable[Field], where: str) -> None:
        """The sync wrote ``new`` over ``old``.

        Raises:
            Broken: an edit that nobody saw is gone.
        """
        for field in set(fields) & set(TRACKED):
            was, now = (field, kept(field, old, SYSTEMS)), (field, kept(field, new, SYSTEMS))
            gone = was != now and was[1] not in NOTHING and was not in self.lost
            if gone and was not in self._known_to({now}):
                raise Broken(f"lost edit: {where} wrote {now} over {was}, whose author it did not know")

    def leaked(self, native_id: str, shown: Appointment) -> set[Known]:
        """The secrets of an external item that ``shown``, its partner in Carerix, tells."""
        return self.secrets.get(native_id, set()) & {(field, kept(field, shown, SYSTEMS)) for field in TEXTS}

    def missing(self, held: set[Known]) -> set[Known]:
        """The values that are not held, were not lost in a told conflict, and that nobody saw who made another."""
        accounted = held | self.lost
        return {value for value in self.parents if value[1] not in NOTHING} - accounted - self._known_to(accounted)

    def _known_to(self, values: set[Known]) -> set[Known]:
        """Whatever the authors of these values saw, and the authors of that."""
        todo, known = list(values), set[Known]()
        while todo:
            seen = self.parents.get(todo.pop(), set()) - known
            known |= seen
            todo.extend(seen)
        return known
