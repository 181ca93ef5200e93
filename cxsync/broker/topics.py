"""The topics: names, settings, creation, and what differs from them on a broker."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from kafka.admin import ConfigResource, ConfigResourceType
from kafka.errors import KafkaError, TopicAlreadyExistsError
from msgspec import Struct

from cxsync.broker.connection import MAX_REQUEST_BYTES
from cxsync.errors import CxSyncError
from cxsync.settings import Settings

SYSTEMS: Final = ("carerix", "exchange", "google")
RAW: Final = tuple(f"raw.{system}" for system in SYSTEMS)
CHANGES: Final = tuple(f"changes.{system}" for system in SYSTEMS)
OUTCOMES: Final = "outcomes"
NOTIFICATIONS: Final = "notifications"
DEAD_LETTERS: Final = "dead-letters"
ALL: Final = (*RAW, *CHANGES, OUTCOMES, NOTIFICATIONS, DEAD_LETTERS)


class Drift(Struct, frozen=True):
    """One thing that is not as it should be: ``what`` is ``missing``, ``partitions`` or the name of a topic setting."""

    topic: str
    what: str
    expected: str
    found: str

    def __str__(self) -> str:
        if self.what == "missing":
            return f"{self.topic} does not exist; `cxsync topics` creates it"
        if self.what == "partitions":
            return (
                f"{self.topic} has {self.found} partitions, CXSYNC_TOPIC_PARTITIONS says {self.expected}; a partition "
                "count is never changed in place, as that would break the order within a connection: set "
                f"CXSYNC_TOPIC_PARTITIONS={self.found}, or choose another CXSYNC_TOPIC_PREFIX"
            )
        return f"{self.topic}: {self.what} is {self.found}, it should be {self.expected}; `cxsync topics` sets it"


class TopicDrift(CxSyncError):
    """Topics are missing or have other partitions than configured; no role works on them."""

    code = "topic-drift"

    def __init__(self, drifts: Iterable[Drift]) -> None:
        self.drifts = tuple(drifts)
        super().__init__("\n".join(map(str, self.drifts)))


def name(settings: Settings, topic: str) -> str:
    """The full name on the broker of a topic from ``ALL``."""
    return settings.topic_prefix + topic


def configs(settings: Settings) -> Mapping[str, str]:
    """The settings of every topic. Time is the broker's, so that replay by time needs no trust in a sender's clock."""
    return {
        "cleanup.policy": "delete",
        "retention.ms": str(settings.retention_days * 86_400_000),
        "message.timestamp.type": "LogAppendTime",
        "max.message.bytes": str(MAX_REQUEST_BYTES),
    }


def drift(client: Any, settings: Settings) -> list[Drift]:
    """Compare the broker's topics with what they should be; ``client`` is an admin client."""
    wanted = {name(settings, topic): topic for topic in ALL}
    described = {topic["name"]: topic for topic in client.describe_topics() if topic["name"] in wanted}
    resources = [ConfigResource(ConfigResourceType.TOPIC, topic) for topic in described]
    found = client.describe_configs(resources, config_filter="all")["topic"] if resources else {}
    drifts = []
    for topic in wanted:
        if topic not in described:
            drifts.append(Drift(topic, "missing", "", ""))
            continue
        partitions = len(described[topic]["partitions"])
        if partitions != settings.topic_partitions:
            drifts.append(Drift(topic, "partitions", str(settings.topic_partitions), str(partitions)))
        for key, expected in configs(settings).items():
            value = str(found[topic][key]["value"])
            if value != expected:
                drifts.append(Drift(topic, key, expected, value))
    return drifts


def provision(client: Any, settings: Settings) -> list[str]:
    """Create missing topics, set drifted settings; returns a line for each thing done.

    Raises:
        TopicDrift: a topic has another number of partitions; nothing was changed.
    """
    before = drift(client, settings)
    if wrong := [entry for entry in before if entry.what == "partitions"]:
        raise TopicDrift(wrong)
    done = []
    for topic in [entry.topic for entry in before if entry.what == "missing"]:
        try:
            client.create_topics(
                {topic: {"num_partitions": settings.topic_partitions, "configs": dict(configs(settings))}},
                wait_for_metadata=True,
            )
            done.append(f"created {topic}")
        except TopicAlreadyExistsError:  # another process was quicker
            continue
    changed = {entry.topic for entry in before if entry.what != "missing"}
    if changed:
        client.alter_configs(
            [ConfigResource(ConfigResourceType.TOPIC, topic, configs=dict(configs(settings))) for topic in changed]
        )
        done += [f"{entry.topic}: {entry.what} set to {entry.expected}" for entry in before if entry.topic in changed]
    return done


def check(client: Any, settings: Settings) -> None:
    """See that every topic exists with its partitions, before any role starts.

    With auto-creation off no client fails fast on a missing topic: consumers wait for ever without a word.

    Raises:
        TopicDrift: names each topic and what to do.
    """
    try:
        serious = [entry for entry in drift(client, settings) if entry.what in ("missing", "partitions")]
    except KafkaError as error:
        raise TopicDrift(
            [Drift(settings.topic_prefix + "*", "description", "an answer", type(error).__name__)]
        ) from error
    if serious:
        raise TopicDrift(serious)
