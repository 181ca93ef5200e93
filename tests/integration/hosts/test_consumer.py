"""The consumer host on real Kafka and PostgreSQL: what is dealt with once, later, elsewhere, or set aside."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from threading import Event
from uuid import UUID

import pytest
from msgspec.structs import replace

from consumers.drain import Drain
from consumers.handler import Effect, HoldItem, Later, TryAgain, Work
from consumers.host import ConsumerHost
from consumers.ingest import Inbox
from consumers.outcome import packed
from consumers.worker import ATTEMPTS
from cxsync import trace
from cxsync.broker import topics
from cxsync.keyring import Keyring, encryption_keys
from cxsync.role import Role
from cxsync.settings import Settings
from cxsync.store.database import Database, Transaction
from cxsync.store.inbox import Arrival
from cxsync.store.lease import Fenced, Hand, LeaseLost, of_connection
from cxsync.store.outbox import Message as Owed
from cxsync.supervise.keeper import Timing
from schemas.codec import MARKER, decode
from schemas.errors import NewerSchema, UnknownMasterKey
from schemas.keys import as_text, new_key
from schemas.message import Message, pack
from schemas.records import Change, DeadLetter, Outcome
from schemas.registry import RELEASE
from tests.audit.payload import AuditHandler
from tests.integration.hosts.conftest import Start
from tests.integration.hosts.faults import answers, broker_hangs, kill_broker, members, topic_refuses
from tests.integration.hosts.topics import AT, change, committed, drained, eventually, put, records

Step = Callable[[Work, Hand], Effect | None]
GROUP, TOPIC = "consumer.carerix", "changes.carerix"


class Scripted:
    """Applies edits as the audit does, but takes ``step`` first; what a step returns is the effect."""

    def __init__(self, role: Role, step: Step) -> None:
        self._step = step
        self._audit = AuditHandler(role)
        self.handled: list[str] = []

    def handle(self, work: Work, hand: Hand) -> Effect:
        self.handled.append(work.item.native_id)
        return self._step(work, hand) or self._audit.handle(work, hand)


def usual(_work: Work, _hand: Hand) -> None:
    """No step of the test's own."""


def host(role: Role, step: Step = usual, *, workers: int = 1) -> tuple[ConsumerHost, Scripted]:
    handler = Scripted(role, step)
    return ConsumerHost(role, topics.name(role.settings, TOPIC), "carerix", handler, workers=workers), handler


def effects(database: Database) -> list[tuple[str, int]]:
    """Item and version of every application, in order."""
    with database.transaction() as conn:
        rows = conn.execute("SELECT item, version FROM audit_effects ORDER BY seq").fetchall()
    return [(row["item"], row["version"]) for row in rows]


def waiting(database: Database) -> dict[str, tuple[int, str | None, str | None, float]]:
    """Of each inbox row: attempts, last code, held, seconds until due."""
    with database.transaction() as conn:
        rows = conn.execute(
            "SELECT native_id, attempts, last_code, held,"
            " extract(epoch FROM due_at - clock_timestamp())::float AS due_in FROM inbox"
        ).fetchall()
    return {row["native_id"]: (row["attempts"], row["last_code"], row["held"], row["due_in"]) for row in rows}


def results(settings: Settings) -> list[tuple[str, str]]:
    """Result and native version of the change of each outcome on the topic."""
    found = []
    for record in records(settings, topics.OUTCOMES):
        outcome = decode(record.value or b"", RELEASE)
        assert isinstance(outcome, Outcome)
        found.append((str(outcome.change_id), outcome.result))
    return sorted(found)


def letters(settings: Settings) -> list[DeadLetter]:
    found = []
    for record in records(settings, topics.DEAD_LETTERS):
        letter = decode(record.value or b"", RELEASE)
        assert isinstance(letter, DeadLetter)
        found.append(letter)
    return found


def test_a_change_that_comes_twice_takes_effect_once(
    ground: Settings, database: Database, keyring: Keyring, owners: list[UUID], role: Role, start: Start
) -> None:
    one = change(ground, owners[0], keyring.key_of(owners[0]), "a")
    put(ground, one, one)
    start(host(role)[0].run, role)
    eventually(lambda: drained(ground, GROUP, TOPIC) and effects(database) and not waiting(database))
    put(ground, one, change(ground, owners[0], keyring.key_of(owners[0]), "b"))
    eventually(lambda: len(effects(database)) > 1 and drained(ground, GROUP, TOPIC) and not waiting(database))
    assert effects(database) == [("a", 1), ("b", 1)]
    eventually(lambda: len(results(ground)) == 2)


def test_the_newest_of_several_observations_is_dealt_with_and_the_others_end_as_superseded(
    ground: Settings, database: Database, keyring: Keyring, owners: list[UUID], role: Role, start: Start
) -> None:
    key = keyring.key_of(owners[0])
    versions = [change(ground, owners[0], key, "a", version, AT + timedelta(seconds=version)) for version in (1, 3, 2)]
    put(ground, *versions)
    start(host(role)[0].run, role)
    eventually(lambda: len(results(ground)) == 3)
    assert effects(database) == [("a", 3)]
    ids = [str(trace.derived("change", owners[0], "a", version)) for version in (1, 2, 3)]
    assert results(ground) == sorted(zip(ids, ("superseded", "superseded", "updated"), strict=True))


def test_a_handler_that_raises_is_tried_again_later_and_later_and_then_set_aside(
    ground: Settings, database: Database, keyring: Keyring, owners: list[UUID], role: Role, start: Start
) -> None:
    def raises(work: Work, _hand: Hand) -> None:
        if work.item.native_id == "bad":
            raise ValueError("Salary of Mrs Jansen")

    key = keyring.key_of(owners[0])
    put(ground, change(ground, owners[0], key, "bad"), change(ground, owners[0], key, "good"))
    running, handler = host(role, raises)
    start(running.run, role)
    eventually(lambda: waiting(database).get("bad", (0,))[0] == 2)
    attempts, code, held, due_in = waiting(database)["bad"]
    assert (attempts, code, held) == (2, "unexpected", None)
    assert 0.5 < due_in <= 2.0
    assert effects(database) == [("good", 1)]
    _hasten(database, owners[0], attempts=ATTEMPTS - 1)
    (letter,) = eventually(lambda: letters(ground))
    assert (letter.code, letter.cause, letter.attempts) == ("handler-failed", "ValueError", ATTEMPTS)
    assert letter.connection_id == owners[0]
    assert eventually(lambda: not waiting(database))
    assert handler.handled.count("bad") == 3
    assert not role.stopping.is_set()


def test_a_write_that_fails_is_the_items_own_fault(
    ground: Settings, database: Database, keyring: Keyring, owners: list[UUID], role: Role, start: Start
) -> None:
    def write(conn: Fenced) -> None:
        conn.execute("INSERT INTO audit_items VALUES (%s, 'never', 1)", [owners[0]])
        conn.execute("INSERT INTO audit_items VALUES (%s, 'never', 1)", [owners[0]])

    def clashes(work: Work, _hand: Hand) -> Effect | None:
        return Effect(write=write) if work.item.native_id == "bad" else None

    key = keyring.key_of(owners[0])
    put(ground, change(ground, owners[0], key, "bad"), change(ground, owners[0], key, "good"))
    start(host(role, clashes)[0].run, role)
    eventually(lambda: effects(database) == [("good", 1)] and waiting(database).get("bad"))
    assert waiting(database)["bad"][1] == "unexpected"
    assert not role.stopping.is_set()
    with database.transaction() as conn:
        assert conn.execute("SELECT 1 FROM audit_items WHERE item = 'never'").fetchall() == []


def test_items_put_off_or_held_delay_no_other(
    ground: Settings, database: Database, keyring: Keyring, owners: list[UUID], role: Role, start: Start
) -> None:
    def told(work: Work, result: str) -> tuple[Owed, ...]:
        assert isinstance(work.record, Change)
        outcome = Outcome(
            event_id=trace.derived(result, work.record.event_id),
            connection_id=work.record.connection_id,
            target="carerix",
            result="held" if result == "held" else "deferred",
            at=AT,
            change_id=work.record.event_id,
        )
        return (packed(role, outcome),)

    def step(work: Work, _hand: Hand) -> Effect | None:
        match work.item.native_id:
            case "later":
                raise TryAgain("busy", 600)
            case "held":
                raise HoldItem("many-deletions", told(work, "held"))
            case "again":
                return Effect(told(work, "deferred"), again=Later("in-series", 300))
            case _:
                return None

    key = keyring.key_of(owners[0])
    put(ground, *(change(ground, owners[0], key, item) for item in ("later", "held", "again", "good")))
    start(host(role, step)[0].run, role)
    eventually(lambda: len(results(ground)) == 3)
    assert sorted(result for _, result in results(ground)) == ["deferred", "held", "updated"]
    found = waiting(database)
    assert found["later"][:3] == (1, "busy", None)
    assert 500 < found["later"][3] <= 600
    assert found["held"][1:3] == ("many-deletions", "many-deletions")
    assert found["again"][:3] == (1, "in-series", None)
    assert 200 < found["again"][3] <= 300
    assert effects(database) == [("good", 1)]
    put(ground, change(ground, owners[0], key, "held", 2, AT + timedelta(seconds=1)))  # it replaces the one that waits
    eventually(lambda: len(results(ground)) == 5)  # superseded, and held anew
    assert waiting(database)["held"][2] == "many-deletions"


def test_who_lost_the_lease_inside_writes_nothing_and_the_next_holder_does(
    ground: Settings, database: Database, keyring: Keyring, owners: list[UUID], role: Role, start: Start
) -> None:
    lost: list[LeaseLost] = []

    def step(work: Work, hand: Hand) -> None:
        if not lost:
            lost.append(LeaseLost(hand.lease))
            with database.transaction() as conn:
                conn.execute(
                    "UPDATE leases SET lease_no = lease_no + 1, holder = 'another',"
                    " expires_at = clock_timestamp() + interval '1 second' WHERE resource = %s",
                    [of_connection(work.item.connection_id)],
                )

    put(ground, change(ground, owners[0], keyring.key_of(owners[0]), "a"))
    running, handler = host(role, step)
    start(running.run, role)
    eventually(lambda: effects(database))
    eventually(lambda: not waiting(database))
    assert (handler.handled, effects(database)) == (["a", "a"], [("a", 1)])
    eventually(lambda: len(results(ground)) == 1)


class Cut(Inbox):
    """The inbox whose first batch loses its database session after the rows were written."""

    cut = False

    def put(self, conn: Transaction, rows: Sequence[Arrival]) -> None:
        super().put(conn, rows)
        if not self.cut:
            self.cut = True
            conn.execute("SELECT pg_terminate_backend(pg_backend_pid())")


def test_a_batch_whose_database_session_is_cut_is_put_again_before_its_offsets_are_committed(
    ground: Settings, database: Database, keyring: Keyring, owners: list[UUID], role: Role, start: Start
) -> None:
    key = keyring.key_of(owners[0])
    put(ground, *(change(ground, owners[0], key, f"item {n}") for n in range(20)))
    projection = Cut(role, "carerix", "consumer")
    drain = Drain(role, [topics.name(ground, TOPIC)], f"{ground.topic_prefix}{GROUP}", projection)
    start(drain.run, role)
    eventually(lambda: drained(ground, GROUP, TOPIC))
    assert projection.cut
    assert len(waiting(database)) == 20


class KillsBroker(Inbox):
    """The inbox whose first batch is the last thing that happens before the broker is killed."""

    killed = False

    def put(self, conn: Transaction, rows: Sequence[Arrival]) -> None:
        super().put(conn, rows)
        if not self.killed:
            self.killed = True
            kill_broker(self._role.settings)


def test_a_broker_killed_before_the_commit_leaves_the_role_alive_and_the_offsets_committed_in_the_end(
    ground: Settings, database: Database, keyring: Keyring, owners: list[UUID], role: Role, start: Start
) -> None:
    put(ground, change(ground, owners[0], keyring.key_of(owners[0]), "a"))
    projection = KillsBroker(role, "carerix", "consumer")
    drain = Drain(role, [topics.name(ground, TOPIC)], f"{ground.topic_prefix}{GROUP}", projection)
    start(drain.run, role)
    eventually(lambda: projection.killed)
    eventually(lambda: answers(ground) and drained(ground, GROUP, TOPIC), 100)
    role.raise_fault()
    assert list(waiting(database)) == ["a"]


def test_a_stop_while_the_broker_hangs_is_over_before_a_supervisor_kills(
    ground: Settings, database: Database, keyring: Keyring, owners: list[UUID], role: Role, start: Start
) -> None:
    put(ground, change(ground, owners[0], keyring.key_of(owners[0]), "a"))
    thread = start(host(role)[0].run, role)
    eventually(lambda: drained(ground, GROUP, TOPIC) and results(ground))
    with broker_hangs(ground):
        role.stopping.set()
        thread.join(Timing().grace)
        assert not thread.is_alive()
    role.raise_fault()


def test_an_effect_whose_database_session_is_cut_is_written_once_in_the_end(
    ground: Settings, database: Database, keyring: Keyring, owners: list[UUID], role: Role, start: Start
) -> None:
    cut: list[str] = []

    def step(work: Work, hand: Hand) -> Effect | None:
        if cut:
            return None
        cut.append(work.item.native_id)
        usual_effect = AuditHandler(role).handle(work, hand)

        def write(conn: Fenced) -> None:
            usual_effect.write(conn)
            conn.execute("SELECT pg_terminate_backend(pg_backend_pid())")

        return replace(usual_effect, write=write)

    put(ground, change(ground, owners[0], keyring.key_of(owners[0]), "a"))
    start(host(role, step)[0].run, role)
    eventually(lambda: len(results(ground)) == 1)
    assert effects(database) == [("a", 1)]


def test_what_was_committed_but_not_published_is_published_by_another_process(
    ground: Settings,
    database: Database,
    keyring: Keyring,
    owners: list[UUID],
    new_role: Callable[[str], Role],
    start: Start,
) -> None:
    first, second = new_role("first"), new_role("second")
    with topic_refuses(ground, topics.OUTCOMES):
        put(ground, change(ground, owners[0], keyring.key_of(owners[0]), "a"))
        thread = start(host(first)[0].run, first)
        eventually(lambda: effects(database))
        first.stopping.set()
        thread.join(60)
    assert results(ground) == []
    first.raise_fault()
    start(host(second)[0].run, second)
    eventually(lambda: len(results(ground)) == 1, 20)
    assert effects(database) == [("a", 1)]


def test_a_broker_that_refuses_for_a_while_is_asked_again(
    ground: Settings, database: Database, keyring: Keyring, owners: list[UUID], role: Role, start: Start
) -> None:
    with topic_refuses(ground, topics.OUTCOMES):
        put(ground, change(ground, owners[0], keyring.key_of(owners[0]), "a"))
        start(host(role)[0].run, role)
        eventually(lambda: effects(database))
    put(ground, change(ground, owners[0], keyring.key_of(owners[0]), "b"))
    eventually(lambda: len(results(ground)) == 2)
    assert not role.stopping.is_set()


def test_a_record_of_a_newer_program_stops_the_role_and_stays(
    ground: Settings, database: Database, keyring: Keyring, owners: list[UUID], role: Role, start: Start
) -> None:
    good = change(ground, owners[0], keyring.key_of(owners[0]), "a")
    headers = replace(trace.headers(trace.derived("newer"), owners[0], "exchange", AT), schema_version=RELEASE + 1)
    put(ground, Message(good.topic, good.key, MARKER + bytes(8), headers.to_kafka()))
    thread = start(host(role)[0].run, role)
    thread.join(60)
    assert not thread.is_alive()
    with pytest.raises(NewerSchema, match="upgrade consumers first"):
        role.raise_fault()
    assert committed(ground, GROUP, TOPIC)[TOPIC][0] == 0
    assert letters(ground) == []


def test_keys_that_do_not_fit_stop_the_role_and_set_nothing_aside(
    ground: Settings, database: Database, keyring: Keyring, owners: list[UUID], start: Start
) -> None:
    other = ground.model_copy(update={"encryption_keys": as_text(new_key())})
    role = Role("other keys", other, database, Keyring(database, encryption_keys(other)), 30.0)
    put(ground, change(ground, owners[0], keyring.key_of(owners[0]), "a"))
    start(host(role)[0].run, role).join(60)
    with pytest.raises(UnknownMasterKey, match="CXSYNC_ENCRYPTION_KEYS"):
        role.raise_fault()
    assert letters(ground) == []
    assert list(waiting(database)) == ["a"]


def test_what_the_database_cannot_hold_is_set_aside_and_the_batch_goes_on(
    ground: Settings, database: Database, keyring: Keyring, owners: list[UUID], role: Role, start: Start
) -> None:
    key = keyring.key_of(owners[0])
    items = ["a", "nul \x00 inside", "b", "c"]
    put(ground, *(change(ground, owners[0], key, item) for item in items))
    start(host(role)[0].run, role)
    eventually(lambda: len(effects(database)) == 3 and drained(ground, GROUP, TOPIC))
    (letter,) = letters(ground)
    assert letter.code == "unstorable"
    assert "inside" not in letter.cause
    assert not role.stopping.is_set()


def test_a_change_whose_key_is_unknown_here_is_set_aside(
    ground: Settings, database: Database, owners: list[UUID], role: Role, start: Start
) -> None:
    with database.transaction() as conn:
        conn.execute("DELETE FROM connection_keys WHERE connection_id = %s", [owners[0]])
    put(ground, change(ground, owners[0], new_key(), "a"))
    start(host(role)[0].run, role)
    (letter,) = eventually(lambda: letters(ground))
    assert letter.code == "key-missing"


def test_foreign_and_unreadable_records_are_set_aside(
    ground: Settings, keyring: Keyring, owners: list[UUID], role: Role, start: Start
) -> None:
    key = keyring.key_of(owners[0])
    good = change(ground, owners[0], key, "a")
    outcome = Outcome(event_id=trace.derived("o"), connection_id=owners[0], target="carerix", result="updated", at=AT)
    put(
        ground,
        pack(good.topic, outcome, None, trace.headers(outcome.event_id, owners[0], "carerix", AT), key),
        Message(good.topic, good.key, b"garbage", good.headers),
        Message(good.topic, good.key, good.value, []),
        Message(good.topic, good.key, good.value[:-1] + bytes([good.value[-1] ^ 1]), good.headers),
    )
    start(host(role)[0].run, role)
    eventually(lambda: len(letters(ground)) == 4)
    assert sorted(letter.code for letter in letters(ground)) == [
        "bad-header",
        "seal-broken",
        "undecodable",
        "undecodable",
    ]


def test_a_stop_inside_a_batch_finishes_the_item_in_hand_and_begins_no_other(
    ground: Settings, database: Database, keyring: Keyring, owners: list[UUID], role: Role, start: Start
) -> None:
    begun = Event()

    def step(_work: Work, _hand: Hand) -> None:
        begun.set()
        role.stopping.wait(60)

    key = keyring.key_of(owners[0])
    put(ground, *(change(ground, owners[0], key, f"item {n}") for n in range(5)))
    running, handler = host(role, step)
    thread = start(running.run, role)
    assert begun.wait(60)
    eventually(lambda: len(waiting(database)) == 5)
    role.stopping.set()
    thread.join(60)
    role.raise_fault()
    assert len(handler.handled) == 1
    assert len(effects(database)) == 1
    assert len(results(ground)) == 1


def test_members_that_come_and_go_lose_and_double_nothing(
    ground: Settings,
    database: Database,
    keyring: Keyring,
    owners: list[UUID],
    new_role: Callable[[str], Role],
    start: Start,
) -> None:
    keys = {owner: keyring.key_of(owner) for owner in owners}
    roles = [new_role(name) for name in ("one", "two", "three")]
    sent = 0

    def more() -> int:
        put(ground, *(change(ground, owner, keys[owner], f"{sent} {n}") for owner in owners for n in range(40)))
        return sent + 1

    for role in roles:
        thread = start(host(role)[0].run, role)
        sent = more()
    eventually(lambda: len(members(ground, GROUP)) == 3)
    sent = more()
    roles[-1].stopping.set()
    thread.join(60)
    sent = more()
    expected = sent * 40 * len(owners)
    eventually(lambda: len(effects(database)) >= expected and drained(ground, GROUP, TOPIC))
    with database.transaction() as conn:
        found = conn.execute("SELECT count(DISTINCT change_id) AS n, count(*) AS total FROM audit_effects").fetchall()
    assert found == [{"n": expected, "total": expected}]
    for role in roles:
        role.raise_fault()


def test_a_member_of_a_supervised_group_is_known_by_its_static_id(
    ground: Settings, owners: list[UUID], role: Role, start: Start
) -> None:
    role.member = "consumer-carerix-host"
    start(host(role)[0].run, role)
    eventually(lambda: members(ground, GROUP) == ["consumer-carerix-host"])


def _hasten(database: Database, owner: UUID, *, attempts: int) -> None:
    with database.transaction() as conn:
        conn.execute("SELECT 1 FROM work WHERE connection_id = %s FOR UPDATE", [owner])
        conn.execute("UPDATE inbox SET attempts = %s, due_at = clock_timestamp()", [attempts])
        conn.execute("UPDATE work SET due_at = clock_timestamp() WHERE connection_id = %s", [owner])
