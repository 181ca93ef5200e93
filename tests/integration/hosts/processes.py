"""A role in a process of its own, with its log."""

import os
import signal
import subprocess
import sys
from pathlib import Path

from cxsync.settings import PREFIX, Settings
from tests.integration.hosts.topics import eventually

ROOT = Path(__file__).resolve().parents[3]


def variables(settings: Settings) -> dict[str, str]:
    """The settings as environment, and nothing of the caller's own."""
    told = {PREFIX + name.upper(): str(value) for name, value in settings.model_dump().items() if str(value)}
    return {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)} | told


class Process:
    """A running role. ``log`` grows as it writes."""

    def __init__(self, settings: Settings, folder: Path, *command: str, **more: str) -> None:
        folder.mkdir(exist_ok=True, parents=True)
        self._path = folder / f"{'-'.join(command[-2:]).replace('/', '_')}-{len(list(folder.iterdir()))}.log"
        environment = variables(settings) | {PREFIX + "LOG_FORMAT": "json"} | more
        with self._path.open("w") as log:
            self.popen = subprocess.Popen(
                [sys.executable, "-m", *command], cwd=ROOT, env=environment, stdout=log, stderr=log, text=True
            )

    @property
    def log(self) -> str:
        """What it wrote."""
        return self._path.read_text()

    def ends(self, seconds: float = 60.0) -> int:
        """Its exit status, once it ends by itself."""
        return self.popen.wait(seconds)

    def stop(self, seconds: float = 30.0) -> int:
        """SIGTERM; its exit status."""
        self.popen.send_signal(signal.SIGTERM)
        return self.popen.wait(seconds)

    def kill(self) -> None:
        """Kill -9, if it still runs."""
        if self.popen.poll() is None:
            self.popen.kill()
            self.popen.wait()

    def says(self, text: str) -> None:
        """Wait until the log holds ``text``."""
        eventually(lambda: text in self.log)
