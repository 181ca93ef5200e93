"""The ways in which Carerix says no, each with its place in the answer."""

from cxsync.errors import CxSyncError


class InvalidQuery(CxSyncError):
    """Query, qualifier, ``_kind`` or date text cannot be read: HTTP 400, nothing done (A18)."""

    code = "invalid-query"


class BrokenRule(CxSyncError):
    """The content is not allowed: HTTP 200 with ``errors`` and null, nothing stored (A18).

    ``field`` is the attribute at fault.
    """

    code = "broken-rule"

    def __init__(self, field: str, message: str) -> None:
        self.field = field
        super().__init__(f"{field}: {message}")


class MissingScope(CxSyncError):
    """The token holds none of ``names``: HTTP 403."""

    code = "missing-scope"

    def __init__(self, names: tuple[str, ...]) -> None:
        self.names = names
        super().__init__(f"insufficient scope, one of these is needed: {' '.join(names)}")
