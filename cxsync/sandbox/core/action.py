"""What a person can do in a calendar, in words that fit all three systems."""

from collections.abc import Mapping
from typing import Any, Literal

import msgspec

from cxsync.sandbox.core.refusal import BadInput, misfit

Kind = Literal[
    "create",
    "update",
    "move",
    "delete",
    "delete-occurrence",
    "move-occurrence",
    "change-occurrence",
    "this-and-following",
    "make-series",
    "change-rule",
    "accept",
    "decline",
    "tentative",
    "cancel",
    "invite",
    "invited",
    "make-private",
    "make-public",
    "dismiss-reminder",
    "set-category",
    "move-folder",
    "archive",
    "restore",
    "hand-over",
    "revoke-access",
]
Weekday = Literal["mo", "tu", "we", "th", "fr", "sa", "su"]
Busy = Literal["free", "tentative", "busy", "away", "elsewhere"]


class Rule(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """A recurrence as the dialogs of all calendars offer it.

    ``weekdays`` belongs to weekly, monthly-nth and yearly-nth; ``day`` (1 to 31) to monthly and yearly; ``nth``
    (1 to 4, -1 for the last) to the nth kinds; ``month`` (1 to 12) to the yearly kinds. At most one of ``count`` and
    ``until`` (local, inclusive date ``YYYY-MM-DD``); neither means without end.
    """

    frequency: Literal["daily", "weekly", "monthly", "monthly-nth", "yearly", "yearly-nth"]
    interval: int = 1
    weekdays: list[Weekday] = []
    day: int | None = None
    nth: int | None = None
    month: int | None = None
    count: int | None = None
    until: str | None = None
    week_start: Weekday | None = None


class Action(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """One thing a person does; which fields count depends on ``action``, what is None stays as it is.

    ``start`` and ``end``: wall clock of ``zone`` (``2026-03-02T09:00``), or with an offset, or dates when ``all_day``
    (``end`` then exclusive). ``occurrence``: the original start of the occurrence meant, written in the same ways.
    ``reminder``: minutes before the start, -1 for none. ``lines``: RRULE, RDATE, EXDATE as typed (Google only).
    ``guests``: e-mail addresses. ``from_``(JSON ``from``): who sends an invitation that arrives (``invited``).
    ``extra``: fields of one system only, by that system's own names.
    """

    action: Kind
    item: str | None = None
    occurrence: str | None = None
    subject: str | None = None
    start: str | None = None
    end: str | None = None
    zone: str | None = None
    all_day: bool | None = None
    location: str | None = None
    notes: str | None = None
    private: bool | None = None
    busy: Busy | None = None
    reminder: int | None = None
    category: str | None = None
    rule: Rule | None = None
    lines: list[str] | None = None
    guests: list[str] | None = None
    from_: str | None = msgspec.field(default=None, name="from")
    folder: str | None = None
    to_owner: str | None = None
    send: bool = True
    extra: dict[str, Any] = {}


def parse_action(given: Mapping[str, Any]) -> Action:
    """The action that ``given`` describes; raises BadInput naming the field at fault."""
    try:
        return msgspec.convert(given, Action)
    except msgspec.ValidationError as error:
        raise misfit(error, given, "action") from None


def required(action: Action, field: str) -> Any:
    """The value of ``field``, raising BadInput if ``action`` lacks it."""
    value = getattr(action, field)
    if value is None:
        raise BadInput(field, None, f"{action.action!r} needs it")
    return value
