"""The documents say what the program is: codes, links, commands, settings, files and tests that they name."""

import ast
import importlib
import pkgutil
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import click
import pytest

import consumers
import cxsync
import processors
import producers
import schemas
from cxsync.cli.main import cxsync as command
from cxsync.cli.run import ROLES
from cxsync.errors import CxSyncError
from cxsync.killpoints import POINTS, VARIABLE
from cxsync.settings import PREFIX, Settings, table
from schemas.errors import ContractError
from schemas.words import Reason, Result

ROOT: Final = Path(__file__).parents[2]
PAGES: Final = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])
OURS: Final = (cxsync, schemas, producers, processors, consumers)
STAGES: Final = ("producers", "processors", "consumers")
REASONED: Final = frozenset({"PollFailed", "TryAgain", "HoldItem", "Later"})
"""Classes whose first argument is a code of its own."""
_FENCE: Final = re.compile(r"^```\w*\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_INDENTED: Final = re.compile(r"^    (.+)$", re.MULTILINE)
_SPAN: Final = re.compile(r"`([^`\n]+)`")

pages = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)


def told() -> set[str]:
    """Every word in backticks in the first column of a table."""
    rows = [line for page in PAGES for line in page.read_text().splitlines() if line.startswith("| `")]
    return {word for row in rows for word in _SPAN.findall(row.split(" | ")[0])}


def error_codes() -> dict[str, str]:
    """The codes of all typed errors of the program, with the class that has them."""
    for package in OURS:
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not module.name.endswith("__main__"):
                importlib.import_module(module.name)

    def below(kind: type[CxSyncError] | type[ContractError]) -> Iterator[type[CxSyncError] | type[ContractError]]:
        yield kind
        for further in kind.__subclasses__():
            yield from below(further)

    names = tuple(package.__name__ for package in OURS)
    found = [*below(CxSyncError), *below(ContractError)]
    return {kind.code: kind.__name__ for kind in found if kind.__module__.partition(".")[0] in names}


def plain_codes() -> set[str]:
    """Codes that the stages give as they go: reasons of waits, of dead letters, of outcomes."""
    found: set[object] = set()
    for path in (path for stage in STAGES for path in (ROOT / stage).rglob("*.py")):
        tree = ast.parse(path.read_text())
        constants = {
            node.target.id: node.value
            for node in tree.body
            if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)
        }
        for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
            name = call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")
            words = [keyword.value for keyword in call.keywords if keyword.arg == "code" and name != "count"]
            words += call.args[:1] if name in REASONED else []
            words += call.args[1:3] if name in {"_dead", "_bury"} else []
            named = (constants.get(word.id) if isinstance(word, ast.Name) else word for word in words)
            found |= {word.value for word in named if isinstance(word, ast.Constant)}
    return {code for code in found if isinstance(code, str) and re.fullmatch(r"[a-z]+(-[a-z]+)*", code)}


def test_every_code_of_an_error_stands_in_a_table() -> None:
    known = told()
    assert not {code: kind for code, kind in error_codes().items() if code not in known}


def test_every_code_of_a_wait_a_dead_letter_or_an_outcome_stands_in_a_table() -> None:
    codes = plain_codes()
    assert {"judge-failed", "handler-failed", "pending", "deletions-held", "no-sync", "exception-quiet"} <= codes
    assert not codes - told()


def test_every_reason_of_a_mail_and_every_result_is_told() -> None:
    text = "\n".join(page.read_text() for page in PAGES)
    assert not set(Reason.__args__) - told()  # type: ignore[attr-defined]  # a Literal has its words there
    assert not {word for word in Result.__args__ if f"`{word}`" not in text}  # type: ignore[attr-defined]  # as above


def test_every_point_at_which_a_test_may_kill_a_process_is_told() -> None:
    page = (ROOT / "docs/reliability.md").read_text()
    assert not {point for point in POINTS if f"`{point}`" not in page}


def test_the_page_of_settings_is_printed_from_them() -> None:
    assert (ROOT / "docs/settings.md").read_text() == table() + "\n", "print it again, as its second line says"


@pages
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text()):
        if re.match(r"[a-z]+:", target):
            continue
        file, _, anchor = target.partition("#")
        aim = (page.parent / file).resolve() if file else page
        assert aim.exists(), target
        if anchor:
            assert anchor in {_anchor(line) for line in aim.read_text().splitlines() if line.startswith("#")}, target


def _anchor(heading: str) -> str:
    return re.sub(r"[^\w\- ]", "", heading.lstrip("#").strip().lower()).replace(" ", "-")


def written(text: str) -> Iterator[str]:
    """What stands in code: fenced and indented lines, spans."""
    for block in _FENCE.findall(text):
        yield from block.replace("\\\n", " ").splitlines()
    rest = _FENCE.sub("", text).replace("\\\n", " ")
    yield from _INDENTED.findall(rest)
    yield from _SPAN.findall(rest)


@pages
def test_commands_exist_with_their_options(page: Path) -> None:
    for line in written(page.read_text()):
        for call in re.findall(r"(?:^|[\s/|])cxsync ((?:[^#|]|\|(?=\w))+)", line):
            _walk(call.split(), line)


def _walk(words: list[str], line: str) -> None:
    found: click.Command = command
    context = click.Context(command)
    while isinstance(found, click.Group) and words and re.fullmatch(r"[a-z][a-z|-]*", words[0]):
        names = words.pop(0).split("|")
        inner = [found.get_command(context, name) for name in names]
        assert all(inner), f"there is no cxsync {' '.join(names)}: {line}"
        found = inner[0] or found
    options = {option for parameter in found.params for option in parameter.opts} | {"--help", "-h"}
    for word in words:
        if flag := re.match(r"\[?(--[a-z-]+)", word):
            assert flag[1] in options, f"no option {flag[1]}: {line}"
    if found.name == "run" and words and re.fullmatch(r"[a-z]+", words[0]):
        for name in words[1].split("|") if len(words) > 1 and re.fullmatch(r"[a-z|]+", words[1]) else [""]:
            assert f"{words[0]} {name}".strip() in ROLES, line


@pages
def test_make_targets_files_and_tests_that_are_named_exist(page: Path) -> None:
    text = page.read_text()
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for line in written(text):
        if call := re.match(r"make ([a-z-]+)", line):
            assert call[1] in targets, line
        if re.fullmatch(r"(?:[\w.-]+/)+[\w.-]+\.(?:py|md|sql|avsc|lock|toml|sh)", line):
            assert (ROOT / line).exists(), line
        if module := re.search(r"python -m ((?:tests|schemas|cxsync)(?:\.\w+)+)", line):
            path = ROOT / module[1].replace(".", "/")
            assert path.with_suffix(".py").exists() or path.is_dir(), line
    named = set(re.findall(r"`(test_\w+)`", text))
    if named:
        defined = {name for path in (ROOT / "tests").rglob("*.py") for name in _functions(path)}
        assert not named - defined


def _functions(path: Path) -> list[str]:
    return re.findall(r"def (test_\w+)\(", path.read_text())


@pages
def test_settings_that_are_named_exist(page: Path) -> None:
    known = {name.upper() for name in Settings.model_fields} | {"MEMBER_ID", "HISTORIES", VARIABLE.removeprefix(PREFIX)}
    assert not {name for name in re.findall(r"\bCXSYNC_([A-Z][A-Z_]*[A-Z])\b", page.read_text()) if name not in known}


def test_the_sandbox_may_import_no_package_that_was_added_since() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    (sandbox,) = [one for one in contracts if one.get("source_modules") == ["cxsync.sandbox"]]
    packages = {f"cxsync.{module.name}" for module in pkgutil.iter_modules(cxsync.__path__)}
    allowed = {"cxsync.errors", "cxsync.sandbox", "cxsync.__main__"}
    assert set(sandbox["forbidden_modules"]) == (packages - allowed) | {*STAGES, "schemas"}
