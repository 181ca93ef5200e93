"""Words for where a database is and what is wrong there; never a password."""

import pytest

from cxsync.store.connect import connect, describe, first_line
from cxsync.store.errors import DatabaseUnreachable


@pytest.mark.parametrize(
    ("url", "where"),
    [
        ("postgresql://cx:s3cret@db.example.com/calendar", "db.example.com/calendar"),
        ("postgresql://cx:s3cret@db.example.com:5433/calendar?sslmode=require", "db.example.com:5433/calendar"),
        ("postgresql://cx:s3cret@/calendar?host=/run/postgresql", "/run/postgresql/calendar"),
        ("postgresql://cx:s3cret@[::1]/", "::1/cx"),
        ("postgresql://a:s3cret@one,two:6000/calendar", "one,two:,6000/calendar"),
        ("postgresql:///", "the local socket/the default database"),
    ],
)
def test_host_port_and_database_are_named_without_user_and_password(url: str, where: str) -> None:
    assert describe(url) == where
    assert "s3cret" not in where


@pytest.mark.parametrize(
    "url", ["postgresql://cx:s3cret@host/db?nonsense=1", "s3cret", "postgresql://cx:s3cret@host:x:y/"]
)
def test_an_address_that_cannot_be_read_is_never_repeated(url: str) -> None:
    with pytest.raises(DatabaseUnreachable) as caught:
        connect(url)
    assert "s3cret" not in str(caught.value)
    assert "s3cret" not in str(caught.value.__cause__)


def test_only_the_first_line_of_a_drivers_error_is_told() -> None:
    assert first_line(ValueError("what  happened\nDETAIL: Key (name)=(Jan) already exists")) == "what happened"
    assert first_line(ValueError()) == "ValueError"
