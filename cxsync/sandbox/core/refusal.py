"""Why the control interface refuses what a person or a test asks for."""

from typing import Any

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
