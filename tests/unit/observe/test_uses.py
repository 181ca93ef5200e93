"""Every log call and every metric in the source, read as source: what mypy cannot see."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from cxsync.observe.measures import METRICS

ROOT = Path(__file__).parents[3]
SOURCES = sorted(
    path for folder in ("cxsync", "producers", "processors", "consumers") for path in (ROOT / folder).rglob("*.py")
)
METRIC_CALLS = {"count": "counter", "observe": "histogram", "timed": "histogram", "set_gauge": "gauge"}


def calls(path: Path) -> Iterator[ast.Call]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call):
            yield node


def metric_uses(path: Path) -> Iterator[tuple[ast.Call, str, str]]:
    """The call, the function's and the metric's name."""
    tree = ast.parse(path.read_text())
    imported = {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == "cxsync.observe.metrics"
        for alias in node.names
    }
    for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
        match call.func:
            case ast.Name(id=function) if function in imported & METRIC_CALLS.keys():
                pass
            case ast.Attribute(value=ast.Name(id="metrics"), attr=function) if function in METRIC_CALLS:
                pass
            case _:
                continue
        if call.args and isinstance(call.args[0], ast.Constant) and isinstance(call.args[0].value, str):
            yield call, function, call.args[0].value


def test_the_search_finds_what_the_supervisor_counts() -> None:
    found = {name for path in SOURCES for _, _, name in metric_uses(path)}
    assert {"role_restarts", "role_ready"} <= found


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_metrics_are_used_with_their_kind_and_exactly_their_labels(path: Path) -> None:
    for call, function, name in metric_uses(path):
        where = f"{path.relative_to(ROOT)}:{call.lineno} {name}"
        assert name in METRICS, where
        assert METRICS[name].kind == METRIC_CALLS[function], where  # type: ignore[index]  # checked the line before
        labels = {keyword.arg for keyword in call.keywords if keyword.arg is not None} - {"amount", "seconds", "value"}
        if all(keyword.arg is not None for keyword in call.keywords):
            assert labels == set(METRICS[name].labels), where  # type: ignore[index]  # as above


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_the_text_of_a_log_line_is_a_constant(path: Path) -> None:
    uses_logging = "import logging\n" in path.read_text()
    for call in calls(path):
        match call.func:
            case ast.Attribute(value=ast.Name(id="log"), attr="debug" | "info" | "warning" | "error"):
                where = f"{path.relative_to(ROOT)}:{call.lineno}: what varies belongs into a field"
                assert call.args, where
                assert isinstance(call.args[0], ast.Constant), where
                assert uses_logging or len(call.args) == 1, where
            case _:
                pass
