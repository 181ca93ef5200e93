"""Streaming subscriptions: what is waiting for each, and who listens."""

import asyncio
import base64

from cxsync.sandbox.core.clock import Clock
from cxsync.sandbox.exchange import ids
from cxsync.sandbox.exchange.accounts import Account
from cxsync.sandbox.exchange.mailbox import Event, Mailbox
from cxsync.sandbox.exchange.options import Options
from cxsync.sandbox.exchange.soap import ResponseError
from cxsync.sandbox.exchange.style import utc_text

IDLE_SECONDS = 30 * 60.0
"""A streaming subscription that nobody listens to ends (MS-OXWSNTIF; the page "Notification subscriptions")."""


class Subscription:
    """Collects the events of some folders (None: all) and kinds."""

    def __init__(
        self, name: str, box: Mailbox, account: Account, folders: frozenset[int] | None, kinds: frozenset[str]
    ) -> None:
        self.name = name
        self.box = box
        self.account = account
        self.folders = folders
        self.kinds = kinds
        self.waiting: list[Event] = []
        self.wake = asyncio.Event()
        self.listener: object | None = None
        self.idle_since = 0.0

    def hear(self, event: Event) -> None:
        """An event of the mailbox."""
        wanted = self.folders is None or event.folder in self.folders or event.old_folder in self.folders
        if wanted and event.kind in self.kinds:
            self.waiting.append(event)
            self.wake.set()

    def take(self) -> str:
        """The waiting events as a Notification; empty if there are none."""
        if not self.waiting:
            return ""
        events, self.waiting = self.waiting, []
        drawn = "".join(_event_xml(self.box, event) for event in events)
        return f"<m:Notification><t:SubscriptionId>{self.name}</t:SubscriptionId>{drawn}</m:Notification>"


def _event_xml(box: Mailbox, event: Event) -> str:
    def item(tag: str, number: int) -> str:
        name = ids.encode(box.secret, box.guid, ids.ITEM, number)
        return f'<t:{tag} Id="{name}" ChangeKey="{ids.change_key(box.guid, event.version)}"/>'

    def folder(tag: str, number: int) -> str:
        found = box.folders[number]
        return f'<t:{tag} Id="{box.folder_id(found)}" ChangeKey="{box.folder_key(found)}"/>'

    inner = f"<t:TimeStamp>{utc_text(event.at)}</t:TimeStamp>{item('ItemId', event.item)}"
    inner += folder("ParentFolderId", event.folder)
    if event.old_folder:
        inner += item("OldItemId", event.old_item) + folder("OldParentFolderId", event.old_folder)
    return f"<t:{event.kind}>{inner}</t:{event.kind}>"


class Subscriptions:
    """All subscriptions of the server, by id."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._found: dict[str, Subscription] = {}
        self._count = 0

    def add(
        self,
        box: Mailbox,
        account: Account,
        folders: frozenset[int] | None,
        kinds: frozenset[str],
        options: Options,
    ) -> str:
        """A new subscription's id. Raises ResponseError when the account has too many."""
        self._expire()
        mine = sum(1 for each in self._found.values() if each.account is account)
        if options.max_subscriptions and mine >= options.max_subscriptions:
            raise ResponseError(
                "ErrorExceededSubscriptionCount", "You have exceeded the available subscriptions for your account."
            )
        self._count += 1
        name = base64.b64encode(box.guid + self._count.to_bytes(8, "big")).decode()
        found = Subscription(name, box, account, folders, kinds)
        found.idle_since = self._now()
        self._found[name] = found
        box.listeners.add(found.hear)
        return name

    def _now(self) -> float:
        return self._clock.now().timestamp()

    def _expire(self) -> None:
        for found in list(self._found.values()):
            if found.listener is None and self._now() - found.idle_since > IDLE_SECONDS:
                self._drop(found)

    def _drop(self, found: Subscription) -> None:
        found.box.listeners.discard(found.hear)
        del self._found[found.name]
        found.wake.set()

    def get(self, name: str, account: Account) -> Subscription:
        """The account's subscription; raises ResponseError ErrorSubscriptionNotFound."""
        self._expire()
        found = self._found.get(name)
        if found is None:
            raise ResponseError("ErrorSubscriptionNotFound", "The specified subscription was not found.")
        if found.account is not account:
            raise ResponseError("ErrorSubscriptionAccessDenied", "The subscription belongs to another account.")
        return found

    def remove(self, name: str, account: Account) -> None:
        """The account wants no more of it."""
        self._drop(self.get(name, account))

    def is_open(self, found: Subscription) -> bool:
        """Whether the subscription still exists."""
        return self._found.get(found.name) is found

    def release(self, found: Subscription, listener: object) -> None:
        """``listener`` does not listen to it any more."""
        if found.listener is listener:
            found.listener = None
            found.idle_since = self._now()

    def clear(self) -> None:
        """All end."""
        for found in list(self._found.values()):
            self._drop(found)
