"""A role to be supervised: ``role.py DIRECTORY NAME BEHAVIOUR``. Notes its starts and signals in DIRECTORY/NAME."""

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from types import FrameType

from cxsync.observe.health import HealthServer, Heartbeat, Readiness
from cxsync.observe.metrics import count


def main(directory: str, name: str, behaviour: str) -> None:
    notes = Path(directory, name)
    ended = threading.Event()

    def note(text: str) -> None:
        with notes.open("a") as file:
            file.write(f"{text}\n")

    def on_signal(number: int, _frame: FrameType | None) -> None:
        note(f"signal {signal.Signals(number).name}")
        if behaviour != "stubborn":
            ended.set()

    signal.signal(signal.SIGTERM, on_signal)
    signal.signal(signal.SIGINT, on_signal)
    note(f"start {os.getpid()} {os.environ['CXSYNC_MEMBER_ID']}")
    if behaviour == "misconfigured":
        sys.exit(1)
    if behaviour == "parent":
        note(f"grandchild {subprocess.Popen(['sleep', '600']).pid}")
    heartbeat = Heartbeat(limit=0.5 if behaviour == "stuck" else 3600)
    count("polls", system="google", code="ok")
    if behaviour == "mute":
        ended.wait()
    readiness = Readiness(False, "waits for Godot") if behaviour == "waiting" else Readiness(True)
    with HealthServer(int(os.environ["CXSYNC_METRICS_PORT"]), ready=lambda: readiness, heartbeat=heartbeat):
        if behaviour == "short":
            ended.wait(0.3)
            sys.exit(3)
        ended.wait()


if __name__ == "__main__":
    main(*sys.argv[1:])
