"""Request budgets: a rate kept by all processes together, and a server's Retry-After obeyed by all."""

from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cxsync.store import budgets
from cxsync.store.budgets import BudgetMissing
from cxsync.store.database import Database
from tests.integration.store.process import processes


def _declare(db: Database, capacity: float, per_second: float, resource: str = "server:a") -> None:
    with db.transaction() as conn:
        budgets.declare(conn, resource, capacity=capacity, per_second=per_second)


def test_as_many_as_the_capacity_go_at_once_and_then_each_waits_its_turn(db: Database) -> None:
    _declare(db, capacity=3, per_second=0.1)
    waits = [budgets.take(db, "server:a") for _ in range(5)]
    assert waits[:3] == [0, 0, 0]
    assert waits[3] == pytest.approx(10, abs=0.5)
    assert waits[4] == pytest.approx(20, abs=0.5)
    assert budgets.take(db, "server:a", 2) == pytest.approx(40, abs=0.5)


def test_an_unused_budget_fills_up_to_its_capacity_only(db: Database) -> None:
    _declare(db, capacity=2, per_second=0.1)
    with db.transaction() as conn:
        conn.execute("UPDATE budgets SET tokens = 0, refilled_at = clock_timestamp() - interval '1 day'")
    assert [budgets.take(db, "server:a") > 0 for _ in range(3)] == [False, False, True]


def test_a_block_holds_everybody_and_lets_them_go_one_after_another(db: Database) -> None:
    _declare(db, capacity=5, per_second=0.5)
    budgets.block(db, "server:a", 60)
    budgets.block(db, "server:a", 5)
    waits = [budgets.take(db, "server:a") for _ in range(3)]
    assert waits == [pytest.approx(62, abs=1), pytest.approx(64, abs=1), pytest.approx(66, abs=1)]


def test_a_block_ends(db: Database) -> None:
    _declare(db, capacity=5, per_second=1)
    budgets.block(db, "server:a", 60)
    with db.transaction() as conn:
        conn.execute("UPDATE budgets SET refilled_at = refilled_at - interval '2 minutes'")
    assert budgets.take(db, "server:a") == 0


def test_declaring_again_changes_the_rate_and_keeps_what_was_used(db: Database) -> None:
    _declare(db, capacity=1, per_second=0.1)
    budgets.take(db, "server:a")
    _declare(db, capacity=1, per_second=0.1)
    assert budgets.take(db, "server:a") == pytest.approx(10, abs=0.5)
    _declare(db, capacity=1, per_second=1)
    assert budgets.take(db, "server:a") == pytest.approx(2, abs=0.5)


def test_a_budget_that_nobody_declared_is_an_error_not_a_free_ride(db: Database) -> None:
    with pytest.raises(BudgetMissing, match="server:b"):
        budgets.take(db, "server:b")
    with pytest.raises(BudgetMissing):
        budgets.block(db, "server:b", 1)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.one_of(st.just(0), st.integers(1, 5)), min_size=1, max_size=12))
def test_turns_never_come_faster_than_the_rate(db: Database, steps: list[int]) -> None:
    """The wait covers what was taken beyond the capacity, whatever was taken and blocked in between."""
    resource = str(uuid4())
    _declare(db, capacity=4, per_second=0.01, resource=resource)
    taken = 0
    for n in steps:
        if n == 0:
            budgets.block(db, resource, 10)
            continue
        taken += n
        assert budgets.take(db, resource, n) >= max(0, taken - 4) / 0.01 - 5


_TAKER = """
import sys
from cxsync.store import budgets
from cxsync.store.database import Database
url, number = sys.argv[1:]
db = Database.open(url, name=number)
for _ in range(100):
    print(budgets.take(db, "server:a"))
"""


def test_processes_share_one_budget(db: Database, url: str) -> None:
    _declare(db, capacity=10, per_second=0.001)
    with processes(3, _TAKER, url) as takers:
        waits = sorted(float(line) for taker in takers for line in taker.rest())
    assert sum(wait == 0 for wait in waits) == 10
    assert waits[-1] == pytest.approx(290_000, rel=0.01)
    assert len({round(wait / 1000) for wait in waits[10:]}) == 290, "each its own turn"
