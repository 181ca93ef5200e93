"""Restrictions of FindItem and FindFolder, and the order of results (MS-OXWSSRCH 2.2.4)."""

import base64
import binascii
from collections.abc import Callable, Iterable
from datetime import datetime
from functools import partial

from lxml import etree

from cxsync.sandbox.exchange.fields import BY_URI, Plain
from cxsync.sandbox.exchange.item import PropertyKey
from cxsync.sandbox.exchange.mailbox import Folder
from cxsync.sandbox.exchange.properties import read_path, value_of
from cxsync.sandbox.exchange.series import View
from cxsync.sandbox.exchange.soap import ResponseError, T
from cxsync.sandbox.exchange.style import Style
from cxsync.sandbox.exchange.writers import Pen, read_moment

Test = Callable[[View], bool]
Reader = Callable[[View], Plain]
_ORDERED: dict[str, Callable[[int], bool]] = {
    "IsGreaterThan": lambda order: order > 0,
    "IsGreaterThanOrEqualTo": lambda order: order >= 0,
    "IsLessThan": lambda order: order < 0,
    "IsLessThanOrEqualTo": lambda order: order <= 0,
}
_NUMBERS = ("Integer", "Short", "Long", "Double", "Float", "Currency", "ApplicationTime", "Error")


def read_restriction(element: etree._Element, style: Style, pen: Pen) -> Test:
    """The condition that ``element``, a child of Restriction, sets. Raises ResponseError."""
    name = etree.QName(element).localname
    match name:
        case "And":
            every = [read_restriction(child, style, pen) for child in element]
            return lambda view: all(test(view) for test in every)
        case "Or":
            some = [read_restriction(child, style, pen) for child in element]
            return lambda view: any(test(view) for test in some)
        case "Not":
            inner = read_restriction(element[0], style, pen)
            return lambda view: not inner(view)
        case "Exists":
            read = _reader(element[0], style)
            return lambda view: read(view) is not None
        case "Contains":
            return _contains(element, style)
        case "Excludes":
            return _excludes(element, style)
        case _:
            return _compares(name, element, style, pen)


def _reader(path: etree._Element, style: Style, refusal: str = "ErrorUnsupportedPathForQuery") -> Reader:
    """The value that a path names; raises ResponseError for one that cannot be searched for."""
    if path.tag == f"{T}ExtendedFieldURI":
        return partial(_extended, read_path(path))
    uri = str(path.get("FieldURI"))
    field = BY_URI.get(uri)
    if field is None or field.get is None or not field.query:
        raise ResponseError(
            refusal,
            "The property can not be used with this type of restriction.",
            f'<t:FieldURI FieldURI="{uri}"/>',
        )
    get = field.get
    return lambda view: get(view, style)


def _extended(key: PropertyKey, view: View) -> Plain:
    """A typed value: texts of numbers and moments are compared as what they say."""
    return _typed(key.type, value_of(view, key))


def _typed(kind: str, value: str | tuple[str, ...] | None) -> Plain:
    if value is None or isinstance(value, tuple):
        return value
    try:
        if kind in _NUMBERS:
            return int(value)
        if kind == "Boolean":
            return value.strip().lower() in ("true", "1")
        if kind == "SystemTime":
            return datetime.fromisoformat(value)
        if kind == "Binary":
            return base64.b64decode(value, validate=True).hex()
    except (ValueError, binascii.Error):
        return value
    return value


def _constant(text: str, like: Plain, kind: str, pen: Pen) -> Plain:
    """``text`` as a value of the same type as ``like``."""
    if kind:
        return _typed(kind, text)
    if isinstance(like, bool):
        if text.strip().lower() not in ("true", "1", "false", "0"):
            raise ResponseError("ErrorInvalidValueForProperty", f"'{text}' is not true or false.")
        return text.strip().lower() in ("true", "1")
    if isinstance(like, datetime):
        return read_moment(text, pen)
    if isinstance(like, int):
        try:
            return int(text)
        except ValueError:
            raise ResponseError("ErrorInvalidValueForProperty", f"'{text}' is not a number.") from None
    return text


def _compares(name: str, element: etree._Element, style: Style, pen: Pen) -> Test:
    read = _reader(element[0], style)
    operand = element[1][0]
    kind = str(element[0].get("PropertyType")) if element[0].tag == f"{T}ExtendedFieldURI" else ""
    other: Reader | None = None if operand.tag == f"{T}Constant" else _reader(operand, style)
    text = str(operand.get("Value", ""))

    def test(view: View) -> bool:
        value = read(view)
        wanted = other(view) if other is not None else _constant(text, value, kind, pen)
        if name == "IsEqualTo":
            return _equal(value, wanted)
        if name == "IsNotEqualTo":
            return not _equal(value, wanted)
        order = _order(value, wanted)
        return order is not None and _ORDERED[name](order)

    return test


def _equal(value: Plain, wanted: Plain) -> bool:
    if isinstance(value, tuple):
        return any(_equal(each, wanted) for each in value)
    if isinstance(value, str) and isinstance(wanted, str):
        return value.casefold() == wanted.casefold()
    return value is not None and value == wanted


def _order(value: Plain, wanted: Plain) -> int | None:
    if isinstance(value, str) and isinstance(wanted, str):
        low, high = value.casefold(), wanted.casefold()
        return (low > high) - (low < high)
    if isinstance(value, datetime) and isinstance(wanted, datetime):
        return (value > wanted) - (value < wanted)
    if isinstance(value, int) and isinstance(wanted, int):
        return (value > wanted) - (value < wanted)
    return None


def _contains(element: etree._Element, style: Style) -> Test:
    read = _reader(element[0], style)
    mode = element.get("ContainmentMode", "FullString")
    fold = "IgnoreCase" in element.get("ContainmentComparison", "Exact") or "Loose" in element.get(
        "ContainmentComparison", "Exact"
    )
    wanted = str(element[1].get("Value", ""))
    needle = wanted.casefold() if fold else wanted

    def one(text: str) -> bool:
        hay = text.casefold() if fold else text
        match mode:
            case "FullString":
                return hay == needle
            case "Prefixed":
                return hay.startswith(needle)
            case "PrefixOnWords":
                return any(word.startswith(needle) for word in hay.split())
            case _:
                return needle in hay

    def test(view: View) -> bool:
        value = read(view)
        if isinstance(value, tuple):
            return any(one(each) for each in value)
        if value is not None and not isinstance(value, str):
            raise ResponseError("ErrorContainsFilterWrongType", "Contains needs a property that is a text.")
        return value is not None and one(value)

    return test


def _excludes(element: etree._Element, style: Style) -> Test:
    read = _reader(element[0], style)
    try:
        mask = int(str(element[1].get("Value", "0")), 0)
    except ValueError:
        raise ResponseError("ErrorInvalidExcludesRestriction", "The bitmask is not a number.") from None

    def test(view: View) -> bool:
        value = read(view)
        return not (isinstance(value, int) and value & mask)

    return test


def sort(views: Iterable[View], order: etree._Element, style: Style) -> list[View]:
    """``views`` by a SortOrder; those without a value come first. Raises ResponseError."""
    found = list(views)
    for field in reversed(order):
        read = _reader(field[0], style, "ErrorUnsupportedPathForSortGroup")
        found.sort(key=partial(_rank, read), reverse=field.get("Order") == "Descending")
    return found


def _rank(read: Reader, view: View) -> tuple[int, float, str]:
    value = read(view)
    match value:
        case None:
            return (0, 0.0, "")
        case datetime():
            return (1, value.timestamp(), "")
        case int():
            return (1, float(value), "")
        case tuple():
            return (2, 0.0, " ".join(value).casefold())
        case _:
            return (2, 0.0, value.casefold())


def matches_folder(element: etree._Element, folder: Folder) -> bool:
    """Whether a restriction on folders lets ``folder`` pass: names, classes and counts can be asked for."""
    name = etree.QName(element).localname
    if name in ("And", "Or", "Not"):
        inner = [matches_folder(child, folder) for child in element]
        return all(inner) if name == "And" else any(inner) if name == "Or" else not inner[0]
    uri = str(element[0].get("FieldURI"))
    values = {
        "folder:DisplayName": folder.name,
        "folder:FolderClass": folder.folder_class,
        "folder:TotalCount": str(len(folder.items)),
    }
    if uri not in values:
        raise ResponseError(
            "ErrorUnsupportedPathForQuery",
            "The property can not be used with this type of restriction.",
            f'<t:FieldURI FieldURI="{uri}"/>',
        )
    value = values[uri]
    if name == "Exists":
        return value != ""
    if name == "Contains":
        wanted = str(element[1].get("Value", "")).casefold()
        prefixed = element.get("ContainmentMode") == "Prefixed"
        full = element.get("ContainmentMode") == "FullString"
        hay = value.casefold()
        return hay == wanted if full else hay.startswith(wanted) if prefixed else wanted in hay
    equal = value.casefold() == str(element[1][0].get("Value", "")).casefold()
    return equal if name == "IsEqualTo" else not equal if name == "IsNotEqualTo" else False
