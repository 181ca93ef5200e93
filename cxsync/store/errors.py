"""Why the database could not be used, each reason a class; the tables' own errors stand beside their functions."""

from typing import ClassVar

from cxsync.errors import CxSyncError


class DatabaseError(CxSyncError):
    """The database cannot serve us now. ``where`` names host and database, never a password."""

    code: ClassVar[str] = "database"

    def __init__(self, where: str, text: str) -> None:
        self.where = where
        super().__init__(text)


class DatabaseUnreachable(DatabaseError):
    """At the start: nothing answered, or it refused us."""

    code = "database-unreachable"

    def __init__(self, where: str, cause: str, remedy: str) -> None:
        self.cause = cause
        self.remedy = remedy
        super().__init__(where, f"PostgreSQL at {where} cannot be used: {cause}; {remedy}")


class DatabaseUnavailable(DatabaseError):
    """At work: the connection was lost or none could be had in time. Whether the transaction was committed is not
    known: repeat it, everything in this store can be repeated."""

    code = "database-unavailable"

    def __init__(self, where: str, cause: str) -> None:
        self.cause = cause
        super().__init__(where, f"PostgreSQL at {where} does not answer: {cause}; the work is repeated once it does")


class DatabaseNewer(DatabaseError):
    """The schema was made by a newer program than this one."""

    code = "database-newer"

    def __init__(self, where: str, unknown: list[str]) -> None:
        self.unknown = unknown
        super().__init__(
            where,
            f"the schema of the database at {where} is of a newer program (it has {', '.join(unknown)}); "
            "start that version of the program, or restore the database as it was before",
        )


class MigrationChanged(DatabaseError):
    """A migration that was released and applied is no longer the same file."""

    code = "migration-changed"

    def __init__(self, where: str, name: str) -> None:
        self.name = name
        super().__init__(
            where,
            f"migration {name} was applied to the database at {where} with another content than this program carries; "
            "released migrations never change: install an unaltered release, put changes into a new file",
        )
