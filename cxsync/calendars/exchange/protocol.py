"""exchangelib's protocol for one mailbox and one client, so that nothing is shared with any other.

exchangelib keeps one protocol per endpoint and credentials for the life of the process: the first retry policy would
win for all, and ten thousand mailboxes would keep ten thousand sessions.
"""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import requests
from exchangelib import BASIC, DELEGATE, NTLM, UTC, Configuration, Credentials, EWSTimeZone
from exchangelib.errors import TransportError, UnauthorizedError
from exchangelib.protocol import FailFast, Protocol
from exchangelib.version import Build, Version
from msgspec import Struct
from requests.auth import HTTPBasicAuth

from cxsync.calendars.exchange.faults import HttpRefusal, retry_after
from cxsync.calendars.exchange.signin import Kind
from cxsync.calendars.exchange.transport import Route, furnish

# It logs requests and answers, which hold what people wrote, at levels up to ERROR.
logging.getLogger("exchangelib").setLevel(logging.CRITICAL + 1)

_TIMEOUT = 90
_LOCKED = b"The referenced account is currently locked out"


class Spoken(Struct, frozen=True):
    """What is known of a server once it has answered: how to sign in, and the version to speak. To be kept by whoever
    makes the next client for the same server, which then needs no question first."""

    kind: Kind
    api_version: str
    build: tuple[int, int, int, int]


# Everything from 2010 SP2 on understands requests of 2010 SP2, an older one is asked with what it knows; each
# answer's ServerVersionInfo then says what the server really is.
OLDEST = ("Exchange2010_SP2", (14, 2, 0, 0))


class _Uncached(type(Protocol)):  # type: ignore[misc]  # exchangelib ships no types
    def __call__(cls, *arguments: Any, **named: Any) -> Any:
        return type.__call__(cls, *arguments, **named)


class MailboxProtocol(Protocol, metaclass=_Uncached):  # type: ignore[misc]  # exchangelib ships no types
    """One session to one server, by a given way."""

    TIMEOUT = _TIMEOUT
    RETRY_WAIT = 0  # what exchangelib says for a server that names no time
    USERAGENT = "CxCalendarSync"

    def __init__(self, config: Any, way: Route) -> None:
        self._way = way
        super().__init__(config=config)

    def create_session(self) -> requests.Session:
        """A session that goes that way."""
        session: requests.Session = furnish(super().create_session(), self._way)
        if self.auth_type == BASIC:
            # requests would encode as Latin-1, where neither "€" nor "ł" exists; browsers send UTF-8 (RFC 7617).
            session.auth = HTTPBasicAuth(self.credentials.username.encode(), self.credentials.password.encode())
        return session


class Answers(FailFast):  # type: ignore[misc]  # exchangelib ships no types
    """Judges HTTP answers once, without repeating anything: a repeated password locks an account."""

    def raise_response_errors(self, response: requests.Response) -> None:
        """Raises HttpRefusal or what exchangelib raises for errors that only it can tell apart."""
        status = response.status_code
        if status == 200:
            return
        if status == 401 or _LOCKED in response.content:
            raise UnauthorizedError("401")
        if status in (403, 404, 429, 503):
            raise HttpRefusal(status, retry_after(response.headers.get("Retry-After")))
        if status == 500:
            super().raise_response_errors(response)
            return
        if status == 302 and "genericerrorpage.htm" in response.headers.get("Location", "").lower():
            raise TransportError("redirected to the page for random outages")
        raise HttpRefusal(status)


class Mailbox:
    """What exchangelib's services need of an account: the user's own primary mailbox, whatever its address is."""

    access_type = DELEGATE
    identity = None
    affinity_cookie = None
    primary_smtp_address = None  # no X-AnchorMailbox: the user's own mailbox is found by his sign-in
    default_timezone: EWSTimeZone = UTC

    def __init__(
        self, way: Route, username: str, password: str, spoken: Spoken | None, kind: Kind, wait: Callable[[int], None]
    ) -> None:
        api_version, build = (spoken.api_version, spoken.build) if spoken else OLDEST
        self.kind: Kind = kind
        self.wait = wait
        self.answered = False  # whether the server has taken the password
        self._version = Version(build=Build(*build), api_version=api_version)
        self._assumed = spoken is None
        self.protocol = MailboxProtocol(
            config=Configuration(
                service_endpoint=way.endpoint.url,
                credentials=Credentials(username, password),
                auth_type=NTLM if kind == "NTLM" else BASIC,
                version=self._version,
                retry_policy=Answers(),
                max_connections=1,
            ),
            way=way,
        )

    @property
    def version(self) -> Version:
        """The version to speak, asked and set by exchangelib's services."""
        return self._version

    @version.setter
    def version(self, answered: Version) -> None:
        # A server asked in an old version answers in it. Its build says what it can do, and exchangelib goes by the
        # build, so from now on the request says so too. Only once: a mailbox may sit on an older server than the one
        # that answers, which exchangelib finds out by trying.
        if self._assumed:
            self._assumed = False
            with suppress(ValueError):  # a build that exchangelib does not know
                answered = Version(build=answered.build)
        self._version = answered

    @property
    def major(self) -> int:
        """The major version whose schema requests are in: 14 is 2010, 15 is 2013 and later."""
        return 15 if self._version.api_version >= "Exchange2013" else 14

    @contextmanager
    def unless_refused(self) -> Iterator[None]:
        """What a refused request was answered in says nothing about the version to speak from now on."""
        before = self._version, self._assumed
        try:
            yield
        except Exception:
            self._version, self._assumed = before
            raise

    @property
    def spoken(self) -> Spoken:
        """What to remember of the server."""
        build = self.version.build
        numbers = (build.major_version, build.minor_version, build.major_build, build.minor_build)
        return Spoken(self.kind, self.version.api_version, numbers)

    def close(self) -> None:
        """Give back the socket."""
        self.protocol.close()
