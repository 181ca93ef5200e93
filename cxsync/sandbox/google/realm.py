"""What all parts of the Google server work on, and the one place where an event changes."""

import random
from collections.abc import Callable
from typing import Any, Literal

import msgspec

from cxsync.sandbox.core.journal import Channel
from cxsync.sandbox.core.world import World
from cxsync.sandbox.google.calendars import Account, Calendar, Directory
from cxsync.sandbox.google.event import Data, Event
from cxsync.sandbox.google.options import Options
from cxsync.sandbox.google.tokens import Tokens

NAME = "google"
SendUpdates = Literal["all", "externalOnly", "none"]
_ALPHABET = "0123456789abcdefghijklmnopqrstuv"


class Actor(msgspec.Struct, frozen=True):
    """Who writes: an account, how, through which OAuth client, and which guests are to be told."""

    account: Account
    channel: Channel
    client: str | None = None
    send: SendUpdates = "none"

    @property
    def author(self) -> str:
        """The name in the journal."""
        return self.account.email


class Realm:
    """Directory, tokens, switches and random source of one sandbox."""

    def __init__(self, world: World, seed: int, options: Callable[[], Options]) -> None:
        self.world = world
        self.directory = Directory(seed)
        self.tokens = Tokens(seed)
        self.random = random.Random(f"google {seed}")  # noqa: S311 - ids have to be the same for the same seed
        self._options = options
        self.on_change: list[Callable[[Calendar], None]] = []

    @property
    def options(self) -> Options:
        """The switches in force."""
        return self._options()

    def new_id(self, length: int = 26) -> str:
        """An id in base32hex as the server invents them."""
        return "".join(self.random.choices(_ALPHABET, k=length))

    def save(self, calendar: Calendar, name: str, data: Data, actor: Actor, action: str, *, author: str = "") -> Event:
        """Store a new content version, put it into the journal, wake who watches the calendar."""
        event = calendar.put(name, data, self.world.clock.now(), repeat_etag=self.options.etags_may_repeat)
        self._recorded(calendar, event, actor, action, author)
        return event

    def save_quietly(self, calendar: Calendar, event: Event, data: Data, actor: Actor, action: str) -> None:
        """Store what does not count as a change of the event itself: reminders."""
        calendar.put_quietly(event, data, counted=self.options.reminders_in_sync)
        self._recorded(calendar, event, actor, action, "")

    def _recorded(self, calendar: Calendar, event: Event, actor: Actor, action: str, author: str) -> None:
        content: dict[str, Any] = {"calendar": calendar.id, **event.data}
        self.world.journal.add(
            NAME,
            calendar.owner,
            event.id,
            event.etag.strip('"'),
            "server" if author else actor.channel,
            author or actor.author,
            action,
            content,
        )
        for told in self.on_change:
            told(calendar)
