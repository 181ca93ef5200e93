"""A supervisor in a process of its own, as ``cxsync up`` is one: ``group.py FILE``."""

import sys
from pathlib import Path

import msgspec

from cxsync.errors import CxSyncError
from cxsync.observe.log import configure
from cxsync.supervise.keeper import Timing
from cxsync.supervise.role import RoleSpec
from cxsync.supervise.supervisor import Supervisor


class TopicsWrongError(CxSyncError):
    code = "topics-wrong"


class Group(msgspec.Struct):
    roles: list[RoleSpec]
    timing: Timing = Timing()
    port: int = 0
    topics_wrong: bool = False

    def check_topics(self) -> None:
        if self.topics_wrong:
            raise TopicsWrongError("cx.raw.google has 3 partitions; 12 are configured")


def main(file: str) -> int:
    group = msgspec.json.decode(Path(file).read_bytes(), type=Group)
    configure("INFO", "json", "supervisor")
    try:
        Supervisor(group.roles, port=group.port, before_start=group.check_topics, timing=group.timing).run()
    except CxSyncError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
