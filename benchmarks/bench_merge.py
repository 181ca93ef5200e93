"""Fingerprints, merges, bases and bodies a second on one core, beside bare msgspec and bare lxml."""

import time
from collections.abc import Callable
from datetime import UTC, datetime

from lxml import html
from msgspec import msgpack
from msgspec.structs import replace

from cxsync.appointment.fingerprint import fingerprint
from cxsync.appointment.text import to_html, to_text
from cxsync.merge.base import agreed, pack, unpack
from cxsync.merge.merge import merge
from schemas.appointment import Appointment, Day, Moment, Recurrence, Rule
from schemas.words import System

PAIR: tuple[System, System] = ("carerix", "exchange")
START = Moment(wall="2026-11-30T09:30:00", zone="Europe/Amsterdam", instant=datetime(2026, 11, 30, 8, 30, tzinfo=UTC))
END = Moment(wall="2026-11-30T10:30:00", zone="Europe/Amsterdam", instant=datetime(2026, 11, 30, 9, 30, tzinfo=UTC))
NOTES = "\n".join(f"Line {number}: bring the file of candidate {number}" for number in range(20))
SINGLE = Appointment(subject="Interview Anna de Vries", start=START, end=END, location="Room 2", notes=NOTES)
SERIES = replace(SINGLE, recurrence=Recurrence(rules=(Rule(frequency="weekly", days=(Day(weekday="monday"),)),)))
EDITED = replace(SINGLE, subject="Intake Anna de Vries")
WORD = (
    "<html><body><div class=WordSection1>"
    + "<p class=MsoNormal>Line of notes<o:p></o:p></p>" * 20
    + "</div></body></html>"
)


def rate(work: Callable[[], object], seconds: float = 1.0) -> float:
    """How often ``work`` can be done in a second."""
    work()
    count, begun = 0, time.perf_counter()
    while (spent := time.perf_counter() - begun) < seconds:
        for _ in range(20):
            work()
        count += 20
    return count / spent


def main() -> None:
    """Print one line a figure."""
    base = agreed(SINGLE, SINGLE, PAIR)
    sealed = pack(base)

    def merged() -> object:
        return merge(EDITED, SINGLE, base, source_side="carerix", source_system="carerix", target_system="exchange")

    assert merged() != merge(
        SINGLE, SINGLE, base, source_side="carerix", source_system="carerix", target_system="exchange"
    )
    figures: list[tuple[str, Callable[[], object]]] = [
        ("bare msgspec encode of an appointment", lambda: msgpack.encode(SINGLE)),
        ("fingerprint of a single", lambda: fingerprint(SINGLE)),
        ("fingerprint of a weekly series", lambda: fingerprint(SERIES)),
        ("merge, one field edited", merged),
        ("pack a base", lambda: pack(base)),
        ("unpack a base", lambda: unpack(sealed)),
        ("bare lxml parse of a Word body", lambda: html.document_fromstring(WORD)),
        ("Word body to text", lambda: to_text(WORD)),
        ("text to HTML", lambda: to_html(NOTES)),
    ]
    for name, work in figures:
        print(f"{name:40} {rate(work):12,.0f} /s")
    print(f"{'size of a base':40} {len(sealed):12,} bytes")


if __name__ == "__main__":
    main()
