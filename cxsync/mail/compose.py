"""A notification as a mail: plain text and HTML, in the user's language and zone. Pure."""

import html
import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from typing import Final
from urllib.parse import urlsplit
from uuid import UUID
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime
from msgspec import Struct

from cxsync import trace
from cxsync.mail.texts import FOOTER, OPEN_LINK, TEXTS, Language
from schemas.appointment import Moment
from schemas.records import Notification, NotificationContent

CALENDARS: Final = {"exchange": "Exchange", "google": "Google"}
_NAME: Final = re.compile(r"\{(\w+)\}")


class Recipient(Struct, frozen=True):
    """Who is written to, and how: ``zone`` is an IANA name, ``provider`` a system."""

    address: str
    name: str
    language: Language
    zone: str
    provider: str


def compose(
    notification: Notification, content: NotificationContent, to: Recipient, *, sender: str, public_url: str
) -> EmailMessage:
    """The mail. Its Message-ID follows from the notification, so that a repeat is the same message to mail systems."""
    text = TEXTS[to.language][notification.reason]
    values = {
        "calendar": CALENDARS.get(to.provider, to.provider),
        "title": content.subject,
        "when": when(content.start, to.language, to.zone),
        "connect": f"{public_url}/connect",
        "explanation": "",
        "proposal": "",
    } | {parameter.name: parameter.value for parameter in content.parameters}
    paragraphs = [filled for filled in (_filled(paragraph, values) for paragraph in text.paragraphs) if filled]

    mail = EmailMessage()
    mail["From"] = sender
    mail["To"] = _address(to)
    mail["Subject"] = " ".join(_filled(text.subject, values).split())
    mail["Date"] = notification.at
    domain = urlsplit(public_url).hostname or "localhost"
    mail["Message-ID"] = message_id(notification.event_id, domain)
    thread = f"<{trace.derived('thread', notification.connection_id, notification.at.date())}@{domain}>"
    mail["References"] = thread  # a day's mails to one user are one conversation
    mail["In-Reply-To"] = thread
    mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: no out-of-office answers
    mail["X-CxSync-Reason"] = notification.reason
    mail["X-CxSync-Appointment"] = str(notification.link_id or "")
    mail.set_content(_plain(paragraphs, content, to.language))
    mail.add_alternative(_rich(paragraphs, content, to.language), subtype="html")
    return mail


def message_id(notification_id: UUID, domain: str) -> str:
    """Fixed by the notification."""
    return f"<{notification_id}@{domain}>"


def when(start: Moment | None, language: Language, zone: str) -> str:
    """Date and time written out as ``language`` does, on the clock of ``zone``; an all-day date stays that date."""
    if start is None:
        return ""
    if start.instant is not None:
        return _at(start.instant.astimezone(ZoneInfo(zone)), language)
    if "T" in start.wall:
        return _at(datetime.fromisoformat(start.wall).replace(tzinfo=UTC), language)
    return format_date(date.fromisoformat(start.wall), "full", locale=language)


def _at(wall: datetime, language: Language) -> str:
    pattern = "EEEE d MMMM y 'om' HH:mm" if language == "nl" else "EEEE d MMMM y 'at' HH:mm"
    return format_datetime(wall, pattern, locale=language)


def _filled(template: str, values: Mapping[str, str]) -> str:
    # One pass, and not str.format: a subject may hold braces.
    return _NAME.sub(lambda found: values.get(found[1], ""), template)


def _address(to: Recipient) -> Address:
    local, _, domain = to.address.rpartition("@")
    return Address(display_name=" ".join(to.name.split()), username=local, domain=domain)


def _plain(paragraphs: list[str], content: NotificationContent, language: Language) -> str:
    parts = list(paragraphs)
    if content.web_link:
        parts.append(f"{OPEN_LINK[language]}: {content.web_link}")
    return "\n\n".join([*parts, "-- ", FOOTER[language]]) + "\n"


def _rich(paragraphs: list[str], content: NotificationContent, language: Language) -> str:
    body = "".join(f"<p>{html.escape(part).replace(chr(10), '<br>')}</p>" for part in paragraphs)
    if content.web_link and urlsplit(content.web_link).scheme in ("http", "https"):
        body += f'<p><a href="{html.escape(content.web_link)}">{OPEN_LINK[language]}</a></p>'
    return (
        f'<!doctype html><html lang="{language}"><body style="font-family:sans-serif;line-height:1.5;max-width:40em">'
        f'{body}<p style="color:#666;border-top:1px solid #ddd">{FOOTER[language]}</p></body></html>'
    )
