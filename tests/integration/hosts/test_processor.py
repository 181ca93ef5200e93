"""The processor host in a process of its own: what stops it, what does not, and what it has committed."""

from os import urandom
from uuid import UUID, uuid4

import msgspec
import psutil
import pytest

from cxsync import trace
from cxsync.broker import topics
from cxsync.keyring import Keyring
from cxsync.settings import Settings
from cxsync.store import keys
from cxsync.store.database import Database
from schemas.codec import MARKER, decode
from schemas.envelope import Headers
from schemas.keys import as_text, new_key
from schemas.message import Message, pack, unpack
from schemas.records import DeadLetter, DeadLetterContent, Outcome, Position
from schemas.registry import RELEASE
from tests.integration.hosts.conftest import Launch
from tests.integration.hosts.faults import database_away, drop_records, members, topic_refuses
from tests.integration.hosts.topics import AT, committed, drained, eventually, put, raw, records

PRIVATE = "Salary of Mrs Jansen"
RAW = topics.RAW


def newer(settings: Settings, owner: UUID) -> Message:
    """A record of a program that knows one release more than this one."""
    headers = msgspec.structs.replace(
        trace.headers(trace.derived("newer"), owner, "exchange", AT), schema_version=RELEASE + 1
    )
    value = MARKER + b"\xff" * 8 + PRIVATE.encode()
    return Message(topics.name(settings, "raw.exchange"), str(owner).encode(), value, headers.to_kafka())


def strange(settings: Settings, owner: UUID, key: bytes) -> dict[str, Message]:
    """A record of each kind that cannot be processed, by the code that its dead letter has to carry."""
    good = raw(settings, owner, key, PRIVATE)
    outcome = Outcome(event_id=uuid4(), connection_id=owner, target="carerix", result="updated", at=AT)
    foreign = pack(good.topic, outcome, None, trace.headers(outcome.event_id, owner, "carerix", AT), key)
    unknown = uuid4()
    other = raw(settings, unknown, new_key(), PRIVATE)
    return {
        "undecodable garbage": Message(good.topic, good.key, PRIVATE.encode(), good.headers),
        "undecodable foreign": foreign,
        "bad-header": Message(
            good.topic, good.key, good.value, [(name, value) for name, value in good.headers if name != "cx-event-id"]
        ),
        "bad-header doubled": Message(good.topic, good.key, good.value, [*good.headers, good.headers[0]]),
        "seal-broken": Message(good.topic, good.key, good.value[:-1] + bytes([good.value[-1] ^ 1]), good.headers),
        "judge-failed": raw(settings, owner, key, "fault", body=PRIVATE.encode()),
        "unknown-system": raw(settings, owner, key, PRIVATE, system="carerix"),
        "key-missing": other,
        "record-truncated": raw(settings, owner, key, "huge", body=urandom(5 * 1024 * 1024)),
    }


@pytest.mark.timeout(180)
def test_what_cannot_be_processed_is_set_aside_and_the_stream_goes_on(
    ground: Settings, keyring: Keyring, owners: list[UUID], launch: Launch
) -> None:
    owner = owners[0]
    key = keyring.key_of(owner)
    expected = strange(ground, owner, key)
    places = dict(zip(expected, put(ground, *expected.values()), strict=True))
    put(ground, raw(ground, owner, key, "after"))
    worker = launch("tests.audit.role", "processor")
    eventually(lambda: drained(ground, "processor", *RAW))
    assert worker.popen.poll() is None

    letters: dict[Position, DeadLetter] = {}
    for record in records(ground, topics.DEAD_LETTERS):
        assert record.value is not None
        opened = unpack(record.position.topic, record.value, record.headers, keyring.key_of)
        assert isinstance(opened.record, DeadLetter)
        letters[opened.record.position] = opened.record
        kept = opened.content if isinstance(opened.content, DeadLetterContent) else None
        original = next(name for name, place in places.items() if place == opened.record.position)
        value = kept.value if kept else opened.record.raw_value
        assert value == expected[original].value, original
        headers = kept.headers if kept else opened.record.raw_headers
        assert [(header.name, header.value) for header in headers] == expected[original].headers
        assert PRIVATE not in opened.record.cause
        if opened.record.connection_id == owner:
            assert PRIVATE.encode() not in record.value
    assert {name: letters[place].code for name, place in places.items()} == {
        name: name.partition(" ")[0] for name in places
    }
    (good,) = records(ground, "changes.carerix")
    assert good.value is not None
    assert decode(good.value, RELEASE).event_id == trace.derived(
        "change", trace.derived("raw", owner, "after", "exchange")
    )
    assert PRIVATE not in worker.log
    assert "Mrs Jansen" not in worker.log


def test_nothing_is_published_for_an_erased_connection(
    ground: Settings, database: Database, keyring: Keyring, owners: list[UUID], launch: Launch
) -> None:
    gone, other = owners[:2]
    put(ground, raw(ground, gone, keyring.key_of(gone), "one"), raw(ground, other, keyring.key_of(other), "one"))
    with database.transaction() as conn:
        keys.destroy(conn, gone)
    launch("tests.audit.role", "processor")
    eventually(lambda: drained(ground, "processor", *RAW))
    assert [record.key for record in records(ground, "changes.carerix")] == [str(other).encode()]
    assert records(ground, topics.DEAD_LETTERS) == []


@pytest.mark.timeout(180)
def test_a_record_of_a_newer_program_stops_the_worker_and_stays(
    ground: Settings, keyring: Keyring, owners: list[UUID], launch: Launch
) -> None:
    owner = owners[0]
    key = keyring.key_of(owner)
    (place,) = put(ground, newer(ground, owner))
    put(ground, raw(ground, owner, key, "behind"))
    worker = launch("cxsync", "run", "processor")
    assert worker.ends() != 0
    assert "upgrade consumers first" in worker.log
    assert "Traceback" not in worker.log
    assert PRIVATE not in worker.log
    assert committed(ground, "processor", "raw.exchange")["raw.exchange"][0] == 0
    assert records(ground, topics.DEAD_LETTERS) == []

    drop_records(ground, place)
    launch("tests.audit.role", "processor")
    eventually(lambda: len(records(ground, "changes.carerix")) == 1)


def test_keys_that_do_not_fit_stop_the_worker_and_are_named(
    ground: Settings, keyring: Keyring, owners: list[UUID], launch: Launch
) -> None:
    put(ground, raw(ground, owners[0], keyring.key_of(owners[0]), "one"))
    worker = launch("cxsync", "run", "processor", CXSYNC_ENCRYPTION_KEYS=as_text(new_key()))
    assert worker.ends() != 0
    assert "CXSYNC_ENCRYPTION_KEYS" in worker.log
    assert "add the missing key" in worker.log
    assert "Traceback" not in worker.log
    assert records(ground, topics.DEAD_LETTERS) == []
    assert committed(ground, "processor", "raw.exchange")["raw.exchange"][0] == 0
    launch("tests.audit.role", "processor")
    eventually(lambda: len(records(ground, "changes.carerix")) == 1)


@pytest.mark.timeout(180)
def test_a_database_that_is_away_delays_and_sets_nothing_aside(
    ground: Settings, keyring: Keyring, owners: list[UUID], launch: Launch
) -> None:
    worker = launch("tests.audit.role", "processor")
    first, second, third = (raw(ground, owner, keyring.key_of(owner), "one") for owner in owners)
    put(ground, first)
    eventually(lambda: len(records(ground, "changes.carerix")) == 1)
    with database_away(ground):
        put(ground, second)
        worker.says("error connecting")
        assert worker.popen.poll() is None
    eventually(lambda: len(records(ground, "changes.carerix")) == 2)
    with database_away(ground):
        before = worker.log.count("error connecting")
        put(ground, third)
        eventually(lambda: worker.log.count("error connecting") > before)
        assert worker.stop() == 0
    launch("tests.audit.role", "processor")
    eventually(lambda: drained(ground, "processor", *RAW))
    assert len(records(ground, "changes.carerix")) == 3
    assert records(ground, topics.DEAD_LETTERS) == []


@pytest.mark.timeout(180)
def test_a_refused_send_ends_the_worker_though_no_further_record_comes(
    ground: Settings, keyring: Keyring, owners: list[UUID], launch: Launch
) -> None:
    with topic_refuses(ground, "changes.carerix"):
        put(ground, raw(ground, owners[0], keyring.key_of(owners[0]), "one"))
        worker = launch("tests.audit.role", "processor")
        assert worker.ends() != 0
    assert "publishing failed" in worker.log
    assert committed(ground, "processor", "raw.exchange")["raw.exchange"][0] == 0
    launch("tests.audit.role", "processor")
    eventually(lambda: drained(ground, "processor", *RAW))
    assert len(records(ground, "changes.carerix")) == 1


@pytest.mark.timeout(180)
def test_sigterm_under_load_loses_nothing(
    ground: Settings, keyring: Keyring, owners: list[UUID], launch: Launch
) -> None:
    keys_ = {owner: keyring.key_of(owner) for owner in owners}
    batch = [raw(ground, owner, keys_[owner], f"item {n}") for n in range(400) for owner in owners]
    worker = launch("tests.audit.role", "processor", CXSYNC_MEMBER_ID="processor-7")
    eventually(lambda: members(ground, "processor") == ["processor-7"])
    put(ground, *batch[:3])
    eventually(lambda: len(records(ground, "changes.carerix")) >= 3)
    listening = [c for c in psutil.Process(worker.popen.pid).net_connections("tcp") if c.status == psutil.CONN_LISTEN]
    assert len(listening) == 1, "the health port, and no web port of Faust"
    put(ground, *batch[3:])
    assert worker.stop() == 0
    done, _ = committed(ground, "processor", "raw.exchange")["raw.exchange"]
    assert 3 <= done <= len(records(ground, "changes.carerix")), "nothing is committed ahead of its output"
    launch("tests.audit.role", "processor", CXSYNC_MEMBER_ID="processor-7")
    eventually(lambda: drained(ground, "processor", *RAW))
    ids = [Headers.from_kafka(record.headers).event_id for record in records(ground, "changes.carerix")]
    assert len(set(ids)) == len(batch)
