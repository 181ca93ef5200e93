"""What the consumer host asks of a handler: deal with one item of the inbox, and say what is to be written for it."""

from collections.abc import Callable
from typing import ClassVar, Protocol

from msgspec import Struct

from cxsync.errors import CxSyncError
from cxsync.store.lease import Fenced, Hand
from cxsync.store.outbox import Message as Owed
from cxsync.store.work import Item
from schemas.records import Change, Content, Notification


class Work(Struct, frozen=True):
    """An item, opened. ``content`` is None if ``erased``; ``trace_id`` goes on every record made of it."""

    item: Item
    record: Change | Notification
    content: Content | None
    trace_id: str
    erased: bool = False


def nothing(_conn: Fenced) -> None:
    """Write nothing."""


class Later(Struct, frozen=True):
    """The item is to come again in ``due_in`` seconds unless a newer observation replaces it; ``code`` says why."""

    code: str
    due_in: float


class Effect(Struct, frozen=True):
    """What dealing with an item comes to: ``write`` (link, base) and ``messages`` (outcome, notifications), both in
    the one transaction that also ends the item, or with ``again`` puts it off."""

    messages: tuple[Owed, ...] = ()
    write: Callable[[Fenced], None] = nothing
    again: Later | None = None


class TryAgain(CxSyncError):
    """The item cannot be dealt with now; ``due_in`` seconds from now it can be tried again. Delays no other item."""

    code: ClassVar[str] = "try-again"

    def __init__(self, reason: str, due_in: float) -> None:
        """``reason`` is a stable code."""
        self.reason = reason
        self.due_in = due_in
        super().__init__(f"put off for {due_in:.0f} s: {reason}")


class HoldItem(CxSyncError):
    """The item waits until a person decides."""

    code: ClassVar[str] = "held"

    def __init__(self, reason: str, messages: tuple[Owed, ...] = ()) -> None:
        """``reason`` is a stable code, by which it is released; ``messages`` are told at once."""
        self.reason = reason
        self.messages = messages
        super().__init__(f"held: {reason}")


class Handler(Protocol):
    """Reconciles the items of one target."""

    def handle(self, work: Work, hand: Hand) -> Effect:
        """Deal with ``work`` under the lease; call ``hand.check()`` before every write to a calendar.

        Raises:
            TryAgain: later.
            HoldItem: when a person has decided.
            LeaseLost: somebody else goes on with it.
        """
        ...
