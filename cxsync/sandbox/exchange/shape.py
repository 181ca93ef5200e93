"""ItemShape: which properties a request wants, and an item drawn with them."""

from functools import lru_cache

import msgspec
from lxml import etree

from cxsync.sandbox.exchange.fields import EXTENDED_AT, FIELDS, ORDER, Field
from cxsync.sandbox.exchange.item import PropertyKey
from cxsync.sandbox.exchange.properties import property_xml, read_path, value_of
from cxsync.sandbox.exchange.series import View
from cxsync.sandbox.exchange.soap import ResponseError, T
from cxsync.sandbox.exchange.style import Style

_GET_ONLY = frozenset(("item:TextBody", "item:UniqueBody", "item:NormalizedBody"))


class Shape(msgspec.Struct, frozen=True):
    """The fields to draw before and after the extended properties, and those properties."""

    early: tuple[Field, ...]
    late: tuple[Field, ...]
    extended: tuple[PropertyKey, ...]
    body: str

    def draw(self, view: View, style: Style) -> str:
        """``view`` as a CalendarItem element."""
        parts = ["<t:CalendarItem>"]
        parts.extend(field.xml(view, style) for field in self.early)
        for key in self.extended:
            value = value_of(view, key)
            if value is not None:
                parts.append(property_xml(key, _brief(value) if style.brief else value))
        parts.extend(field.xml(view, style) for field in self.late)
        parts.append("</t:CalendarItem>")
        return "".join(parts)


def _brief(value: str | tuple[str, ...]) -> str | tuple[str, ...]:
    return value[:255] if isinstance(value, str) else tuple(each[:255] for each in value)


def read_shape(element: etree._Element, *, find: bool, refuse: bool = False) -> Shape:
    """The shape that an ItemShape element asks for.

    ``find``: for FindItem and SyncFolderItems, which leave out some properties even when asked; asking for some bodies
    is an error if ``refuse``. Raises ResponseError.
    """
    base, wanted_body = "IdOnly", "Best"
    uris: set[str] = set()
    extended: list[PropertyKey] = []
    for child in element:
        if child.tag == f"{T}BaseShape":
            base = (child.text or "").strip()
        elif child.tag == f"{T}BodyType":
            wanted_body = (child.text or "").strip()
        elif child.tag == f"{T}AdditionalProperties":
            for path in child:
                if path.tag == f"{T}FieldURI":
                    uris.add(str(path.get("FieldURI")))
                elif path.tag == f"{T}ExtendedFieldURI":
                    extended.append(read_path(path))
    for uri in uris if refuse and find else ():
        if uri in _GET_ONLY:
            raise ResponseError(
                "ErrorInvalidPropertyForOperation",
                "The property cannot be used with this operation.",
                f'<t:FieldURI FieldURI="{uri}"/>',
            )
    return _shape(base, frozenset(uris), tuple(dict.fromkeys(extended)), wanted_body, find)


@lru_cache(maxsize=512)
def _shape(base: str, uris: frozenset[str], extended: tuple[PropertyKey, ...], wanted_body: str, find: bool) -> Shape:
    chosen = [
        field
        for field in FIELDS
        if (field.find or not find)
        and (
            field.uri == "item:ItemId"
            or field.uri in uris
            or (base == "AllProperties" and field.listed)
            or (base == "Default" and field.default)
        )
    ]
    early = tuple(field for field in chosen if ORDER[field.uri] < EXTENDED_AT)
    late = tuple(field for field in chosen if ORDER[field.uri] >= EXTENDED_AT)
    return Shape(early, late, extended, wanted_body)
