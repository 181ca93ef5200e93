"""What the processor host asks of a judge: one raw record in, one change out, on any machine, any day."""

from typing import Protocol

from msgspec import Struct

from schemas.records import Change, ChangeContent, Position, RawChange, RawContent


class Judged(Struct, frozen=True):
    """A change for one target, with its sealed part. The change's fingerprint is bare; the host keys it."""

    change: Change
    content: ChangeContent


class Judge(Protocol):
    """Normalises and judges the raw records of one system; a function of its arguments and nothing else."""

    def __call__(self, raw: RawChange, content: RawContent, position: Position) -> Judged:
        """Raises whatever it likes: the host makes a dead letter of it."""
        ...
