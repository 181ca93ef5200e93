"""One server for all tests of a process; each test begins with the seed, at 2 March 2026, 09:00 in Amsterdam."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from cxsync.sandbox.carerix.options import Options
from cxsync.sandbox.core.clock import Clock
from cxsync.sandbox.core.run import Sandbox, started
from tests.unit.sandbox.carerix.bare_client import BareClient

BEGIN = datetime(2026, 3, 2, 8, tzinfo=UTC)


@pytest.fixture(scope="session")
def carerix() -> Iterator[Sandbox]:
    with started(only=["carerix"], clock=Clock(BEGIN, running=False)) as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(carerix: Sandbox) -> Sandbox:
    """The server at its beginning, without a rate limit."""

    def begin() -> None:
        carerix.world.clock.set(BEGIN)
        setattr(carerix.world.system("carerix"), "options", Options(rate_limit=0))  # noqa: B010 - as control does it
        carerix.world.reset(1)

    carerix.call(begin)
    return carerix


@pytest.fixture
def client(sandbox: Sandbox) -> BareClient:
    return BareClient(sandbox)
