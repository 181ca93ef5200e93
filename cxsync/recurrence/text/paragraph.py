from msgspec import Struct

from cxsync.recurrence.series import Series
from cxsync.recurrence.verdict import Verdict
from cxsync.recurrence.zones import Zone


class Outcome(Struct, frozen=True):
    series: Series | None
    verdict: Verdict
    home: Zone


def paragraph(outcome: Outcome, language: str) -> str:
    return ""
