"""Connections, topics and roles of a test of the hosts."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import UUID

import pytest

from cxsync.keyring import Keyring
from cxsync.role import Role
from cxsync.settings import Settings
from cxsync.store.database import Database
from tests.audit.inputs import prepare
from tests.integration.hosts.processes import Process

Launch = Callable[..., Process]
Start = Callable[[Callable[[], None], Role], threading.Thread]


@pytest.fixture
def owners(database: Database, keyring: Keyring) -> list[UUID]:
    """Three active connections with keys, in the database, with the audit's tables."""
    return prepare(database, keyring, count=3)


@pytest.fixture
def launch(ground: Settings, tmp_path: Path) -> Iterator[Launch]:
    """``launch("tests.audit.role", "processor", CXSYNC_…="…")``: a process that does not outlive the test."""
    started: list[Process] = []

    def start(*command: str, **more: str) -> Process:
        started.append(Process(ground, tmp_path / "logs", *command, **more))
        return started[-1]

    yield start
    for process in started:
        process.kill()


@pytest.fixture
def new_role(ground: Settings, database: Database, keyring: Keyring) -> Callable[[str], Role]:
    """A role of this process, by its name: the holder of its leases."""

    def make(name: str) -> Role:
        role = Role(name, ground, database, keyring, 30.0)
        role.holder = name
        return role

    return make


@pytest.fixture
def role(new_role: Callable[[str], Role]) -> Role:
    """One role of this process."""
    return new_role("one")


@pytest.fixture
def start() -> Iterator[Start]:
    """``start(host.run, role)``: runs in a thread, is stopped and joined at the end of the test."""
    running: list[tuple[Role, threading.Thread]] = []

    def begin(run: Callable[[], None], role: Role) -> threading.Thread:
        thread = threading.Thread(target=run, name=role.name)
        thread.start()
        running.append((role, thread))
        return thread

    yield begin
    for role, _ in running:
        role.stopping.set()
    for _, thread in running:
        thread.join(60)
        assert not thread.is_alive()
