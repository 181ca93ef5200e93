"""One role of the audit in a process of its own: ``python -m tests.audit.role producer|processor|consumer|history``."""

import sys

from consumers import history
from consumers.host import ConsumerHost
from cxsync.broker import topics
from cxsync.role import serving
from cxsync.settings import Settings
from processors.host import run
from producers.host import ProducerHost
from tests.audit.payload import AuditHandler, AuditSource, judge


def main(name: str) -> None:
    """Serve the role until SIGTERM."""
    settings = Settings.load(env_file=None)
    with serving(name, settings) as role:
        match name:
            case "producer":
                ProducerHost(role, AuditSource(role.database)).run()
            case "processor":
                run(role, {"exchange": judge})
            case "consumer":
                ConsumerHost(role, topics.name(settings, "changes.carerix"), "carerix", AuditHandler(role)).run()
            case "history":
                history.run(role)
            case _:
                raise ValueError(name)


if __name__ == "__main__":
    main(sys.argv[1])
