"""Reactivation: new credentials for a connection that was refused, or whose password is about to change (P10, rule 8).

Cursor, links and inbox stay as they are, so that it catches up with what happened meanwhile. A cursor that the server
has forgotten leads to a full listing at the next poll.
"""

from typing import Final
from uuid import UUID

from msgspec.structs import replace

from cxsync.account import Details, details_of, seal_details
from cxsync.activate.errors import AnotherMailbox, NotReactivable
from cxsync.activate.ground import Ground, turn
from cxsync.activate.sign_in import ExchangeSignIn, GoogleSignIn, SignIn
from cxsync.calendars.errors import CredentialsRefused
from cxsync.store import connections, keys, schedule, work
from cxsync.store.connections import Connection, State
from cxsync.store.lease import of_connection, of_tenant
from schemas.keys import key_id

FROM: Final[tuple[State, ...]] = ("active", "paused", "refused", "suspect", "ended")


def reactivate(ground: Ground, connection_id: UUID, secret: str, username: str | None = None) -> None:
    """Try the new credentials, once; if they open the same calendar, keep them and go on with the work.

    Raises:
        ConnectionUnknown, NotReactivable: there is nothing to take up again.
        AnotherMailbox: they open another calendar.
        CalendarError: what the server says; the connection is as it was.
        UserConnected, MailboxConnected: it had ended, and another took its user or its calendar.
        Occupied: somebody else worked on it all the time.
    """
    with ground.database.transaction() as conn:
        connection = connections.get(conn, connection_id)
        if connection.state not in FROM:
            raise NotReactivable(connection_id, connection.state)
        key = ground.encryption_keys.unwrap(connection_id, keys.get(conn, connection_id))
    about = details_of(key, connection)
    if username is not None:
        about = replace(about, username=username)
    sign_in = _sign_in(connection, about, secret)
    with turn(ground, of_connection(connection_id)) as hand:
        opened = sign_in.open(ground.opener, about.zone, connection_id)
        opened.calendar.close()
        if opened.mailbox != connection.mailbox:
            raise AnotherMailbox(connection_id)
        credentials = ground.credential_keys.wrap(connection_id, secret.encode())
        with hand.transaction() as conn:
            connections.set_credentials(conn, connection_id, credentials, key_id(credentials))
            connections.set_details(conn, connection_id, seal_details(key, connection_id, about))
            connections.credentials_worked(conn, connection_id)
            if not connections.set_state(conn, connection_id, "active", expected=FROM):
                raise NotReactivable(connection_id, connections.get(conn, connection_id).state)
            schedule.restart(conn, of_connection(connection_id))
            schedule.hasten(conn, of_tenant(connection.tenant_id))
            work.hasten(conn, connection_id, CredentialsRefused.code)


def _sign_in(connection: Connection, about: Details, secret: str) -> SignIn:
    if connection.provider == "google":
        return GoogleSignIn(secret=secret)
    return ExchangeSignIn(endpoint=about.endpoint, username=about.username, secret=secret)
