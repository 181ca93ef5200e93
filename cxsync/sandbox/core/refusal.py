"""Why the control interface refuses what a person or a test asks for."""

import re
from collections.abc import Mapping
from typing import Any

import msgspec

from cxsync.errors import CxSyncError


class BadInput(CxSyncError):
    """``field`` has a ``value`` that cannot be used; ``expected`` says what would be right."""

    code = "bad-input"

    def __init__(self, field: str, value: Any, expected: str) -> None:
        self.field = field
        self.value = value
        self.expected = expected
        super().__init__(f"{field} is {value!r}; {expected}")


class NotThere(CxSyncError):
    """The owner, item, fault or system named ``name`` does not exist."""

    code = "not-there"

    def __init__(self, what: str, name: str) -> None:
        self.what = what
        self.name = name
        super().__init__(f"there is no {what} {name!r}")


def misfit(error: msgspec.ValidationError, given: Mapping[str, Any], whole: str) -> BadInput:
    """The BadInput for what msgspec found wrong in ``given``; ``whole`` is the field named when it names none."""
    text, _, path = str(error).partition(" - at `$")
    unknown = re.search(r"unknown field `([^`]+)`|missing required field `([^`]+)`", text)
    parts = [path.rstrip("`").lstrip("."), *(each for each in (unknown.groups() if unknown else ()) if each)]
    field = ".".join(part for part in parts if part) or whole
    return BadInput(field, given.get(field.partition(".")[0].partition("[")[0]), text)
