"""Reach PostgreSQL: one connection, and words for what can go wrong, which never hold a password."""

import re
from typing import Any, TypeAlias

import psycopg
from psycopg.conninfo import conninfo_to_dict
from psycopg.rows import DictRow, dict_row

from cxsync.store.errors import DatabaseUnreachable

Transaction: TypeAlias = psycopg.Connection[DictRow]

# A dead peer is noticed in some 15 s, not after the two hours of the system's defaults.
NETWORK: dict[str, Any] = {
    "connect_timeout": 5,
    "keepalives_idle": 10,
    "keepalives_interval": 3,
    "keepalives_count": 2,
    "tcp_user_timeout": 15_000,
}


def connect(url: str, *, name: str = "cxsync") -> Transaction:
    """One connection of its own, outside any pool.

    Raises:
        DatabaseUnreachable: nothing answers there, or it refuses us.
    """
    where = describe(url)
    try:
        return psycopg.connect(url, row_factory=dict_row, application_name=name, **NETWORK)
    except psycopg.OperationalError as error:
        cause = first_line(error)
        raise DatabaseUnreachable(where, cause, _remedy(cause)) from error


def describe(url: str) -> str:
    """Host, port and database of ``url`` for messages, without user and password.

    Raises:
        DatabaseUnreachable: the URL cannot be read; the message does not repeat it, since it may hold a password.
    """
    try:
        parts = conninfo_to_dict(url)
    except psycopg.ProgrammingError:
        raise DatabaseUnreachable(
            "CXSYNC_DATABASE_URL", "the address cannot be read", "write postgresql://USER:PASSWORD@HOST/DATABASE"
        ) from None
    host = str(parts.get("host") or parts.get("hostaddr") or "the local socket")
    port = f":{parts['port']}" if parts.get("port") else ""
    database = parts.get("dbname") or parts.get("user") or "the default database"
    return f"{host}{port}/{database}"


def first_line(error: BaseException) -> str:
    """The first line of a driver's error: it says what happened; the rest repeats statements and parameters."""
    return re.sub(r"\s+", " ", str(error).strip().split("\n", 1)[0]) or type(error).__name__


def _remedy(cause: str) -> str:
    # libpq gives no SQLSTATE for a refused connection, only its text.
    if "password" in cause or "authentication" in cause or "pg_hba" in cause:
        return "put the right user and password into CXSYNC_DATABASE_URL"
    if "database" in cause and "does not exist" in cause:
        return "create that database, or name an existing one in CXSYNC_DATABASE_URL"
    if "role" in cause and "does not exist" in cause:
        return "create that user, or name an existing one in CXSYNC_DATABASE_URL"
    return "start PostgreSQL there, or set CXSYNC_DATABASE_URL to where it runs"
