"""Text of a qualifier to its syntax tree.

Written from carerix.md section 6 and A16: comparisons joined by AND, OR and NOT with parentheses; ``nil``; dates as
``(NSCalendarDate)'2026-03-02 09:00:00 Etc/GMT'``; text in single or double quotes.
"""

import re
from datetime import datetime, tzinfo
from typing import Final, Literal, TypeAlias, get_args

import msgspec

from cxsync.sandbox.carerix.dates import read_literal
from cxsync.sandbox.carerix.refusals import InvalidQuery

Operator = Literal["=", "!=", "<", "<=", ">", ">=", "LIKE", "CASEINSENSITIVELIKE"]
Constant: TypeAlias = int | str | datetime | None
MAX_LENGTH: Final = 100_000
MAX_DEPTH: Final = 64


class Comparison(msgspec.Struct, frozen=True):
    """``path operator constant``, as in ``owner.userID = 101``."""

    path: str
    operator: Operator
    constant: Constant


class And(msgspec.Struct, frozen=True):
    """All of ``parts``."""

    parts: tuple["Node", ...]


class Or(msgspec.Struct, frozen=True):
    """One of ``parts`` at least."""

    parts: tuple["Node", ...]


class Not(msgspec.Struct, frozen=True):
    """Not ``part``."""

    part: "Node"


Node: TypeAlias = Comparison | And | Or | Not

_TOKEN: Final = re.compile(
    r"""\s*(?:
      (?P<text>'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")
    | (?P<number>-?\d+(?![\w.]))
    | (?P<word>[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*)
    | (?P<operator><=|>=|!=|<>|==|=|<|>)
    | (?P<bracket>[()])
    )""",
    re.VERBOSE | re.ASCII | re.DOTALL,
)
_ESCAPE: Final = re.compile(r"\\(.)", re.DOTALL)
_SPELLINGS: Final[dict[str, Operator]] = {"==": "=", "<>": "!="}
_OPERATORS: Final[dict[str, Operator]] = {operator: operator for operator in get_args(Operator)}
_JOINERS: Final = frozenset({"AND", "OR", "NOT"})


class _Token(msgspec.Struct, frozen=True):
    kind: str
    text: str
    at: int


def _tokens(text: str) -> list[_Token]:
    found = []
    at = 0
    end = len(text.rstrip())
    while at < end:
        match = _TOKEN.match(text, at)
        if match is None or match.lastgroup is None:
            raise InvalidQuery(f"qualifier: unexpected {text[at : at + 20].strip()!r} at position {at}")
        found.append(_Token(match.lastgroup, match[match.lastgroup], match.start(match.lastgroup)))
        at = match.end()
    return found


class _Parser:
    """Recursive descent: or, and, not, comparison, each a method."""

    def __init__(self, tokens: list[_Token], zone: tzinfo) -> None:
        self._tokens = tokens
        self._zone = zone
        self._next = 0
        self._depth = 0

    def whole(self) -> Node:
        node = self._either()
        if self._next < len(self._tokens):
            raise self._unexpected("AND, OR or the end")
        return node

    def _peek(self) -> _Token | None:
        return self._tokens[self._next] if self._next < len(self._tokens) else None

    def _take(self, kind: str, expected: str) -> _Token:
        token = self._peek()
        if token is None or token.kind != kind:
            raise self._unexpected(expected)
        self._next += 1
        return token

    def _unexpected(self, expected: str) -> InvalidQuery:
        token = self._peek()
        place = "the end" if token is None else f"{token.text!r} at position {token.at}"
        return InvalidQuery(f"qualifier: {expected} expected, not {place}")

    def _word(self, word: str) -> bool:
        token = self._peek()
        if token is not None and token.kind == "word" and token.text.upper() == word:
            self._next += 1
            return True
        return False

    def _bracket(self, bracket: str) -> bool:
        token = self._peek()
        if token is not None and token.kind == "bracket" and token.text == bracket:
            self._next += 1
            return True
        return False

    def _either(self) -> Node:
        parts = [self._all()]
        while self._word("OR"):
            parts.append(self._all())
        return parts[0] if len(parts) == 1 else Or(tuple(parts))

    def _all(self) -> Node:
        parts = [self._one()]
        while self._word("AND"):
            parts.append(self._one())
        return parts[0] if len(parts) == 1 else And(tuple(parts))

    def _one(self) -> Node:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise InvalidQuery(f"qualifier: nested deeper than {MAX_DEPTH}")
        try:
            if self._word("NOT"):
                return Not(self._one())
            if self._bracket("("):
                node = self._either()
                if not self._bracket(")"):
                    raise self._unexpected("a closing bracket")
                return node
            return self._comparison()
        finally:
            self._depth -= 1

    def _comparison(self) -> Comparison:
        path = self._take("word", "a key path")
        if path.text.upper() in _JOINERS:
            self._next -= 1
            raise self._unexpected("a key path")
        token = self._peek()
        operator = None
        if token is not None and token.kind in ("operator", "word"):
            spelling = token.text.upper()
            operator = _OPERATORS.get(_SPELLINGS.get(spelling, spelling))
        if operator is None:
            raise self._unexpected("an operator")
        self._next += 1
        return Comparison(path.text, operator, self._constant())

    def _constant(self) -> Constant:
        token = self._peek()
        match None if token is None else token.kind:
            case "number":
                return int(self._take("number", "").text)
            case "text":
                return _unquoted(self._take("text", "").text)
            case "word" if self._word("NIL") or self._word("NULL"):
                return None
            case "bracket" if self._bracket("("):
                return self._cast()
        raise self._unexpected("a number, a quoted text, nil or (NSCalendarDate)'…'")

    def _cast(self) -> Constant:
        cast = self._take("word", "NSCalendarDate")
        if cast.text != "NSCalendarDate":
            self._next -= 1
            raise self._unexpected("NSCalendarDate")
        if not self._bracket(")"):
            raise self._unexpected("a closing bracket")
        return read_literal(_unquoted(self._take("text", "a quoted date").text), self._zone)


def _unquoted(text: str) -> str:
    return _ESCAPE.sub(r"\1", text[1:-1])


def parse(text: str, zone: tzinfo) -> Node:
    """The tree of ``text``; dates without a zone are meant in ``zone``. Raises InvalidQuery with the position."""
    if len(text) > MAX_LENGTH:
        raise InvalidQuery(f"qualifier: {len(text)} characters are more than {MAX_LENGTH}")
    tokens = _tokens(text)
    if not tokens:
        raise InvalidQuery("qualifier: empty")
    return _Parser(tokens, zone).whole()
