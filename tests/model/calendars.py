"""The two calendars of the model: versioned items, deletions that stay known, servers that rewrite what they get."""

from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from cxsync.appointment.classes import project
from cxsync.appointment.zone import in_zone
from schemas.appointment import Appointment
from schemas.words import Side, System


class Item(Struct, frozen=True):
    """One item; ``version`` rises with every change of the calendar. ``by_user``: who changed it last."""

    native_id: str
    version: int
    appointment: Appointment
    marker: UUID | None = None
    deleted: bool = False


class Calendar:
    """One side. Whatever is stored is what its server makes of what it was given."""

    def __init__(self, side: Side, system: System) -> None:
        self.side: Side = side
        self.system: System = system
        self.items: dict[str, Item] = {}
        self.version = 0
        self.doubled: list[str] = []

    def create(self, appointment: Appointment, marker: UUID | None = None) -> Item:
        """A new item. A marker that another item carries is a double, unless a person copies."""
        return self._store(Item(f"{self.side}-{self.version + 1}", 0, self._rewritten(appointment), marker))

    def change(self, native_id: str, appointment: Appointment) -> Item:
        """New content, deleted or not (A18)."""
        return self._store(replace(self.items[native_id], appointment=self._rewritten(appointment)))

    def delete(self, native_id: str) -> Item:
        """Deleted, but restorable."""
        return self._store(replace(self.items[native_id], deleted=True))

    def restore(self, native_id: str) -> Item:
        """Back as it was."""
        return self._store(replace(self.items[native_id], deleted=False))

    def find(self, marker: UUID) -> list[Item]:
        """All items that carry the marker, the oldest first."""
        return [item for item in self.items.values() if item.marker == marker]

    def since(self, version: int) -> list[Item]:
        """What changed after ``version``."""
        return [item for item in self.items.values() if item.version > version]

    def _store(self, item: Item) -> Item:
        self.version += 1
        stored = replace(item, version=self.version)
        self.items[item.native_id] = stored
        return stored

    def _rewritten(self, appointment: Appointment) -> Appointment:
        if self.side == "carerix":
            return project(appointment, "carerix")
        return replace(
            appointment,
            subject=f"{appointment.subject.strip()[:255]} ",
            notes=f"{appointment.notes.strip()}\r\n",
            start=in_zone(appointment.start, "Europe/Berlin"),
            end=in_zone(appointment.end, "Europe/Berlin"),
        )
