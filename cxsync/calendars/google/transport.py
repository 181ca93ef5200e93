"""httplib2 without its habit of sending a request again: one call is one request, and its loss is seen."""

import time
from http.client import BadStatusLine, HTTPResponse
from typing import Any

from httplib2 import Http, HTTPConnectionWithTimeout, HTTPSConnectionWithTimeout

TIMEOUT = 60
"""Seconds without a byte."""

IDLE = 30.0
"""Seconds after which a connection is not trusted to be open still."""

LARGEST = 256 * 2**20
"""Bytes of an answer, unpacked. httplib2 would refuse pages by their ratio too: 2500 events with the same long notes are
packed better than it believes possible."""


class _Once:
    """httplib2 takes a connection that ends before the answer for a stale one and repeats the request, writes too."""

    def getresponse(self) -> HTTPResponse:
        try:
            response: HTTPResponse = super().getresponse()  # type: ignore[misc] # of the connection it is mixed into
        except BadStatusLine as error:
            raise ConnectionResetError("the connection ended before the answer") from error
        return response


class _Plain(_Once, HTTPConnectionWithTimeout):  # type: ignore[misc] # the library has no types
    pass


class _Secure(_Once, HTTPSConnectionWithTimeout):  # type: ignore[misc] # the library has no types
    pass


class Transport(Http):  # type: ignore[misc] # the library has no types
    """For one thread. Idle connections are closed before they are used again."""

    def __init__(self) -> None:
        super().__init__(timeout=TIMEOUT, decode_limit_ratio=0, decode_limit_hard=LARGEST)
        self.follow_redirects = False  # the API has none, and a token goes nowhere else
        self._used = time.monotonic()

    def request(self, uri: str, *args: Any, **kwargs: Any) -> Any:
        """As ``Http.request``."""
        if time.monotonic() - self._used > IDLE:
            self.close()
        kwargs["connection_type"] = _Secure if uri.startswith("https:") else _Plain
        try:
            return super().request(uri, *args, **kwargs)
        finally:
            self._used = time.monotonic()
