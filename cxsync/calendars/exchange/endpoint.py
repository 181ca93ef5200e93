"""What a user writes into *Endpoint*, and whether this program may connect there. Pure: names are resolved elsewhere.

A user chooses the host, the program connects from inside the customer's network: without the check of the addresses
an Endpoint would be a way to reach whatever listens there (CWE-918).
"""

import re
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import urlsplit

from msgspec import Struct

from cxsync.errors import CxSyncError

PATH = "/EWS/Exchange.asmx"
_PORTS = {"https": 443, "http": 80}
_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?", re.ASCII)
_NAT64 = ip_network("64:ff9b::/96")  # RFC 6052: the last 32 bits are an IPv4 address

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network


class EndpointUnreadable(CxSyncError):
    """Not the name of a server; ``given`` is what was written."""

    code = "endpoint-unreadable"

    def __init__(self, given: str, why: str) -> None:
        self.given = given
        self.why = why
        super().__init__(
            f"Endpoint {given!r}: {why}; write the mail server's name, such as mail.example.com, "
            f"mail.example.com:8443 or https://mail.example.com{PATH}"
        )


class EndpointRefused(CxSyncError):
    """This program may not connect there; ``host`` and, once resolved, ``address`` say where that is."""

    code = "endpoint-refused"

    def __init__(self, host: str, why: str, address: str | None = None) -> None:
        self.host = host
        self.address = address
        self.why = why
        super().__init__(f"Endpoint {host}: {why}; an administrator can list it in ENDPOINT_ALLOWLIST")


class Endpoint(Struct, frozen=True):
    """An EWS address; ``host`` is lower case, without brackets, a name in its ASCII form."""

    scheme: str
    host: str
    port: int
    path: str = PATH

    @property
    def authority(self) -> str:
        """Host and, unless usual, port: what identifies a server together with the scheme."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def url(self) -> str:
        """The address to send requests to."""
        return f"{self.scheme}://{self.authority}{self.path}"


class Allowlist(Struct, frozen=True):
    """Hosts by name, and networks (a single address is one too), that an Endpoint may lead to."""

    hosts: frozenset[str] = frozenset()
    networks: tuple[Network, ...] = ()

    def holds_host(self, host: str) -> bool:
        """Whether this very name, or literal address, is listed."""
        literal = _literal(host)
        return host in self.hosts or (literal is not None and self.holds_address(literal))

    def holds_address(self, address: Address) -> bool:
        """Whether the address lies in a listed network."""
        return any(address in network for network in self.networks)


def read_allowlist(entries: Iterable[str]) -> Allowlist:
    """Of host names, addresses and networks such as ``10.1.0.0/16``. Raises EndpointUnreadable."""
    hosts: set[str] = set()
    networks: list[Network] = []
    for entry in (each.strip() for each in entries):
        if not entry:
            continue
        try:
            networks.append(ip_network(entry.strip("[]"), strict=False))
        except ValueError:
            hosts.add(_host(entry, entry))
    return Allowlist(frozenset(hosts), tuple(networks))


def read_endpoint(text: str) -> Endpoint:
    """A host, a host with a port, or a full address. Raises EndpointUnreadable."""
    given = text.strip()
    if not given:
        raise EndpointUnreadable(text, "nothing was written")
    if "@" in given:
        raise EndpointUnreadable(text, "this looks like an e-mail address or holds a user name")
    full = "://" in given
    try:
        parts = urlsplit(given if full else f"https://{given}")
        port = parts.port
    except ValueError:
        raise EndpointUnreadable(text, "the port is no number from 1 to 65535, or the brackets do not match") from None
    scheme = parts.scheme.lower()
    if scheme not in _PORTS:
        raise EndpointUnreadable(text, f"{scheme}:// is neither https:// nor http://")
    if parts.query or parts.fragment:
        raise EndpointUnreadable(text, "an address of a mail server has no '?' or '#'")
    if not full and parts.path not in ("", "/"):
        raise EndpointUnreadable(text, "an address with a path has to begin with https://")
    if port == 0:
        raise EndpointUnreadable(text, "0 is no port")
    path = parts.path if parts.path not in ("", "/") else PATH
    if re.search(r"[^\x21-\x7e]", path):
        raise EndpointUnreadable(text, "the path holds spaces or other characters that no address has")
    return Endpoint(scheme, _host(parts.hostname or "", text), port or _PORTS[scheme], path)


def check_scheme(endpoint: Endpoint, allowed: Allowlist) -> None:
    """Passwords go unencrypted only to servers that an administrator has named. Raises EndpointRefused."""
    if endpoint.scheme == "http" and not allowed.holds_host(endpoint.host):
        raise EndpointRefused(endpoint.host, "http:// is allowed to listed hosts only, use https://")


def check_addresses(endpoint: Endpoint, addresses: Iterable[str], allowed: Allowlist) -> None:
    """All addresses that the name leads to must be public or listed: one bad one refuses the name, for whoever
    controls it chooses which is taken. Raises EndpointRefused."""
    if allowed.holds_host(endpoint.host):
        return
    for text in addresses:
        address = ip_address(text.partition("%")[0])
        if not allowed.holds_address(address) and not _is_public(address):
            raise EndpointRefused(endpoint.host, f"it leads to {address}, which is not a public address", str(address))


def _is_public(address: Address) -> bool:
    if isinstance(address, IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)
        if address in _NAT64:
            inner = IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return _is_public(inner)
    return address.is_global and not address.is_multicast


def _literal(host: str) -> Address | None:
    try:
        return ip_address(host)
    except ValueError:
        return None


def _host(host: str, given: str) -> str:
    if _literal(host) is not None:
        return str(_literal(host))
    name = host.rstrip(".").lower()
    try:
        ascii_name = name.encode("idna").decode() if not name.isascii() else name
    except UnicodeError:
        raise EndpointUnreadable(given, "the name has a part that is empty or too long") from None
    labels = ascii_name.split(".")
    if len(ascii_name) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        raise EndpointUnreadable(given, "this is no host name")
    return ascii_name
