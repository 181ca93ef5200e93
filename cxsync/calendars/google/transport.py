"""httplib2 without its habit of sending a request again: one call is one request, and its loss is seen."""

import selectors
import socket
from http.client import BadStatusLine, HTTPResponse
from typing import Any

from httplib2 import Http, HTTPConnectionWithTimeout, HTTPSConnectionWithTimeout

TIMEOUT = 60
"""Seconds without a byte."""

LARGEST = 256 * 2**20
"""Bytes of an answer, unpacked. httplib2 would refuse pages by their ratio too: 2500 events with the same long notes
are packed better than it believes possible."""


class _Once:
    """httplib2 takes a connection that ends before the answer for a stale one and repeats the request, writes too.
    Here a stale connection is recognised before anything is sent on it, and every other end is an error."""

    def request(self, *args: Any, **kwargs: Any) -> None:
        sock: socket.socket | None = self.sock  # type: ignore[attr-defined] # of the connection it is mixed into
        if sock is not None and _has_ended(sock):
            self.close()  # type: ignore[attr-defined] # the same
        super().request(*args, **kwargs)  # type: ignore[misc] # the same

    def getresponse(self) -> HTTPResponse:
        try:
            response: HTTPResponse = super().getresponse()  # type: ignore[misc] # the same
        except BadStatusLine as error:
            raise ConnectionResetError("the connection ended before the answer") from error
        return response


def _has_ended(sock: socket.socket) -> bool:
    """Between two requests a server has nothing to say but that it closes the connection."""
    with selectors.DefaultSelector() as selector:
        selector.register(sock, selectors.EVENT_READ)
        return bool(selector.select(0))


class _Plain(_Once, HTTPConnectionWithTimeout):  # type: ignore[misc] # the library has no types
    pass


class _Secure(_Once, HTTPSConnectionWithTimeout):  # type: ignore[misc] # the library has no types
    pass


class Transport(Http):  # type: ignore[misc] # the library has no types
    """For one thread."""

    def __init__(self) -> None:
        super().__init__(timeout=TIMEOUT, decode_limit_ratio=0, decode_limit_hard=LARGEST)
        self.follow_redirects = False  # the API has none, and a token goes nowhere else

    def request(self, uri: str, *args: Any, **kwargs: Any) -> Any:
        """As ``Http.request``."""
        kwargs["connection_type"] = _Secure if uri.startswith("https:") else _Plain
        return super().request(uri, *args, **kwargs)
