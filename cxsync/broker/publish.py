"""Publishing with proof: nothing counts as published before the broker acknowledged it."""

import threading
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, Final

from kafka.errors import KafkaError, MessageSizeTooLargeError

from cxsync.broker import connection
from cxsync.broker.connection import BrokerUnreachable
from cxsync.errors import CxSyncError
from cxsync.settings import Settings
from schemas.message import Message
from schemas.records import Position

RECONNECT: Final = 5.0
"""Seconds that a publisher waits for the broker when it needs a new producer."""


class PublishFailed(CxSyncError):
    """The broker did not acknowledge every record; some of them may be there nevertheless."""

    code = "publish-failed"

    def __init__(self, topic: str, reason: str) -> None:
        self.topic = topic
        super().__init__(f"{topic}: not acknowledged ({reason}); it will be tried again")


def publish(producer: Any, messages: Sequence[Message], *, patience: float = 35.0) -> list[Position]:
    """Send ``messages`` in order and wait until each is acknowledged; ``patience`` in seconds, for all together.

    Raises:
        PublishFailed: at least one was not acknowledged. Sending all of them again is right: event ids tell repeats.
    """
    futures = []
    topic = ""
    try:
        for message in messages:
            topic = message.topic
            futures.append(producer.send(topic, key=message.key, value=message.value, headers=message.headers))
        positions = []
        for future in futures:
            metadata = future.get(timeout=patience)
            topic = metadata.topic
            positions.append(Position(topic=metadata.topic, partition=metadata.partition, offset=metadata.offset))
        return positions
    except MessageSizeTooLargeError as error:
        raise PublishFailed(topic, "record too large for this broker; raise its message.max.bytes") from error
    except KafkaError as error:
        raise PublishFailed(topic, type(error).__name__) from error


class Publisher:
    """Publishes for a role that lives on after a failure. Safe to use from several threads.

    An idempotent producer of kafka-python that met a refusal (a record too large, a right that is missing) fails every
    later send too, whatever is mended on the broker. So a producer that failed is replaced; records of other threads
    that were on their way with it fail too and are sent again.
    """

    def __init__(self, settings: Settings) -> None:
        """Raises BrokerUnreachable: at the start nobody answered in time."""
        self._settings = settings
        self._lock = threading.Lock()
        self._producer: Any = connection.producer(settings)

    def publish(self, messages: Sequence[Message]) -> list[Position]:
        """As ``publish``. Raises PublishFailed."""
        if not messages:
            return []
        producer = self._current(messages[0].topic)
        try:
            return publish(producer, messages)
        except PublishFailed:
            self._drop(producer)
            raise

    def close(self) -> None:
        """What is not acknowledged within a few seconds is not published; who sent it still waits, or was told."""
        if self._producer is not None:
            with suppress(KafkaError):
                self._producer.close(timeout=5)

    def _current(self, topic: str) -> Any:
        with self._lock:
            if self._producer is None:
                try:
                    self._producer = connection.producer(self._settings, patience=RECONNECT)
                except BrokerUnreachable as error:
                    raise PublishFailed(topic, error.code) from error
            return self._producer

    def _drop(self, producer: Any) -> None:
        with self._lock:
            if self._producer is producer:
                self._producer = None
        with suppress(KafkaError):
            producer.close(timeout=0)
