"""A slice of the grid in every run; all of it in ``python -m tests.unit.recurrence.long_run``."""

import pytest

from tests.unit.recurrence.grid import carerix_lines, cell_faults, exchange_lines
from tests.unit.recurrence.verify import Json

EXCHANGE, CARERIX = list(exchange_lines()), list(carerix_lines())


@pytest.mark.parametrize("line", EXCHANGE[:: len(EXCHANGE) // 60], ids=str)
def test_exchange_cell_is_exact_or_rightly_refused(line: Json) -> None:
    assert cell_faults(line) == []


@pytest.mark.parametrize("line", CARERIX[:: len(CARERIX) // 60], ids=str)
def test_carerix_cell_is_held_by_itself_and_comes_back_as_it_went(line: Json) -> None:
    assert cell_faults(line) == []
