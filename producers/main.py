"""The poller roles: ``cxsync run producer carerix|exchange|google``."""

import threading

from cxsync.calendars.opening import Opener, Openings
from cxsync.errors import UsageError
from cxsync.keyring import credential_keys
from cxsync.role import Role, serving
from cxsync.settings import Settings
from producers.carerix import CarerixSource
from producers.external import ExternalSource
from producers.host import ProducerHost
from producers.rounds import Rounds
from producers.source import Source

WORKERS = 4


def main(settings: Settings, name: str) -> None:
    """Serve the role until SIGTERM or Ctrl-C."""
    with serving(f"producer {name}", settings, pool=2 * WORKERS + 2) as role:
        source = _source(role, name)
        if isinstance(source, ExternalSource):
            threading.Thread(target=Rounds(role, source.system).run, name="rounds", daemon=True).start()
        ProducerHost(role, source, workers=WORKERS).run()


def _source(role: Role, name: str) -> Source:
    opener = Opener(role.settings, role.database, credential_keys(role.settings))
    match name:
        case "carerix":
            return CarerixSource(role, Openings(opener).carerix)
        case "exchange" | "google":
            return ExternalSource(role, name, opener.external)
    raise UsageError(f"there is no producer {name!r}")
