"""SOAP 1.1 as Exchange speaks it: reading requests safely, answers, and the two kinds of error."""

import re
from collections.abc import Callable
from html import escape as _escape
from typing import NamedTuple

from lxml import etree

SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
MESSAGES = "http://schemas.microsoft.com/exchange/services/2006/messages"
TYPES = "http://schemas.microsoft.com/exchange/services/2006/types"
ERRORS = "http://schemas.microsoft.com/exchange/services/2006/errors"
M = f"{{{MESSAGES}}}"
T = f"{{{TYPES}}}"
S = f"{{{SOAP}}}"
CONTENT_TYPE = "text/xml; charset=utf-8"


class Build(NamedTuple):
    """What ``ServerVersionInfo`` tells; ``schema`` is the newest RequestServerVersion that the server understands."""

    major: int
    minor: int
    build: int
    revision: int
    version: str
    schema: str


# Build numbers: "Exchange Server build numbers and release dates". The attribute Version of an on-premises server of
# 2013 and later names the internal schema, not the product (MS-OXWSCDATA 2.2.5.12 ServerVersionInfo).
BUILDS = {
    "2010_SP2": Build(14, 2, 247, 1, "Exchange2010_SP2", "Exchange2010_SP2"),
    "2013_SP1": Build(15, 0, 1497, 48, "V2_23", "Exchange2013_SP1"),
    "2016": Build(15, 1, 2507, 39, "V2017_07_11", "Exchange2016"),
    "2019": Build(15, 2, 1544, 11, "V2017_07_11", "Exchange2016"),
}
# RequestServerVersion in the order of release (types.xsd, ExchangeVersionType).
VERSIONS = (
    "Exchange2007",
    "Exchange2007_SP1",
    "Exchange2010",
    "Exchange2010_SP1",
    "Exchange2010_SP2",
    "Exchange2013",
    "Exchange2013_SP1",
    "Exchange2015",
    "Exchange2016",
)


class ResponseError(Exception):
    """An error of one response message; the other messages of the same answer are not touched by it.

    ``details``: ready XML for ``m:MessageXml``.
    """

    def __init__(self, code: str, text: str, details: str = "") -> None:
        self.code = code
        self.text = text
        self.details = details
        super().__init__(f"{code}: {text}")


class SoapFault(Exception):
    """An error of the whole request, answered with status 500. ``details``: ready XML for ``t:MessageXml``."""

    def __init__(self, code: str, text: str, *, reason: str = "", details: str = "") -> None:
        self.code = code
        self.text = text
        self.reason = reason or text
        self.details = details
        super().__init__(f"{code}: {self.reason}")


_SPECIAL = re.compile("[&<>\"'\x00-\x08\x0b-\x1f\ufffe\uffff]")
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


def escape(text: str) -> str:
    """``text`` as XML character data or attribute value; a carriage return survives, illegal characters do not."""
    if not _SPECIAL.search(text):
        return text
    return _escape(_ILLEGAL.sub("", text), quote=True).replace("\r", "&#xD;")


_PARSER = etree.XMLParser(
    resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True, remove_pis=True
)


def parse(body: bytes) -> etree._Element:
    """The root of a request. Document types and entities are refused, as .NET's reader does; raises SoapFault."""
    try:
        root = etree.fromstring(body, _PARSER)
    except etree.XMLSyntaxError as error:
        line, position = error.position
        raise schema_fault(line or 1, position or 1, str(error.msg)) from None
    if b"<!DOCTYPE" in body:
        raise schema_fault(1, 1, "For security reasons DTD is prohibited in this XML document.")
    return root


def children(parent: etree._Element, name: str) -> list[etree._Element]:
    """The children of ``parent``'s child ``name``; none if it has no such child."""
    return list(parent.iterfind(f"{name}/*"))


def schema_fault(line: int, position: int, violation: str) -> SoapFault:
    """ErrorSchemaValidation with the place, in the form that the page "Errors in EWS responses" shows."""
    details = (
        f"<t:LineNumber>{line}</t:LineNumber><t:LinePosition>{position}</t:LinePosition>"
        f"<t:Violation>{escape(violation)}</t:Violation>"
    )
    return SoapFault(
        "ErrorSchemaValidation",
        "The request failed schema validation.",
        reason=f"The request failed schema validation: {violation}",
        details=details,
    )


def busy_fault(milliseconds: int) -> SoapFault:
    """ErrorServerBusy as "EWS throttling in Exchange" describes it, with the time to keep away."""
    return SoapFault(
        "ErrorServerBusy",
        "The server cannot service this request right now. Try again later.",
        details=f'<t:Value Name="BackOffMilliseconds">{milliseconds}</t:Value>',
    )


def fault(error: SoapFault) -> bytes:
    """The answer for a request that failed as a whole."""
    details = f'<t:MessageXml xmlns:t="{TYPES}">{error.details}</t:MessageXml>' if error.details else ""
    return (
        f'<?xml version="1.0" encoding="utf-8"?><s:Envelope xmlns:s="{SOAP}"><s:Body><s:Fault>'
        f'<faultcode xmlns:a="{TYPES}">a:{error.code}</faultcode>'
        f'<faultstring xml:lang="en-US">{escape(error.reason)}</faultstring>'
        f'<detail><e:ResponseCode xmlns:e="{ERRORS}">{error.code}</e:ResponseCode>'
        f'<e:Message xmlns:e="{ERRORS}">{escape(error.text)}</e:Message>{details}</detail>'
        f"</s:Fault></s:Body></s:Envelope>"
    ).encode()


_HEADS: dict[Build, str] = {}


def envelope(build: Build, body: str) -> bytes:
    """An answer: ``body`` is the response element; prefixes m and t are bound already."""
    head = _HEADS.get(build)
    if head is None:
        head = _HEADS[build] = (
            f'<?xml version="1.0" encoding="utf-8"?><s:Envelope xmlns:s="{SOAP}"><s:Header>'
            f'<h:ServerVersionInfo MajorVersion="{build.major}" MinorVersion="{build.minor}" '
            f'MajorBuildNumber="{build.build}" MinorBuildNumber="{build.revision}" Version="{build.version}" '
            f'xmlns:h="{TYPES}"/></s:Header><s:Body xmlns:m="{MESSAGES}" xmlns:t="{TYPES}">'
        )
    return f"{head}{body}</s:Body></s:Envelope>".encode()


def response(operation: str, messages: list[str]) -> str:
    """The response element around ready response messages."""
    inner = "".join(messages)
    return f"<m:{operation}Response><m:ResponseMessages>{inner}</m:ResponseMessages></m:{operation}Response>"


def success(operation: str, content: str = "") -> str:
    """One response message without error."""
    tag = f"m:{operation}ResponseMessage"
    return f'<{tag} ResponseClass="Success"><m:ResponseCode>NoError</m:ResponseCode>{content}</{tag}>'


def failure(operation: str, error: ResponseError, content: str = "") -> str:
    """One response message for ``error``."""
    tag = f"m:{operation}ResponseMessage"
    return f'<{tag} ResponseClass="Error">{error_parts(error)}{content}</{tag}>'


# Errors after which the rest of a request is not even tried (page "ResponseCode", ErrorBatchProcessingStopped).
_STOPPING = frozenset(
    (
        "ErrorAccessDenied",
        "ErrorAccountDisabled",
        "ErrorADUnavailable",
        "ErrorADOperation",
        "ErrorConnectionFailed",
        "ErrorMailboxStoreUnavailable",
        "ErrorMailboxMoveInProgress",
        "ErrorPasswordChangeRequired",
        "ErrorPasswordExpired",
        "ErrorQuotaExceeded",
        "ErrorInsufficientResources",
    )
)


def batch(operation: str, elements: list[etree._Element], serve: Callable[[etree._Element], str], empty: str) -> str:
    """An answer with one message for each of ``elements``; ``empty`` is what an error message has to contain too."""
    messages: list[str] = []
    stopped = False
    for element in elements:
        if stopped:
            messages.append(_skipped(operation, empty))
            continue
        try:
            messages.append(success(operation, serve(element)))
        except ResponseError as error:
            messages.append(failure(operation, error, empty))
            stopped = error.code in _STOPPING
    return response(operation, messages)


def _skipped(operation: str, empty: str) -> str:
    tag = f"m:{operation}ResponseMessage"
    warning = ResponseError("ErrorBatchProcessingStopped", "Batch processing stopped.")
    return f'<{tag} ResponseClass="Warning">{error_parts(warning)}{empty}</{tag}>'


def error_parts(error: ResponseError) -> str:
    """What a response message says about an error, in the schema's order."""
    details = f"<m:MessageXml>{error.details}</m:MessageXml>" if error.details else ""
    return (
        f"<m:MessageText>{escape(error.text)}</m:MessageText><m:ResponseCode>{error.code}</m:ResponseCode>"
        f"<m:DescriptiveLinkKey>0</m:DescriptiveLinkKey>{details}"
    )
