"""Asks Carerix one operation at a time: token, budget, and errors as the contract says."""

import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec
import requests

from cxsync.calendars.carerix.access import Access
from cxsync.calendars.carerix.documents import Operation
from cxsync.calendars.carerix.http import READ_TIMEOUT, post
from cxsync.calendars.carerix.refusals import SYSTEM, TokenExpired, check_errors, check_status, read_body
from cxsync.calendars.carerix.token import Token
from cxsync.calendars.errors import CredentialsRefused


def no_budget(requests_wanted: int) -> None:
    """For callers without a shared budget: never waits."""


def utc_now() -> datetime:
    """The clock on the wall."""
    return datetime.now(UTC)


class Gateway:
    """One tenant's interface over one HTTP session; for one thread at a time.

    ``wait(n)`` is called before each request and returns once n requests may be sent; what it raises goes through.
    """

    def __init__(
        self,
        access: Access,
        *,
        wait: Callable[[int], None] = no_budget,
        now: Callable[[], datetime] = utc_now,
        monotonic: Callable[[], float] = time.monotonic,
        read_timeout: float = READ_TIMEOUT,
    ) -> None:
        self._access = access
        self._wait = wait
        self.now = now
        self._read_timeout = read_timeout
        self._http = requests.Session()
        self._token = Token(self._http, access, wait, now=now, monotonic=monotonic)

    def ask(self, operation: Operation, variables: Mapping[str, Any]) -> bytes | None:
        """The JSON of the operation's root field as it came; None where it is null.

        Raises:
            CalendarError: any of the reasons in ``cxsync.calendars.errors`` but VersionChanged, Gone and CursorLost.
        """
        try:
            return self._asked(operation, variables)
        except TokenExpired:
            self._token.renew()
        try:
            return self._asked(operation, variables)
        except TokenExpired:
            why = "a token that was just handed out is not accepted"
            raise CredentialsRefused(SYSTEM, operation.name, why) from None

    def _asked(self, operation: Operation, variables: Mapping[str, Any]) -> bytes | None:
        token = self._token.value()
        self._wait(1)
        sent = msgspec.json.encode({"query": operation.text, "variables": variables})
        answer = post(
            self._http,
            operation.name,
            self._access.graphql_url,
            data=sent,
            token=token,
            read_timeout=self._read_timeout,
        )
        check_status(operation.name, answer.status_code, answer.headers, answer.content, self.now())
        body = read_body(operation.name, answer.content)
        check_errors(operation.name, body, operation.root, writes=operation.writes)
        given = (body.data or {}).get(operation.root)
        value = b"null" if given is None else bytes(given)
        return None if value == b"null" else value

    def close(self) -> None:
        """Give back the sockets."""
        self._http.close()
