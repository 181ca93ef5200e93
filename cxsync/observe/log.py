"""Structured logs on standard error: one line an event, for people (console) or machines (JSON lines).

    log = get_logger(__name__)
    with bound(trace_id=trace, connection=connection_id):
        log.info("published", topic=topic, records=len(records))

The text of a line is a constant; what varies stands in fields, and only in those of ``cxsync.observe.fields``: mypy
refuses any other, and so does the running program.
"""

import logging
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Literal, TextIO, Unpack

import structlog
from structlog.typing import EventDict, Processor

from cxsync.observe.fields import Context, Fields
from cxsync.observe.redact import OWN_PACKAGES, LibraryFilter, describe, only_allowed

Level = Literal["DEBUG", "INFO", "WARNING", "ERROR"]
Format = Literal["console", "json"]


class Logger:
    """What our code logs with: a constant text and fields of the closed list."""

    def __init__(self, name: str) -> None:
        self._log: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger(name)

    def debug(self, event: str, **fields: Unpack[Fields]) -> None:
        """Of use only to who looks for a fault."""
        self._log.debug(event, **fields)

    def info(self, event: str, **fields: Unpack[Fields]) -> None:
        """The ordinary course of things."""
        self._log.info(event, **fields)

    def warning(self, event: str, **fields: Unpack[Fields]) -> None:
        """Went wrong and is being mended by the program itself."""
        self._log.warning(event, **fields)

    def error(self, event: str, **fields: Unpack[Fields]) -> None:
        """Needs a person. ``exc_info=True`` inside an ``except`` adds type and place of the exception."""
        self._log.error(event, **fields)


def get_logger(name: str) -> Logger:
    """A logger for the module ``name``; may be made before :func:`configure` is called."""
    return Logger(name)


@contextmanager
def bound(**context: Unpack[Context]) -> Iterator[None]:
    """Put ``context`` on every line logged inside, in this thread or task; inner values win over outer ones."""
    with structlog.contextvars.bound_contextvars(**context):
        yield


def current_trace() -> str | None:
    """The trace id bound here, to be passed on in a record's headers."""
    trace = structlog.contextvars.get_contextvars().get("trace_id")
    return trace if isinstance(trace, str) else None


def configure(level: Level, format: Format, role: str, stream: TextIO | None = None) -> None:
    """Send our lines and those of every library to ``stream`` (standard error), once a process, before anything logs.

    ``role`` stands on every line. Libraries are heard from WARNING on, whatever ``level`` is. A Faust worker must be
    made with ``override_logging=False``, else it puts its own set-up in the place of this one.
    """
    target = stream or sys.stderr
    prepare: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
        _add_role(role),
        structlog.processors.ExceptionRenderer(lambda info: describe(info[1])),
        only_allowed,
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *prepare,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    handler = _Handler(target)
    handler.addFilter(LibraryFilter())
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=prepare,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *_renderers(format, target)],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.WARNING)
    for package in OWN_PACKAGES:
        logging.getLogger(package).setLevel(level)
    logging.captureWarnings(True)
    sys.excepthook = _uncaught
    threading.excepthook = _uncaught_in_thread
    sys.unraisablehook = _unraisable


def _add_role(role: str) -> Processor:
    def add(_logger: object, _method: str, event: EventDict) -> EventDict:
        event.setdefault("role", role)
        return event

    return add


def _renderers(format: Format, target: TextIO) -> list[Processor]:
    if format == "json":
        return [structlog.processors.JSONRenderer(ensure_ascii=False)]
    return [
        _exception_as_text,
        structlog.dev.ConsoleRenderer(colors=target.isatty(), timestamp_key="time", pad_event_to=32),
    ]


def _exception_as_text(_logger: object, _method: str, event: EventDict) -> EventDict:
    if "exception" in event:
        lines = []
        for told in event["exception"]:
            words = [told["type"], f"({told['code']})" if "code" in told else "", told.get("message", "")]
            lines.append("  " + " ".join(filter(None, words)))
            lines += [f"    {frame}" for frame in told["frames"]]
        event["exception"] = "\n".join(lines)
    return event


class _Handler(logging.StreamHandler[TextIO]):
    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802  # the name that logging calls
        """The library's own way prints the arguments of the line that failed, whatever they hold."""
        kind = sys.exc_info()[0]
        reason = kind.__name__ if kind else "unknown"
        try:
            self.stream.write(f"a log line of {record.module}:{record.lineno} could not be written: {reason}\n")
        except (OSError, ValueError):
            return


# An exception that nobody caught would print its text, and with it whatever the text quotes.
def _uncaught(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if not issubclass(kind, Exception):
        sys.__excepthook__(kind, error, trace)
        return
    _crashes.error("crashed", exc_info=error)


def _uncaught_in_thread(args: threading.ExceptHookArgs) -> None:
    if args.exc_value is not None and args.exc_type is not SystemExit:
        _crashes.error("thread crashed", exc_info=args.exc_value)


def _unraisable(args: "sys.UnraisableHookArgs") -> None:
    if args.exc_value is not None:
        _crashes.error("exception where none can be handled", exc_info=args.exc_value)


_crashes = get_logger("cxsync.crash")
