import json
import logging
import sys
import threading
import warnings
from collections.abc import Callable
from datetime import datetime

from cxsync.errors import UsageError
from cxsync.observe.log import bound, current_trace, get_logger
from tests.unit.observe.conftest import Lines

log = get_logger("cxsync.test")
Start = Callable[..., Lines]
SECRET = "Sollicitatiegesprek met Jan"


def test_a_line_has_time_level_role_logger_and_its_fields(logged: Start) -> None:
    lines = logged()
    log.info("published", topic="cx.raw.google", records=3)
    line = lines.last
    assert datetime.fromisoformat(line.pop("time")).tzinfo is not None
    assert line == {
        "event": "published",
        "level": "info",
        "role": "processor",
        "logger": "cxsync.test",
        "topic": "cx.raw.google",
        "records": 3,
    }


def test_one_trace_id_stands_on_every_line_of_the_block(logged: Start) -> None:
    lines = logged()
    with bound(trace_id="t1", connection="c1"):
        assert current_trace() == "t1"
        with bound(event_id="e1"):
            log.info("inner")
        log.info("outer")
    log.info("outside")
    assert current_trace() is None
    inner, outer, outside = lines.all
    assert (inner["trace_id"], inner["connection"], inner["event_id"]) == ("t1", "c1", "e1")
    assert outer["trace_id"] == "t1"
    assert "event_id" not in outer
    assert "trace_id" not in outside


def test_another_thread_has_no_context_of_ours(logged: Start) -> None:
    lines = logged()
    with bound(trace_id="t1"):
        thread = threading.Thread(target=lambda: log.info("elsewhere"))
        thread.start()
        thread.join()
    assert "trace_id" not in lines.last


def test_a_field_that_is_not_on_the_list_is_named_but_not_told(logged: Start) -> None:
    lines = logged()
    log.info("written", subject=SECRET, notes=SECRET, count=1)  # type: ignore[call-arg]  # what mypy is to refuse
    assert lines.last["refused"] == ["notes", "subject"]
    assert lines.last["count"] == 1
    assert SECRET not in lines.text


def test_an_object_in_an_allowed_field_is_reduced_to_its_type(logged: Start) -> None:
    lines = logged()
    log.info("written", code={"subject": SECRET}, fields=["subject", object()])  # type: ignore[arg-type, list-item]  # as by mistake
    assert lines.last["code"] == "<dict>"
    assert lines.last["fields"] == ["subject", "<object>"]


def test_a_very_long_value_is_cut(logged: Start) -> None:
    lines = logged()
    log.info("seen", native_id="x" * 10_000)
    assert len(lines.last["native_id"]) < 1000


def test_an_exception_is_told_by_type_and_place_and_without_its_text(logged: Start) -> None:
    lines = logged()
    try:
        raise ValueError(SECRET)
    except ValueError:
        log.error("failed", exc_info=True)
    (told,) = lines.last["exception"]
    assert told["type"] == "ValueError"
    assert told["frames"][0].startswith("test_log.py:")
    assert SECRET not in lines.text


def test_an_error_of_ours_keeps_its_text_and_code_and_its_cause_does_not(logged: Start) -> None:
    lines = logged()
    try:
        try:
            raise KeyError(SECRET)
        except KeyError as error:
            raise UsageError("name a topic, such as cx.raw.google") from error
    except UsageError as error:
        log.error("failed", exc_info=error)
    ours, cause = lines.last["exception"]
    assert (ours["code"], ours["message"]) == ("usage", "name a topic, such as cx.raw.google")
    assert cause.keys() == {"type", "frames"}
    assert SECRET not in lines.text


def test_an_exception_group_tells_each_of_its_exceptions(logged: Start) -> None:
    lines = logged()
    log.error("failed", exc_info=ExceptionGroup(SECRET, [ValueError(SECRET), OSError(28, SECRET)]))
    (told,) = lines.last["exception"]
    assert [inner[0]["type"] for inner in told["group"]] == ["ValueError", "OSError"]
    assert told["group"][1][0]["errno"] == 28
    assert SECRET not in lines.text


def test_the_console_form_names_exceptions_without_their_text_too(logged: Start) -> None:
    lines = logged(format="console")
    try:
        raise ValueError(SECRET)
    except ValueError:
        log.error("failed", exc_info=True, topic="cx.raw.google")
    assert "ValueError" in lines.text
    assert "topic=cx.raw.google" in lines.text
    assert SECRET not in lines.text


def test_our_debug_lines_come_on_request_and_the_libraries_never(logged: Start) -> None:
    lines = logged("DEBUG")
    log.debug("seen")
    logging.getLogger("kafka.client").info("connected")
    assert [line["event"] for line in lines.all] == ["seen"]
    lines = logged("ERROR")
    log.warning("late")
    assert lines.text == ""


def test_a_library_that_sees_only_sealed_records_may_speak_but_not_quote_an_exception(logged: Start) -> None:
    lines = logged()
    logging.getLogger("kafka.client").warning("node %s: %r", "127.0.0.1:9092", ValueError(SECRET))
    assert lines.last["event"] == "node 127.0.0.1:9092: 'ValueError'"
    assert lines.last["role"] == "processor"


def test_a_line_of_ours_by_way_of_logging_does_not_quote_an_exception_either(logged: Start) -> None:
    lines = logged()
    logging.getLogger("cxsync.store.lease").warning("renewal of %s failed: %s", "tenant:t1", ValueError(SECRET))
    assert lines.last["event"] == "renewal of tenant:t1 failed: ValueError"


def test_any_other_library_is_reduced_to_the_place_it_spoke_from(logged: Start) -> None:
    lines = logged()
    logging.getLogger("some.library").warning("answer: " + SECRET)
    logging.getLogger("asyncio").error(SECRET, exc_info=ValueError(SECRET), stack_info=True)
    assert [line["event"].split(":")[0] for line in lines.all] == ["test_log", "test_log"]
    assert lines.last["exception"][0]["type"] == "ValueError"
    assert SECRET not in lines.text


def test_a_line_that_cannot_be_formatted_does_not_print_its_arguments(logged: Start) -> None:
    lines = logged()
    logging.getLogger("kafka.client").warning("offset %d", SECRET)
    assert "could not be written: TypeError" in lines.text
    assert SECRET not in lines.text


def test_a_warning_of_python_is_a_line_too(logged: Start) -> None:
    lines = logged()
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(True)
        warnings.warn("deprecated", stacklevel=1)
    assert lines.last["logger"] == "py.warnings"


def test_an_exception_that_nobody_caught_is_logged_without_its_text(logged: Start) -> None:
    lines = logged()

    def fail() -> None:
        raise ValueError(SECRET)

    thread = threading.Thread(target=fail)
    thread.start()
    thread.join()
    assert lines.last["event"] == "thread crashed"
    sys.excepthook(ValueError, ValueError(SECRET), None)
    assert lines.last["event"] == "crashed"
    assert SECRET not in lines.text


def test_each_line_of_the_json_form_is_json_whatever_it_holds(logged: Start) -> None:
    lines = logged()
    log.info("seen", native_id='ü "quoted"\nnext line\x00')
    (line,) = lines.text.splitlines()
    assert json.loads(line)["native_id"] == 'ü "quoted"\nnext line\x00'
