"""Partial answers by ``fields=`` (guide "Improve performance", section "Working with partial resources")."""

from functools import lru_cache
from typing import Any

from cxsync.sandbox.google.discovery import discovery
from cxsync.sandbox.google.refusals import ApiError

Tree = dict[str, "Tree"]
"""What to keep by name; an empty tree keeps everything below."""
_STOP = ",/()"


def selected(value: Any, tree: Tree) -> Any:
    """``value`` with only what ``tree`` names; lists element by element."""
    if not tree:
        return value
    if isinstance(value, list):
        return [selected(each, tree) for each in value]
    if not isinstance(value, dict):
        return value
    if "*" in tree:
        return {key: selected(each, tree["*"]) for key, each in value.items()}
    return {key: selected(value[key], below) for key, below in tree.items() if key in value}


@lru_cache(maxsize=1000)
def parse(text: str, schema: str | None) -> Tree:
    """The tree of a selector such as ``nextPageToken,items(id,start/dateTime)``; 400 for a name the schema lacks."""
    reader = _Reader(text)
    tree = reader.several()
    if not reader.at_end() or not text:
        raise _wrong(text)
    if schema is not None:
        _check(tree, discovery().schemas[schema], text)
    return tree


def _wrong(text: str) -> ApiError:
    return ApiError(400, "invalidParameter", f"Invalid field selection {text}", location="fields")


def _check(tree: Tree, spec: Any, text: str) -> None:
    while "$ref" in spec or spec.get("type") == "array":
        spec = discovery().schemas[spec["$ref"]] if "$ref" in spec else spec["items"]
    known, other = spec.get("properties", {}), spec.get("additionalProperties")
    for name, below in tree.items():
        if name == "*":
            continue
        found = known.get(name, other)
        if found is None:
            raise _wrong(name)
        _check(below, found, text)


class _Reader:
    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0

    def at_end(self) -> bool:
        return self._at >= len(self._text)

    def _peek(self) -> str:
        return "" if self.at_end() else self._text[self._at]

    def several(self) -> Tree:
        tree: Tree = {}
        while True:
            name, below = self._one()
            if name in tree and tree[name] and below:
                tree[name] |= below
            else:
                tree[name] = below if name not in tree else {}
            if self._peek() != ",":
                return tree
            self._at += 1

    def _one(self) -> tuple[str, Tree]:
        begin = self._at
        while not self.at_end() and self._peek() not in _STOP:
            self._at += 1
        name = self._text[begin : self._at].strip()
        if not name:
            raise _wrong(self._text)
        if self._peek() == "/":
            self._at += 1
            inner, below = self._one()
            return name, {inner: below}
        if self._peek() == "(":
            self._at += 1
            tree = self.several()
            if self._peek() != ")":
                raise _wrong(self._text)
            self._at += 1
            return name, tree
        return name, {}
