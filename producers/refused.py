"""A refused sign-in (rule 8): once is waited out, twice in a row stops the connection and tells its user.

Nothing here tries a password; what tries it next is a poll, at the time that is set here and in ``failed``.
"""

from datetime import UTC, datetime, timedelta
from typing import Final

from cxsync import trace
from cxsync.broker import topics
from cxsync.observe.log import get_logger
from cxsync.role import Role
from cxsync.store import connections, outbox, refusals
from cxsync.store.connections import Connection, State
from cxsync.store.outbox import Message as Owed
from cxsync.store.schedule import DuePoll
from schemas.message import pack
from schemas.records import Notification, NotificationContent

log = get_logger(__name__)

LATELY: Final = 600.0
"""Seconds within which refusals at one server are "at once"."""
MANY: Final = 5
SHARE: Final = 0.2
"""From that many refusals, and that share of a server's connections, on, the server itself is suspect."""
PROBE: Final = "probe"
"""Reason of the state ``active`` while a suspect connection is tried for all others at its server."""
_WORKING: Final[tuple[State, ...]] = ("active",)


def refused(role: Role, connection: Connection, due: DuePoll) -> None:
    """The server of ``connection`` refused its credentials in the poll ``due``."""
    probe = connection.state_reason == PROBE
    never_worked = connection.credentials_worked_at is None
    if not (probe or never_worked or due.last_error_code == refusals.CODE):
        return  # it worked before: one attempt confirms it, after a minute of nobody touching it
    mail = mail_owed(role, connection, timedelta())
    with role.database.transaction() as conn:
        refusals.one_at_a_time(conn, connection.server)
        others = refusals.at(conn, connection.server, but=connection.id, within=LATELY)
        if probe or is_suspect(others.refused + 1, others.connected + 1):
            connections.set_state(conn, connection.id, "suspect", reason=refusals.CODE, expected=_WORKING)
            suspects = refusals.suspect(conn, connection.server, within=LATELY)
            log.error("the server refuses many sign-ins", where=connection.server, count=suspects)
        elif connections.set_state(conn, connection.id, "refused", reason=refusals.CODE, expected=_WORKING):
            outbox.add(conn, [mail])
            log.warning("connection stopped", code=refusals.CODE, connection=str(connection.id))


def accepted(role: Role, connection: Connection) -> None:
    """The server accepted the credentials: worth a note only if they are new, or were tried for others too."""
    if connection.credentials_worked_at is None:
        with role.database.transaction() as conn:
            connections.credentials_worked(conn, connection.id)
    if connection.state_reason == PROBE:
        with role.database.transaction() as conn:
            refusals.one_at_a_time(conn, connection.server)
            freed = refusals.acquit(conn, connection.server, connection.id)
        log.info("the server accepts sign-ins again", where=connection.server, count=freed)


def is_suspect(refusals_at_once: int, connected: int) -> bool:
    """Whether so many refusals say more about the server than about the passwords."""
    return refusals_at_once >= MANY and refusals_at_once >= SHARE * connected


def mail_owed(role: Role, connection: Connection, after: timedelta) -> Owed:
    """The mail to the user, ``after`` the refusal: the same each time it is asked for, until he has signed in again."""
    cause = f"{refusals.CODE} {connection.credentials_worked_at} {after.days}"
    notification = Notification(
        event_id=trace.derived("notification", connection.id, refusals.CODE, cause),
        connection_id=connection.id,
        reason="credentials-refused",
        cause=str(trace.derived(cause)),
        at=datetime.now(UTC),
    )
    headers = trace.headers(notification.event_id, connection.id, None, notification.at)
    topic = topics.name(role.settings, topics.NOTIFICATIONS)
    key = role.keyring.key_of(connection.id)
    message = pack(topic, notification, NotificationContent(), headers, key)
    return Owed(notification.event_id, connection.id, topic, message.key, message.value, message.headers)
