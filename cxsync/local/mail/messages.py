"""The mails that arrived, one ``.eml`` file each with its envelope beside it; they survive a restart."""

import secrets
from datetime import UTC, datetime
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path

import msgspec


class Envelope(msgspec.Struct, frozen=True):
    """What the SMTP session said, which need not be what the message's own headers say."""

    id: str
    at: datetime
    sender: str
    recipients: tuple[str, ...]
    tls: bool = False
    user: str | None = None


class Message(msgspec.Struct, frozen=True, rename={"sender": "from", "recipients": "to"}):
    """One mail as ``GET /messages`` lists it; ``at`` is UTC, ``headers`` has the first of each name."""

    id: str
    at: datetime
    sender: str
    recipients: tuple[str, ...]
    subject: str
    headers: dict[str, str]
    text: str | None
    html: str | None
    attachments: tuple[str, ...]
    tls: bool
    user: str | None


class Messages:
    """The mails below ``folder``."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(mode=0o700, exist_ok=True)

    def add(
        self, content: bytes, *, at: datetime, sender: str, recipients: tuple[str, ...], tls: bool, user: str | None
    ) -> str:
        """Keep a mail and return its id; ids sort by time of arrival. Raises OSError."""
        name = f"{at.astimezone(UTC):%Y%m%dT%H%M%S.%f}-{secrets.token_hex(4)}"
        envelope = Envelope(name, at, sender, recipients, tls, user)
        self._write(name + ".eml", content)
        # Last: a mail exists once its envelope does.
        self._write(name + ".json", msgspec.json.encode(envelope))
        return name

    def list(self) -> list[Message]:
        """All mails, oldest first."""
        found = (self.get(path.stem) for path in sorted(self._folder.glob("*.json")))
        return [message for message in found if message is not None]

    def get(self, name: str) -> Message | None:
        """The mail with the id ``name``."""
        content = self.source(name)
        if content is None:
            return None
        envelope = msgspec.json.decode((self._folder / f"{name}.json").read_bytes(), type=Envelope)
        return read(content, envelope)

    def source(self, name: str) -> bytes | None:
        """The mail as it came over the wire."""
        if not (self._folder / f"{name}.json").exists():
            return None
        return (self._folder / f"{name}.eml").read_bytes()

    def clear(self) -> int:
        """Delete all mails; how many they were."""
        envelopes = list(self._folder.glob("*.json"))
        for path in envelopes:
            path.unlink(missing_ok=True)
            path.with_suffix(".eml").unlink(missing_ok=True)
        return len(envelopes)

    def _write(self, name: str, content: bytes) -> None:
        draft = self._folder / f"{name}.new"
        draft.write_bytes(content)
        draft.replace(self._folder / name)


def read(content: bytes, envelope: Envelope) -> Message:
    """A mail taken apart for people and tests; never fails, however broken ``content`` is."""
    parsed = BytesParser(policy=policy.default.clone(raise_on_defect=False)).parsebytes(content)
    headers: dict[str, str] = {}
    for name, value in parsed.raw_items():
        headers.setdefault(name, _decoded(parsed, name, str(value)))
    return Message(
        id=envelope.id,
        at=envelope.at,
        sender=envelope.sender,
        recipients=envelope.recipients,
        subject=headers.get("Subject", ""),
        headers=headers,
        text=_body(parsed, "plain"),
        html=_body(parsed, "html"),
        attachments=tuple(part.get_filename() or part.get_content_type() for part in parsed.iter_attachments()),
        tls=envelope.tls,
        user=envelope.user,
    )


def _decoded(parsed: EmailMessage, name: str, raw: str) -> str:
    """The header's text without encoded words; as it is if the parser stumbles over it."""
    try:
        return str(parsed[name])
    except Exception:  # the standard parser raises IndexError, AttributeError and more on hostile headers
        return raw


def _body(parsed: EmailMessage, kind: str) -> str | None:
    part = parsed.get_body((kind,))
    if part is None:
        return None
    try:
        # Lines end as they do in files; over the wire they ended with CR LF (RFC 5321, 2.3.8).
        return str(part.get_content()).replace("\r\n", "\n")
    except (LookupError, ValueError):  # a charset nobody knows
        payload = part.get_payload(decode=True)
        return payload.decode("utf-8", "replace") if isinstance(payload, bytes) else str(payload)
