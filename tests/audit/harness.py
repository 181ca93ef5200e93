"""The audit: numbered edits through the hosts while processes, broker and database are killed; then everything counted.

Input is complete when the history has an outcome for each edit. ``verify`` then asks of the database and the topics
what the architecture promises: every edit in effect exactly once or superseded, order kept, equal ids for repeats, all
offsets committed.
"""

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from uuid import UUID

import psutil
from kafka import TopicPartition
from msgspec import Struct, field

from cxsync.broker import connection, topics
from cxsync.broker.publish import publish
from cxsync.keyring import Keyring, encryption_keys
from cxsync.local import parts
from cxsync.settings import Settings
from cxsync.store.database import Database
from cxsync.store.errors import DatabaseUnavailable
from cxsync.store.migrate import migrate
from schemas.codec import decode
from schemas.envelope import Headers
from schemas.records import DeadLetter, Outcome
from tests.audit.inputs import add_edits, prepare, unreadable

ROOT = Path(__file__).resolve().parents[2]


class Plan(Struct, frozen=True):
    """How much to audit. ``kills`` of role processes with -9; ``outages``: what to do to broker and database."""

    records: int
    kills: int
    outages: tuple[tuple[str, signal.Signals], ...] = ()
    connections: int = 60
    processes: int = 2
    seed: int = 1
    patience: float = 300.0


class Report(Struct):
    """What was counted. Every list of faults has to be empty."""

    edits: int = 0
    applied: int = 0
    superseded: int = 0
    dead_letters: int = 0
    raw_repeats: int = 0
    change_repeats: int = 0
    outcome_repeats: int = 0
    kills: dict[str, int] = field(default_factory=dict)
    seconds: float = 0.0
    faults: list[str] = field(default_factory=list)


class Audit:
    """One audit below ``folder``."""

    def __init__(self, folder: Path, plan: Plan) -> None:
        self.folder = folder
        self.plan = plan
        self.report = Report()
        self._chosen = random.Random(plan.seed)

    def run(self) -> Report:
        """Put in, kill, wait, verify."""
        with parts.use(self.folder / "data", ["kafka", "postgres"]) as found:
            keys, _ = parts.secrets(self.folder / "data")
            settings = Settings(
                kafka_bootstrap_servers=found.kafka or "",
                database_url=found.database or "",
                encryption_keys=keys,
                data_dir=self.folder / "data",
            )
            migrate(settings.database_url)
            admin = connection.admin(settings)
            topics.provision(admin, settings)
            admin.close()
            with Database.open(settings.database_url, name="audit") as database:
                keyring = Keyring(database, encryption_keys(settings))
                made = prepare(database, keyring, count=self.plan.connections)
                add_edits(database, self._chosen, made, count=self.plan.records)
                producer = connection.producer(settings)
                garbage = unreadable(settings, made)
                publish(producer, garbage)
                producer.close()
                began = time.monotonic()
                with self._roles(settings) as group:
                    self._disturb(database, group)
                    self._await(database, settings, len(garbage))
                    self.report.seconds = time.monotonic() - began
                self._verify(database, settings)
        return self.report

    @contextmanager
    def _roles(self, settings: Settings) -> Iterator[psutil.Process]:
        environment = os.environ | {
            "CXSYNC_KAFKA_BOOTSTRAP_SERVERS": settings.kafka_bootstrap_servers,
            "CXSYNC_DATABASE_URL": settings.database_url,
            "CXSYNC_ENCRYPTION_KEYS": settings.encryption_keys,
            "CXSYNC_DATA_DIR": str(settings.data_dir),
            "CXSYNC_LOG_FORMAT": "json",
            "CXSYNC_LOG_LEVEL": "WARNING",
        }
        with (self.folder / "roles.log").open("w") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "tests.audit.group", str(self.plan.processes)],
                cwd=ROOT,
                env=environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
            try:
                yield psutil.Process(process.pid)
                process.terminate()
                if process.wait(timeout=60) != 0:
                    self.report.faults.append(f"the supervisor ended with {process.returncode}")
            finally:
                if process.poll() is None:
                    process.kill()
                    process.wait()

    def _disturb(self, database: Database, group: psutil.Process) -> None:
        """Kill while there is work: each disturbance waits until a further share of the edits has come through."""
        disturbances: list[Any] = [("role", signal.SIGKILL)] * self.plan.kills + list(self.plan.outages)
        self._chosen.shuffle(disturbances)
        for number, (what, how) in enumerate(disturbances, 1):
            share = self.plan.records * number // (len(disturbances) + 1)
            self._until(database, lambda done, share=share: done >= share)
            victim = self._wait_for_victim(group, what)
            if victim is not None:
                name = what if what != "role" else (_command(victim) or ["role"])[-1]
                with suppress(psutil.NoSuchProcess):
                    victim.send_signal(how)
                key = f"{name} {how.name}"
                self.report.kills[key] = self.report.kills.get(key, 0) + 1

    def _wait_for_victim(self, group: psutil.Process, what: str) -> psutil.Process | None:
        """After many kills a role may be waiting to be started again."""
        deadline = time.monotonic() + 60
        while (victim := self._victim(group, what)) is None and time.monotonic() < deadline:
            time.sleep(0.2)
        return victim

    def _victim(self, group: psutil.Process, what: str) -> psutil.Process | None:
        if what == "role":
            running = [child for child in group.children(recursive=True) if "tests.audit.role" in _command(child)]
            return self._chosen.choice(running) if running else None
        return self._broker() if what == "kafka" else self._postmaster()

    def _broker(self) -> psutil.Process | None:
        data = str(self.folder / "data")
        for process in psutil.process_iter(["cmdline"]):
            line = process.info["cmdline"] or []
            if "kafka.Kafka" in line and any(data in word for word in line):
                return process
        return None

    def _postmaster(self) -> psutil.Process | None:
        """The server itself: its keeper, told to stop, would leave it down on purpose."""
        try:
            pid = (self.folder / "data" / "postgres" / "data" / "postmaster.pid").read_text().split()[0]
            return psutil.Process(int(pid))
        except (OSError, IndexError, psutil.NoSuchProcess):
            return None

    def _await(self, database: Database, settings: Settings, letters: int) -> None:
        if not self._until(database, lambda done: done >= self.plan.records):
            self.report.faults.append("not every edit had an outcome in time")
        deadline = time.monotonic() + self.plan.patience
        while time.monotonic() < deadline:
            with database.transaction() as conn:
                found = conn.execute("SELECT count(*) AS n FROM dead_letters").fetchall()[0]["n"]
            if found >= letters and not _uncommitted(settings):
                return
            time.sleep(0.5)

    def _until(self, database: Database, reached: Any) -> bool:
        deadline = time.monotonic() + self.plan.patience
        while time.monotonic() < deadline:
            try:
                with database.transaction() as conn:
                    done = conn.execute("SELECT count(*) AS n FROM history").fetchall()[0]["n"]
            except DatabaseUnavailable:
                done = -1
            if reached(done):
                return True
            time.sleep(0.1)
        return False

    def _verify(self, database: Database, settings: Settings) -> None:
        report, faults = self.report, self.report.faults
        with database.transaction() as conn:
            inputs = conn.execute("SELECT connection_id, item, version, n FROM audit_inputs ORDER BY n").fetchall()
            effects = conn.execute(
                "SELECT connection_id, item, version, n, change_id FROM audit_effects ORDER BY seq"
            ).fetchall()
            left = {
                table: conn.execute(f"SELECT count(*) AS n FROM {table}").fetchall()[0]["n"]  # noqa: S608  # fixed names
                for table in ("inbox", "outbox")
            }
        outcomes, letters = _records(settings, topics.OUTCOMES), _records(settings, topics.DEAD_LETTERS)
        report.edits, report.applied = len(inputs), len(effects)
        ids = Counter(record.event_id for record in outcomes)
        report.outcome_repeats = ids.total() - len(ids)
        report.dead_letters = len({record.event_id for record in letters if isinstance(record, DeadLetter)})
        by_change: dict[UUID, set[str]] = {}
        for record in outcomes:
            if isinstance(record, Outcome) and record.change_id is not None:
                by_change.setdefault(record.change_id, set()).add(record.result)
        report.superseded = sum("superseded" in results for results in by_change.values())
        faults += [f"{table} still has {n} rows" for table, n in left.items() if n]
        if len(by_change) != len(inputs):
            faults.append(f"{len(inputs)} edits, but outcomes for {len(by_change)}")
        twice = [
            key for key, n in Counter((e["connection_id"], e["item"], e["version"]) for e in effects).items() if n > 1
        ]
        faults += [f"applied twice: {key}" for key in twice[:5]]
        newest = {(row["connection_id"], row["item"]): row["version"] for row in inputs}
        applied = {(e["connection_id"], e["item"]): e["version"] for e in effects}
        faults += [f"last version lost: {key}" for key in newest if applied.get(key) != newest[key]][:5]
        neither = len(inputs) - len(
            {e["change_id"] for e in effects}
            | {change for change, results in by_change.items() if "superseded" in results}
        )
        if neither:
            faults.append(f"{neither} edits were neither applied nor superseded")
        faults += _disorder(effects)
        faults += _uncommitted(settings)
        report.raw_repeats = _repeats(settings, "raw.exchange")
        report.change_repeats = _repeats(settings, "changes.carerix")


def _command(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:  # it has just died
        return []


def _disorder(effects: list[dict[str, Any]]) -> list[str]:
    """Within a connection effects come in the order of the edits."""
    last: dict[UUID, int] = {}
    faults = []
    for effect in effects:
        if effect["n"] <= last.get(effect["connection_id"], 0):
            faults.append(f"{effect['connection_id']}: edit {effect['n']} after {last[effect['connection_id']]}")
        last[effect["connection_id"]] = effect["n"]
    return faults[:5]


def _all(settings: Settings, topic: str) -> list[Any]:
    name = topics.name(settings, topic)
    consumer = connection.consumer(settings, group=None)
    try:
        partitions = [TopicPartition(name, number) for number in range(settings.topic_partitions)]
        consumer.assign(partitions)
        consumer.seek_to_beginning(*partitions)
        ends = consumer.end_offsets(partitions)
        found: list[Any] = []
        while any(consumer.position(partition) < ends[partition] for partition in partitions):
            for batch in consumer.poll(timeout_ms=500).values():
                found += batch
        return found
    finally:
        consumer.close()


def _records(settings: Settings, topic: str) -> list[Any]:
    return [decode(record.value, Headers.from_kafka(record.headers).schema_version) for record in _all(settings, topic)]


def _repeats(settings: Settings, topic: str) -> int:
    ids = [dict(record.headers).get("cx-event-id") for record in _all(settings, topic)]
    return len(ids) - len(set(ids))


def _uncommitted(settings: Settings) -> list[str]:
    """Every group has committed up to the end of every partition that it reads."""
    reads = {
        "processor": topics.RAW,
        "consumer.carerix": ("changes.carerix",),
        "consumer.history": (topics.OUTCOMES, topics.DEAD_LETTERS),
    }
    admin = connection.admin(settings)
    consumer = connection.consumer(settings, group=None)
    faults = []
    try:
        for group, names in reads.items():
            name = settings.topic_prefix + group
            committed = admin.list_group_offsets(name)[name]
            for topic in names:
                for number in range(settings.topic_partitions):
                    partition = TopicPartition(topics.name(settings, topic), number)
                    end = consumer.end_offsets([partition])[partition]
                    offset = committed[partition].offset if partition in committed else 0
                    if offset != end:
                        faults.append(f"{group}: {partition.topic} {number} committed {offset} of {end}")
    finally:
        admin.close()
        consumer.close()
    return faults[:5]
