import os
import subprocess
import sys
from pathlib import Path

from cxsync.local.lifetime import FileLock, Place, State, is_held, is_used

HOLD = """
import sys
from pathlib import Path
from cxsync.local.lifetime import FileLock
lock = FileLock(Path(sys.argv[1]))
assert lock.acquire(exclusive=sys.argv[2] == "exclusive")
print("held", flush=True)
sys.stdin.read()
"""


def holder(path: Path, how: str) -> "subprocess.Popen[str]":
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path), how], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def end(process: "subprocess.Popen[str]") -> None:
    process.kill()
    process.communicate()


def test_a_lock_goes_with_its_process_even_when_that_was_killed(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    process = holder(path, "exclusive")
    assert is_held(path)
    end(process)
    assert not is_held(path)
    with FileLock(path) as lock:
        assert lock.acquire(exclusive=True)


def test_shared_holders_are_users_but_no_keeper(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    first, second = holder(path, "shared"), holder(path, "shared")
    try:
        assert is_used(path)
        assert not is_held(path)
        with FileLock(path) as lock:
            assert not lock.acquire(exclusive=True)
    finally:
        end(first)
    assert is_used(path)
    end(second)
    assert not is_used(path)


def test_two_locks_of_one_process_exclude_each_other(tmp_path: Path) -> None:
    with FileLock(tmp_path / "lock") as one, FileLock(tmp_path / "lock") as other:
        assert one.acquire(exclusive=True)
        assert not other.acquire(exclusive=False)
        one.release()
        assert other.acquire(exclusive=False)


def test_an_executed_child_does_not_keep_the_lock(tmp_path: Path) -> None:
    lock = FileLock(tmp_path / "lock")
    assert lock.acquire(exclusive=True)
    with subprocess.Popen(["cat"], stdin=subprocess.PIPE) as child:
        lock.close()
        assert not is_held(tmp_path / "lock")
        child.kill()


def test_a_forked_child_does_not_keep_the_lock(tmp_path: Path) -> None:
    lock = FileLock(tmp_path / "lock")
    assert lock.acquire(exclusive=True)
    hold, release = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(release)
        os.read(hold, 1)
        os._exit(0)
    os.close(hold)
    try:
        # The child closes its copy right after the fork, which may not have happened yet.
        lock.close()
        with FileLock(tmp_path / "lock") as other:
            assert other.acquire(exclusive=True, seconds=20)
    finally:
        os.close(release)
        os.waitpid(child, 0)


def test_a_heritable_lock_tells_whether_the_child_lives(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with FileLock(path, heritable=True) as lock:
        assert lock.acquire(exclusive=True)
        child = subprocess.Popen(["cat"], stdin=subprocess.PIPE, pass_fds=(lock.descriptor,))
    assert is_held(path)
    child.kill()
    child.communicate()
    assert not is_held(path)


def test_a_state_without_its_keeper_does_not_count_as_serving(tmp_path: Path) -> None:
    place = Place(tmp_path)
    assert place.serving() is None
    place.write(State("ready", "launch", os.getpid(), "1", endpoints={"smtp": "smtp://127.0.0.1:1"}))
    assert place.serving() is None, "nobody holds the keeper's lock"
    keeper = holder(place.keeper, "exclusive")
    try:
        assert place.serving() is not None
        gone = subprocess.Popen(["true"])
        gone.wait()
        place.write(State("ready", "launch", gone.pid, "1"))
        assert place.serving() is None, "the state is a former keeper's"
    finally:
        end(keeper)


def test_an_unreadable_state_is_no_state(tmp_path: Path) -> None:
    place = Place(tmp_path)
    place.state.write_text('{"phase": "rea')
    assert place.read() is None


def test_the_state_is_readable_by_its_owner_only(tmp_path: Path) -> None:
    place = Place(tmp_path)
    place.write(State("ready", "launch", 1, "1"))
    assert place.state.stat().st_mode & 0o777 == 0o600
