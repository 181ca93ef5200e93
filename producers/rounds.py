"""What has to be looked after although nothing is polled: suspect servers, and users who have not signed in again."""

from datetime import timedelta
from itertools import pairwise
from typing import Final

from cxsync.observe.log import get_logger
from cxsync.role import Role
from cxsync.store import connections, outbox, refusals, sent
from cxsync.store.errors import DatabaseUnavailable
from producers.refused import PROBE, mail_owed
from schemas.errors import Erased
from schemas.words import System

log = get_logger(__name__)

PROBE_EVERY: Final = 900.0
"""Seconds between two attempts at a suspect server."""
REMINDERS: Final = (timedelta(days=3), timedelta(days=10), timedelta(days=20))
"""A mail goes after each of these but the last, which ends the time for the one before it."""
_LOOK: Final = 30.0
_REMIND: Final = 3600.0


class Rounds:
    """Goes round for the connections of one provider; any number of processes may."""

    def __init__(self, role: Role, provider: System) -> None:
        self._role = role
        self._provider = provider

    def run(self) -> None:
        """Until the role stops."""
        until_reminding = 0.0
        while not self._role.stopping.is_set():
            try:
                self.probe()
                if until_reminding <= 0:
                    self.remind()
                    until_reminding = _REMIND
            except DatabaseUnavailable as error:
                log.warning("rounds wait", code=error.code)
            except Exception as error:
                self._role.fail(error)
                return
            self._role.stopping.wait(_LOOK)
            until_reminding -= _LOOK

    def probe(self) -> None:
        """Let one connection of each suspect server be polled, if its time has come."""
        while True:
            with self._role.database.transaction() as conn:
                taken = refusals.take_probe(conn, self._provider, PROBE, every=PROBE_EVERY)
            if taken is None:
                return
            log.info("suspect server is tried", connection=str(taken))

    def remind(self) -> None:
        """Owe a mail to those who were told 3, or 10, days ago that they have to sign in again."""
        for after, before in pairwise(REMINDERS):
            with self._role.database.transaction() as conn:
                due = refusals.to_remind(
                    conn, self._provider, after=after.total_seconds(), before=before.total_seconds()
                )
                known = [connections.get(conn, connection_id) for connection_id in due]
            for connection in known:
                try:
                    mail = mail_owed(self._role, connection, after)
                except Erased:
                    continue
                with self._role.database.transaction() as conn:
                    if sent.get(conn, mail.id) is None:
                        outbox.add(conn, [mail])
