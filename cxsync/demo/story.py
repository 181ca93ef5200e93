"""How a story is played: steps of a scene act one after the other, then each shows its proofs and their latency.

A step is a generator: up to its ``yield`` somebody does something in his own program, after it the proofs are waited
for. The steps of one scene therefore share the waiting.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

import click

Step = Callable[[], Iterator[None]]
PATIENCE: Final = 90.0
"""Seconds that a proof may take."""


class Story:
    """Counts proofs that did not come in ``failed``; ``latencies`` in seconds, from the act to the proof."""

    def __init__(self) -> None:
        self.latencies: list[float] = []
        self.failed = 0
        self._acted = 0.0

    def play(self, scenes: Sequence[Sequence[Step]]) -> None:
        """All scenes in order."""
        for scene in scenes:
            began = []
            for step in scene:
                running = step()
                next(running)
                began.append((step, running, time.monotonic()))
            for step, running, acted in began:
                click.echo(f"\n{click.style((step.__doc__ or step.__name__).strip(), bold=True)}")
                self._acted = acted
                next(running, None)

    def check(self, text: str, holds: Callable[[], Any], why: str = "") -> None:
        """A proof that has to be there now."""
        self._say(text, bool(holds()), "", why)

    def arrives(self, text: str, holds: Callable[[], Any], *, patience: float = PATIENCE, counts: bool = True) -> None:
        """Wait for a proof; its latency counts from the end of the step's acts."""
        deadline = max(time.monotonic(), self._acted) + patience
        while not (there := bool(holds())) and time.monotonic() < deadline:
            time.sleep(0.2)
        seconds = time.monotonic() - self._acted
        if there and counts:
            self.latencies.append(seconds)
        self._say(text, there, f"{seconds:5.1f} s")

    def acted(self) -> None:
        """From here on latencies count anew."""
        self._acted = time.monotonic()

    def _say(self, text: str, good: bool, after: str = "", why: str = "") -> None:
        mark = click.style("  ✓ ", fg="green") if good else click.style("  ✗ ", fg="red")
        click.echo(f"{mark}{text}  {click.style(after, dim=True)}".rstrip())
        if not good:
            self.failed += 1
            if why:
                click.echo(f"    {why.strip()}")
