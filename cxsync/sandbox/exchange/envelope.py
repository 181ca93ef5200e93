"""Reading a request's SOAP envelope: the operation, and what the headers say (MS-OXWSCORE 2.2.3)."""

from typing import NamedTuple

from lxml import etree

from cxsync.sandbox.exchange.schema import Schema
from cxsync.sandbox.exchange.soap import BUILDS, VERSIONS, Build, ResponseError, S, SoapFault, T, parse, schema_fault
from cxsync.sandbox.exchange.zone_xml import read_zone
from cxsync.sandbox.exchange.zones import Zone

_SCHEMAS: dict[str, Schema] = {}


class Asked(NamedTuple):
    """``impersonate``: the address to act as, empty for oneself."""

    element: etree._Element
    operation: str
    build: Build
    zone: Zone | None
    impersonate: str


def schema_of(build: Build) -> Schema:
    """The grammar of a release, read once."""
    found = _SCHEMAS.get(build.schema)
    if found is None:
        found = _SCHEMAS[build.schema] = Schema(build.schema)
    return found


def read(body: bytes, release: str) -> Asked:
    """What ``body`` asks a server of ``release``. Raises SoapFault."""
    build = BUILDS[release]
    root = parse(body)
    content = root.find(f"{S}Body")
    if root.tag != f"{S}Envelope" or content is None or len(content) != 1:
        raise schema_fault(1, 1, "A SOAP envelope with one element in its body is expected.")
    zone: Zone | None = None
    impersonate = ""
    header = root.find(f"{S}Header")
    for each in header if header is not None else ():
        if each.tag == f"{T}RequestServerVersion":
            _check_version(str(each.get("Version")), build)
        elif each.tag == f"{T}TimeZoneContext" and len(each):
            try:
                zone = read_zone(each[0])
            except ResponseError as error:
                raise SoapFault(error.code, error.text) from None
        elif each.tag == f"{T}ExchangeImpersonation":
            impersonate = next((found.text or "" for found in each.iterfind(f"{T}ConnectingSID/*")), "").strip()
    element = content[0]
    schema_of(build).check(element, body)
    return Asked(element, etree.QName(element).localname, build, zone, impersonate)


def _check_version(version: str, build: Build) -> None:
    """Newer ones than the server's own are refused; clients then try an older one."""
    if version not in VERSIONS or VERSIONS.index(version) > VERSIONS.index(build.schema):
        raise SoapFault("ErrorInvalidServerVersion", "The specified server version is invalid.")
