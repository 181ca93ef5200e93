"""The sandbox servers as a process beside the pipeline, and the settings by which the pipeline finds them."""

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar

from cxsync.errors import CxSyncError


class SandboxFailed(CxSyncError):
    """The sandbox did not start."""

    code: ClassVar[str] = "sandbox-failed"

    def __init__(self, log: Path) -> None:
        self.log = log
        super().__init__(f"the sandbox did not start; see {log}")


@contextmanager
def sandbox(folder: Path) -> Iterator[dict[str, Any]]:
    """All addresses of a sandbox that serves as long as the block lasts; its log lies in ``folder``.

    Raises:
        SandboxFailed: it did not start.
    """
    folder.mkdir(parents=True, exist_ok=True)
    log = folder / "sandbox.log"
    with log.open("w") as errors:
        process = subprocess.Popen(
            [sys.executable, "-m", "cxsync.sandbox"], stdout=subprocess.PIPE, stderr=errors, text=True
        )
    try:
        line = process.stdout.readline() if process.stdout else ""
        if not line:
            raise SandboxFailed(log)
        yield json.loads(line)
    finally:
        end(process)


def google_settings(addresses: Mapping[str, Any]) -> dict[str, str]:
    """Settings, by their field names, that lead to the sandbox's Google and allow its Exchange."""
    google = addresses["google"]
    return {
        "endpoint_allowlist": "127.0.0.1",
        "google_api_endpoint": google["api"],
        "google_auth_url": google["auth"],
        "google_token_url": google["token"],
        "google_client_id": google["client_id"],
        "google_client_secret": google["client_secret"],
    }


def end(process: subprocess.Popen[Any]) -> None:
    """SIGTERM, and kill -9 for one that does not stop."""
    process.terminate()
    try:
        process.wait(timeout=30)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
