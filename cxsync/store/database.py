"""One PostgreSQL database: a pool of connections, transactions, and what its failures mean.

A process opens one ``Database`` and hands it to whoever needs a transaction. After a restart of PostgreSQL the next
transaction works again by itself; the one that was cut raises ``DatabaseUnavailable``.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Final, Self

import psycopg
from psycopg.rows import dict_row
from psycopg_pool import ConnectionPool

from cxsync.store.connect import NETWORK, Transaction, connect, describe, first_line
from cxsync.store.errors import DatabaseNewer, DatabaseUnavailable
from cxsync.store.migrate import unknown

__all__ = ["Database", "Transaction"]

LIFETIME: Final = 60.0
"""Seconds after which a connection that is used all the time is replaced."""
IDLE: Final = 20.0
"""Seconds after which one that nobody uses is closed."""


class Database:
    """A pool of connections to one database. Make it with ``open``; safe to use from several threads."""

    def __init__(self, pool: ConnectionPool[Transaction], url: str, where: str) -> None:
        self._pool = pool
        self.url = url
        self.where = where

    @classmethod
    def open(
        cls, url: str, *, name: str, max_size: int = 8, patience: float = 30.0, idle_timeout: float = 30.0
    ) -> Self:
        """Connect to ``url``. ``name`` is what PostgreSQL's administrators see as application name.

        Args:
            max_size: most connections at a time; one more than the threads that use them, for renewals of leases.
            patience: seconds that a transaction waits for a connection, also through a restart of PostgreSQL.
            idle_timeout: seconds after which PostgreSQL ends a session that stands still inside a transaction. A
                process that was stopped there (SIGSTOP, a suspended machine) thereby lets go of its row locks.

        Raises:
            DatabaseUnreachable: nothing answers there, or it refuses us.
            DatabaseNewer: the schema is of a newer program.
        """
        where = describe(url)
        with connect(url) as conn:
            newer = unknown(conn)
            if newer:
                raise DatabaseNewer(where, newer)

        def configure(conn: Transaction) -> None:
            conn.execute("SELECT set_config('TimeZone', 'UTC', false)")
            conn.execute(
                "SELECT set_config('idle_in_transaction_session_timeout', %s, false)", [f"{int(idle_timeout * 1000)}ms"]
            )
            conn.commit()

        pool: ConnectionPool[Transaction] = ConnectionPool(
            url,
            kwargs={**NETWORK, "row_factory": dict_row, "application_name": f"cxsync {name}"},
            min_size=0,
            max_size=max_size,
            timeout=patience,
            # PostgreSQL told to stop by SIGTERM waits for its clients ("smart" shutdown) and refuses new ones: who kept
            # his connections for ever would keep it so.
            max_lifetime=LIFETIME,
            max_idle=IDLE,
            configure=configure,
            # Asks before handing out, so that a connection cut by a restart is replaced, not handed out.
            check=ConnectionPool.check_connection,
            name=name,
            open=True,
        )
        return cls(pool, url, where)

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """A connection inside a transaction (READ COMMITTED): committed at the end, rolled back by any exception.

        Rows are dictionaries. Times are aware, in UTC.

        Raises:
            DatabaseUnavailable: the connection was lost inside, or none could be had within the patience.
        """
        conn: Transaction | None = None
        try:
            with self._pool.connection() as conn:
                yield conn
        except psycopg.Error as error:
            if conn is None or conn.closed or conn.broken:
                raise DatabaseUnavailable(self.where, first_line(error)) from error
            raise

    def close(self) -> None:
        """Close every connection; a transaction in progress is not waited for longer than 5 s."""
        self._pool.close(timeout=5.0)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
