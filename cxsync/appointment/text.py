"""Between HTML bodies and plain text, without ever destroying a body.

``to_text`` reads what a person would see; ``plain`` says whether the body is nothing but that text, so that writing
the text back loses nothing. ``to_html`` writes text so that ``to_text(to_html(t)).text == normal(t)``.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from html import escape

from lxml import etree
from msgspec import Struct

from cxsync.appointment.characters import normal
from cxsync.appointment.join_link import has_join_link
from cxsync.appointment.layout import fonts, has_layout, style_of

_BLOCKS = frozenset(
    {
        *(
            "address",
            "article",
            "aside",
            "blockquote",
            "body",
            "center",
            "dd",
            "details",
            "div",
            "dl",
            "dt",
            "fieldset",
        ),
        *("figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "html", "li", "main", "nav"),
        *("ol", "p", "pre", "section", "summary", "table", "tbody", "tfoot", "thead", "tr", "ul"),
    }
)
_SPACED = frozenset({"blockquote", "dl", "h1", "h2", "h3", "h4", "h5", "h6", "ol", "table", "ul"})
_UNSEEN = frozenset({"script", "style", "title", "template", "noscript", "xml", "object"})
_SPACES = re.compile(r"[ \t\n\r\f]+")
_ADDRESS = re.compile(r"(?:https?|sip|callto|tel|mailto):", re.IGNORECASE)
_SPACE_THAT_HTML_FOLDS = re.compile("^ | (?= )", re.MULTILINE)


class Plain(Struct, frozen=True):
    """Text, and whether it is all that there was."""

    text: str
    plain: bool


def to_text(html: str, *, lines_count: bool = False) -> Plain:
    """What ``html`` shows, as lines of text.

    ``lines_count``: line ends in the source are line ends on the screen, as in Google's descriptions. Never raises:
    whatever cannot be understood is text, and the body is then not plain.
    """
    page = _Page(lines_count)
    parser = etree.HTMLParser(target=page, encoding="utf-8", huge_tree=True, no_network=True)
    parser.feed(normal_source(html).encode())
    parser.close()
    cut_off = html.rfind("<!--") > html.rfind("-->") or html.rfind("<") > html.rfind(">")
    text = page.text()
    layout = page.layout or cut_off or len(page.fonts) > len({name for name, _ in page.fonts})
    return Plain(text, plain=not (layout or has_join_link(text)))


def of_text(text: str) -> Plain:
    """The same for a body that is text already."""
    return Plain(normal(text), plain=not has_join_link(text))


def to_html(text: str) -> str:
    """``text`` as HTML without any layout; line ends as ``<br>``, which every editor keeps."""
    lines = normal(text).split("\n")
    html = "<br>".join(_SPACE_THAT_HTML_FOLDS.sub("&nbsp;", escape(line, quote=False)) for line in lines)
    return html + "<br>" if len(lines) > 1 and not lines[-1] else html


def normal_source(html: str) -> str:
    """Source text without what no parser can hold; no-break spaces, which HTML tells from others, stay."""
    return "\xa0".join(normal(part + "|")[:-1] for part in html.split("\xa0"))


class _Look(Struct, frozen=True):
    """How an element looks: with layout or without, in which fonts, with a blank line before it or none."""

    layout: bool
    fonts: tuple[tuple[str, str], ...]
    spaced: bool


class _Page:
    """Parser target: gathers lines of text while elements open and close; no recursion, so no depth is too deep."""

    def __init__(self, lines_count: bool) -> None:
        self.layout = False
        self.fonts: set[tuple[str, str]] = set()
        self._lines_count = lines_count
        self._lines: list[str] = []
        self._line: list[str] = []
        self._gap = False
        self._unseen: list[str] = []
        self._pre = 0
        self._links: list[tuple[str, int]] = []
        self._lists: list[int | None] = []

    def start(self, tag: str | bytes, attrib: Mapping[str | bytes, str | bytes]) -> None:
        tag = _str(tag)
        attributes = {_str(name): _str(value) for name, value in attrib.items()}
        look = _look(tag, tuple(attributes.items()))
        if tag in _UNSEEN:
            self._unseen.append(tag)
        self.layout = self.layout or look.layout
        self.fonts.update(look.fonts)
        if tag == "br":
            self._break()
        elif tag in _BLOCKS:
            self._block(spaced=look.spaced)
        if tag == "pre":
            self._pre += 1
        elif tag == "a":
            self._links.append((attributes.get("href", "").strip(), len(self._line)))
        elif tag in {"ul", "ol"}:
            self._lists.append(0 if tag == "ol" else None)
        elif tag == "li":
            self._line.append(self._bullet())
        elif tag in {"td", "th"} and self._line:
            self._line.append("  ")
        elif tag == "hr":
            self._line.append("-" * 20)
            self._block(spaced=False)

    def end(self, tag: str | bytes) -> None:
        tag = _str(tag)
        if self._unseen and self._unseen[-1] == tag:
            self._unseen.pop()
        if tag == "pre":
            self._pre -= 1
        elif tag == "a" and self._links:
            self._link(*self._links.pop())
        elif tag in {"ul", "ol"} and self._lists:
            self._lists.pop()
        if tag in _BLOCKS:
            self._block(spaced=tag in _SPACED)

    def data(self, data: str | bytes) -> None:
        if self._unseen:
            return
        data = _str(data)
        if self._pre or self._lines_count:
            first, *rest = data.split("\n")
            self._words(first, keep=self._pre > 0)
            for line in rest:
                self._break()
                self._words(line, keep=self._pre > 0)
        else:
            self._words(data, keep=False)

    def comment(self, text: str | bytes) -> None:
        """Comments are never seen."""

    def close(self) -> None:
        """Nothing is left open: ``text`` ends the last line."""

    def text(self) -> str:
        """All lines so far."""
        self._block(spaced=False)
        return normal("\n".join(self._lines))

    def _words(self, data: str, *, keep: bool) -> None:
        folded = data if keep else _SPACES.sub(" ", data)
        if not keep and folded.startswith(" ") and (not self._line or self._line[-1].endswith(" ")):
            folded = folded[1:]
        if folded:
            self._line.append(folded)

    def _break(self) -> None:
        if self._gap and self._lines and self._lines[-1]:
            self._lines.append("")
        self._gap = False
        self._lines.append("".join(self._line))
        self._line.clear()

    def _block(self, *, spaced: bool) -> None:
        if "".join(self._line).strip(" \n"):
            self._break()
        self._line.clear()
        self._gap = self._gap or (spaced and bool(self._lines))

    def _link(self, address: str, begins: int) -> None:
        shown = "".join(self._line[begins:]).strip()
        bare = _ADDRESS.sub("", address).strip("/")
        if _ADDRESS.match(address) and bare not in shown:
            self._line.append(f" <{address}>" if shown else address)

    def _bullet(self) -> str:
        if not self._lists or self._lists[-1] is None:
            return "- "
        self._lists[-1] += 1
        return f"{self._lists[-1]}. "


def _str(value: str | bytes) -> str:
    return value if isinstance(value, str) else value.decode()


@lru_cache(maxsize=1024)
def _look(tag: str, attributes: tuple[tuple[str, str], ...]) -> _Look:
    """Bodies repeat the same few elements, so each is looked at once. Links are not worth remembering."""
    if tag == "a":
        return _Look(layout=True, fonts=(), spaced=False)
    named = dict(attributes)
    return _Look(has_layout(tag, named), tuple(fonts(tag, named)), _is_spaced(tag, named))


def _is_spaced(tag: str, attributes: Mapping[str, str]) -> bool:
    """Whether a blank line is seen before it. Word's paragraphs, one a line, have no margins."""
    if tag != "p":
        return tag in _SPACED
    style = style_of(attributes)
    margin = style.get("margin", style.get("margin-top", style.get("margin-bottom", "")))
    return not margin.startswith("0") and "Mso" not in attributes.get("class", "")
