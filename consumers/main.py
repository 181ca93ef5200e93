"""The consumer roles: ``cxsync run consumer carerix|exchange|google|email|history``."""

from consumers import history, mailer
from consumers.host import ConsumerHost
from consumers.sink.handler import Sink
from cxsync.broker import topics
from cxsync.calendars.opening import Opener, Openings
from cxsync.errors import UsageError
from cxsync.keyring import credential_keys
from cxsync.role import Role, serving
from cxsync.settings import Settings
from schemas.words import System

WORKERS = 4


def main(settings: Settings, name: str) -> None:
    """Serve the role until SIGTERM or Ctrl-C."""
    with serving(f"consumer {name}", settings, pool=2 * WORKERS + 2) as role:
        match name:
            case "carerix" | "exchange" | "google":
                _sink(role, name)
            case "email":
                mailer.run(role)
            case "history":
                history.run(role)
            case _:
                raise UsageError(f"there is no consumer {name!r}")


def _sink(role: Role, target: System) -> None:
    openings = Openings(Opener(role.settings, role.database, credential_keys(role.settings)))
    topic = topics.name(role.settings, f"changes.{target}")
    ConsumerHost(role, topic, target, Sink(role, target, openings), workers=WORKERS).run()
