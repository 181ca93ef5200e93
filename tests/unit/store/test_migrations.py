"""The released migrations: numbered without a gap, and unchanged once released."""

import re

from cxsync.store.migrate import released

# Append a line when a release is made; never change one (a database that had the file would be refused).
RELEASED = {
    "0001_first": "bc1719747e41426c5dbba36c601f84ffadc35bd48d6bea0338061bef8e1c02fc",
}


def test_files_are_numbered_without_a_gap_and_named() -> None:
    names = [migration.name for migration in released()]
    assert names
    for number, name in enumerate(names, start=1):
        assert re.fullmatch(rf"{number:04}_[a-z_]+", name)


def test_released_files_are_what_they_were() -> None:
    found = {migration.name: migration.sha256 for migration in released()}
    assert {name: found.get(name) for name in RELEASED} == RELEASED
