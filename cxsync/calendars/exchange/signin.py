"""Which kind of sign-in a server wants, read from what it answers to nobody; never guessed with a password."""

import re
from typing import Literal, TypeAlias

import requests

from cxsync.calendars.errors import Busy, NotThatServer, Unavailable
from cxsync.calendars.exchange.transport import Route, open_session

Kind: TypeAlias = Literal["NTLM", "Basic"]

_PART = re.compile(r'(?:"(?:[^"\\]|\\.)*"|[^,"])+')
_CHALLENGE = re.compile(r"([A-Za-z][A-Za-z0-9-]*)(?!\s*=)(?:\s|$)")
_TIMEOUT = 30
_OPERATION = "sign-in kind"


def announced(header: str) -> tuple[str, ...]:
    """The schemes of a ``WWW-Authenticate`` header (RFC 9110 section 11.6.1), several headers joined by commas."""
    # A parameter of a challenge also follows a comma; it is a name with an equals sign.
    parts = (_CHALLENGE.match(part.strip()) for part in _PART.findall(header))
    return tuple(found[1] for found in parts if found)


def choose(schemes: tuple[str, ...]) -> Kind | None:
    """NTLM where it is offered, since it does not send the password; None: neither of the two kinds."""
    offered = {scheme.lower() for scheme in schemes}
    if "ntlm" in offered:
        return "NTLM"
    return "Basic" if "basic" in offered else None


def ask(way: Route) -> Kind:
    """One request without credentials.

    Raises NotThatServer, Unavailable, Busy.
    """
    with open_session(way) as session:
        try:
            # A POST: some servers redirect everything else to their web mail.
            answer = session.post(
                way.endpoint.url,
                data=b"",
                headers={"Content-Type": "text/xml; charset=utf-8"},
                allow_redirects=False,
                timeout=_TIMEOUT,
            )
        except requests.exceptions.SSLError:
            why = f"the certificate of {way.endpoint.authority} is not trusted; list its authority in ENDPOINT_CA_FILE"
            raise NotThatServer("exchange", _OPERATION, why) from None
        except requests.exceptions.RequestException as error:
            why = f"{way.endpoint.authority} does not answer ({type(error).__name__})"
            raise Unavailable("exchange", _OPERATION, why) from None
    return _read(way, answer)


def _read(way: Route, answer: requests.Response) -> Kind:
    status, where = answer.status_code, way.endpoint.url
    if status == 429:
        raise Busy("exchange", _OPERATION, f"{where} asks to come back later (HTTP 429)")
    if status >= 500:
        raise Unavailable("exchange", _OPERATION, f"{where} answers HTTP {status}")
    if status != 401:
        why = f"{where} answers HTTP {status}, where an Exchange server asks for a sign-in"
        raise NotThatServer("exchange", _OPERATION, why)
    schemes = announced(answer.headers.get("WWW-Authenticate", ""))
    kind = choose(schemes)
    if kind is None:
        offered = ", ".join(schemes) or "no kind of sign-in"
        raise NotThatServer("exchange", _OPERATION, f"{where} offers {offered}; Basic or NTLM is needed")
    return kind
