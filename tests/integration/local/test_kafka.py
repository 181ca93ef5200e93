import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer
from kafka.errors import KafkaError, MessageSizeTooLargeError

from cxsync.local import child, ports
from cxsync.local.errors import DiskFullError, DownloadError, InUseError, NewerDataError
from cxsync.local.kafka import Kafka
from cxsync.local.lifetime import Place
from cxsync.local.parts import stop, use
from tests.integration.local.conftest import User, status_of, until

MIB = 1024 * 1024


@contextmanager
def admin(broker: str) -> Iterator[KafkaAdminClient]:
    client = KafkaAdminClient(bootstrap_servers=broker, reconnect_backoff_max_ms=1000)
    try:
        yield client
    finally:
        client.close()


@contextmanager
def producer(broker: str) -> Iterator[KafkaProducer]:
    made = KafkaProducer(
        bootstrap_servers=broker, max_request_size=6 * MIB, reconnect_backoff_max_ms=1000, max_block_ms=60000
    )
    try:
        yield made
    finally:
        made.close()


def create(broker: str, topic: str) -> None:
    with admin(broker) as client:
        client.create_topics({topic: {"num_partitions": 2, "replication_factor": 1}})


def values(broker: str, topic: str, count: int) -> list[bytes]:
    consumer = KafkaConsumer(topic, bootstrap_servers=broker, auto_offset_reset="earliest", consumer_timeout_ms=30000)
    try:
        return [record.value for _, record in zip(range(count), consumer, strict=False)]
    finally:
        consumer.close()


def broker_process(data_dir: Path) -> int:
    state = Place(data_dir / "kafka").read()
    assert state is not None
    assert state.child is not None
    return state.child


def answering(broker: str) -> bool:
    try:
        with admin(broker) as client:
            return bool(client.describe_cluster()["brokers"])
    except KafkaError:
        return False


def test_it_is_a_real_cluster_on_loopback(shared_dir: Path) -> None:
    with use(shared_dir, ["kafka"]) as endpoints:
        assert endpoints.kafka is not None
        assert endpoints.kafka.startswith("127.0.0.1:")
        with admin(endpoints.kafka) as client:
            assert len(client.describe_cluster()["brokers"]) == 1


def test_a_record_of_4_mib_fits_and_one_of_6_does_not(shared_dir: Path) -> None:
    with use(shared_dir, ["kafka"]) as endpoints:
        assert endpoints.kafka is not None
        create(endpoints.kafka, "large")
        with producer(endpoints.kafka) as send:
            send.send("large", os.urandom(4 * MIB), headers=[("trace", b"x" * 1000)]).get(60)
            with pytest.raises(MessageSizeTooLargeError):
                send.send("large", os.urandom(6 * MIB - 1000)).get(60)
        assert [len(value) for value in values(endpoints.kafka, "large", 1)] == [4 * MIB]


def test_topics_are_never_made_by_asking(shared_dir: Path) -> None:
    with use(shared_dir, ["kafka"]) as endpoints:
        assert endpoints.kafka is not None
        consumer = KafkaConsumer("never-made", bootstrap_servers=endpoints.kafka)
        consumer.poll(timeout_ms=1500)
        consumer.close()
        with admin(endpoints.kafka) as client:
            assert "never-made" not in client.list_topics()


def test_data_survive_a_stop_and_the_second_start_needs_no_network(shared_dir: Path) -> None:
    with use(shared_dir, ["kafka"]) as endpoints:
        assert endpoints.kafka is not None
        create(endpoints.kafka, "kept")
        with producer(endpoints.kafka) as send:
            send.send("kept", b"value").get(60)
    stop(shared_dir)
    began = time.monotonic()
    with use(shared_dir, ["kafka"], offline=True) as again:
        seconds = time.monotonic() - began
        assert again == endpoints
        assert values(endpoints.kafka, "kept", 1) == [b"value"]
    # The promise is 6 s on an idle machine; tests share theirs.
    assert seconds < 30


@pytest.mark.parametrize("victim", ["broker", "keeper", "both"])
def test_after_kill_9_it_comes_back_at_its_address_with_what_was_acknowledged(shared_dir: Path, victim: str) -> None:
    with use(shared_dir, ["kafka"]) as endpoints:
        assert endpoints.kafka is not None
        topic = f"kept-{victim}"
        create(endpoints.kafka, topic)
        with producer(endpoints.kafka) as send:
            for number in range(100):
                send.send(topic, b"%d" % number).get(60)
            before = status_of(shared_dir, "kafka")
            old = broker_process(shared_dir)
            assert before.keeper is not None
            if victim != "broker":
                os.kill(before.keeper, signal.SIGKILL)
            if victim != "keeper":
                os.kill(old, signal.SIGKILL)
            until(
                lambda: status_of(shared_dir, "kafka").phase == "ready" and broker_process(shared_dir) != old,
                seconds=90,
            )
            send.send(topic, b"100").get(60)
        assert status_of(shared_dir, "kafka").endpoints["kafka"] == endpoints.kafka
        assert sorted(map(int, values(endpoints.kafka, topic, 101))) == list(range(101))
        assert not Path(f"/proc/{old}").exists()


def test_nothing_is_left_when_user_and_keeper_were_killed(shared_dir: Path) -> None:
    user = User(shared_dir, "kafka")
    _, broker = user.answer()
    found = status_of(shared_dir, "kafka")
    child = broker_process(shared_dir)
    user.kill()
    assert found.keeper is not None
    os.kill(found.keeper, signal.SIGKILL)
    until(lambda: not Path(f"/proc/{child}").exists())
    assert not ports.answers(int(broker.rpartition(":")[2]))


def test_a_second_broker_never_touches_the_data(shared_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Kafka's own lock comes too late: a second broker has by then cut the first one's metadata log.
    monkeypatch.setattr(child, "_LEFTOVER_SECONDS", 1.0)
    with use(shared_dir, ["kafka"]) as endpoints:
        other = Kafka(shared_dir / "kafka", offline=True)
        other.prepare(lambda _: None)
        with pytest.raises(InUseError, match=r"child\.lock"):
            other.start(ports.choose(other.port_names, {}))
        assert endpoints.kafka is not None
        assert answering(endpoints.kafka)


def test_data_of_a_newer_kafka_are_refused(data_dir: Path) -> None:
    (data_dir / "kafka").mkdir(parents=True)
    (data_dir / "kafka" / "version").write_text("9.0.0\n")
    with pytest.raises(NewerDataError, match=r"9\.0\.0"), use(data_dir, ["kafka"]):
        pass


def test_without_jars_and_network_it_says_so(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(data_dir / "cache"))
    with (
        pytest.raises(DownloadError, match="not in the cache"),
        use(data_dir, ["kafka"], offline=True),
    ):
        pass


def test_a_full_disk_is_told(data_dir: Path) -> None:
    # Files end at 300 kB, as on a disk that is full: too little for the first index of a partition.
    limit = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000))\n"
    user = User(data_dir, "kafka", before=limit)
    assert user.answer()[:2] == ["refused", DiskFullError.code]
    user.kill()
