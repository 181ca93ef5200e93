"""Tells a supervisor the port of this process: one JSON line on a pipe that it left open for us.

The pipe's number stands in ``CXSYNC_REPORT_FD``; without it nobody wants to know, and nothing happens.
"""

import json
import os
from collections.abc import MutableMapping

VARIABLE = "CXSYNC_REPORT_FD"


def announce(health_port: int, environment: MutableMapping[str, str] = os.environ) -> bool:
    """Write the line, once, and close the pipe; says whether there was one.

    A supervisor that is gone, or a number that is no pipe of ours any more, is no reason to stop work.
    """
    number = environment.pop(VARIABLE, "")
    if not number.isdigit():
        return False
    try:
        with open(int(number), "wb", closefd=True) as pipe:
            pipe.write(json.dumps({"health_port": health_port}).encode() + b"\n")
    except OSError:
        return False
    return True
