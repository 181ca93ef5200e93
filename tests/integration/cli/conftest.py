"""Runs the real command in a process of its own, with the test's settings in its environment."""

import os
import subprocess
import sys
from collections.abc import Callable, Mapping

import pytest

from cxsync.settings import PREFIX, Settings

Cxsync = Callable[..., subprocess.CompletedProcess[str]]


def environment(settings: Settings) -> dict[str, str]:
    """The settings as variables, and nothing of the caller's own."""
    told = {PREFIX + name.upper(): str(value) for name, value in settings.model_dump().items() if str(value)}
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    return inherited | told


@pytest.fixture
def cxsync(settings: Settings) -> Cxsync:
    """``cxsync("status", "--json", stdin="", CXSYNC_LOG_LEVEL="DEBUG")``: the finished process, with its outputs."""

    def run(*arguments: str, stdin: str = "", **more: str) -> subprocess.CompletedProcess[str]:
        variables: Mapping[str, str] = environment(settings) | more
        return subprocess.run(
            [sys.executable, "-m", "cxsync", *arguments],
            input=stdin,
            env={name: value for name, value in variables.items() if value},
            capture_output=True,
            text=True,
            timeout=90,
            check=False,
        )

    return run


@pytest.fixture
def add_tenant(cxsync: Cxsync) -> Callable[[], None]:
    """Adds the tenant ``demo``."""

    def add() -> None:
        done = cxsync(
            *("tenant", "add", "demo", "--graphql-url", "https://api.example.com/graphql"),
            *("--token-url", "https://id.example.com/token", "--client-id", "c", "--client-secret-stdin"),
            stdin="s3cret\n",
        )
        assert done.returncode == 0, done.stderr

    return add
