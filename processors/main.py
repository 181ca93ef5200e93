"""The processor role: ``cxsync run processor``."""

from collections.abc import Mapping
from typing import Final

from cxsync.role import serving
from cxsync.settings import Settings
from processors import host
from processors.judge import Judge
from schemas.words import System

JUDGES: Final[Mapping[System, Judge]] = {}
"""The judge of each source system."""


def main(settings: Settings, _name: str) -> None:
    """Serve the role until SIGTERM or Ctrl-C."""
    with serving("processor", settings) as role:
        host.run(role, JUDGES)
