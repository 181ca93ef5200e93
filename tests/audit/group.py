"""The roles of the audit below the product's supervisor: ``python -m tests.audit.group PROCESSES``."""

import sys

from cxsync.observe.log import configure
from cxsync.settings import Settings
from cxsync.supervise.role import RoleSpec
from cxsync.supervise.supervisor import Supervisor


def roles(processes: int) -> list[RoleSpec]:
    """Each host ``processes`` times, each with a static member id of its own."""
    return [
        RoleSpec(f"{host} {number}", (sys.executable, "-m", "tests.audit.role", host), f"{host}-{number}")
        for host in ("producer", "processor", "consumer", "history")
        for number in range(1, processes + 1)
    ]


if __name__ == "__main__":
    settings = Settings.load(env_file=None)
    configure(settings.log_level, settings.log_format, "supervisor")
    Supervisor(roles(int(sys.argv[1]))).run()
