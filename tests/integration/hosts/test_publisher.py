"""Publishing through what a broker can do to a producer."""

import threading
from contextlib import suppress
from time import monotonic

import pytest

from cxsync.broker import topics
from cxsync.broker.publish import Publisher, PublishFailed
from cxsync.settings import Settings
from schemas.message import Message
from tests.integration.hosts.faults import answers, kill_broker, topic_refuses
from tests.integration.hosts.topics import eventually, records


def message(settings: Settings, number: int) -> Message:
    return Message(topics.name(settings, topics.OUTCOMES), b"key", b"value %d" % number, [("n", b"%d" % number)])


def test_records_are_acknowledged_in_the_order_they_were_given(ground: Settings) -> None:
    publisher = Publisher(ground)
    places = publisher.publish([message(ground, number) for number in range(500)])
    publisher.close()
    assert [place.offset for place in places] == list(range(500))
    assert [record.value for record in records(ground, topics.OUTCOMES)] == [b"value %d" % n for n in range(500)]


def test_a_refusal_is_told_and_does_not_outlive_its_cause(ground: Settings) -> None:
    publisher = Publisher(ground)
    with topic_refuses(ground, topics.OUTCOMES):
        for _ in range(2):
            with pytest.raises(PublishFailed, match=r"message\.max\.bytes"):
                publisher.publish([message(ground, 1)])
    assert len(publisher.publish([message(ground, 2)])) == 1
    publisher.close()


def test_a_publisher_closes_in_time_though_the_broker_was_killed_under_a_record(ground: Settings) -> None:
    publisher = Publisher(ground)
    publisher.publish([message(ground, 1)])
    kill_broker(ground)

    def send() -> None:
        with suppress(PublishFailed):
            publisher.publish([message(ground, 2)])

    sender = threading.Thread(target=send)
    sender.start()
    began = monotonic()
    publisher.close()
    assert monotonic() - began < 8
    sender.join(60)
    assert not sender.is_alive()
    eventually(lambda: answers(ground), 100)
