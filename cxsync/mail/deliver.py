"""Handing a mail to the mail server of SMTP_URL."""

import smtplib
import ssl
from contextlib import suppress
from email.message import EmailMessage
from typing import ClassVar, Final
from urllib.parse import unquote, urlsplit

from cxsync.errors import CxSyncError

TIMEOUT: Final = 20.0
"""Seconds for each step of the conversation."""
PORTS: Final = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}


class MailFailed(CxSyncError):
    """The mail server did not take the mail; ``permanent`` if it never will (RFC 5321: a reply of 5xx)."""

    code: ClassVar[str] = "mail-failed"

    def __init__(self, server: str, why: str, *, permanent: bool) -> None:
        self.server = server
        self.permanent = permanent
        super().__init__(f"the mail server {server} did not take a mail: {why}; check CXSYNC_SMTP_URL")


def deliver(url: str, mail: EmailMessage) -> None:
    """Send ``mail`` as ``url`` says; returns once the server has taken responsibility for it.

    Raises:
        MailFailed: it did not.
    """
    parts = urlsplit(url)
    host, port = parts.hostname or "localhost", parts.port or PORTS[parts.scheme]
    server = f"{host}:{port}"
    try:
        smtp = _connect(parts.scheme, host, port)
        try:
            if parts.username:
                smtp.login(unquote(parts.username), unquote(parts.password or ""))
            smtp.send_message(mail)
        finally:
            _end(smtp)
    except smtplib.SMTPRecipientsRefused as error:
        codes = [code for code, _ in error.recipients.values()]
        raise MailFailed(server, f"recipient refused ({codes[0]})", permanent=all(c >= 500 for c in codes)) from error
    except smtplib.SMTPAuthenticationError as error:
        raise MailFailed(server, f"user name or password refused ({error.smtp_code})", permanent=False) from error
    except smtplib.SMTPResponseException as error:
        raise MailFailed(server, f"reply {error.smtp_code}", permanent=error.smtp_code >= 500) from error
    except (smtplib.SMTPException, OSError) as error:
        # No recipient and no part of the mail is in these: the library's texts for answers, which quote, are above.
        raise MailFailed(server, f"{type(error).__name__}, {error}", permanent=False) from error


def _connect(scheme: str, host: str, port: int) -> smtplib.SMTP:
    context = ssl.create_default_context()
    if scheme == "smtps":
        return smtplib.SMTP_SSL(host, port, timeout=TIMEOUT, context=context)
    smtp = smtplib.SMTP(host, port, timeout=TIMEOUT)
    if scheme == "smtp+starttls":
        try:
            smtp.starttls(context=context)
        except BaseException:
            smtp.close()
            raise
    return smtp


def _end(smtp: smtplib.SMTP) -> None:
    # A mail that was taken is taken, whatever the server answers to the goodbye: a failure here would send it twice.
    with suppress(smtplib.SMTPException, OSError):
        smtp.quit()
    smtp.close()
