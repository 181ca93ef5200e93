"""HTTP to one server: its name resolved once, every connection made to the addresses that were checked.

Without the pin a name could lead to a public address while it is checked and to a private one when it is used.
"""

import socket
import ssl
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import requests
from msgspec import Struct
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import NewConnectionError
from urllib3.util.ssl_ import create_urllib3_context

from cxsync.calendars.errors import Unavailable
from cxsync.calendars.exchange.endpoint import Allowlist, Endpoint, check_addresses, check_scheme
from cxsync.errors import SettingError

CONNECTIONS = 1


class Route(Struct, frozen=True):
    """How a server is reached. ``addresses``: checked, in the order to be tried; empty behind a ``proxy``, which
    resolves names itself. ``ca_file``: certificates to trust beside the usual ones."""

    endpoint: Endpoint
    addresses: tuple[str, ...] = ()
    ca_file: str | None = None
    proxy: str | None = None


def resolve(host: str, port: int) -> list[str]:
    """The addresses of a name, in the order in which the system prefers them. Raises Unavailable."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise Unavailable("exchange", "resolve", f"the name {host} leads nowhere ({error.strerror or error})") from None
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


def route(
    endpoint: Endpoint,
    allowed: Allowlist,
    *,
    ca_file: str | None = None,
    proxy: str | None = None,
    names: Callable[[str, int], Sequence[str]] = resolve,
) -> Route:
    """The checked way to a server.

    Raises EndpointRefused, and Unavailable if the name cannot be resolved. Behind a proxy a name that only the proxy
    can resolve is left to it.
    """
    check_scheme(endpoint, allowed)
    try:
        addresses = names(endpoint.host, endpoint.port)
    except Unavailable:
        if proxy is None:
            raise
        addresses = []
    check_addresses(endpoint, addresses, allowed)
    return Route(endpoint, () if proxy else tuple(addresses), ca_file, proxy)


class Adapter(HTTPAdapter):
    """Connections to pinned addresses; the certificate is still checked against the name."""

    def __init__(self, addresses: tuple[str, ...], ca_file: str | None) -> None:
        self._addresses = addresses
        self._trust: dict[str, Any] = {} if ca_file is None else {"ssl_context": _trusting(ca_file)}
        super().__init__(pool_connections=CONNECTIONS, pool_maxsize=CONNECTIONS, pool_block=True, max_retries=0)

    def init_poolmanager(self, *arguments: Any, **named: Any) -> None:
        super().init_poolmanager(*arguments, **(named | self._trust))
        if self._addresses:
            self.poolmanager.pool_classes_by_scheme = _pools(self._addresses)

    def proxy_manager_for(self, proxy: str, **named: Any) -> Any:
        return super().proxy_manager_for(proxy, **named, **self._trust)


def open_session(way: Route) -> requests.Session:
    """A session for this way alone; proxies and passwords in the process's environment are not used."""
    return furnish(requests.Session(), way)


def furnish(session: requests.Session, way: Route) -> requests.Session:
    """The same for a session that exists."""
    session.trust_env = False
    session.proxies = {"http": way.proxy, "https": way.proxy} if way.proxy else {}
    for prefix in ("http://", "https://", way.endpoint.url):
        session.mount(prefix, Adapter(way.addresses, way.ca_file))
    return session


@lru_cache(maxsize=8)
def _trusting(ca_file: str) -> ssl.SSLContext:
    """requests adds the usual authorities to it. Raises SettingError."""
    context = create_urllib3_context()
    try:
        context.load_verify_locations(ca_file)
    except (OSError, ssl.SSLError):
        raise SettingError("ENDPOINT_CA_FILE", ca_file, "it has to be a readable file of certificates in PEM") from None
    return context


def _pools(addresses: tuple[str, ...]) -> dict[str, type[HTTPConnectionPool]]:
    def dial(connection: HTTPConnection, connect: Callable[[], socket.socket]) -> socket.socket:
        name = connection._dns_host  # noqa: SLF001 - the name that urllib3 resolves; ``host`` stays for the certificate
        failed: NewConnectionError | None = None
        try:
            for address in addresses:
                connection._dns_host = address  # noqa: SLF001
                try:
                    return connect()
                except NewConnectionError as error:
                    failed = error
        finally:
            connection._dns_host = name  # noqa: SLF001
        raise failed or NewConnectionError(connection, "no address to connect to")

    class Plain(HTTPConnection):
        def _new_conn(self) -> socket.socket:
            return dial(self, super()._new_conn)

    class Secure(HTTPSConnection):
        def _new_conn(self) -> socket.socket:
            return dial(self, super()._new_conn)

    class PlainPool(HTTPConnectionPool):
        ConnectionCls = Plain

    class SecurePool(HTTPSConnectionPool):
        ConnectionCls = Secure

    return {"http": PlainPool, "https": SecurePool}
