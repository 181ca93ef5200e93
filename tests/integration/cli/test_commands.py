"""The commands of the ground, each run as a user runs it."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from uuid import uuid4

from cxsync import trace
from cxsync.broker import connection
from cxsync.broker.publish import publish
from cxsync.keyring import Keyring
from cxsync.settings import Settings
from cxsync.store.database import Database
from schemas.message import Message
from tests.audit.inputs import prepare
from tests.integration.cli.conftest import Cxsync


def test_migrate_and_topics_can_be_repeated(cxsync: Cxsync) -> None:
    assert "applied" in cxsync("migrate").stderr
    assert "nothing to do" in cxsync("migrate").stderr
    assert cxsync("topics", "--check").returncode == 3
    assert "created" in cxsync("topics").stderr
    again = cxsync("topics", "--check", "--json")
    assert (again.returncode, json.loads(again.stdout)) == (0, [])


def test_a_tenant_is_added_shown_and_removed(cxsync: Cxsync, add_tenant: Callable[[], None]) -> None:
    add_tenant()
    shown = json.loads(cxsync("tenant", "show", "demo", "--json").stdout)
    assert shown["graphql_url"] == "https://api.example.com/graphql"
    assert shown["short_month"] == "skip"
    assert "s3cret" not in json.dumps(shown)
    assert [row["name"] for row in json.loads(cxsync("tenant", "list", "--json").stdout)] == ["demo"]
    assert cxsync("tenant", "remove", "demo").returncode == 0
    assert json.loads(cxsync("tenant", "list", "--json").stdout) == []


def test_the_name_of_a_new_tenant_is_the_last_line_alone(cxsync: Cxsync) -> None:
    done = cxsync(
        *("tenant", "add", "demo", "--graphql-url", "https://api.example.com/graphql"),
        *("--token-url", "https://id.example.com/token", "--client-id", "c", "--client-secret-stdin"),
        stdin="s3cret\n",
    )
    assert done.stdout == "demo\n"


def test_a_tenant_name_is_taken_once(cxsync: Cxsync, add_tenant: Callable[[], None]) -> None:
    add_tenant()
    done = cxsync(
        *("tenant", "add", "demo", "--graphql-url", "https://api.example.com/graphql"),
        *("--token-url", "https://id.example.com/token", "--client-id", "c", "--client-secret-stdin"),
        stdin="s3cret\n",
    )
    assert done.returncode == 1
    assert "there is a tenant 'demo' already" in done.stderr


def test_a_connection_is_paused_resumed_and_listed(cxsync: Cxsync, database: Database, keyring: Keyring) -> None:
    (made,) = prepare(database, keyring, count=1)
    assert cxsync("connection", "pause", str(made)).returncode == 0
    assert json.loads(cxsync("connection", "show", str(made), "--json").stdout)["state"] == "paused"
    assert cxsync("connection", "resume", str(made)).returncode == 0
    rows = json.loads(cxsync("connection", "list", "--json").stdout)
    assert [(row["id"], row["state"]) for row in rows] == [(str(made), "active")]
    assert cxsync("status").returncode == 0


def test_keys_are_counted_and_rotated(cxsync: Cxsync, ground: Settings, database: Database, keyring: Keyring) -> None:
    prepare(database, keyring, count=3)
    new = cxsync("keys", "new").stdout.strip()
    both = {"CXSYNC_ENCRYPTION_KEYS": f"{new},{ground.encryption_keys}"}
    assert cxsync("keys", "rotate", **both).returncode == 0
    rows = json.loads(cxsync("keys", "status", "--json", CXSYNC_ENCRYPTION_KEYS=new).stdout)
    assert [(row["rows"], row["known"]) for row in rows if row["setting"] == "ENCRYPTION_KEYS"] == [(3, True)]


def test_audit_dump_opens_records_and_leaves_a_trace_of_who_read(
    cxsync: Cxsync, ground: Settings, database: Database, keyring: Keyring
) -> None:
    (made,) = prepare(database, keyring, count=1)
    producer = connection.producer(ground)
    headers = trace.headers(uuid4(), made, "exchange", datetime.now(UTC)).to_kafka()
    publish(producer, [Message(f"{ground.topic_prefix}raw.exchange", str(made).encode(), b"garbage", headers)])
    producer.close()
    done = cxsync("audit", "dump", "raw.exchange", "--connection", str(made))
    assert done.returncode == 3
    (line,) = map(json.loads, done.stdout.splitlines())
    assert line["error"]["code"] == "undecodable"
    with database.transaction() as conn:
        assert [row["topic"] for row in conn.execute("SELECT topic FROM reads")] == ["raw.exchange"]
