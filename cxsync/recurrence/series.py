"""The canonical series: what every reader produces and every translation starts from."""

from bisect import bisect_left
from typing import Literal

from msgspec import Struct

from cxsync.recurrence.pattern import End, Pattern, Until, last_day
from cxsync.recurrence.rule import Rule
from cxsync.recurrence.zones import Zone

System = Literal["google", "exchange", "carerix"]
Point = tuple[int, int]
"""A start: (ordinal day, seconds since midnight) on the wall clock of the series."""


class Strand(Struct, frozen=True):
    """Starts at one time of day: all of them from the first to the day ``through``; ``ended``: there are no later."""

    seconds: int
    days: list[int]
    through: int
    ended: bool


class Removed(Struct, frozen=True):
    """An occurrence that does not take place; ``written`` names it as the input does."""

    at: Point
    written: str
    line: Literal["exdate", "instance"] = "instance"


class Moved(Struct, frozen=True):
    """An occurrence with another time (``to``) or, if ``to`` is None, with other content at its own time."""

    at: Point
    to: Point | None
    written: str
    duration: int | None = None
    changed: tuple[str, ...] = ()


class Extra(Struct, frozen=True):
    """A start beside the rule."""

    at: Point
    written: str


class Source(Struct, frozen=True):
    """How the input said it, for naming the part at fault: ``parts`` maps a concept to its text."""

    system: System
    parts: dict[str, str]
    rules: tuple[Rule, ...] = ()
    excluding: tuple[Rule, ...] = ()


class Series(Struct, frozen=True):
    """One series. ``pattern`` is None if no pattern gives its dates (then ``strands`` do, and ``reason`` says why).

    ``strands`` are the starts by the rule alone, exceptions ignored: to their end, or as far as proofs look.
    ``zone`` is None for all-day and floating series. ``start`` is the start as it was given.
    """

    source: Source
    all_day: bool
    duration: int
    zone: Zone | None
    start: Point
    strands: tuple[Strand, ...]
    pattern: Pattern | None = None
    end: End = None
    off_rule: Point | None = None
    removed: tuple[Removed, ...] = ()
    moved: tuple[Moved, ...] = ()
    extra: tuple[Extra, ...] = ()

    @property
    def first(self) -> Point | None:
        """The first start by the rule."""
        heads = [(strand.days[0], strand.seconds) for strand in self.strands if strand.days]
        return min(heads, default=None)

    @property
    def has_exceptions(self) -> bool:
        """Whether anything differs from what the rule alone gives."""
        return bool(self.removed or self.moved or self.extra or self.off_rule)

    @property
    def ended(self) -> bool:
        """Whether all starts are listed in ``strands``."""
        return all(strand.ended for strand in self.strands)

    def base(self) -> list[Point]:
        """All starts by the rule that are listed, in order."""
        if len(self.strands) == 1:
            strand = self.strands[0]
            return [(day, strand.seconds) for day in strand.days]
        return sorted((day, strand.seconds) for strand in self.strands for day in strand.days)

    def exceptional(self) -> list[Point]:
        """The starts at which something differs from the rule."""
        found = [item.at for item in self.removed] + [item.at for item in self.extra]
        found += [at for item in self.moved for at in (item.at, item.to or item.at)]
        return found if self.off_rule is None else [*found, self.off_rule]

    def gives(self, at: Point) -> bool:
        """Whether the rule gives this start, also beyond what is listed."""
        for strand in self.strands:
            if strand.seconds != at[1] or not strand.days:
                continue
            if strand.days[0] <= at[0] <= strand.through:
                place = bisect_left(strand.days, at[0])
                return place < len(strand.days) and strand.days[place] == at[0]
            if self.pattern is not None and not strand.ended and at[0] > strand.through:
                within = self.end is None or at[0] <= (last_day(self.pattern, strand.days[0], self.end) or at[0])
                return within and last_day(self.pattern, strand.days[0], Until(at[0])) == at[0]
        return False

    def starts(self) -> list[Point]:
        """The starts that really take place, as far as they are listed; the start off the rule counted in."""
        found = set(self.base())
        found.difference_update(item.at for item in self.removed)
        found.difference_update(item.at for item in self.moved)
        found.update(item.to or item.at for item in self.moved)
        found.update(item.at for item in self.extra)
        if self.off_rule is not None:
            found.add(self.off_rule)
        return sorted(found)
