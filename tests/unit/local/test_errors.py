import errno
import os
from pathlib import Path

import pytest

from cxsync.local.child import diagnose
from cxsync.local.errors import (
    BY_CODE,
    DiskFullError,
    LocalError,
    NotWritableError,
    PortTakenError,
    StartError,
    explain,
)


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (errno.ENOSPC, DiskFullError),
        (errno.EDQUOT, DiskFullError),
        (errno.EFBIG, DiskFullError),
        (errno.EACCES, NotWritableError),
        (errno.EROFS, NotWritableError),
        (errno.ENOTDIR, NotWritableError),
        (errno.EADDRINUSE, PortTakenError),
        (errno.EMFILE, StartError),
    ],
)
def test_a_failed_file_operation_gets_its_class(number: int, expected: type[LocalError]) -> None:
    error = OSError(number, os.strerror(number), "/data/kafka/server.properties")
    assert type(explain("kafka", Path("/data/kafka"), error)) is expected


def test_the_log_tells_a_full_disk(tmp_path: Path) -> None:
    log = tmp_path / "broker.log"
    log.write_text("start\njava.io.IOException: No space left on device\nmore\n")
    assert isinstance(diagnose("kafka", log, 1), DiskFullError)


def test_an_unknown_end_shows_the_last_lines_and_where_the_log_is(tmp_path: Path) -> None:
    log = tmp_path / "broker.log"
    log.write_text("first\nlast words\n")
    error = diagnose("kafka", log, 3)
    assert isinstance(error, StartError)
    assert "last words" in error.reason
    assert str(log) in error.reason
    assert "code 3" in error.reason
    assert "empty" in diagnose("kafka", tmp_path / "none", 1).reason


def test_every_reason_can_cross_from_the_keeper_to_its_users() -> None:
    assert set(BY_CODE.values()) == {LocalError, *LocalError.__subclasses__()}
    for code, error in BY_CODE.items():
        made = error("kafka", "because")
        assert made.code == code
        assert str(made) == "embedded kafka: because"
