"""What a translation answers."""

from enum import StrEnum

from msgspec import Struct

from cxsync.recurrence.codes import Reason
from cxsync.recurrence.held import Held, Part
from cxsync.recurrence.series import Moved, Point, Removed
from cxsync.recurrence.zones import Zone


class Kind(StrEnum):
    """``exact`` one series · ``split`` several that together are the same dates · ``single`` one appointment ·
    ``empty`` no occurrence · ``refused``."""

    EXACT = "exact"
    SPLIT = "split"
    SINGLE = "single"
    EMPTY = "empty"
    REFUSED = "refused"


class Verdict(Struct, frozen=True):
    """``zone``: the clock of all points in here, None for all-day. ``first``: of an exact series or a single.

    ``held`` is the exact series, except for Google's rules that no pattern gives: those are in ``lines`` only.
    ``removed`` and ``moved`` go along with it. ``split``, ``alternative`` and ``carried`` are proposals; an alternative
    whose ``first_difference`` is None has the same dates.
    """

    kind: Kind
    zone: Zone | None
    first: Point | None = None
    held: Held | None = None
    lines: tuple[str, ...] = ()
    removed: tuple[Removed, ...] = ()
    moved: tuple[Moved, ...] = ()
    reason: Reason | None = None
    offending: str = ""
    split: tuple[Part, ...] = ()
    alternative: Held | None = None
    first_difference: Point | None = None
    carried: Held | None = None
