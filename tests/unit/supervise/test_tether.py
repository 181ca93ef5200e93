import os
import subprocess
import sys
from pathlib import Path

import pytest

from cxsync.supervise import tether

linux = pytest.mark.skipif(sys.platform != "linux", reason="PR_SET_PDEATHSIG is of Linux")


def run(parent: int, *program: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-I", "-S", str(Path(tether.__file__)), str(parent), *program],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_it_becomes_the_program_with_its_arguments_and_exit_status() -> None:
    done = run(os.getpid(), sys.executable, "-c", "import sys; print(sys.argv[1:]); sys.exit(7)", "a b", "ü")
    assert (done.returncode, done.stdout) == (7, "['a b', 'ü']\n")


@linux
def test_the_program_will_be_killed_when_its_parent_ends() -> None:
    # prctl(2), PR_GET_PDEATHSIG is 2.
    program = (
        "import ctypes; number = ctypes.c_int(); ctypes.CDLL(None).prctl(2, ctypes.byref(number)); print(number.value)"
    )
    assert run(os.getpid(), sys.executable, "-c", program).stdout == "9\n"


@linux
def test_a_supervisor_that_ended_before_the_tie_was_made_leaves_no_program() -> None:
    done = run(os.getppid(), sys.executable, "-c", "print('alive')")
    assert (done.returncode, done.stdout) == (tether.ORPHANED, "")


def test_a_program_that_is_not_there_is_named() -> None:
    done = run(os.getpid(), "/nowhere/cxsync", "run", "processor")
    assert done.returncode == tether.NOT_FOUND
    assert "cannot run /nowhere/cxsync: No such file or directory" in done.stderr
