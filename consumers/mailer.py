"""The mailer: each notification becomes one mail, retried until the mail server has taken it."""

from hashlib import sha256
from typing import Final
from urllib.parse import urlsplit

from consumers.handler import Effect, TryAgain, Work
from consumers.host import ConsumerHost
from consumers.worker import ATTEMPTS
from cxsync.account import details_of
from cxsync.broker import topics
from cxsync.errors import SettingError
from cxsync.killpoints import reached
from cxsync.mail.compose import Recipient, compose
from cxsync.mail.deliver import MailFailed, deliver
from cxsync.mail.texts import Language
from cxsync.observe.log import get_logger
from cxsync.observe.metrics import count
from cxsync.role import Role
from cxsync.store import connections, sent
from cxsync.store.lease import Fenced, Hand
from schemas.records import Notification, NotificationContent

log = get_logger(__name__)
LONGEST_DELAY: Final = 300.0
"""Seconds between two attempts at most; the delay doubles from 2."""


class Mailer:
    """Sends the mail of each notification, once as far as it can be known."""

    def __init__(self, role: Role) -> None:
        self._role = role

    def handle(self, work: Work, hand: Hand) -> Effect:
        """Raises TryAgain while the mail server does not take it."""
        notification, content = work.record, work.content
        if not isinstance(notification, Notification) or not isinstance(content, NotificationContent):
            return Effect()  # erased meanwhile: there is nothing left to say, and nobody to say it to
        with hand.transaction() as conn:
            if sent.get(conn, notification.event_id) is not None:
                return Effect()
            connection = connections.get(conn, notification.connection_id)
        details = details_of(self._role.keyring.key_of(connection.id), connection)
        if not details.email:
            log.warning("nobody to write to", notification_id=str(notification.event_id))
            return Effect()
        language: Language = "nl" if connection.language == "nl" else "en"
        to = Recipient(details.email, details.name, language, details.zone, connection.provider)
        settings = self._role.settings
        mail = compose(notification, content, to, sender=settings.mail_from, public_url=settings.public_url)
        hand.check()
        try:
            deliver(settings.smtp_url, mail)
        except MailFailed as error:
            count("mails_failed", code=error.code)
            log.warning("mail not taken", code=error.code, attempt=work.item.attempts + 1, reason=str(error))
            if error.permanent and work.item.attempts + 1 >= ATTEMPTS:
                raise  # it will never be taken: a dead letter, for a person to see
            raise TryAgain(error.code, min(2.0 ** (work.item.attempts + 1), LONGEST_DELAY)) from error
        reached("mail-sent")
        count("mails_sent", reason=notification.reason)
        log.info("mail sent", notification_id=str(notification.event_id), code=notification.reason)

        def write(conn: Fenced) -> None:
            to_hash = sha256(details.email.lower().encode()).digest()
            sent.record(
                conn,
                notification.event_id,
                connection_id=connection.id,
                message_id=str(mail["Message-ID"]),
                to_hash=to_hash,
            )

        return Effect(write=write)


def run(role: Role) -> None:
    """Drain the notifications until the role stops.

    Raises:
        SettingError: no mail server is named.
    """
    if not urlsplit(role.settings.smtp_url).hostname:
        raise SettingError("CXSYNC_SMTP_URL", None, "set it to smtp://HOST:PORT, smtp+starttls:// or smtps://")
    topic = topics.name(role.settings, topics.NOTIFICATIONS)
    ConsumerHost(role, topic, "email", Mailer(role), workers=2).run()
