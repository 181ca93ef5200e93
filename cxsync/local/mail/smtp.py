"""The SMTP side: plain, STARTTLS (RFC 3207) and login (RFC 4954, any user and password), and faults on request."""

import asyncio
import ssl
from collections.abc import Callable
from datetime import datetime
from typing import Any, Literal

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from cxsync.local.mail.messages import Messages

Mode = Literal["none", "refuse", "4xx", "5xx", "hang"]

_SIZE_LIMIT_BYTES = 32 * 1024 * 1024


class Faults:
    """How the server misbehaves: ``refuse`` drops connections, ``4xx`` and ``5xx`` answer so after the mail came,
    ``hang`` does not answer until the mode changes."""

    def __init__(self) -> None:
        self._mode: Mode = "none"
        self._changed = asyncio.Event()

    @property
    def mode(self) -> Mode:
        return self._mode

    def set(self, mode: Mode) -> None:
        self._mode = mode
        self._changed.set()
        self._changed = asyncio.Event()

    async def changed(self) -> None:
        """Return when the mode is next set."""
        await self._changed.wait()


class Handler:
    """Keeps each mail in ``messages`` before it is acknowledged."""

    def __init__(self, messages: Messages, faults: Faults, now: Callable[[], datetime]) -> None:
        self._messages = messages
        self._faults = faults
        self._now = now

    # The name is aiosmtpd's: it calls handle_<COMMAND>.
    async def handle_DATA(self, _: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        while self._faults.mode == "hang":
            await self._faults.changed()
        if self._faults.mode == "4xx":
            return "451 4.3.2 Told to refuse for now"
        if self._faults.mode == "5xx":
            return "554 5.7.1 Told to refuse for good"
        # Both are declared as None and set later, by STARTTLS and by AUTH.
        tls, user = getattr(session, "ssl", None), getattr(session, "auth_data", None)
        name = self._messages.add(
            _bytes(envelope),
            at=self._now(),
            sender=envelope.mail_from or "",
            recipients=tuple(envelope.rcpt_tos),
            tls=tls is not None,
            user=user if isinstance(user, str) else None,
        )
        return f"250 2.0.0 Kept as {name}"


class Server(SMTP):
    """One SMTP session."""

    def __init__(self, handler: Handler, faults: Faults, context: ssl.SSLContext) -> None:
        super().__init__(
            handler,
            hostname="localhost",
            ident="CxCalendarSync mail catcher",
            enable_SMTPUTF8=True,
            data_size_limit=_SIZE_LIMIT_BYTES,
            tls_context=context,
            authenticator=_let_in,
            auth_require_tls=False,
        )
        self._faults = faults

    def connection_made(self, transport: Any) -> None:
        if self._faults.mode == "refuse":
            transport.abort()
            return
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        # A connection that was refused has no session to end.
        if self.session is not None:
            super().connection_lost(error)


def _bytes(envelope: Envelope) -> bytes:
    content = envelope.content
    return content.encode() if isinstance(content, str) else content or b""


def _let_in(_: SMTP, __: Session, ___: Envelope, ____: str, data: object) -> AuthResult:
    login = data.login.decode(errors="replace") if isinstance(data, LoginPassword) else ""
    return AuthResult(success=True, auth_data=login)
