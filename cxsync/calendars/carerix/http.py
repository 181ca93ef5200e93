"""One POST: time limits, no redirects, and every failure of the way there as a typed error."""

from collections.abc import Mapping
from typing import Final

import requests
from requests.auth import AuthBase

from cxsync.calendars.carerix.refusals import SYSTEM
from cxsync.calendars.errors import NotThatServer, Unavailable

CONNECT_TIMEOUT: Final = 10.0
READ_TIMEOUT: Final = 90.0
"""Seconds without a byte; big pages take long (wire contract, "Errors")."""


class Bearer(AuthBase):
    """Sends the token, and keeps the library from taking another name and password out of ``.netrc``."""

    def __init__(self, token: str | None) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Part of the library's interface."""
        if self._token is not None:
            request.headers["Authorization"] = f"Bearer {self._token}"
        return request


def post(
    http: requests.Session,
    operation: str,
    url: str,
    *,
    data: Mapping[str, str] | bytes,
    token: str | None = None,
    read_timeout: float = READ_TIMEOUT,
) -> requests.Response:
    """The answer, whatever its status; a redirect is not followed, for it would take the credentials elsewhere.

    Raises:
        NotThatServer: the address is none, or its certificate is not trusted.
        Unavailable: no answer, or one that broke off.
    """
    headers = {"Content-Type": "application/json"} if isinstance(data, bytes) else {}
    try:
        return http.post(
            url,
            data=data,
            headers=headers,
            auth=Bearer(token),
            timeout=(CONNECT_TIMEOUT, read_timeout),
            allow_redirects=False,
        )
    except requests.exceptions.SSLError:
        raise NotThatServer(SYSTEM, operation, "its certificate is not trusted, or it does not speak TLS") from None
    except (
        requests.exceptions.InvalidURL,
        requests.exceptions.InvalidSchema,
        requests.exceptions.MissingSchema,
    ) as error:
        raise NotThatServer(SYSTEM, operation, f"{type(error).__name__}: the address has to be an https URL") from None
    except requests.exceptions.RequestException as error:
        raise Unavailable(SYSTEM, operation, f"no answer ({type(error).__name__})") from None
