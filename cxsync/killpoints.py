"""Named points at which a process kills itself with -9, when it is told to: so that a test can hit exactly there.

``CXSYNC_KILL_AT`` is a comma list of ``point=probability``; unset, as in every real installation, nothing happens.
"""

import os
import random
import signal
from typing import Final, Literal, TypeAlias, get_args

Point: TypeAlias = Literal[
    "poll-published",
    "cursor-moved",
    "change-sent",
    "inbox-committed",
    "link-pending",
    "target-written",
    "reconciled",
    "outbox-published",
    "mail-sent",
]
POINTS: Final[tuple[Point, ...]] = get_args(Point)
VARIABLE: Final = "CXSYNC_KILL_AT"


def _told() -> dict[str, float]:
    pairs = (part.partition("=") for part in os.environ.get(VARIABLE, "").split(",") if part)
    return {point: float(probability or 1) for point, _, probability in pairs}


_PROBABILITY: Final = _told()


def reached(point: Point) -> None:
    """The process has come to ``point``; it may end here, as kill -9 would end it."""
    if random.random() < _PROBABILITY.get(point, 0.0):  # noqa: S311  # no secret depends on it
        os.kill(os.getpid(), signal.SIGKILL)
