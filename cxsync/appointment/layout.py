"""Whether an element of a body carries layout that plain text cannot give back.

Editors wrap bare text in paragraphs, default fonts and classes of their own; that is no layout. Whatever is not known
to be harmless is layout: the price of a wrong "layout" is an edit that stays in Carerix, of a wrong "plain" a
destroyed body.
"""

import re
from collections.abc import Iterator, Mapping

BARE = frozenset(
    {"html", "head", "meta", "title", "style", "body", "div", "p", "br", "span", "font", "pre", "o:p", "base"}
)
"""Elements of a body that an editor wrote without being asked for any layout."""

_HARMLESS_ATTRIBUTES = frozenset(
    {"lang", "xml:lang", "dir", "id", "name", "content", "http-equiv", "charset", "type", "link", "vlink", "alink"}
)
_EDITORS_CLASS = re.compile(r"(?:x_)*(?:MsoNormal|MsoPlainText|PlainText|WordSection\d+|elementToProof|gmail_\w+)")
_BLACK = frozenset({"black", "#000", "#000000", "rgb(0,0,0)", "rgba(0,0,0,1)", "windowtext", "inherit", "initial"})
_NO_GROUND = frozenset({"white", "#fff", "#ffffff", "rgb(255,255,255)", "transparent", "inherit", "initial", "none"})
_ONLY: Mapping[str, frozenset[str]] = {
    "color": _BLACK,
    "background": _NO_GROUND,
    "background-color": _NO_GROUND,
    "font-weight": frozenset({"normal", "400", "inherit"}),
    "font-style": frozenset({"normal", "inherit"}),
    "text-decoration": frozenset({"none", "inherit"}),
    "text-align": frozenset({"left", "start", "inherit"}),
    "text-indent": frozenset({"0", "0px", "0pt", "0cm", "0in"}),
    "direction": frozenset({"ltr"}),
}
_ZERO = re.compile(r"(?:(?:0(?:\.0+)?(?:px|pt|cm|in|em)?|auto)\s*)+")
_FREE = frozenset(
    {
        *("margin-top", "margin-bottom", "line-height", "word-wrap", "overflow-wrap", "word-break", "line-break"),
        *("tab-interval", "white-space", "letter-spacing", "orphans", "widows"),
    }
)
_ONE_FOR_ALL = frozenset({"font-family", "font-size"})


def style_of(attributes: Mapping[str, str]) -> dict[str, str]:
    """The declarations of a style attribute, names and values in small letters."""
    style = {}
    for declaration in attributes.get("style", "").split(";"):
        name, colon, value = declaration.partition(":")
        if colon:
            style[name.strip().lower()] = value.replace("!important", "").strip().lower()
    return style


def has_layout(tag: str, attributes: Mapping[str, str]) -> bool:
    """Whether this element alone carries layout."""
    if tag not in BARE:
        return True
    if tag in {"html", "head", "meta", "title", "style", "base"}:
        return False
    return any(_attribute_has_layout(tag, name, value) for name, value in attributes.items()) or any(
        _declaration_has_layout(name, value) for name, value in style_of(attributes).items()
    )


def fonts(tag: str, attributes: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """The fonts that this element names: one a body is the editor's default, a second one is layout."""
    for name, value in style_of(attributes).items():
        if name in _ONE_FOR_ALL:
            yield name, value.replace('"', "").replace("'", "").replace(" ", "").replace(".0pt", "pt")
    if tag == "font":
        yield from ((name, attributes[name].lower()) for name in ("face", "size") if name in attributes)


def _attribute_has_layout(tag: str, name: str, value: str) -> bool:
    if name == "class":
        return not all(_EDITORS_CLASS.fullmatch(word) for word in value.split())
    if name == "style" or name in _HARMLESS_ATTRIBUTES or name.startswith(("xmlns", "data-")):
        return False
    if tag == "font" and name in {"face", "size"}:
        return False
    if name in {"color", "text"}:
        return value.strip().lower() not in _BLACK
    if name == "bgcolor":
        return value.strip().lower() not in _NO_GROUND
    return not (name == "align" and value.strip().lower() == "left")


def _declaration_has_layout(name: str, value: str) -> bool:
    if name in _FREE or name in _ONE_FOR_ALL or name.startswith(("mso-", "-webkit-", "-ms-", "font-variant")):
        return False
    if name.startswith(("margin", "padding", "border")):
        return name != "margin" and value != "none" and not _ZERO.fullmatch(value)
    return "".join(value.split()) not in _ONLY.get(name, frozenset())
