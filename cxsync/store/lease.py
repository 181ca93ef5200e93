"""One hand on a connection (rule 11): leases in PostgreSQL, and transactions that only their holder can have.

A lease belongs to a resource: ``connection:<uuid>``, ``tenant:<uuid>`` or ``mail:<uuid of the connection>``. It lasts
for some seconds of the database's clock and is renewed by its ``Hand``. Whoever takes it over gets a higher
``lease_no``; a former holder finds that out at its next ``Hand.transaction``, before it writes anything.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import ClassVar, NewType, Self
from uuid import UUID

import msgspec
from psycopg import sql

from cxsync.errors import CxSyncError
from cxsync.observe.log import get_logger
from cxsync.store.database import Database, Transaction
from cxsync.store.errors import DatabaseUnavailable

log = get_logger(__name__)

SECONDS = 30.0
Fenced = NewType("Fenced", Transaction)
"""A transaction that began with the check of a lease; only ``Hand.transaction`` makes one."""


class Lease(msgspec.Struct, frozen=True):
    """The right to touch ``resource``; ``seconds`` is how long it lasts unless renewed."""

    resource: str
    holder: str
    lease_no: int
    seconds: float = SECONDS


class LeaseLost(CxSyncError):
    """Somebody else may hold the resource by now: stop, write nothing more, neither here nor in a calendar."""

    code: ClassVar[str] = "lease-lost"

    def __init__(self, lease: Lease) -> None:
        self.lease = lease
        super().__init__(
            f"lease {lease.lease_no} on {lease.resource} is no longer held by {lease.holder}; "
            "whoever holds it now goes on with the work"
        )


def of_connection(connection_id: UUID) -> str:
    """The resource of a connection: its mailbox, links and inbox."""
    return f"connection:{connection_id}"


def of_tenant(tenant_id: UUID) -> str:
    """The resource of a tenant: polling its Carerix application."""
    return f"tenant:{tenant_id}"


def of_mail(connection_id: UUID) -> str:
    """The resource of the mails to a connection's user."""
    return f"mail:{connection_id}"


def of_target(target: str, connection_id: UUID) -> str:
    """The resource that a sink's worker needs: mails do not wait for the calendars, nor these for mails."""
    return of_mail(connection_id) if target == "email" else of_connection(connection_id)


# The only statement part that gives a lease to a new holder. ``free`` names resources whose lease rows the statement
# has locked with FOR UPDATE SKIP LOCKED after finding them expired: SKIP, so that nobody waits for a transaction of
# the present holder, which shares the lock of its row (see Hand.transaction).
TAKEN = sql.SQL(
    """taken AS (
        UPDATE leases SET lease_no = leases.lease_no + 1, holder = %(holder)s,
               expires_at = clock_timestamp() + make_interval(secs => %(seconds)s)
          FROM free WHERE leases.resource = free.resource
        RETURNING leases.resource, leases.lease_no)"""
)

_ACQUIRE = sql.SQL(
    """WITH free AS (
        SELECT resource FROM leases WHERE resource = %(resource)s AND expires_at <= clock_timestamp()
           FOR UPDATE SKIP LOCKED),
    {taken}
    SELECT lease_no FROM taken"""
).format(taken=TAKEN)


DECLARE_ALL = (
    "INSERT INTO leases (resource, lease_no, holder, expires_at) SELECT unnest(%b::text[]), 0, '', 'epoch'"
    " ON CONFLICT DO NOTHING"
)


def declare(conn: Transaction, resource: str) -> None:
    """Make the row of a resource, so that it can be found by those who look for work. Not held; safe to repeat."""
    conn.execute(DECLARE_ALL, [[resource]])


def acquire(db: Database, resource: str, holder: str, seconds: float = SECONDS) -> Lease | None:
    """Take the lease of ``resource`` if nobody holds it; None at once if somebody does.

    Not re-entrant: ``holder`` names a process, and two of its threads exclude one another too.
    """
    with db.transaction() as conn:
        declare(conn, resource)
        row = conn.execute(_ACQUIRE, {"resource": resource, "holder": holder, "seconds": seconds}).fetchone()
    return None if row is None else Lease(resource, holder, row["lease_no"], seconds)


def holder_of(conn: Transaction, resource: str) -> str | None:
    """Who holds the lease now, for people to see; None if nobody does."""
    row = conn.execute(
        "SELECT holder FROM leases WHERE resource = %s AND expires_at > clock_timestamp()", [resource]
    ).fetchone()
    return None if row is None else str(row["holder"])


class Hand:
    """Holds a lease while the block runs: renews it every third of its time, gives it back at the end.

    Enter it at once after taking the lease: the time runs from the taking.

    ::

        with Hand(db, lease) as hand:
            with hand.transaction() as conn: ...   # raises LeaseLost instead of writing
            hand.check()                            # before every write to a calendar
    """

    def __init__(self, db: Database, lease: Lease) -> None:
        self.lease = lease
        self._db = db
        self._lost = False
        self._renewed = _elapsed()
        self._stop = threading.Event()
        self._renewal = threading.Thread(target=self._renew_until_stopped, name=f"renew {lease.resource}", daemon=True)

    @property
    def lost(self) -> bool:
        """True once somebody else may hold the lease. Never becomes False again.

        True also when no renewal succeeded for the whole time of the lease, measured by this machine's steady clock
        from before the request was sent, therefore never later than the database thinks.
        """
        if not self._lost and _elapsed() - self._renewed >= self.lease.seconds:
            self._lost = True
        return self._lost

    def check(self) -> None:
        """Raise ``LeaseLost`` if ``lost``; asks nobody."""
        if self.lost:
            raise LeaseLost(self.lease)

    @contextmanager
    def transaction(self) -> Iterator[Fenced]:
        """A transaction that starts by locking the lease's row FOR SHARE where it still carries our number.

        Taking over needs an UPDATE of that row, which waits for (here: skips) rows locked FOR SHARE. So the lease
        cannot change hands between the check and the end of the transaction, and one check at the start fences every
        statement in it. A lease that ran out but that nobody took is still ours. A process stopped inside a
        transaction does not keep the lock: PostgreSQL ends its session after the database's ``idle_timeout``.

        Raises:
            LeaseLost: before anything could be written.
            DatabaseUnavailable: the connection was lost.
        """
        lease = self.lease
        with self._db.transaction() as conn:
            row = conn.execute(
                "SELECT 1 FROM leases WHERE resource = %s AND lease_no = %s AND holder = %s FOR SHARE",
                [lease.resource, lease.lease_no, lease.holder],
            ).fetchone()
            if row is None:
                self._lost = True
                raise LeaseLost(lease)
            yield Fenced(conn)

    def __enter__(self) -> Self:
        self._renewal.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._renewal.join()
        try:
            self._release()
        except DatabaseUnavailable as failure:
            # It expires by itself; an error here would hide the block's own.
            log.warning("lease not given back", resource=self.lease.resource, code=failure.code)

    def _renew_until_stopped(self) -> None:
        while not self._stop.wait(self.lease.seconds / 3):
            asked = _elapsed()
            try:
                renewed = self._renew()
            except DatabaseUnavailable as failure:
                log.warning("lease not renewed", resource=self.lease.resource, code=failure.code)
                continue
            if not renewed:
                self._lost = True
                return
            self._renewed = asked

    def _renew(self) -> bool:
        lease = self.lease
        with self._db.transaction() as conn:
            return (
                conn.execute(
                    "UPDATE leases SET expires_at = clock_timestamp() + make_interval(secs => %s)"
                    " WHERE resource = %s AND lease_no = %s AND holder = %s",
                    [lease.seconds, lease.resource, lease.lease_no, lease.holder],
                ).rowcount
                == 1
            )

    def _release(self) -> None:
        lease = self.lease
        with self._db.transaction() as conn:
            conn.execute(
                "UPDATE leases SET expires_at = clock_timestamp(), holder = ''"
                " WHERE resource = %s AND lease_no = %s AND holder = %s",
                [lease.resource, lease.lease_no, lease.holder],
            )


def _elapsed() -> float:
    # BOOTTIME goes on while the machine is suspended; only Linux has it.
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))
