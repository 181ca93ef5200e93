"""Request budgets that all processes share: a token bucket a tenant or endpoint, kept as one row."""

from typing import ClassVar

from cxsync.errors import CxSyncError
from cxsync.store.database import Database, Transaction


class BudgetMissing(CxSyncError):
    """Requests are to be made under a budget that nobody declared."""

    code: ClassVar[str] = "budget-missing"

    def __init__(self, resource: str) -> None:
        self.resource = resource
        super().__init__(f"no request budget is declared for {resource}; declare it before the first request")


def declare(conn: Transaction, resource: str, *, capacity: float, per_second: float) -> None:
    """Allow ``per_second`` requests on average and ``capacity`` at once. Safe to repeat; new figures apply from now."""
    conn.execute(
        """
        INSERT INTO budgets AS b (resource, capacity, per_second, tokens, refilled_at)
        VALUES (%(resource)s, %(capacity)s, %(per_second)s, %(capacity)s, clock_timestamp())
        ON CONFLICT (resource) DO UPDATE SET capacity = excluded.capacity, per_second = excluded.per_second
        WHERE (b.capacity, b.per_second) IS DISTINCT FROM (excluded.capacity, excluded.per_second)
        """,
        {"resource": resource, "capacity": capacity, "per_second": per_second},
    )


def take(db: Database, resource: str, n: int = 1) -> float:
    """Reserve ``n`` requests; the seconds to wait before making them, 0 for now.

    The reservation is made in any case: who comes later waits longer, so that nobody starves and a crowd that waits
    for the end of a ``block`` does not start at once.

    Raises:
        BudgetMissing: not declared.
    """
    with db.transaction() as conn:
        row = conn.execute(
            """
            WITH now AS (SELECT clock_timestamp() AS at)
            UPDATE budgets SET
                tokens = least(capacity, tokens + per_second * greatest(0, extract(epoch FROM at - refilled_at)))
                         - %(n)s,
                refilled_at = greatest(refilled_at, at)
              FROM now WHERE resource = %(resource)s
            RETURNING extract(epoch FROM refilled_at - at)::float8 + greatest(0, -tokens) / per_second AS wait
            """,
            {"resource": resource, "n": n},
        ).fetchone()
    if row is None:
        raise BudgetMissing(resource)
    return float(row["wait"])


def block(db: Database, resource: str, seconds: float) -> None:
    """The server said when to come back (Retry-After): nobody's turn comes before that. A longer block stays.

    Raises:
        BudgetMissing: not declared.
    """
    with db.transaction() as conn:
        blocked = conn.execute(
            """
            UPDATE budgets SET tokens = least(tokens, 0),
                   refilled_at = greatest(refilled_at, clock_timestamp() + make_interval(secs => %s))
             WHERE resource = %s
            """,
            [seconds, resource],
        ).rowcount
    if blocked == 0:
        raise BudgetMissing(resource)
