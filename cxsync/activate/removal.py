"""The end of a connection: removed, appointments stay on both sides; erased, its history can never be read again."""

from uuid import UUID

from cxsync.activate.ground import Ground, turn
from cxsync.store import connections, keys, schedule
from cxsync.store.lease import of_connection


def remove(ground: Ground, connection_id: UUID) -> None:
    """Stop, forget the credentials, free user and mailbox. Once it returns nobody works on the mailbox any more.

    Raises:
        ConnectionUnknown: there is none.
        Occupied: somebody worked on it all the time that we waited.
    """
    with ground.database.transaction() as conn:
        if connections.get(conn, connection_id).state == "removed":
            return
    with turn(ground, of_connection(connection_id)) as hand, hand.transaction() as conn:
        connections.set_state(conn, connection_id, "removed", reason="person")
        schedule.remove(conn, of_connection(connection_id))


def erase(ground: Ground, connection_id: UUID) -> None:
    """Remove, and destroy the key. Processes that have it at hand forget it within a minute.

    Raises:
        As ``remove``.
    """
    remove(ground, connection_id)
    with ground.database.transaction() as conn:
        keys.destroy(conn, connection_id)
