import signal
import subprocess
import sys
import threading
from pathlib import Path

from cxsync.observe.health import Heartbeat
from cxsync.observe.watchdog import Watchdog

ROOT = Path(__file__).parents[3]

HANGING = """
import threading
from cxsync.observe.health import Heartbeat
from cxsync.observe.watchdog import Watchdog
with Watchdog(Heartbeat(limit=0.1), patience=0.2, every=0.1):
    threading.Event().wait()
"""


def test_a_process_whose_main_loop_hangs_ends_itself() -> None:
    done = subprocess.run([sys.executable, "-c", HANGING], cwd=ROOT, timeout=60, check=False)
    assert done.returncode == -signal.SIGKILL


def test_a_late_beat_within_the_patience_is_forgiven() -> None:
    now = 0.0
    bitten, seen = threading.Event(), threading.Event()

    class Watched(Heartbeat):
        @property
        def alive(self) -> bool:
            seen.set()
            return super().alive

    heartbeat = Watched(limit=10, clock=lambda: now)
    with Watchdog(heartbeat, patience=3600, every=0.001, bite=bitten.set):
        now = 11.0
        for _ in range(20):
            seen.clear()
            assert seen.wait(10)
        assert not bitten.is_set()


def test_it_bites_once_when_the_patience_is_over() -> None:
    bites: list[int] = []
    bitten = threading.Event()

    def bite() -> None:
        bites.append(1)
        bitten.set()

    now = 0.0
    heartbeat = Heartbeat(limit=10, clock=lambda: now)
    with Watchdog(heartbeat, patience=0.005, every=0.001, bite=bite):
        now = 11.0
        assert bitten.wait(10)
    assert bites == [1]


def test_it_ends_with_the_block() -> None:
    before = threading.active_count()
    with Watchdog(Heartbeat(limit=3600)):
        assert threading.active_count() == before + 1
    assert threading.active_count() == before
