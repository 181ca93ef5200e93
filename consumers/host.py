"""The consumer host: from a topic into the inbox, from the inbox by way of a handler into the outbox.

One thread reads the topic, upserts each batch into ``inbox`` in one transaction and then commits the offset: a record
that was committed is in the inbox, a record that is delivered twice is there once. Worker threads take connections with
due rows by lease, let the handler reconcile item by item, and write its effect, the item's end and what it has to tell
in one transaction; then they publish what the outbox owes. Who waits is a row with a due time and delays nobody.
"""

import threading

from consumers.drain import Drain
from consumers.handler import Handler
from consumers.ingest import Inbox, Target
from consumers.worker import Worker
from cxsync.broker.publish import Publisher
from cxsync.observe.measures import Stage
from cxsync.role import Role


class ConsumerHost:
    """Drains ``topic`` for ``target`` with ``handler`` in ``workers`` threads until the role stops."""

    def __init__(self, role: Role, topic: str, target: Target, handler: Handler, *, workers: int = 4) -> None:
        self._role = role
        stage: Stage = "mailer" if target == "email" else "consumer"
        self._drain = Drain(role, [topic], f"{role.settings.topic_prefix}consumer.{target}", Inbox(role, target, stage))
        self._workers = [Worker(role, target, handler) for _ in range(workers)]

    def run(self) -> None:
        """Until the role is told to stop; items in hand are finished."""
        publisher = Publisher(self._role.settings)
        threads = [
            threading.Thread(target=worker.run, args=(publisher,), name=f"worker {number}")
            for number, worker in enumerate(self._workers)
        ]
        for thread in threads:
            thread.start()
        self._drain.run()
        for thread in threads:
            thread.join()
        publisher.close()
