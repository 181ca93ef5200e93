"""The recruiter's week while random roles are killed with -9: everything arrives, nothing twice, nobody is mailed.

Each kill hits one role of the pipeline's supervisor, wherever it is just then; the supervisor starts it again. At the
end the sandbox's journals are asked, not our own records.
"""

import random
import threading
from collections import Counter
from pathlib import Path
from typing import Any

import psutil
from msgspec import Struct, field

from cxsync.demo.command import prepare
from cxsync.demo.people import People
from cxsync.demo.stage import stage
from cxsync.demo.story import Story
from cxsync.demo.week import SYSTEM, Week
from cxsync.killpoints import POINTS, VARIABLE
from cxsync.settings import Settings


class Played(Struct):
    """What was found; every list of faults has to be empty."""

    kills: dict[str, int] = field(default_factory=dict)
    failed: int = 0
    latencies: list[float] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)


def play(folder: Path, *, seed: int, every: float, points: float = 0.0) -> Played:
    """Play the week below ``folder``; a random role dies about every ``every`` seconds, and each role with probability
    ``points`` whenever it comes to one of its named points (``cxsync.killpoints``)."""
    played = Played()
    told = {VARIABLE: ",".join(f"{point}={points}" for point in POINTS)} if points else {}
    with stage(Settings(data_dir=folder), **told) as found:
        prepare(found)
        over = threading.Event()
        killer = threading.Thread(target=_kill, args=(found.pipeline.pid, random.Random(seed), every, over, played))
        killer.start()
        story = Story()
        try:
            story.play(Week(found, story).scenes())
        finally:
            over.set()
            killer.join()
        played.failed, played.latencies = story.failed, story.latencies
        played.faults += _doubled(found.people)
        played.faults += [f"mailed to strangers: {mail.get('kind')}" for mail in found.people.mails()]
    return played


def _kill(pipeline: int, chosen: random.Random, every: float, over: threading.Event, played: Played) -> None:
    while not over.wait(chosen.uniform(0.5, 1.5) * every):
        try:
            roles = psutil.Process(pipeline).children()
            victim = chosen.choice(roles)
            name = " ".join(victim.cmdline()[-2:]).replace("run ", "")
            victim.kill()
        except (psutil.Error, IndexError):
            continue
        played.kills[name] = played.kills.get(name, 0) + 1


def _doubled(people: People) -> list[str]:
    """No two living items of one calendar have the same creation key, or the same subject and start."""
    faults = []
    for owner, system in SYSTEM.items():
        items = people.items(system, owner)
        seen = Counter((item["subject"], str(item["start"])) for item in items)
        faults += [f"{system}: {n} items {subject!r} at {start}" for (subject, start), n in seen.items() if n > 1]
    for user in people.users("carerix"):
        rows: list[dict[str, Any]] = people.items("carerix", user["owner"])
        keys = Counter(row["external_identifier"] for row in rows if row.get("external_identifier"))
        faults += [f"carerix: {n} rows with creation key {key}" for key, n in keys.items() if n > 1]
    return faults
