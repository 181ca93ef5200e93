"""The characters that every system can hold: the one normalisation of text.

- CRLF, CR, vertical tab, form feed, NEL and U+2028/2029 are line ends, written LF;
- a tab is four spaces, a no-break space is a space, and spaces at the end of a line are none: HTML cannot keep them;
- other control characters, lone surrogates and non-characters are dropped: XML 1.0 section 2.2 cannot hold them.
"""

import re

_SUSPECT = re.compile("[\x00-\x09\x0b-\x1f\x7f-\xa0\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]| (?=\n|$)")
_LINE_END = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
_TRAILING = re.compile(" +(?=\n|$)")
_IMPOSSIBLE = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff\ufeff]")


def normal(text: str) -> str:
    """``text`` in the form in which it survives all systems; ``normal(normal(t)) == normal(t)``."""
    if _SUSPECT.search(text) is None:
        return text
    ends = _LINE_END.sub("\n", text)
    kept = _IMPOSSIBLE.sub("", ends)
    return _TRAILING.sub("", kept.replace("\t", "    ").replace("\xa0", " "))


def one_line(text: str) -> str:
    """``text`` for a field that has no lines, such as a subject: runs of spaces and line ends are one space."""
    return " ".join(normal(text).split())
