"""Keeps what people wrote out of the log, whoever writes the line: us, a library, an exception."""

import logging
import traceback
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from structlog.typing import EventDict

from cxsync.errors import CxSyncError
from cxsync.observe.fields import ALLOWED

OWN_PACKAGES = ("cxsync", "schemas", "producers", "processors", "consumers")

# Written by this package itself.
OWN = frozenset({"event", "level", "time", "logger", "role", "exception", "refused"})
# Put in by structlog for its own formatter, which takes them out again.
STRUCTLOG = frozenset({"_record", "_from_structlog"})
LONGEST = 512
FRAMES = 12

# Libraries that handle nothing but sealed records, topics and addresses: their texts may stand. Every other library
# is reduced to the place in its source, since its texts may quote what it worked on (asyncio, for one, quotes the
# exception of a lost task, exchangelib whole answers of the server).
TRUSTED = ("kafka", "aiokafka", "faust", "mode", "psycopg.pool", "py.warnings", "aiohttp.access")


def only_allowed(_logger: object, _method: str, event: EventDict) -> EventDict:
    """Drop every field that is not on the list and name it in ``refused``, so that a mistake is seen but not told."""
    refused = sorted(name for name in event.keys() - ALLOWED - OWN if name not in STRUCTLOG)
    for name in refused:
        del event[name]
    for name in event.keys() & ALLOWED:
        event[name] = _plain(event[name])
    if refused:
        event["refused"] = refused
    return event


def describe(error: BaseException) -> list[dict[str, Any]]:
    """The exception and its causes, outermost first: type, code and text if it is ours, and the frames it passed."""
    chain: list[dict[str, Any]] = []
    seen: set[int] = set()
    link: BaseException | None = error
    while link is not None and id(link) not in seen:
        seen.add(id(link))
        told: dict[str, Any] = {"type": name_of(link)}
        if isinstance(link, CxSyncError):
            told |= {"code": link.code, "message": str(link)}
        elif isinstance(link, OSError) and link.errno is not None:
            told["errno"] = link.errno
        told["frames"] = [
            f"{Path(frame.filename).name}:{frame.lineno} {frame.name}"
            for frame in traceback.extract_tb(link.__traceback__)[-FRAMES:]
        ]
        if isinstance(link, BaseExceptionGroup):
            told["group"] = [describe(inner) for inner in link.exceptions[:5]]
        chain.append(told)
        link = link.__cause__ or (None if link.__suppress_context__ else link.__context__)
    return chain


def name_of(error: BaseException) -> str:
    """The type's full name; ``builtins`` left out."""
    kind = type(error)
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"


class LibraryFilter(logging.Filter):
    """Rewrites the records of libraries before anything formats them."""

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.msg, dict):  # by structlog, so by us: its fields are checked one by one
            return True
        if any(record.name == name or record.name.startswith(name + ".") for name in (*TRUSTED, *OWN_PACKAGES)):
            if isinstance(record.args, Mapping):
                record.args = {key: _argument(value) for key, value in record.args.items()}
            elif record.args:
                record.args = tuple(_argument(value) for value in record.args)
        else:
            record.msg, record.args = f"{record.module}:{record.lineno} {record.funcName}", ()
        record.exc_text = record.stack_info = None
        return True


def _argument(value: object) -> object:
    return name_of(value) if isinstance(value, BaseException) else value


def _plain(value: object) -> object:
    match value:
        case None | bool() | int() | float():
            return value
        case str():
            return value if len(value) <= LONGEST else value[:LONGEST] + "…"
        case UUID() | datetime() | Path():
            return str(value)
        case list() | tuple() | set() | frozenset():
            return [_plain(item) for item in value]
        case _:
            return f"<{type(value).__name__}>"
