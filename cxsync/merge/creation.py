"""What is created on the other side for an appointment that has no partner there, and the base of the new pair."""

from collections.abc import Mapping

from msgspec import Struct
from msgspec.structs import replace

from cxsync.appointment.classes import project
from cxsync.appointment.fields import FIELDS, TEXTS
from cxsync.merge.base import Base, kept
from schemas.appointment import Appointment
from schemas.words import Side, System

PRIVATE_SUBJECT: Mapping[str, str] = {"en": "Private appointment", "nl": "Privéafspraak"}
"""Private: "born private outside: Carerix "Private appointment" (Dutch: "Privéafspraak"), confidential, time only"."""


class Creation(Struct, frozen=True):
    """``appointment`` is to be created; ``base`` holds once it is there as it should be."""

    appointment: Appointment
    base: Base


def creation(
    source: Appointment, *, source_side: Side, source_system: System, target_system: System, language: str = "en"
) -> Creation:
    """The copy of ``source`` for the target. ``language`` is the user's, for what stands in place of hidden texts."""
    copy = project(source, target_system)
    hidden = source_side == "external" and source.private
    if hidden:
        title = PRIVATE_SUBJECT.get(language, PRIVATE_SUBJECT["en"])
        copy = replace(copy, subject=title, location="", notes="", attendees="")
    return Creation(copy, created(source, copy, hidden=hidden, systems=(source_system, target_system)))


def created(source: Appointment, answer: Appointment, *, hidden: bool, systems: tuple[System, ...]) -> Base:
    """The base after a create that the server answered with ``answer``: the fields that are equal, and of a hidden
    item what stands in place of its texts, so that the text flows as an edit once it is public."""
    values = {field: kept(field, answer, systems) for field in FIELDS}
    equal = {
        field: value
        for field, value in values.items()
        if (hidden and field in TEXTS) or value == kept(field, source, systems)
    }
    return Base(equal, hidden)
