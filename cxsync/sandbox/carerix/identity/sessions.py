"""Who is signed in where, and what has been asked for but not answered yet."""

from datetime import datetime

import msgspec

from cxsync.sandbox.carerix.rows import Ref


class AuthorisationRequest(msgspec.Struct, frozen=True):
    """What a program asked of a person's browser (OpenID Connect Core 1.0, 3.1.2.1; RFC 7636)."""

    tenant: str
    client: str
    redirect_uri: str
    scopes: frozenset[str]
    state: str | None
    nonce: str | None
    challenge: str | None


class Session(msgspec.Struct, frozen=True):
    """A person signed in with a browser."""

    id: str
    tenant: str
    user: Ref
    since: datetime
    expires: datetime


class Code(msgspec.Struct, frozen=True):
    """An authorisation code: good once, until ``expires``."""

    request: AuthorisationRequest
    session: Session
    expires: datetime


class Pending(msgspec.Struct, frozen=True):
    """A sign-in page that waits for its form: on behalf of a program, or of the page at ``return_to``."""

    tenant: str
    request: AuthorisationRequest | None = None
    return_to: str | None = None


class Sessions:
    """Everything the identity provider remembers between two requests of a browser."""

    def __init__(self) -> None:
        self._sessions: dict[str, Session] = {}
        self._codes: dict[str, Code] = {}
        self._pending: dict[str, Pending] = {}

    def open(self, session: Session) -> None:
        """A person signed in."""
        self._sessions[session.id] = session

    def close(self, name: str) -> None:
        """The person signed out; no error if the session is not known."""
        self._sessions.pop(name, None)

    def find(self, name: str | None, tenant: str, now: datetime) -> Session | None:
        """The session of this name at this tenant, None if unknown or over."""
        found = None if name is None else self._sessions.get(name)
        return found if found is not None and found.tenant == tenant and found.expires > now else None

    def hand_out(self, name: str, code: Code) -> None:
        """Remember a code."""
        self._codes[name] = code

    def redeem(self, name: str, now: datetime) -> Code | None:
        """The code of this name, which is good no more; None if unknown, used or over."""
        found = self._codes.pop(name, None)
        return found if found is not None and found.expires > now else None

    def wait(self, name: str, pending: Pending) -> None:
        """Remember a page that was shown."""
        self._pending[name] = pending

    def waiting(self, name: str, tenant: str) -> Pending | None:
        """The page of this name."""
        found = self._pending.get(name)
        return found if found is not None and found.tenant == tenant else None

    def done(self, name: str) -> None:
        """The page of this name has been answered."""
        self._pending.pop(name, None)

    def clear(self) -> None:
        """Nobody is signed in, nothing is pending."""
        self._sessions.clear()
        self._codes.clear()
        self._pending.clear()
