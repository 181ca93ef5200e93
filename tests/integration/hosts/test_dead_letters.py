"""Dead letters by the real command: seen, retried where they came from, dropped; auditors read by time."""

import json
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from kafka.admin import ConfigResource, ConfigResourceType

from consumers import history
from consumers.handler import Effect, Work
from cxsync.broker import connection, topics
from cxsync.broker.dead_letter import dead_letter
from cxsync.broker.delivered import Delivered
from cxsync.keyring import Keyring
from cxsync.role import Role
from cxsync.settings import Settings
from cxsync.store import keys
from cxsync.store.database import Database
from cxsync.store.lease import Hand
from schemas.message import Message
from tests.integration.hosts.conftest import Start
from tests.integration.hosts.faults import topic_refuses
from tests.integration.hosts.processes import ROOT, variables
from tests.integration.hosts.test_consumer import effects, host
from tests.integration.hosts.topics import AT, change, eventually, put, raw, records

Cxsync = Callable[..., "subprocess.CompletedProcess[str]"]
PRIVATE = "Salary of Mrs Jansen"


@pytest.fixture
def cxsync(ground: Settings) -> Cxsync:
    """The finished command."""

    def run(*arguments: str, **more: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, "-m", "cxsync", *arguments],
            cwd=ROOT,
            env=variables(ground) | more,
            capture_output=True,
            text=True,
            timeout=90,
            check=False,
        )

    return run


@pytest.fixture
def projected(new_role: Callable[[str], Role], start: Start) -> Role:
    """The history projection, running."""
    role = new_role("history")
    start(lambda: history.run(role), role)
    return role


def letter_of(settings: Settings, keyring: Keyring, record: Message, place: int = 0) -> Message:
    """What the processor publishes for a record that it cannot judge."""
    (position,) = put(settings, record)
    delivered = Delivered(position, record.key, record.value, tuple(record.headers), AT + timedelta(seconds=place))
    return dead_letter(
        settings.topic_prefix, delivered, code="judge-failed", cause="ValueError in judge", key_of=keyring.key_of
    )


def listed(cxsync: Cxsync, *options: str) -> list[dict[str, str]]:
    found: list[dict[str, str]] = json.loads(cxsync("dead-letters", "list", "--json", *options).stdout)
    return found


@pytest.mark.timeout(240)
def test_letters_are_listed_shown_retried_once_and_dropped(
    ground: Settings, database: Database, keyring: Keyring, owners: list[UUID], projected: Role, cxsync: Cxsync
) -> None:
    key = keyring.key_of(owners[0])
    record = raw(ground, owners[0], key, "one", body=PRIVATE.encode())
    first = letter_of(ground, keyring, record)
    second = letter_of(ground, keyring, raw(ground, owners[0], key, "two"), 1)
    put(ground, first, second, first)
    eventually(lambda: _count(database) == 2)
    rows = listed(cxsync)
    assert [(row["code"], row["connection"], row["state"]) for row in rows] == [
        ("judge-failed", str(owners[0]), "open"),
        ("judge-failed", str(owners[0]), "open"),
    ]
    one, two = (row["id"] for row in rows)
    shown = cxsync("dead-letters", "show", one)
    assert (shown.returncode, json.loads(shown.stdout)["record"]["cause"]) == (0, "ValueError in judge")

    with topic_refuses(ground, "raw.exchange"):
        failed = cxsync("dead-letters", "retry", one)
    assert failed.returncode == 1
    assert "message.max.bytes" in failed.stderr
    assert "Traceback" not in failed.stderr
    assert cxsync("dead-letters", "retry", one).returncode == 0
    again = [found for found in records(ground, "raw.exchange") if found.value == record.value]
    assert [(found.key, list(found.headers)) for found in again] == [(record.key, record.headers)] * 2
    refused = cxsync("dead-letters", "retry", one)
    assert refused.returncode == 1
    assert f"there is no open dead letter {one}" in refused.stderr
    assert len(records(ground, "raw.exchange")) == 3

    assert cxsync("dead-letters", "drop", two).returncode == 0
    assert listed(cxsync) == []
    assert sorted(row["state"] for row in listed(cxsync, "--state", "all")) == ["dropped", "retried"]
    unknown = cxsync("dead-letters", "show", str(uuid4()))
    assert unknown.returncode == 1
    assert "cxsync dead-letters list" in unknown.stderr


@pytest.mark.timeout(240)
def test_a_letter_whose_content_was_erased_cannot_be_retried(
    ground: Settings, database: Database, keyring: Keyring, owners: list[UUID], projected: Role, cxsync: Cxsync
) -> None:
    put(ground, letter_of(ground, keyring, raw(ground, owners[0], keyring.key_of(owners[0]), "one")))
    eventually(lambda: _count(database) == 1)
    with database.transaction() as conn:
        keys.destroy(conn, owners[0])
    (row,) = listed(cxsync)
    done = cxsync("dead-letters", "retry", row["id"])
    assert done.returncode == 1
    assert "its content was erased" in done.stderr
    assert len(records(ground, "raw.exchange")) == 1


@pytest.mark.timeout(240)
def test_a_change_that_a_sink_set_aside_is_dealt_with_when_it_is_retried(
    ground: Settings,
    database: Database,
    keyring: Keyring,
    owners: list[UUID],
    role: Role,
    projected: Role,
    start: Start,
    cxsync: Cxsync,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("consumers.worker.ATTEMPTS", 1)
    broken = [True]

    def step(_work: Work, _hand: Hand) -> Effect | None:
        if broken:
            raise ValueError(PRIVATE)
        return None

    put(ground, change(ground, owners[0], keyring.key_of(owners[0]), "a"))
    start(host(role, step)[0].run, role)
    eventually(lambda: _count(database) == 1)
    assert effects(database) == []
    broken.clear()
    (row,) = listed(cxsync)
    assert cxsync("dead-letters", "retry", row["id"]).returncode == 0
    eventually(lambda: effects(database) == [("a", 1)])


@pytest.mark.timeout(240)
def test_an_auditor_reads_a_span_of_time(
    ground: Settings, keyring: Keyring, owners: list[UUID], cxsync: Cxsync
) -> None:
    key = keyring.key_of(owners[0])
    put(ground, raw(ground, owners[0], key, "early"))
    time.sleep(0.05)  # the broker's clock has milliseconds
    since = datetime.now(UTC)
    put(ground, raw(ground, owners[0], key, "within"))
    time.sleep(0.05)
    until = datetime.now(UTC)
    put(ground, raw(ground, owners[0], key, "late"))

    def dumped(*options: str) -> list[str]:
        done = cxsync("audit", "dump", "raw.exchange", *options)
        assert done.returncode == 0, done.stderr
        return [json.loads(line)["record"]["native_id"] for line in done.stdout.splitlines()]

    assert dumped("--from", since.isoformat(), "--to", until.isoformat()) == ["within"]
    assert dumped("--from", since.isoformat()) == ["within", "late"]
    assert dumped("--to", since.isoformat()) == ["early"]
    assert dumped("--from", "2099-01-01") == []
    wrong = cxsync("audit", "dump", "raw.exchange", "--from", "yesterday")
    assert wrong.returncode == 2
    assert "2026-03-02" in wrong.stderr


def test_a_topic_that_does_not_exist_is_not_an_empty_one(ground: Settings, cxsync: Cxsync) -> None:
    done = cxsync("audit", "dump", "raw.exchange", CXSYNC_TOPIC_PREFIX="other.")
    assert done.returncode == 1
    assert "other.raw.exchange does not exist" in done.stderr


def test_a_setting_of_a_topic_that_drifted_is_mended_and_others_are_left_alone(
    ground: Settings, cxsync: Cxsync
) -> None:
    name = topics.name(ground, "raw.exchange")
    admin = connection.admin(ground)
    try:
        strange = {"retention.ms": "1000", "min.insync.replicas": "1", "segment.ms": "7654321"}
        admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, name, configs=strange)])
        checked = cxsync("topics", "--check", "--json")
        assert checked.returncode == 3
        assert [(row["topic"], row["what"], row["found"]) for row in json.loads(checked.stdout)] == [
            (name, "retention.ms", "1000")
        ]
        mended = cxsync("topics")
        assert mended.returncode == 0
        assert "retention.ms set to" in mended.stderr
        assert topics.drift(admin, ground) == []
        found = admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, name)], config_filter="all")
        assert found["topic"][name]["segment.ms"]["value"] == "7654321"
    finally:
        admin.close()


def _count(database: Database) -> int:
    with database.transaction() as conn:
        return int(conn.execute("SELECT count(*) AS n FROM dead_letters").fetchall()[0]["n"])
