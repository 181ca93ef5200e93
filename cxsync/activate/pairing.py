"""Pairing (rule 13): which items of the two sides are one appointment already. Pure; writes nothing anywhere.

A false pair would merge two appointments that have nothing to do with each other, a missed one leaves two copies alone
until somebody edits one. So whatever fits twice is left alone.
"""

import unicodedata
from collections import Counter
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Final, Literal, TypeAlias
from uuid import UUID
from zoneinfo import ZoneInfo

from msgspec import Struct

from cxsync import trace
from cxsync.appointment.classes import held
from cxsync.calendars.port import Read
from cxsync.merge.base import Base, agreed
from cxsync.merge.standing import standing
from schemas.appointment import Appointment
from schemas.words import Side, System

GENERATIONS: Final = 8
"""How often a deleted pair was made anew at most, as far as its key is looked for."""
By: TypeAlias = Literal["marker", "creation-key", "content"]
_Ids: TypeAlias = tuple[str, str]


class Pair(Struct, frozen=True, kw_only=True):
    """``origin`` is the side whose item came first, as far as a marker tells; ``base`` the fields that are equal."""

    carerix: Read
    external: Read
    by: By
    origin: Side
    base: Base


def pairs(
    carerix: Collection[Read],
    external: Collection[Read],
    *,
    external_system: System,
    connections: Collection[UUID],
    links: Mapping[UUID, _Ids] | None = None,
) -> tuple[Pair, ...]:
    """The pairs among the items of both sides; the order of the input does not matter.

    Args:
        connections: ids under which items may have been created: of the user's present and former connections.
        links: Carerix id and external id by creation key, of links that are known from before.
    """
    systems: tuple[System, System] = ("carerix", external_system)
    left = {item.native_id: item for item in carerix if standing(item.appointment, linked=False) == "takes-part"}
    right = {item.native_id: item for item in external if standing(item.appointment, linked=False) == "takes-part"}
    steps: tuple[tuple[By, Callable[[], Iterable[tuple[_Ids, Side]]]], ...] = (
        ("marker", lambda: _by_marker(left, right, links or {})),
        ("creation-key", lambda: _by_key(left, right, connections)),
        ("content", lambda: _by_content(left, right, systems)),
    )
    found: list[Pair] = []
    for by, candidates in steps:
        for (carerix_id, external_id), origin in _unambiguous(candidates()):
            one, other = left.pop(carerix_id), right.pop(external_id)
            base = agreed(one.appointment, other.appointment, systems)
            found.append(Pair(carerix=one, external=other, by=by, origin=origin, base=base))
    return tuple(sorted(found, key=lambda pair: pair.carerix.native_id))


def creation_key(connection_id: UUID, side: Side, native_id: str, generation: int) -> UUID:
    """The marker of the copy of an item: UUID version 5 of (connection, source side, native id, generation), rule 2."""
    return trace.derived("creation", connection_id, side, native_id, generation)


def is_over(appointment: Appointment, now: datetime, home: str) -> bool:
    """Whether it ended before the instant ``now``; a series only if each of its rules has a last day before.

    ``home``: zone of days and of floating times.
    """
    if appointment.recurrence is not None:
        today = now.astimezone(ZoneInfo(appointment.start.zone or home)).date()
        ends = [rule.until for rule in appointment.recurrence.rules]
        return bool(ends) and not appointment.recurrence.extra and all(end is not None and end < today for end in ends)
    if appointment.end.instant is not None:
        return appointment.end.instant <= now
    return datetime.fromisoformat(appointment.end.wall).replace(tzinfo=ZoneInfo(home)) <= now


def _by_marker(
    carerix: Mapping[str, Read], external: Mapping[str, Read], links: Mapping[UUID, _Ids]
) -> Iterator[tuple[_Ids, Side]]:
    copies: tuple[tuple[Side, Mapping[str, Read]], ...] = (("external", carerix), ("carerix", external))
    for origin, items in copies:
        for item in items.values():
            ids = links.get(item.marker) if item.marker is not None else None
            if ids is not None and item.native_id in ids and ids[0] in carerix and ids[1] in external:
                yield ids, origin


def _by_key(
    carerix: Mapping[str, Read], external: Mapping[str, Read], connections: Collection[UUID]
) -> Iterator[tuple[_Ids, Side]]:
    for item, source in _sources(external.values(), carerix, "carerix", connections):
        yield (source, item), "carerix"
    for item, source in _sources(carerix.values(), external, "external", connections):
        yield (item, source), "external"


def _sources(
    copies: Collection[Read], sources: Mapping[str, Read], side: Side, connections: Collection[UUID]
) -> Iterator[tuple[str, str]]:
    """Items that carry a marker, each with the item of ``side`` that the marker is made of."""
    marked = {item.marker for item in copies if item.marker is not None}
    if not marked:
        return
    made = {
        creation_key(connection, side, source, generation): source
        for connection in connections
        for source in sources
        for generation in range(GENERATIONS)
    }
    for item in copies:
        if item.marker in made:
            yield item.native_id, made[item.marker]


def _by_content(
    carerix: Mapping[str, Read], external: Mapping[str, Read], systems: tuple[System, System]
) -> Iterator[tuple[_Ids, Side]]:
    """Equal time, recurrence and subject; which of several belong together, nobody can tell."""
    mine, theirs = _looks(carerix, systems), _looks(external, systems)
    for look, ids in mine.items():
        for carerix_id in ids:
            for external_id in theirs.get(look, ()):
                yield (carerix_id, external_id), "carerix"


def _looks(items: Mapping[str, Read], systems: tuple[System, System]) -> dict[Hashable, list[str]]:
    looks: dict[Hashable, list[str]] = {}
    for native_id, item in items.items():
        appointment = item.appointment
        series = appointment.recurrence
        if series is not None and not series.rules and not series.extra:
            continue  # its pattern could not be read, so nothing is known to equal it
        look = (
            held("time", appointment, *systems),
            held("recurrence", appointment, *systems),
            _normal(str(held("subject", appointment, *systems))),
        )
        looks.setdefault(look, []).append(native_id)
    return looks


def _normal(subject: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", subject).casefold().split())


def _unambiguous(candidates: Iterable[tuple[_Ids, Side]]) -> list[tuple[_Ids, Side]]:
    """Those whose two items are in no other candidate."""
    found = dict(candidates)
    mine = Counter(carerix_id for carerix_id, _ in found)
    theirs = Counter(external_id for _, external_id in found)
    return [(ids, origin) for ids, origin in found.items() if mine[ids[0]] == theirs[ids[1]] == 1]
