"""The root of every error this program raises on purpose.

An error says *what* is wrong, *where*, and *what would be right*: its text is meant for the person who has to act.
Each reason is a class of its own, kept beside the code that raises it, with the facts as attributes and a stable
``code`` that scripts, dead letters and the documentation use.
"""

from typing import ClassVar


class CxSyncError(Exception):
    """Something a person can act on; the command line prints it without a traceback and exits with ``exit_code``."""

    code: ClassVar[str] = "error"
    exit_code: ClassVar[int] = 1


class UsageError(CxSyncError):
    """The command line was called in a way that cannot be carried out."""

    code = "usage"
    exit_code = 2


class SettingError(CxSyncError):
    """A setting is missing or has a value that cannot be used."""

    code = "setting"

    def __init__(self, name: str, value: str | None, expected: str, *, secret: bool = False) -> None:
        """``name`` as written in the environment; ``value`` is None for a missing one and never shown if ``secret``."""
        self.name = name
        self.value = None if secret else value
        self.expected = expected
        if value is None:
            found = "is not set"
        else:
            found = "has a value that cannot be used (it is a secret and not shown)" if secret else f"is {value!r}"
        super().__init__(f"{name} {found}; {expected}")
