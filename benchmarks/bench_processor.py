"""Processor records a second, sealed and with the real codec, beside bare Faust and bare aiokafka loops of one shape.

Each reads the same backlog of raw records and publishes one record for each, acknowledged before its offset is
committed. The rate is taken from the broker's times of the outputs, so start-up does not count. Run on a machine that
does nothing else: ``python benchmarks/bench_processor.py [RECORDS]``.
"""

import asyncio
import os
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import aiokafka
import faust
import msgspec
from kafka import TopicPartition

from cxsync import trace
from cxsync.broker import connection, topics
from cxsync.broker.publish import publish
from cxsync.broker.scan import scan
from cxsync.keyring import Keyring, encryption_keys
from cxsync.local import parts
from cxsync.settings import PREFIX, Settings
from cxsync.store.database import Database
from cxsync.store.migrate import migrate
from schemas.message import Message, pack
from schemas.records import Document, Policy, RawChange, RawContent
from tests.audit.inputs import prepare
from tests.audit.payload import Edit

ROOT = Path(__file__).resolve().parents[1]
AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
FILLING = "x" * 600  # the document's size is that of a usual appointment


class Heavy(Edit, frozen=True):
    """An edit with the weight of an appointment."""

    filling: str = FILLING


def raw_records(settings: Settings, keyring: Keyring, made: list[UUID], count: int) -> list[Message]:
    """``count`` sealed raw changes of all connections by turns."""
    topic = topics.name(settings, "raw.exchange")
    messages = []
    for n in range(count):
        owner = made[n % len(made)]
        raw = RawChange(
            event_id=trace.derived("bench", n),
            connection_id=owner,
            system="exchange",
            target="carerix",
            origin="poll",
            observed_at=AT,
            native_id=f"item-{n}",
            native_version="1",
            policy=Policy(),
        )
        body = msgspec.json.encode(Heavy(n, f"item-{n}", 1))
        content = RawContent(documents=(Document(role="single", native_id=raw.native_id, body=body),))
        headers = trace.headers(raw.event_id, owner, "exchange", AT)
        messages.append(pack(topic, raw, content, headers, keyring.key_of(owner)))
    return messages


def outputs(settings: Settings, topic: str) -> int:
    """How many records a topic has."""
    consumer = connection.consumer(settings, group=None)
    try:
        places = [TopicPartition(topic, number) for number in range(settings.topic_partitions)]
        return sum(consumer.end_offsets(places).values())
    finally:
        consumer.close()


def measured(settings: Settings, topic: str, argv: list[str], environment: dict[str, str], count: int) -> float:
    """Records a second of the process ``argv``, from the broker's times of what it published."""
    process = subprocess.Popen(argv, cwd=ROOT, env=environment, stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 300
        while outputs(settings, topic) < count:
            assert process.poll() is None, f"{argv} ended with {process.returncode}"
            assert time.monotonic() < deadline, f"{argv} did not finish"
            time.sleep(0.2)
    finally:
        process.terminate()
        process.wait()
    times = sorted(record.at for record in scan(settings, topic))
    return len(times) / (times[-1] - times[0]).total_seconds()


def bare_faust(servers: str, source: str, target: str) -> None:
    """The audited loop of Faust and nothing else."""
    app = faust.App(
        "bench-faust",
        broker=f"kafka://{servers}",
        broker_commit_interval=0.5,
        topic_allow_declare=False,
        topic_disable_leader=True,
        web_enabled=False,
        store="memory://",
        producer_acks=-1,
        producer_linger=0.005,
    )
    tin = app.topic(source, key_type=bytes, value_type=bytes, value_serializer="raw")
    tout = app.topic(target, key_type=bytes, value_type=bytes, value_serializer="raw")

    async def process(stream: Any) -> None:
        queue: asyncio.Queue[tuple[object, object]] = asyncio.Queue(maxsize=200)

        async def acknowledge() -> None:
            while True:
                event, future = await queue.get()
                await future  # type: ignore[misc]  # Faust's own future
                event.ack()  # type: ignore[attr-defined]  # Faust's own event

        acker = asyncio.ensure_future(acknowledge())
        try:
            async for event in stream.noack().events():
                future = await tout.send(key=event.key, value=event.value, headers=event.message.headers)
                await queue.put((event, future))
        finally:
            acker.cancel()

    app.agent(tin, concurrency=1)(process)
    faust.Worker(app, loglevel="ERROR", redirect_stdouts=False).execute_from_commandline()


async def bare_aiokafka(servers: str, source: str, target: str) -> None:
    """Batches in, batches out, commit: the limit of the client library."""
    consumer = aiokafka.AIOKafkaConsumer(
        source, bootstrap_servers=servers, group_id="bench-aiokafka", enable_auto_commit=False,
        auto_offset_reset="earliest",
    )  # fmt: skip
    producer = aiokafka.AIOKafkaProducer(bootstrap_servers=servers, acks="all", linger_ms=5)
    await consumer.start()
    await producer.start()
    try:
        while True:
            batches = await consumer.getmany(timeout_ms=200, max_records=500)
            sent = [
                await producer.send(target, key=record.key, value=record.value, headers=list(record.headers))
                for batch in batches.values()
                for record in batch
            ]
            if sent:
                await asyncio.gather(*sent)
                await consumer.commit()
    finally:
        await consumer.stop()
        await producer.stop()


def main(count: int) -> None:
    """Print the three rates and their ratios."""
    with (
        tempfile.TemporaryDirectory(prefix="cxsync-bench-") as folder,
        parts.use(Path(folder), ["kafka", "postgres"]) as found,
    ):
        keys, _ = parts.secrets(Path(folder))
        settings = Settings(
            kafka_bootstrap_servers=found.kafka or "",
            database_url=found.database or "",
            encryption_keys=keys,
            data_dir=Path(folder),
        )
        migrate(settings.database_url)
        admin = connection.admin(settings)
        topics.provision(admin, settings)
        for name in ("bench.faust", "bench.aiokafka"):
            partitions = {"num_partitions": settings.topic_partitions, "configs": dict(topics.configs(settings))}
            admin.create_topics({name: partitions}, wait_for_metadata=True)
        admin.close()
        with Database.open(settings.database_url, name="bench") as database:
            keyring = Keyring(database, encryption_keys(settings))
            messages = raw_records(settings, keyring, prepare(database, keyring, count=60), count)
        producer = connection.producer(settings)
        for place in range(0, count, 2000):
            publish(producer, messages[place : place + 2000])
        producer.close()
        told = {PREFIX + name.upper(): str(value) for name, value in settings.model_dump().items() if str(value)}
        environment = os.environ | told | {PREFIX + "LOG_LEVEL": "ERROR"}
        servers, source = settings.kafka_bootstrap_servers, topics.name(settings, "raw.exchange")
        python, this = sys.executable, str(Path(__file__).resolve())
        environment["PYTHONPATH"] = str(ROOT)
        aio = measured(
            settings,
            "bench.aiokafka",
            [python, this, "aiokafka", servers, source, "bench.aiokafka"],
            environment,
            count,
        )
        bare = measured(
            settings, "bench.faust", [python, this, "faust", servers, source, "bench.faust"], environment, count
        )
        ours = measured(
            settings,
            topics.name(settings, "changes.carerix"),
            [python, "-m", "tests.audit.role", "processor"],
            environment,
            count,
        )
        print(f"{count} raw records of {sum(len(m.value) for m in messages) // count} bytes, one process each")
        print(f"bare aiokafka loop  {aio:9,.0f} records/s")
        print(f"bare Faust loop     {bare:9,.0f} records/s  {bare / aio:5.0%} of aiokafka")
        print(f"processor           {ours:9,.0f} records/s  {ours / bare:5.0%} of bare Faust")
        parts.stop(Path(folder))


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["faust", servers, source, target]:
            bare_faust(servers, source, target)
        case ["aiokafka", servers, source, target]:
            asyncio.run(bare_aiokafka(servers, source, target))
        case [count]:
            main(int(count))
        case _:
            main(20_000)
