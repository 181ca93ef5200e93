"""The requests that the client makes, through google-api-python-client: one ``Http`` a client, answers verbatim.

httplib2 is not thread-safe, so each client has a transport of its own; the description of the service is shared (guide
"Thread Safety" of the library).
"""

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from google.api_core.client_options import ClientOptions
from google.oauth2.credentials import Credentials
from googleapiclient.discovery import build
from googleapiclient.errors import HttpError
from httplib2 import Http

from cxsync.calendars.errors import CredentialsRefused, NotThatServer
from cxsync.calendars.google.access import authorized, refresh
from cxsync.calendars.google.refusal import SYSTEM, TRANSPORT, refusal
from cxsync.calendars.google.transport import Transport

API_ENDPOINT = "https://www.googleapis.com/calendar/v3/"
NOBODY = {"sendUpdates": "none"}
"""On every write: the sync tells nobody (rule 6)."""


def no_budget(_requests: int) -> None:
    """Wait for nobody."""


class Api:
    """The methods that are used, for one calendar."""

    def __init__(self, granted: Credentials, calendar_id: str, api_endpoint: str, wait: Callable[[int], None]) -> None:
        self._granted = granted
        self._calendar = calendar_id
        service = _service(api_endpoint)
        self._events, self._calendars = service.events(), service.calendarList()
        self._wait = wait
        self._http = Transport()
        self._authorized = authorized(granted, self._http)

    def list(self, **params: Any) -> bytes:
        """One page of events.list."""
        return self._send("list", self._events.list(calendarId=self._calendar, **params))

    def get(self, event_id: str) -> bytes:
        """One event; Gone if there never was one."""
        return self._send("get", self._events.get(calendarId=self._calendar, eventId=event_id))

    def instances(self, event_id: str, **params: Any) -> bytes:
        """One page of a series' occurrences."""
        return self._send("instances", self._events.instances(calendarId=self._calendar, eventId=event_id, **params))

    def insert(self, body: Mapping[str, Any]) -> bytes:
        """A new event; IdTaken if its id is in use."""
        return self._send("insert", self._events.insert(calendarId=self._calendar, body=body, **NOBODY))

    def patch(self, event_id: str, body: Mapping[str, Any], etag: str) -> bytes:
        """Change the fields in ``body`` if the event still has this etag."""
        request = self._events.patch(calendarId=self._calendar, eventId=event_id, body=body, **NOBODY)
        return self._send("patch", request, etag)

    def delete(self, event_id: str, etag: str) -> None:
        """Delete the event if it still has this etag."""
        self._send("delete", self._events.delete(calendarId=self._calendar, eventId=event_id, **NOBODY), etag)

    def about(self) -> bytes:
        """The calendar as it stands in its user's list."""
        return self._send("calendarList.get", self._calendars.get(calendarId=self._calendar))

    def close(self) -> None:
        """Give back sockets."""
        self._http.close()

    def _send(self, operation: str, request: Any, etag: str | None = None) -> bytes:
        request.postproc = _verbatim(operation)
        if etag is not None:
            request.headers["If-Match"] = etag
        if not self._granted.valid:
            refresh(self._granted, self._http)
            return self._sent(operation, request)
        try:
            return self._sent(operation, request)
        except CredentialsRefused:
            # The access token was withdrawn before its time: the refresh token says whether the consent was too.
            refresh(self._granted, self._http)
            return self._sent(operation, request)

    def _sent(self, operation: str, request: Any) -> bytes:
        self._wait(1)
        try:
            content: bytes = request.execute(http=self._authorized, num_retries=0)
        except TRANSPORT as error:
            failure = refusal(operation, error)
            if not isinstance(error, HttpError):
                self._http.close()  # whatever is left in the socket belongs to a lost answer
            raise failure from None
        return content


@lru_cache(maxsize=8)
def _service(api_endpoint: str) -> Any:
    """The service at this base address, by the discovery document in the library: nothing is fetched."""
    options = ClientOptions(api_endpoint=api_endpoint.rstrip("/") + "/")  # without it, a URL join drops the version
    return build("calendar", "v3", http=Http(), static_discovery=True, client_options=options)


def _verbatim(operation: str) -> Callable[[Any, bytes], bytes]:
    def answered(response: Any, content: bytes) -> bytes:
        if content and "json" not in response.get("content-type", "json"):
            raise NotThatServer(SYSTEM, operation, "the answer is no JSON: is GOOGLE_API_ENDPOINT right?")
        return content

    return answered
