"""Checks requests as Exchange's validating reader does: elements known, in the schema's order, values of their type.

``grammar.txt`` holds the facts of messages.xsd and types.xsd that concern calendars, in a notation of our own.
"""

import re
from importlib import resources
from typing import NamedTuple
from xml.parsers import expat

from lxml import etree

from cxsync.sandbox.exchange.soap import MESSAGES, TYPES, VERSIONS, SoapFault, schema_fault


class _Particle(NamedTuple):
    """A place in a sequence: any of ``names`` (qualified name to type), at least ``low``, at most once or ``many``."""

    names: dict[str, str]
    low: int
    many: bool


class _Type(NamedTuple):
    particles: list[_Particle]
    attributes: dict[str, tuple[str, bool]]
    """Name to (type of its value, required)."""
    value: str
    """Type of the text; empty if only elements are allowed."""


_TOKEN = re.compile(r"(?P<name>\w+)(?::(?P<type>[A-Za-z]\w*))?(?P<many>[?*+])?(?:\^(?P<since>\w+))?$")
_PATTERNS = {
    "text": "",
    "word": r".",
    "bool": r"\s*(true|false|0|1)\s*$",
    "int": r"\s*[+-]?\d{1,10}\s*$",
    "dateTime": r"\s*\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)?\s*$",
    "date": r"\s*\d{4}-\d\d-\d\d(Z|[+-]\d\d:\d\d)?\s*$",
    "time": r"\s*\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)?\s*$",
    "duration": r"\s*-?P(?=.)(\d+Y)?(\d+M)?(\d+D)?(T(?=.)(\d+H)?(\d+M)?(\d+(\.\d+)?S)?)?\s*$",
}
_SIMPLE = {name: re.compile(pattern, re.ASCII | re.DOTALL) for name, pattern in _PATTERNS.items()}


class Schema:
    """The grammar as a server of one release knows it; ``release`` is a RequestServerVersion."""

    def __init__(self, release: str) -> None:
        self._rank = VERSIONS.index(release)
        self._types: dict[str, _Type] = {}
        self._enums: dict[str, frozenset[str]] = {}
        self._ranges: dict[str, tuple[int, int]] = {}
        text = resources.files(__package__).joinpath("grammar.txt").read_text("utf-8")
        for line in re.sub(r"\n +(?=\|)", "", text).replace("\n ", " ").splitlines():
            if line and not line.startswith("#"):
                self._learn(line)

    def _learn(self, line: str) -> None:
        name, _, rest = line.partition(" = ")
        words = rest.split()
        if words and words[0] == "enum":
            kept = (self._known(word) for word in words[1:])
            self._enums[name] = frozenset(word for word in kept if word)
        elif words and words[0] == "range":
            self._ranges[name] = (int(words[1]), int(words[2]))
        else:
            self._types[name] = self._content(words)

    def _known(self, word: str) -> str:
        """``word`` without its ``^since``; empty if this release does not have it."""
        value, _, since = word.partition("^")
        return value if not since or VERSIONS.index(f"Exchange{since}") <= self._rank else ""

    def _content(self, words: list[str]) -> _Type:
        particles: list[_Particle] = []
        attributes: dict[str, tuple[str, bool]] = {}
        value = ""
        for word in words:
            if word.startswith("="):
                value = word[1:]
            elif word.startswith("&"):
                base = self._types[word[1:]]
                particles += base.particles
                attributes |= base.attributes
            elif word.startswith("@"):
                required = word.endswith("!")
                attribute, _, kind = word[1:].rstrip("!").partition(":")
                attributes[attribute] = (kind or "text", required)
            else:
                particle = self._particle(word)
                if particle.names:
                    particles.append(particle)
        return _Type(particles, attributes, value)

    def _particle(self, word: str) -> _Particle:
        choice = re.fullmatch(r"\((?P<inner>.*)\)(?P<many>[?*+])?", word)
        many = choice["many"] if choice else ""
        names: dict[str, str] = {}
        for token in choice["inner"].split("|") if choice else [word]:
            found = _TOKEN.match(self._message_prefix(token))
            assert found is not None, token  # noqa: S101 - the grammar is ours
            since = found["since"]
            many = many or found["many"] or ""
            if since and VERSIONS.index(f"Exchange{since}") > self._rank:
                continue
            name = found["name"]
            space = MESSAGES if name.startswith("m__") else TYPES
            names[f"{{{space}}}{name.removeprefix('m__')}"] = found["type"] or "text"
        return _Particle(names, 0 if many in ("?", "*") else 1, many in ("*", "+"))

    @staticmethod
    def _message_prefix(token: str) -> str:
        return "m__" + token[2:] if token.startswith("m:") else token

    def operations(self) -> frozenset[str]:
        """The names of the operations that this release has."""
        body = self._types["Body"]
        return frozenset(etree.QName(name).localname for name in body.particles[0].names)

    def check(self, root: etree._Element, body: bytes) -> None:
        """Raises SoapFault at the first violation in ``root``, an operation's element parsed from ``body``."""
        for name, kind in self._types["Body"].particles[0].names.items():
            if name == root.tag:
                self._element(root, kind, body)
                return
        raise _violation(root, body, f"The element '{etree.QName(root).localname}' is not an operation of this server.")

    def _element(self, element: etree._Element, kind: str, body: bytes) -> None:
        content = self._types.get(kind)
        if content is None:
            self._no_children(element, body)
            self._value(element, kind, element.text or "", body)
            return
        self._attributes(element, content, body)
        if content.value:
            self._no_children(element, body)
            self._value(element, content.value, element.text or "", body)
            return
        particles = content.particles
        at, count = 0, 0
        for child in element:
            start, seen = at, count
            while at < len(particles):
                particle = particles[at]
                kind_of = particle.names.get(str(child.tag))
                if kind_of is not None and (count == 0 or particle.many):
                    count += 1
                    self._element(child, kind_of, body)
                    break
                if count < particle.low:
                    raise _unexpected(child, element, particles[start:], seen, body)
                at, count = at + 1, 0
            else:
                raise _unexpected(child, element, particles[start:], seen, body)
        for particle in particles[at:]:
            if count < particle.low:
                where = f"The element {_named(element)} has incomplete content."
                raise _violation(element, body, f"{where} List of possible elements expected: {_names([particle])}.")
            count = 0

    def _no_children(self, element: etree._Element, body: bytes) -> None:
        if len(element):
            text = f"The element {_named(element)} cannot contain child element {_named(element[0])}"
            raise _violation(element[0], body, f"{text} because the parent element's content model is text only.")

    def _attributes(self, element: etree._Element, content: _Type, body: bytes) -> None:
        for name, value in element.attrib.items():
            if str(name).startswith("{"):
                continue
            declared = content.attributes.get(str(name))
            if declared is None:
                raise _violation(element, body, f"The '{name!s}' attribute is not declared.")
            if not self._fits(declared[0], str(value)):
                text = f"The '{name!s}' attribute is invalid - The value '{value!s}' is invalid according to"
                raise _violation(element, body, f"{text} its datatype '{TYPES}:{declared[0]}'.")
        for name, (_, required) in content.attributes.items():
            if required and name not in element.attrib:
                raise _violation(element, body, f"The required attribute '{name}' is missing.")

    def _fits(self, kind: str, value: str) -> bool:
        simple = _SIMPLE.get(kind)
        if simple is not None:
            return simple.match(value) is not None
        if kind == "FieldURI":
            return value in self._enums[kind] or value.partition(":")[0] in self._enums["LooseFieldGroups"]
        if kind in self._enums:
            return value.strip() in self._enums[kind]
        if kind in self._ranges:
            low, high = self._ranges[kind]
            return _SIMPLE["int"].match(value) is not None and low <= int(value) <= high
        return all(part in self._enums[kind.removeprefix("List")] for part in value.split())

    def _value(self, element: etree._Element, kind: str, value: str, body: bytes) -> None:
        if not self._fits(kind, value):
            name = etree.QName(element)
            reason = " - The Enumeration constraint failed." if kind in self._enums else "."
            raise _violation(
                element,
                body,
                f"The '{name.namespace}:{name.localname}' element is invalid - The value '{value}' is invalid "
                f"according to its datatype '{TYPES}:{kind}'{reason}",
            )


def _named(element: etree._Element) -> str:
    name = etree.QName(element)
    return f"'{name.localname}' in namespace '{name.namespace}'"


def _names(particles: list[_Particle]) -> str:
    names = [etree.QName(name) for particle in particles for name in particle.names]
    return f"'{', '.join(name.localname for name in names)}' in namespace '{names[0].namespace}'" if names else "none"


def _unexpected(
    child: etree._Element, parent: etree._Element, rest: list[_Particle], seen: int, body: bytes
) -> SoapFault:
    possible: list[_Particle] = []
    for particle in rest:
        if not (particle is rest[0] and seen and not particle.many):
            possible.append(particle)
            if particle.low and not (particle is rest[0] and seen):
                break
    text = f"The element {_named(parent)} has invalid child element {_named(child)}."
    listed = f" List of possible elements expected: {_names(possible)}." if possible else ""
    return _violation(child, body, text + listed)


def _violation(element: etree._Element, body: bytes, text: str) -> SoapFault:
    line, position = _place(element, body)
    return schema_fault(line, position, text)


def _place(element: etree._Element, body: bytes) -> tuple[int, int]:
    """Line and position of the element's name, counted from 1; lxml keeps the line only, so read once more."""
    root = element.getroottree().getroot()
    wanted = next(index for index, each in enumerate(root.iter(etree.Element)) if each is element)
    reader = expat.ParserCreate()
    seen = -1
    place = (1, 1)

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal seen, place
        seen += 1
        if seen == wanted:
            place = (reader.CurrentLineNumber, reader.CurrentColumnNumber + 2)

    reader.StartElementHandler = start
    reader.Parse(body, True)
    return place
