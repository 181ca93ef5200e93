"""Whole appointments by id: of a series the master with all its exceptions, each as verbatim XML."""

from collections.abc import Iterable, Sequence
from typing import Any, Protocol, TypeAlias

from exchangelib.errors import (
    ErrorCorruptData,
    ErrorInternalServerError,
    ErrorItemCorrupt,
    ErrorMessageSizeExceeded,
    ErrorMimeContentConversionFailed,
    ErrorRecurrenceHasNoOccurrence,
)
from exchangelib.properties import ItemId, RecurringMasterItemId
from lxml import etree
from msgspec import Struct

from cxsync.calendars.exchange import document
from cxsync.calendars.exchange.services import NOT_THERE, Key, key_of
from cxsync.calendars.exchange.soap import T
from schemas.records import Document
from schemas.words import DocumentRole

# What the server itself cannot read: it becomes a document that says so, and does not stop the others.
_CORRUPT = (
    ErrorCorruptData,
    ErrorItemCorrupt,
    ErrorMessageSizeExceeded,
    ErrorMimeContentConversionFailed,
    ErrorRecurrenceHasNoOccurrence,
)
_OF_A_SERIES = ("Occurrence", "Exception")


class Whole(Struct, frozen=True):
    """``folder``: the id of the one it lies in, empty if the server did not say."""

    key: Key
    folder: str
    documents: tuple[Document, ...]


class Asked(Protocol):
    """What gives items by id."""

    def whole(self, ids: Sequence[Any]) -> "list[_Answer]":
        """An answer for each."""
        ...


_Answer: TypeAlias = "etree._Element | Exception"  # noqa: SLF001 - lxml has no other name for the type


def whole(items: Asked, keys: Iterable[Key]) -> list[Whole]:
    """The appointments that exist; an occurrence stands for its series, which is given once.

    Raises what exchangelib raises, but for items that are gone (left out) or corrupt (given as a document that says
    so).
    """
    asked = list({key.id: key for key in keys}.values())
    answers = _answers(items, [_id(key) for key in asked])
    found = dict(_sorted(asked, answers))
    parts = [key for key, answer in found.items() if _kind(answer) in _OF_A_SERIES]
    if parts:
        masters = _answers(items, [RecurringMasterItemId(id=key.id, changekey=key.change_key) for key in parts])
        for key in parts:
            del found[key]
        found |= dict(_sorted(parts, masters))
    exceptions = _exceptions(items, found.values())
    return list({each.key.id: each for each in (_whole(*pair, exceptions) for pair in found.items())}.values())


def _id(key: Key) -> Any:
    return ItemId(id=key.id, changekey=key.change_key)


def _answers(items: Asked, ids: list[Any]) -> list[_Answer]:
    """One that the server stumbles over twice, while it gives others, is corrupt too; stumbling over all is trouble of
    the server's own, which passes."""
    answers = items.whole(ids)
    for index, answer in enumerate(answers):
        if isinstance(answer, ErrorInternalServerError) and not all(isinstance(each, Exception) for each in answers):
            (again,) = items.whole([ids[index]])
            answers[index] = ErrorItemCorrupt("") if isinstance(again, ErrorInternalServerError) else again
    return answers


def _sorted(keys: Sequence[Key], answers: Sequence[_Answer]) -> Iterable[tuple[Key, _Answer]]:
    for key, answer in zip(keys, answers, strict=True):
        if isinstance(answer, NOT_THERE):
            continue
        if isinstance(answer, Exception) and not isinstance(answer, _CORRUPT):
            raise answer
        yield key, answer


def _kind(answer: _Answer) -> str:
    return "" if isinstance(answer, Exception) else document.text(answer, "CalendarItemType") or ""


def _modified(master: etree._Element) -> list[Key]:
    return [key_of(each) for each in master.iterfind(f"{T}ModifiedOccurrences/{T}Occurrence")]


def _exceptions(items: Asked, masters: Iterable[_Answer]) -> dict[str, etree._Element]:
    keys = [key for master in masters if not isinstance(master, Exception) for key in _modified(master)]
    answers = _answers(items, [_id(key) for key in keys])
    # One that is gone or corrupt is left out: the master still tells when it was and when it is.
    return {key.id: each for key, each in _sorted(keys, answers) if not isinstance(each, Exception)}


def _whole(key: Key, answer: _Answer, exceptions: dict[str, etree._Element]) -> Whole:
    if isinstance(answer, Exception):
        return Whole(key, "", (_document("single", key, document.corrupt(type(answer).__name__)),))
    own = key_of(answer)
    series = _kind(answer) == "RecurringMaster"
    documents = [_document("series" if series else "single", own, document.written(answer))]
    for each in _modified(answer):
        if each.id in exceptions:
            element = exceptions[each.id]
            # Under the id that the master calls it by, whatever form the answer has it in.
            key_there = Key(each.id, key_of(element).change_key)
            documents.append(_document("exception", key_there, document.written(element)))
    folder = document.item_id(answer, "ParentFolderId")
    return Whole(own, folder[0] if folder else "", tuple(documents))


def _document(role: DocumentRole, key: Key, body: bytes) -> Document:
    return Document(
        role=role, native_id=key.id, native_version=key.change_key, media_type=document.MEDIA_TYPE, body=body
    )
