"""The producer host: the cursor stays behind what Kafka has acknowledged, whatever happens in between."""

from collections.abc import Callable
from datetime import datetime
from threading import Event
from uuid import UUID

import pytest

from cxsync import trace
from cxsync.keyring import Keyring, encryption_keys
from cxsync.role import Role
from cxsync.settings import Settings
from cxsync.store import cursors, keys, schedule
from cxsync.store.database import Database
from cxsync.store.lease import Fenced, of_connection
from cxsync.store.schedule import DuePoll, Poll
from producers.failed import PollFailed
from producers.host import ProducerHost
from producers.source import Observation, Polled
from schemas.codec import decode
from schemas.envelope import Headers
from schemas.errors import UnknownMasterKey
from schemas.keys import as_text, new_key
from schemas.records import Policy, RawChange, RawContent
from schemas.registry import RELEASE
from schemas.words import System
from tests.integration.hosts.conftest import Start
from tests.integration.hosts.faults import topic_refuses
from tests.integration.hosts.topics import eventually, records

Step = Callable[[DuePoll, bytes | None], None]


class Numbers:
    """Finds the item after the cursor at each poll, up to ``last``; takes ``step`` before it answers."""

    system: System = "exchange"

    def __init__(self, step: Step, *, last: int = 1, items: int = 1) -> None:
        self._step = step
        self._last = last
        self._items = items
        self.polls: list[tuple[UUID | None, bytes | None]] = []

    def poll(self, due: DuePoll, cursor: bytes | None) -> Polled:
        self.polls.append((due.connection_id, cursor))
        self._step(due, cursor)
        number = int(cursor or b"0") + 1
        if number > self._last:
            return Polled(observations=(), cursor=cursor or b"0", next_in=60)
        assert due.connection_id is not None
        found = tuple(self._observation(due.connection_id, f"{number} {item}") for item in range(self._items))
        return Polled(observations=found, cursor=b"%d" % number, next_in=60, more=number < self._last)

    def _observation(self, owner: UUID, item: str) -> Observation:
        return Observation(
            event_id=trace.derived("number", owner, item),
            connection_id=owner,
            target="carerix",
            native_id=item,
            policy=Policy(),
            content=RawContent(),
        )


def nothing(_due: DuePoll, _cursor: bytes | None) -> None:
    """No step."""


def poll_of(database: Database, owner: UUID) -> tuple[bytes | None, Poll]:
    """The cursor of a connection, and how its poll stands."""
    with database.transaction() as conn:
        cursor = cursors.get(conn, of_connection(owner), "exchange")
        (poll,) = schedule.of(conn, of_connection(owner))
    return cursor.value if cursor else None, poll


def only(database: Database, owners: list[UUID], *kept: UUID) -> None:
    """Poll only the ``kept`` connections."""
    with database.transaction() as conn:
        for owner in owners:
            if owner not in kept:
                schedule.remove(conn, of_connection(owner))


def event_ids(settings: Settings) -> list[UUID]:
    return [Headers.from_kafka(record.headers).event_id for record in records(settings, "raw.exchange")]


def times(settings: Settings) -> list[datetime]:
    found = []
    for record in records(settings, "raw.exchange"):
        raw = decode(record.value or b"", RELEASE)
        assert isinstance(raw, RawChange)
        found.append(raw.observed_at)
    return found


def test_the_cursor_moves_only_when_the_broker_has_acknowledged_every_record(
    ground: Settings, database: Database, owners: list[UUID], role: Role, start: Start
) -> None:
    only(database, owners, owners[0])
    source = Numbers(nothing)
    with topic_refuses(ground, "raw.exchange"):
        start(ProducerHost(role, source, workers=1).run, role)
        eventually(lambda: poll_of(database, owners[0])[1].failures >= 2)
        cursor, poll = poll_of(database, owners[0])
        assert cursor is None
        assert poll.last_error_code == "publish-failed"
        assert poll.last_success_at is None
    eventually(lambda: poll_of(database, owners[0])[0] == b"1")
    assert set(event_ids(ground)) == {trace.derived("number", owners[0], "1 0")}
    assert {cursor for _, cursor in source.polls} == {None}


def test_a_lease_lost_between_publishing_and_the_cursor_repeats_the_poll_with_the_same_ids(
    ground: Settings, database: Database, owners: list[UUID], role: Role, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    only(database, owners, owners[0])
    moved: list[str] = []
    move = cursors.move

    def lose_once(conn: Fenced, resource: str, system: str, value: bytes) -> None:
        if not moved:
            moved.append("lost")
            conn.execute("SELECT pg_terminate_backend(pg_backend_pid())")
        move(conn, resource, system, value)

    monkeypatch.setattr(cursors, "move", lose_once)

    def steal(due: DuePoll, _cursor: bytes | None) -> None:
        if len(source.polls) == 2:
            with database.transaction() as conn:
                conn.execute(
                    "UPDATE leases SET lease_no = lease_no + 1, holder = 'another',"
                    " expires_at = clock_timestamp() + interval '1 second' WHERE resource = %s",
                    [due.resource],
                )

    source = Numbers(steal)
    start(ProducerHost(role, source, workers=1).run, role)
    eventually(lambda: poll_of(database, owners[0])[0] == b"1")
    assert len(source.polls) == 3  # one cut between, one whose lease was stolen, one that went through
    ids = event_ids(ground)
    assert len(ids) >= 2
    assert set(ids) == {trace.derived("number", owners[0], "1 0")}


def test_a_poll_that_raises_is_tried_later_and_stops_no_other(
    ground: Settings, database: Database, owners: list[UUID], role: Role, start: Start
) -> None:
    def step(due: DuePoll, _cursor: bytes | None) -> None:
        if due.connection_id == owners[0]:
            raise ValueError("Salary of Mrs Jansen")
        if due.connection_id == owners[1]:
            raise PollFailed("server-busy", "told to wait", 120)

    start(ProducerHost(role, Numbers(step), workers=2).run, role)
    eventually(lambda: poll_of(database, owners[2])[0] == b"1")
    eventually(lambda: all(poll_of(database, owner)[1].failures == 1 for owner in owners[:2]))
    codes = {poll_of(database, owner)[1].last_error_code for owner in owners[:2]}
    assert codes == {"unexpected", "server-busy"}
    assert not role.stopping.is_set()
    assert {record.key for record in records(ground, "raw.exchange")} == {str(owners[2]).encode()}


def test_nothing_is_published_for_an_erased_connection_and_its_cursor_goes_on(
    ground: Settings, database: Database, owners: list[UUID], role: Role, start: Start
) -> None:
    only(database, owners, owners[0])
    with database.transaction() as conn:
        keys.destroy(conn, owners[0])
    start(ProducerHost(role, Numbers(nothing), workers=1).run, role)
    eventually(lambda: poll_of(database, owners[0])[0] == b"1")
    assert records(ground, "raw.exchange") == []


def test_keys_that_do_not_fit_stop_the_role(
    ground: Settings, database: Database, keyring: Keyring, owners: list[UUID], start: Start
) -> None:
    other = ground.model_copy(update={"encryption_keys": as_text(new_key())})
    role = Role("other keys", other, database, Keyring(database, encryption_keys(other)), 30.0)
    start(ProducerHost(role, Numbers(nothing), workers=1).run, role).join(60)
    with pytest.raises(UnknownMasterKey, match="CXSYNC_ENCRYPTION_KEYS"):
        role.raise_fault()
    assert records(ground, "raw.exchange") == []


def test_an_observation_counts_from_before_the_reading_and_times_rise_from_poll_to_poll(
    ground: Settings, database: Database, owners: list[UUID], role: Role, start: Start
) -> None:
    only(database, owners, owners[0])
    reading: list[datetime] = []

    def now(_due: DuePoll, _cursor: bytes | None) -> None:
        with database.transaction() as conn:
            reading.append(conn.execute("SELECT clock_timestamp() AS at").fetchall()[0]["at"])

    start(ProducerHost(role, Numbers(now, last=3, items=5), workers=1).run, role)
    eventually(lambda: poll_of(database, owners[0])[0] == b"3")
    found = times(ground)
    assert len(found) == 15
    assert found == sorted(set(found))
    for number in range(3):
        # What a sink writes while the poll reads is later than the observation: it must not be taken for older.
        assert found[5 * number] < reading[number]


def test_two_processes_never_poll_one_connection_at_a_time(
    ground: Settings, database: Database, owners: list[UUID], new_role: Callable[[str], Role], start: Start
) -> None:
    only(database, owners, owners[0])
    inside: list[str] = []
    clashes: list[str] = []
    pause = Event()

    def step(_due: DuePoll, _cursor: bytes | None) -> None:
        clashes.extend(inside)
        inside.append("x")
        pause.wait(0.05)
        inside.pop()

    for name in ("one", "two"):
        role = new_role(name)
        start(ProducerHost(role, Numbers(step, last=12), workers=2).run, role)
    eventually(lambda: poll_of(database, owners[0])[0] == b"12")
    assert clashes == []
    assert len(set(event_ids(ground))) == len(event_ids(ground)) == 12
