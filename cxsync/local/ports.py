"""Free ports of the loopback interface."""

import errno
import random
import socket
from collections.abc import Iterable, Mapping

HOST = "127.0.0.1"

# Below the ports that systems give to outgoing connections (Linux from 32768): while the part restarts, no connection
# of another program can sit on its port.
_RANGE = range(20000, 32768)
_TRIES = 200


def choose(names: Iterable[str], before: Mapping[str, int]) -> dict[str, int]:
    """A free port for each of ``names``: the one it had ``before`` if that is free. Raises OSError if all are taken."""
    chosen: dict[str, int] = {}
    for name in names:
        candidates = [before[name]] if name in before else []
        candidates += random.sample(_RANGE, _TRIES)  # port numbers are no secret
        chosen[name] = next((port for port in candidates if port not in chosen.values() and is_free(port)), 0)
        if not chosen[name]:
            reason = f"no free port found on {HOST} from {_RANGE.start} to {_RANGE.stop - 1}"
            raise OSError(errno.EADDRINUSE, reason)
    return chosen


def is_free(port: int) -> bool:
    """Whether a server can listen at ``port``; connections that a former one left in TIME-WAIT do not count."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def answers(port: int) -> bool:
    """Whether something accepts connections at ``port``."""
    try:
        with socket.create_connection((HOST, port), timeout=1):
            return True
    except OSError:
        return False
