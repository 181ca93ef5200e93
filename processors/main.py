"""The processor role: ``cxsync run processor``."""

from cxsync.calendars.opening import READERS
from cxsync.role import serving
from cxsync.settings import Settings
from processors import host
from processors.judgement import judgements


def main(settings: Settings, _name: str) -> None:
    """Serve the role until SIGTERM or Ctrl-C."""
    with serving("processor", settings) as role:
        host.run(role, judgements(READERS))
