"""Answers as XML, read strictly: an answer that was cut off must not look like one that holds less.

exchangelib parses with recovery, which closes whatever is open. In a SyncFolderItems answer the new state stands
before the changes, so a repaired half of it would lose the other half for good.
"""

import re

from lxml import etree

from cxsync.calendars.errors import Unavailable

TYPES = "http://schemas.microsoft.com/exchange/services/2006/types"
MESSAGES = "http://schemas.microsoft.com/exchange/services/2006/messages"
T = f"{{{TYPES}}}"
M = f"{{{MESSAGES}}}"

_REFERENCE = re.compile(rb"&#(?:x([0-9a-f]{1,8})|([0-9]{1,10}));", re.IGNORECASE)


def parser() -> etree.XMLParser:
    """No entities, no network: what comes from a server is not trusted."""
    return etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=True)


def parse(body: bytes, operation: str) -> etree._Element:
    """The root of a whole answer. Raises Unavailable if it is cut off or no XML."""
    try:
        root = etree.fromstring(_REFERENCE.sub(_possible, body), parser())
    except etree.XMLSyntaxError as error:
        # The parser's text may quote the answer; its position is enough.
        raise Unavailable("exchange", operation, f"the answer is no XML (line {error.lineno})") from None
    if not root.tag.endswith("}Envelope"):
        raise Unavailable("exchange", operation, "the answer is no SOAP envelope")
    return root


def _possible(reference: re.Match[bytes]) -> bytes:
    """Exchange writes characters that XML cannot hold (XML 1.0 section 2.2) as references: those are dropped."""
    code = int(reference[1], 16) if reference[1] else int(reference[2])
    allowed = code in (9, 10, 13) or 0x20 <= code < 0xD800 or 0xE000 <= code < 0xFFFE or 0x10000 <= code < 0x110000
    return reference[0] if allowed else b""
