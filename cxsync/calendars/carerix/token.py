"""The access token of a tenant's API client: OAuth 2 client credentials (RFC 6749, 4.4)."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Final

import msgspec
import requests

from cxsync.calendars.carerix.access import Access
from cxsync.calendars.carerix.http import post
from cxsync.calendars.carerix.refusals import SYSTEM, seconds_of
from cxsync.calendars.errors import Busy, CalendarError, CredentialsRefused, NotPermitted, NotThatServer, Unavailable

OPERATION: Final = "token"
MARGIN: Final = 30.0
"""Seconds before its end at which a token is not used any more; never more than a quarter of its life."""


class _Given(msgspec.Struct, frozen=True):
    access_token: Annotated[str, msgspec.Meta(pattern=r"^[\x21-\x7e]+$")]  # RFC 6750, 2.1: what a header can carry
    expires_in: float = 60.0


class _Refusal(msgspec.Struct, frozen=True):
    error: str = ""
    error_description: str = ""


class Token:
    """Asks for a token when one is needed and keeps it until shortly before it expires."""

    def __init__(
        self,
        http: requests.Session,
        access: Access,
        wait: Callable[[int], None],
        *,
        now: Callable[[], datetime],
        monotonic: Callable[[], float],
    ) -> None:
        self._http = http
        self._access = access
        self._wait = wait
        self._now = now
        self._monotonic = monotonic
        self._value = ""
        self._until = 0.0

    def value(self) -> str:
        """A token that lives for some time yet.

        Raises:
            CredentialsRefused: client id or secret are wrong.
            NotPermitted: the client may not have the scope.
        """
        if not self._value or self._monotonic() >= self._until:
            self.renew()
        return self._value

    def renew(self) -> None:
        """A fresh token, with one request."""
        self._value = ""
        self._wait(1)
        asked = self._monotonic()
        access = self._access
        form = {
            "grant_type": "client_credentials",
            "client_id": access.client_id,
            "client_secret": access.client_secret,
        }
        if access.scope:
            form["scope"] = access.scope
        answer = post(self._http, OPERATION, access.token_url, data=form)
        if answer.status_code != 200:
            raise self._refused(answer)
        try:
            given = msgspec.json.decode(answer.content, type=_Given, strict=False)
        except (UnicodeDecodeError, msgspec.DecodeError) as error:
            if answer.content.lstrip()[:1] == b"<":
                raise NotThatServer(SYSTEM, OPERATION, "a page answers there; the token address is needed") from None
            raise Unavailable(SYSTEM, OPERATION, f"the answer holds no token ({type(error).__name__})") from None
        self._value = given.access_token
        self._until = asked + given.expires_in - min(MARGIN, given.expires_in / 4)

    def _refused(self, answer: requests.Response) -> CalendarError:
        status = answer.status_code
        try:
            refusal = msgspec.json.decode(answer.content, type=_Refusal)
        except (UnicodeDecodeError, msgspec.DecodeError):
            refusal = _Refusal()
        match status, refusal.error:
            case 429, _:
                pause = seconds_of(answer.headers.get("Retry-After"), self._now())
                return Busy(SYSTEM, OPERATION, "too many requests", pause)
            case _, "invalid_scope":
                return NotPermitted(SYSTEM, OPERATION, f"the API client may not have the scope {self._access.scope}")
            case (401, _) | (_, "invalid_client" | "unauthorized_client" | "invalid_grant"):
                return CredentialsRefused(SYSTEM, OPERATION, f"HTTP {status}: client id or secret are not accepted")
            case 403, _:
                return NotPermitted(SYSTEM, OPERATION, "HTTP 403: the API client may not ask for tokens")
            case _ if status >= 500 or status in (408, 425):
                return Unavailable(SYSTEM, OPERATION, f"HTTP {status}")
            case _:
                why = f"HTTP {status}: no token address of a tenant; check the token URL and the name in it"
                return NotThatServer(SYSTEM, OPERATION, why)
