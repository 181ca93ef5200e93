"""What Exchange makes of the text of an appointment: the transformations T1 to T9 of docs/sandbox-exchange.md."""

import re
from html import escape
from html.parser import HTMLParser

from cxsync.sandbox.exchange.item import Body

_META = '<meta http-equiv="Content-Type" content="text/html; charset=utf-8">'
_VOID = frozenset(("area", "base", "br", "col", "hr", "img", "input", "link", "meta", "param", "source", "wbr"))
_REMOVED = frozenset(("script", "iframe", "object", "embed", "applet", "form"))
_BLOCKS = frozenset(("p", "div", "ul", "ol", "li", "table", "tr", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote"))
_SPACED = frozenset(("p", "ul", "ol", "table", "h1", "h2", "h3", "h4", "h5", "h6"))


def _lines(text: str) -> str:
    return re.sub(r"\r\n|\r|\n", "\r\n", text)


class _Rewriter(HTMLParser):
    """T3 to T6: names in lower case, attributes quoted, active content gone, the rest as it was."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=False)
        self.head: list[str] = []
        self.body: list[str] = []
        self._in_head = False
        self._skipping = 0
        self.attributes = ""

    @property
    def _out(self) -> list[str]:
        return self.head if self._in_head else self.body

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _REMOVED:
            self._skipping += 1
        elif tag == "head":
            self._in_head = True
        elif tag == "body":
            self._in_head = False
            self.attributes = _attributes(attrs)
        elif tag == "meta" and any(name == "http-equiv" or name == "charset" for name, _ in attrs):
            return
        elif tag != "html" and not self._skipping:
            self._out.append(f"<{tag}{_attributes(attrs)}>")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in _REMOVED:
            self.handle_starttag(tag, attrs)
            if tag not in _VOID and not self._skipping:
                self._out.append(f"</{tag}>")

    def handle_endtag(self, tag: str) -> None:
        if tag in _REMOVED:
            self._skipping = max(0, self._skipping - 1)
        elif tag == "head":
            self._in_head = False
        elif tag not in ("html", "body") and tag not in _VOID and not self._skipping:
            self._out.append(f"</{tag}>")

    def handle_data(self, data: str) -> None:
        self._text(data if self.cdata_elem else escape(data, quote=False))

    def handle_entityref(self, name: str) -> None:
        self._text(f"&{name};")

    def handle_charref(self, name: str) -> None:
        self._text(f"&#{name};")

    def _text(self, text: str) -> None:
        if not self._skipping and (not self._in_head or text.strip()):
            self._out.append(text)

    def handle_comment(self, data: str) -> None:
        if not self._skipping:
            self._out.append(f"<!--{data}-->")


def _attributes(attrs: list[tuple[str, str | None]]) -> str:
    kept = ""
    for name, value in attrs:
        text = value or ""
        if name.startswith("on") or text.strip().lower().startswith(("javascript:", "vbscript:")):
            continue
        kept += f' {name}="{escape(text)}"'
    return kept


def stored(body: Body, *, rewrite: bool = True) -> Body:
    """``body`` as the store keeps it."""
    if not body.html or not rewrite:
        return Body(_lines(body.text), body.html)
    rewriter = _Rewriter()
    rewriter.feed(body.text)
    rewriter.close()
    head = _META + "".join(rewriter.head).strip()
    inner = "".join(rewriter.body)
    html = f"<html>\n<head>\n{head}\n</head>\n<body{rewriter.attributes}>\n{inner.strip()}\n</body>\n</html>\n"
    return Body(_lines(html), html=True)


def from_outlook(text: str) -> Body:
    """The HTML that Outlook writes for what a person typed: one paragraph a line (T9)."""
    lines = text.splitlines()
    paragraphs = "".join(f'<p class="MsoNormal">{escape(line) or "&nbsp;"}<o:p></o:p></p>\n' for line in lines)
    style = '<style><!--\np.MsoNormal\n\t{margin:0cm;font-size:11.0pt;font-family:"Calibri",sans-serif;}\n--></style>'
    return stored(
        Body(f'<head>{style}</head><body lang="NL"><div class="WordSection1">\n{paragraphs}</div></body>', html=True)
    )


def as_html(body: Body) -> str:
    """``body`` when HTML is asked for; plain text is wrapped (T8)."""
    if body.html:
        return body.text
    text = "<br>\n".join(escape(line, quote=False).replace("  ", "&nbsp; ") for line in body.text.splitlines())
    return _lines(
        f'<html>\n<head>\n{_META}\n<meta name="Generator" content="Microsoft Exchange Server">\n'
        "<!-- converted from text -->\n<style><!-- .EmailQuote { margin-left: 1pt; padding-left: 4pt; "
        'border-left: #800000 2px solid; } --></style></head>\n<body>\n<font size="2"><span style="font-size:11pt;">'
        f'<div class="PlainText">{text}</div></span></font>\n</body>\n</html>\n'
    )


class _Reader(HTMLParser):
    """T7: HTML to plain text."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._hidden = 0
        self._links: list[tuple[str, int]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("head", "style", "script", "title"):
            self._hidden += 1
        elif tag == "br":
            self.parts.append("\n")
        elif tag == "a":
            self._links.append((dict(attrs).get("href") or "", len(self.parts)))
        elif tag in _BLOCKS:
            self._break(tag in _SPACED)
            if tag == "li":
                self.parts.append("  *   ")
        elif tag in ("td", "th"):
            self.parts.append("\t")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("head", "style", "script", "title"):
            self._hidden = max(0, self._hidden - 1)
        elif tag == "a" and self._links:
            address, since = self._links.pop()
            shown = "".join(self.parts[since:]).strip()
            if address and address.removeprefix("mailto:") != shown:
                self.parts.append(f"<{address}>")
        elif tag in _BLOCKS:
            self._break(tag in _SPACED)

    def _break(self, spaced: bool) -> None:
        text = "".join(self.parts)
        if text.strip():
            wanted = 2 if spaced else 1
            self.parts.append("\n" * max(0, wanted - (len(text) - len(text.rstrip("\n")))))

    def handle_data(self, data: str) -> None:
        if self._hidden:
            return
        text = re.sub(r"[ \t\r\n\f]+", " ", data)
        if not self.parts or self.parts[-1].endswith(("\n", " ", "\t")):
            text = text.lstrip(" ")
        if text:
            self.parts.append(text)


def as_text(body: Body) -> str:
    """``body`` when plain text is asked for."""
    if not body.html:
        return body.text
    reader = _Reader()
    reader.feed(body.text)
    reader.close()
    text = "".join(reader.parts).replace("\xa0", " ")
    return _lines("\n".join(line.rstrip(" ") for line in text.split("\n")).strip("\n"))


def plain(body: Body | None) -> str:
    """What a person reads."""
    return "" if body is None else as_text(body).replace("\r\n", "\n")
