"""What a mail says about one appointment beyond its template: the paragraph of the judge, losses, guests."""

from collections.abc import Sequence
from typing import Final

from schemas.records import Finding, LostValue, Parameter

_FIELDS: Final = {
    "en": {
        "subject": "subject",
        "location": "place",
        "notes": "notes",
        "time": "time",
        "busy": "status",
        "private": "private",
        "reminder": "reminder",
        "attendees": "attendees",
        "recurrence": "series",
    },
    "nl": {
        "subject": "onderwerp",
        "location": "plaats",
        "notes": "notities",
        "time": "tijd",
        "busy": "status",
        "private": "privé",
        "reminder": "herinnering",
        "attendees": "deelnemers",
        "recurrence": "reeks",
    },
}


def explanation(text: str) -> tuple[Parameter, ...]:
    """The paragraph ``{explanation}`` of a mail."""
    return (Parameter(name="explanation", value=text),) if text else ()


def losses(lost: Sequence[LostValue], language: str) -> str:
    """Both values of each field that was changed on both sides."""
    names = _FIELDS["nl" if language == "nl" else "en"]
    words = ("gebleven", "vervallen") if language == "nl" else ("kept", "lost")
    return "\n".join(f"{names[one.field]}: {words[0]} “{one.kept}”, {words[1]} “{one.lost}”" for one in lost)


def guests(number: int, language: str) -> str:
    """How many were not told."""
    if language == "nl":
        return f"{number} genodigde{'n' if number != 1 else ''} kreeg{'en' if number != 1 else ''} geen bericht."
    return f"{number} guest{'s were' if number != 1 else ' was'} not told."


def fields_kept(fields: Sequence[str], language: str) -> str:
    """Which fields of an edit did not cross."""
    names = _FIELDS["nl" if language == "nl" else "en"]
    listed = ", ".join(names[field] for field in fields if field in names)
    return f"Het gaat om: {listed}." if language == "nl" else f"It is about: {listed}."


def dropped(dates: Sequence[str], language: str) -> str:
    """Which occurrences the server gave back the series' own time."""
    listed = ", ".join(dates)
    if language == "nl":
        return (
            f"De reeks is in Carerix gewijzigd. De agenda heeft daarbij deze uitzonderingen laten vervallen: {listed}."
        )
    return f"The series was changed in Carerix. The calendar dropped these exceptions with that: {listed}."


def cause_of(native_id: str, finding: Finding) -> str:
    """Equal for everything that is to be one mail: item, reason, set of offending dates."""
    return "\x1f".join((native_id, finding.code, finding.reason, finding.offending, *sorted(finding.dates)))
