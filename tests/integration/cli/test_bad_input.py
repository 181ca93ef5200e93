"""What bad input gets from the command line: what is wrong, where, what would be right, and a non-zero exit."""

import base64
import socket
from collections.abc import Callable

import pytest

from cxsync.broker import connection, topics
from cxsync.settings import Settings
from tests.integration.cli.conftest import Cxsync

KEY = base64.urlsafe_b64encode(bytes(32)).decode()


@pytest.fixture
def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@pytest.mark.parametrize(
    ("variable", "value", "told"),
    [
        ("CXSYNC_TOPIC_PARTITIONS", "none", "valid integer"),
        ("CXSYNC_DATABASE_URL", "mysql://db", "postgresql://"),
        ("CXSYNC_KAFKA_BOOTSTRAP_SERVERS", "kafka", "HOST:PORT"),
        ("CXSYNC_SMTP_URL", "mail.example.com", "smtp://"),
        ("CXSYNC_ENCRYPTION_KEYS", "short", "32 bytes"),
        ("CXSYNC_LOG_FORMAT", "xml", "'console' or 'json'"),
    ],
)
def test_a_wrong_setting_is_named_with_what_would_be_right(
    cxsync: Cxsync, variable: str, value: str, told: str
) -> None:
    done = cxsync("status", **{variable: value})
    assert done.returncode == 1
    assert variable in done.stderr
    assert told in done.stderr
    assert "Traceback" not in done.stderr


def test_a_secret_setting_is_never_shown(cxsync: Cxsync) -> None:
    done = cxsync("status", CXSYNC_ENCRYPTION_KEYS="hunter2-hunter2")
    assert done.returncode == 1
    assert "hunter2" not in done.stdout + done.stderr


def test_missing_keys_beside_a_database_of_ones_own_are_asked_for(cxsync: Cxsync) -> None:
    done = cxsync("status", CXSYNC_ENCRYPTION_KEYS="")
    assert done.returncode == 1
    assert "CXSYNC_ENCRYPTION_KEYS is not set" in done.stderr
    assert "cxsync keys new" in done.stderr


def test_a_database_that_nobody_serves(cxsync: Cxsync, free_port: int) -> None:
    done = cxsync("status", CXSYNC_DATABASE_URL=f"postgresql://cx:secret@127.0.0.1:{free_port}/cx")
    assert done.returncode == 1
    assert f"127.0.0.1:{free_port}" in done.stderr
    assert "secret" not in done.stderr


def test_a_broker_that_nobody_serves(cxsync: Cxsync, free_port: int) -> None:
    done = cxsync("topics", CXSYNC_KAFKA_BOOTSTRAP_SERVERS=f"127.0.0.1:{free_port}")
    assert done.returncode == 1
    assert f"Kafka at 127.0.0.1:{free_port}" in done.stderr
    assert "CXSYNC_KAFKA_BOOTSTRAP_SERVERS" in done.stderr


def test_a_role_does_not_start_on_missing_topics(cxsync: Cxsync) -> None:
    done = cxsync("run", "processor")
    assert done.returncode == 1
    assert "does not exist; `cxsync topics` creates it" in done.stderr


def test_a_topic_with_other_partitions_is_refused_and_left_alone(cxsync: Cxsync, ground: Settings) -> None:
    done = cxsync("topics", CXSYNC_TOPIC_PARTITIONS="5")
    assert done.returncode == 1
    assert "has 3 partitions, CXSYNC_TOPIC_PARTITIONS says 5" in done.stderr
    admin = connection.admin(ground)
    assert topics.drift(admin, ground) == []
    admin.close()


def test_an_unknown_role(cxsync: Cxsync) -> None:
    done = cxsync("run", "consumer", "outlook")
    assert done.returncode == 2
    assert "carerix, email, exchange, google, history" in done.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ("tenant", "show", "nobody"),
        ("tenant", "remove", "nobody"),
        ("connection", "list", "--tenant", "nobody"),
    ],
)
def test_an_unknown_tenant(cxsync: Cxsync, arguments: tuple[str, ...]) -> None:
    done = cxsync(*arguments)
    assert done.returncode == 1
    assert "there is no tenant 'nobody'" in done.stderr


def test_an_unknown_connection(cxsync: Cxsync) -> None:
    done = cxsync("connection", "pause", "0e8b6d5c-0000-4000-8000-000000000000")
    assert done.returncode == 1
    assert "there is no connection 0e8b6d5c" in done.stderr


def test_keys_that_do_not_fit_the_rows(cxsync: Cxsync, add_tenant: Callable[[], None]) -> None:
    add_tenant()
    done = cxsync("keys", "status", "--json", CXSYNC_CREDENTIAL_KEYS=KEY)
    assert done.returncode == 0
    assert '"known":false' in done.stdout
    done = cxsync("keys", "rotate", CXSYNC_CREDENTIAL_KEYS=KEY)
    assert done.returncode == 1
    assert "CXSYNC_CREDENTIAL_KEYS" in done.stderr
