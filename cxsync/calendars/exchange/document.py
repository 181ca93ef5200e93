"""One calendar item as XML: its elements by name, and what they say."""

from datetime import UTC, datetime
from uuid import UUID

from lxml import etree

from cxsync.calendars.errors import Unreadable
from cxsync.calendars.exchange.shape import MARKER_NAME
from cxsync.calendars.exchange.soap import T, parser

MEDIA_TYPE = "text/xml"
_CORRUPT = "Corrupt"


def written(element: etree._Element) -> bytes:
    """An item as it is kept."""
    return etree.tostring(element, encoding="utf-8", with_tail=False)


def corrupt(code: str) -> bytes:
    """What is kept of an item that the server itself cannot read."""
    element = etree.Element(_CORRUPT)
    element.set("code", code)
    return etree.tostring(element)


def load(body: bytes, native_id: str) -> etree._Element:
    """The item. Raises Unreadable."""
    try:
        element = etree.fromstring(body, parser())
    except etree.XMLSyntaxError as error:
        raise unreadable(native_id, f"it is no XML (line {error.lineno})") from None
    if element.tag == _CORRUPT:
        raise unreadable(native_id, f"the server cannot read it ({element.get('code')})")
    if element.tag != f"{T}CalendarItem":
        raise unreadable(native_id, f"it is a {etree.QName(element).localname}, no CalendarItem")
    return element


def unreadable(native_id: str, why: str) -> Unreadable:
    """For an item, by its id."""
    return Unreadable("exchange", "read", f"{native_id}: {why}")


def text(item: etree._Element, *path: str) -> str | None:
    """The text of the element at ``path``; None if there is none."""
    return item.findtext("/".join(f"{T}{name}" for name in path))


def flag(item: etree._Element, name: str) -> bool:
    """An xs:boolean; absent is false."""
    return (text(item, name) or "").strip().lower() in ("true", "1")


def number(item: etree._Element, *path: str) -> int | None:
    """A whole number; None if absent or none."""
    found = text(item, *path)
    try:
        return int(found) if found else None
    except ValueError:
        return None


def moment(item: etree._Element, name: str) -> datetime | None:
    """An instant in UTC; None if absent. Raises ValueError for one without an offset or none at all."""
    found = text(item, name)
    if found is None:
        return None
    at = datetime.fromisoformat(found.strip())
    if at.tzinfo is None:
        raise ValueError(f"{name} has no offset")
    return at.astimezone(UTC)


def item_id(item: etree._Element, tag: str = "ItemId") -> tuple[str, str | None] | None:
    """Id and change key."""
    found = item.find(f"{T}{tag}")
    return None if found is None else (found.get("Id", ""), found.get("ChangeKey"))


def marker(item: etree._Element) -> UUID | None:
    """The creation key that this program gave it."""
    found = _extended(item, "PropertyName", MARKER_NAME)
    try:
        return UUID(found) if found else None
    except ValueError:
        return None


def global_id(item: etree._Element) -> str | None:
    """The global object id, in base64."""
    return _extended(item, "PropertyId", "35")


def _extended(item: etree._Element, attribute: str, value: str) -> str | None:
    for each in item.iterfind(f"{T}ExtendedProperty"):
        path = each.find(f"{T}ExtendedFieldURI")
        if path is not None and path.get(attribute) == value:
            return each.findtext(f"{T}Value")
    return None
