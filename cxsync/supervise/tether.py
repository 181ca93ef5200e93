"""Becomes a role's program that cannot outlive the supervisor: ``python -I -S tether.py SUPERVISOR_PID PROGRAM ARG…``.

Linux sends a process the signal named by PR_SET_PDEATHSIG when its parent ends, also when that was killed with -9
(prctl(2); it survives execve(2)). A supervisor that ended before the call would be missed, so the parent is looked at
afterwards. On other systems the program is run as it is, and a supervisor killed with -9 leaves its roles running.

A script of its own, without the program's imports: it is run at each start of each role.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1
NOT_FOUND = 127
ORPHANED = 126


def main(arguments: list[str]) -> None:
    """Tie this process to its parent and turn into the program."""
    supervisor, program = int(arguments[0]), arguments[1:]
    if sys.platform == "linux":
        if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0) != 0:
            raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG) failed")
        if os.getppid() != supervisor:
            os._exit(ORPHANED)
    try:
        os.execvp(program[0], program)  # noqa: S606  # no shell is what we want
    except OSError as error:
        sys.stderr.write(f"cannot run {program[0]}: {error.strerror}\n")
        os._exit(NOT_FOUND)


if __name__ == "__main__":
    main(sys.argv[1:])
