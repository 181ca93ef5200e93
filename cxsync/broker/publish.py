"""Publishing with proof: nothing counts as published before the broker acknowledged it."""

from collections.abc import Sequence
from typing import Any

from kafka.errors import KafkaError, MessageSizeTooLargeError

from cxsync.errors import CxSyncError
from schemas.message import Message
from schemas.records import Position


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
