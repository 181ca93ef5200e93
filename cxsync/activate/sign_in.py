"""What a user signs in to his calendar with, and which calendar it opens."""

from collections.abc import Collection, Iterable
from hashlib import blake2b
from typing import Final, Literal
from urllib.parse import urlsplit
from uuid import UUID

import msgspec

from cxsync.account import Details
from cxsync.calendars.exchange.client import ExchangeCalendar
from cxsync.calendars.exchange.endpoint import read_endpoint
from cxsync.calendars.google.event import Person
from cxsync.calendars.opening import Opener
from cxsync.calendars.port import Calendar, Found, Listing
from cxsync.settings import Settings

_PORTS: Final = {"https": 443, "http": 80}


class Opened(msgspec.Struct, frozen=True):
    """A calendar that the credentials opened. ``mailbox`` tells it from all others, whatever name somebody signs in
    with; ``listing``: the first page of everything, if it had to be read to know that."""

    calendar: Calendar
    mailbox: str
    listing: Listing | None = None


class ExchangeSignIn(msgspec.Struct, frozen=True, kw_only=True):
    """A mailbox on premises. Endpoint in one of the forms of ``read_endpoint``."""

    endpoint: str
    username: str
    secret: str
    provider: Literal["exchange"] = "exchange"

    def server(self, settings: Settings) -> str:
        """Scheme, host and port; raises EndpointUnreadable."""
        endpoint = read_endpoint(self.endpoint)
        host = f"[{endpoint.host}]" if ":" in endpoint.host else endpoint.host
        return f"{endpoint.scheme}://{host}:{endpoint.port}"

    def open(self, opener: Opener, zone: str, connection_id: UUID) -> Opened:
        """One attempt with the password.

        Raises:
            EndpointUnreadable, EndpointRefused: where the server is said to be.
            CalendarError: what the server says, or that there is none.
        """
        calendar = _Newcomer(opener.way(self.endpoint), self.username, self.secret, zone=zone)
        try:
            return Opened(calendar, _digest("exchange", calendar.folder()))
        except BaseException:
            calendar.close()
            raise

    def __repr__(self) -> str:
        """Without the password."""
        return f"ExchangeSignIn(endpoint={self.endpoint!r})"


class GoogleSignIn(msgspec.Struct, frozen=True, kw_only=True):
    """A Google calendar; ``secret`` is the refresh token of the user's consent."""

    secret: str
    endpoint: str = ""
    username: str = ""
    provider: Literal["google"] = "google"

    def server(self, settings: Settings) -> str:
        """Scheme, host and port."""
        parts = urlsplit(settings.google_api_endpoint)
        return f"{parts.scheme}://{parts.hostname}:{parts.port or _PORTS[parts.scheme]}"

    def open(self, opener: Opener, zone: str, connection_id: UUID) -> Opened:
        """One attempt with the refresh token.

        Raises:
            CalendarError: what Google says, or that there is none.
        """
        calendar = opener.google(self.secret, connection_id)
        try:
            listing = calendar.changes(None)
        except BaseException:
            calendar.close()
            raise
        return Opened(calendar, _digest("google", _address(listing.found) or self.secret), listing)

    def __repr__(self) -> str:
        """Without the token."""
        return "GoogleSignIn()"


SignIn = ExchangeSignIn | GoogleSignIn


def details(sign_in: SignIn, *, email: str, name: str, zone: str) -> Details:
    """What is kept, sealed, of how the user signs in and is written to."""
    return Details(endpoint=sign_in.endpoint, username=sign_in.username, email=email, name=name, zone=zone)


class _Newcomer(ExchangeCalendar):
    """A client that also tells which calendar it has opened."""

    def folder(self) -> str:
        """The id of the calendar folder: ``anna`` and ``AGENCY\\anna`` are one mailbox."""
        return self._speak("calendar folder", lambda box: self._folders[0])


class _Event(msgspec.Struct, frozen=True):
    organizer: Person | None = None
    attendees: tuple[Person, ...] = ()


def _address(found: Collection[Found]) -> str | None:
    """The calendar's own address, as its events have it: the right to see events tells no more of an account.

    None in a calendar without events; the consent itself, by its token, then stands for the account.
    """
    events = [_event(each) for each in found]
    organized = _own(event.organizer for event in events)
    return organized or _own(person for event in events for person in event.attendees)


def _own(persons: Iterable[Person | None]) -> str | None:
    addresses = {person.email.lower() for person in persons if person is not None and person.is_self and person.email}
    return min(addresses, default=None)


def _event(found: Found) -> _Event:
    try:
        return msgspec.json.decode(found.documents[0].body, type=_Event) if found.documents else _Event()
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return _Event()


def _digest(provider: str, identity: str) -> str:
    """No address stands in clear in a column (rule 10)."""
    return blake2b(identity.encode(), digest_size=16, person=b"cx-mailbox", salt=provider.encode()).hexdigest()
