"""What the outside world would have noticed: mails, refused logins, requests."""

from collections import deque
from datetime import datetime
from typing import Literal

import msgspec

from cxsync.sandbox.core.clock import Clock

MailKind = Literal["invitation", "update", "cancellation", "response"]
REQUESTS_KEPT = 200_000


class Mail(msgspec.Struct, frozen=True):
    """An e-mail that a real server would have sent to ``to`` because of ``item`` in ``owner``'s calendar."""

    at: datetime
    system: str
    owner: str
    kind: MailKind
    to: str
    item: str
    subject: str = ""
    channel: str = "api"


class Login(msgspec.Struct, frozen=True):
    """A refused attempt to sign in as ``user``; ``how`` says by which means and why it was refused."""

    at: datetime
    system: str
    user: str
    how: str


class Request(msgspec.Struct, frozen=True):
    """One answered request; ``seconds`` is the time the server took."""

    at: datetime
    system: str
    operation: str
    owner: str
    status: int
    seconds: float


class Witness:
    """Append-only records; of requests the latest 200,000 are kept and all are counted by operation."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.mails: list[Mail] = []
        self.logins: list[Login] = []
        self.requests: deque[Request] = deque(maxlen=REQUESTS_KEPT)
        self.counts: dict[tuple[str, str], int] = {}

    def mail(
        self, system: str, owner: str, kind: MailKind, to: str, item: str, *, subject: str = "", channel: str = "api"
    ) -> None:
        """A mail would have left; ``channel`` says who caused it, as in the journal."""
        self.mails.append(Mail(self._clock.now(), system, owner, kind, to, item, subject, channel))

    def refused_login(self, system: str, user: str, how: str) -> None:
        """A password, token, code or client secret was refused."""
        self.logins.append(Login(self._clock.now(), system, user, how))

    def request(self, system: str, operation: str, owner: str, status: int, seconds: float) -> None:
        """A request was answered with ``status`` (0: no answer, the connection was cut)."""
        key = (system, operation)
        self.counts[key] = self.counts.get(key, 0) + 1
        self.requests.append(Request(self._clock.now(), system, operation, owner, status, seconds))

    def clear(self) -> None:
        """Forget everything."""
        self.mails.clear()
        self.logins.clear()
        self.requests.clear()
        self.counts.clear()
