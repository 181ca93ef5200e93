"""One sandbox: the shared parts and the systems that live in it."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from cxsync.sandbox.core.clock import Clock
from cxsync.sandbox.core.faults import Faults
from cxsync.sandbox.core.journal import Journal
from cxsync.sandbox.core.refusal import NotThere
from cxsync.sandbox.core.seed import Person, people
from cxsync.sandbox.core.witness import Witness

if TYPE_CHECKING:
    from cxsync.sandbox.core.system import System


class World:
    """Given to every system at its creation; ``seed`` decides ids and texts, ``people`` who exists."""

    def __init__(self, seed: int = 1, clock: Clock | None = None, population: Sequence[Person] | None = None) -> None:
        self.seed = seed
        self.clock = clock if clock is not None else Clock()
        self.journal = Journal(self.clock)
        self.witness = Witness(self.clock)
        self.faults = Faults()
        self.people = tuple(people() if population is None else population)
        self.systems: dict[str, System] = {}

    def system(self, name: str) -> "System":
        """The system called ``name``; raises NotThere."""
        try:
            return self.systems[name]
        except KeyError:
            raise NotThere("system", name) from None

    def reset(self, seed: int) -> None:
        """Forget journal, witnesses and faults, and let every system begin again. The clock stays."""
        self.seed = seed
        self.journal.clear()
        self.witness.clear()
        self.faults.clear()
        for system in self.systems.values():
            system.reset(seed)
