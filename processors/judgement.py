"""Judging: from the documents of one appointment to a change, and whether the other side can hold it."""

from collections.abc import Mapping

from msgspec.structs import replace

from cxsync import trace
from cxsync.appointment.fingerprint import fingerprint
from cxsync.calendars.port import Found, Reader
from cxsync.crossing import crossing
from cxsync.crossing import findings as findings_of
from processors.judge import Judged
from schemas.records import Change, ChangeContent, Position, RawChange, RawContent
from schemas.words import ChangeKind, Side, System, Verdict


class Judgement:
    """The judge of one source system; ``reader`` is the pure half of its client."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    def __call__(self, raw: RawChange, content: RawContent, position: Position) -> Judged:
        """A function of its arguments alone. Raises Unreadable for documents that are no appointment."""
        kind: ChangeKind = "upsert"
        if raw.presence != "present":
            kind = "left" if raw.presence == "left" else "delete"
        change = Change(
            event_id=trace.derived("change", raw.event_id, raw.target),
            connection_id=raw.connection_id,
            origin="import" if raw.origin == "import" else "processor",
            source_side=_side(raw.system),
            source_system=raw.system,
            target=raw.target,
            kind=kind,
            native_id=raw.native_id,
            source_version=raw.native_version,
            observed_at=raw.observed_at,
            raw=position,
        )
        if kind != "upsert":
            return Judged(change, ChangeContent())
        found = Found(
            native_id=raw.native_id, version=raw.native_version, presence="present", documents=content.documents
        )
        read = self._reader(found, raw.policy)
        findings = findings_of(crossing(read.appointment, raw.target, raw.policy, raw.observed_at))
        verdict: Verdict = "refused" if any(one.code != "exception-in-series" for one in findings) else "accepted"
        judged = replace(
            change,
            uid=read.uid,
            marker=read.marker,
            fingerprint=fingerprint(read.appointment),
            verdict=verdict,
            reasons=tuple(dict.fromkeys(one.code for one in findings)),
        )
        return Judged(judged, ChangeContent(appointment=read.appointment, findings=findings))


def judgements(readers: Mapping[System, Reader]) -> dict[System, Judgement]:
    """A judge for each source system."""
    return {system: Judgement(reader) for system, reader in readers.items()}


def _side(system: System) -> Side:
    return "carerix" if system == "carerix" else "external"
