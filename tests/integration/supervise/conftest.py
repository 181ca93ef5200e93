from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.supervise.running import Running


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    """A supervisor to launch, and nothing left of it afterwards."""
    running = Running(tmp_path)
    yield running
    running.clean()
