"""When a role that died is started again: pure, from how its lives ended to a number of seconds.

At once after a first death, so that it is back within the session of its consumer group; later and later while it
keeps dying, so that a broken role costs next to nothing.
"""

import msgspec

FIRST = 0.2
LONGEST = 30.0
HEALTHY_LIFE = 60.0
SHORT_LIFE = 15.0
# The command line's exits for a failure and for wrong usage: what wrong settings end with.
WRONG_SETUP = frozenset({1, 2, 126, 127})


class Ending(msgspec.Struct, frozen=True):
    """How one life of a role ended: exit status (negative: the signal's number), seconds lived, ever ready."""

    exit_code: int
    lived: float
    was_ready: bool


class Deaths(msgspec.Struct, frozen=True):
    """Deaths in a row: one that came after a minute of life begins a new row."""

    count: int = 0
    unfit: int = 0
    """How many of them, at the end of the row, looked like wrong settings: a quick failure that never was ready."""

    def after(self, ending: Ending) -> "Deaths":
        """The row with one more death."""
        looks_unfit = ending.exit_code in WRONG_SETUP and not ending.was_ready and ending.lived < SHORT_LIFE
        return Deaths(
            count=1 if ending.lived >= HEALTHY_LIFE else self.count + 1,
            unfit=self.unfit + 1 if looks_unfit else 0,
        )

    @property
    def cannot_start(self) -> bool:
        """Whether a person should look at the settings rather than wait."""
        return self.unfit >= 2

    def delay(self, jitter: float) -> float:
        """Seconds to wait now; ``jitter`` (0 to 1, drawn anew each time) takes away up to half."""
        if self.count <= 1:
            return 0.0
        # 2 ** 16 is far beyond the limit and keeps a role that dies for weeks from overflowing.
        return min(LONGEST, FIRST * 2.0 ** min(self.count - 2, 16)) * (1 - jitter / 2)
