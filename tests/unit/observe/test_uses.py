"""Every log call in the source, read as source: what mypy cannot see."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
PACKAGES = ("cxsync", "schemas", "producers", "processors", "consumers")
SOURCES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))


def log_calls(path: Path) -> list[ast.Call]:
    return [
        node
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id == "log"
        and node.func.attr in {"debug", "info", "warning", "error"}
    ]


def test_the_search_finds_the_supervisors_lines() -> None:
    assert len(log_calls(ROOT / "cxsync/supervise/keeper.py")) >= 5


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_the_text_of_a_log_line_is_a_constant(path: Path) -> None:
    uses_logging = "import logging\n" in path.read_text()
    for call in log_calls(path):
        where = f"{path.relative_to(ROOT)}:{call.lineno}: what varies belongs into a field"
        assert call.args, where
        assert isinstance(call.args[0], ast.Constant), where
        assert uses_logging or len(call.args) == 1, where
