"""Accounts and calendars: what is kept, and the counters on which synchronisation rests."""

from bisect import bisect_right, insort
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from cxsync.sandbox.google.event import Data, Event, base_of, etag_of, rank_of

GRAIN = timedelta(milliseconds=1)


class Calendar:
    """Events by id, with a counter that rises by one at each change."""

    def __init__(self, name: str, owner: str, summary: str, zone: str, seed: int, made: datetime) -> None:
        self.id = name
        self.owner = owner
        self.summary = summary
        self.zone = zone
        self.seed = seed
        self.description: str | None = None
        self.made = made
        self.made_by: str | None = None
        """The OAuth client that created it, for the scope ``calendar.app.created``."""
        self.shared: dict[str, str] = {}
        """Roles of other accounts, by their address."""
        self.access_changes = 0
        self.events: dict[str, Event] = {}
        self.exceptions: dict[str, dict[str, str]] = {}
        """By series: stamp of the original start to the exception's id."""
        self.families: dict[str, list[str]] = {}
        """By an id without ``_R…``: the series that come from it by splitting."""
        self.by_uid: dict[str, set[str]] = {}
        self.counter = 0
        self.updated = made
        self._changes: list[tuple[int, str]] = []
        self._order: list[tuple[str, str]] = []

    def role(self, email: str) -> str | None:
        """What ``email`` may do here; None: must not know of it."""
        return "owner" if email == self.owner else self.shared.get(email)

    def put(self, name: str, data: Data, now: datetime, *, repeat_etag: bool = False) -> Event:
        """Store a content version: counter, ``updated`` and etag move on."""
        moment = now.replace(microsecond=now.microsecond // 1000 * 1000)
        if not repeat_etag:
            moment = max(moment, self.updated + GRAIN)
        event = self._stored(name, data, moment)
        event.updated = self.updated = max(moment, self.updated)
        event.etag = etag_of(event.updated)
        self._count(event)
        return event

    def put_quietly(self, event: Event, data: Data, *, counted: bool) -> None:
        """Store what does not move ``updated`` (reminders); ``counted``: still shown by the next increment."""
        event.data = data
        if counted:
            self._count(event)

    def _stored(self, name: str, data: Data, moment: datetime) -> Event:
        event = self.events.get(name)
        if event is None:
            event = Event(name, data, moment, rank_of(self.seed, name))
            self.events[name] = event
            insort(self._order, (event.rank, name))
            self.by_uid.setdefault(data["iCalUID"], set()).add(name)
        self._index(event, data)
        event.data = data
        if event.is_series:
            family = self.families.setdefault(base_of(name), [])
            if name not in family:
                family.append(name)
        return event

    def _index(self, event: Event, data: Data) -> None:
        """Note of which series the event is an exception; after a split the later part may take it over."""
        series, stamp = data.get("recurringEventId"), event.id.rpartition("_")[2]
        if event.series not in (None, series):
            self.exceptions.get(event.series or "", {}).pop(stamp, None)
        if series is not None:
            self.exceptions.setdefault(series, {})[stamp] = event.id

    def _count(self, event: Event) -> None:
        self.counter += 1
        event.changed = self.counter
        self._changes.append((self.counter, event.id))

    def forget(self, name: str) -> None:
        """Remove an event without a trace."""
        event = self.events.pop(name)
        self._order.remove((event.rank, name))
        self.by_uid[event.data["iCalUID"]].discard(name)
        if event.series is not None:
            self.exceptions.get(event.series, {}).pop(name.rpartition("_")[2], None)
        self.exceptions.pop(name, None)

    def after(self, rank: tuple[str, str] | None) -> Iterator[Event]:
        """All events behind ``rank`` in the list's order."""
        begin = 0 if rank is None else bisect_right(self._order, rank)
        for index in range(begin, len(self._order)):
            yield self.events[self._order[index][1]]

    def changed_since(self, counter: int) -> list[Event]:
        """Events that changed after ``counter``, in the list's order."""
        if counter >= self.counter:
            return []
        begin = bisect_right(self._changes, (counter, "\uffff"))
        names = {name for _, name in self._changes[begin:]}
        found = [self.events[name] for name in names if name in self.events]
        return sorted(found, key=lambda event: (event.rank, event.id))

    def exceptions_of(self, series: str) -> list[Event]:
        """The exceptions of a series, removed occurrences included."""
        return [self.events[name] for name in self.exceptions.get(series, {}).values()]


class ListEntry:
    """A calendar as it stands in one account's list."""

    def __init__(self, calendar: str, changed: int) -> None:
        self.calendar = calendar
        self.changed = changed
        self.deleted = False
        self.settings: dict[str, Any] = {"selected": True}


class Account:
    """A Google account with its list of calendars."""

    def __init__(self, email: str, name: str, password: str, zone: str, person: str) -> None:
        self.email = email
        self.name = name
        self.password = password
        self.zone = zone
        self.person = person
        self.entries: dict[str, ListEntry] = {}
        self.counter = 0
        self.creations = 0

    def enlist(self, calendar: str) -> ListEntry:
        """Put a calendar on the list."""
        self.counter += 1
        entry = self.entries.get(calendar)
        if entry is None:
            entry = self.entries[calendar] = ListEntry(calendar, self.counter)
        entry.changed, entry.deleted = self.counter, False
        return entry

    def strike(self, calendar: str) -> None:
        """Take a calendar off the list."""
        self.counter += 1
        entry = self.entries[calendar]
        entry.changed, entry.deleted = self.counter, True


class Directory:
    """All accounts by address and all calendars by id."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.accounts: dict[str, Account] = {}
        self.calendars: dict[str, Calendar] = {}

    def add_account(self, account: Account, now: datetime) -> None:
        """A new account with its primary calendar, whose id is the account's address."""
        self.accounts[account.email] = account
        self.add_calendar(account, account.email, account.email, account.zone, now)

    def add_calendar(self, account: Account, name: str, summary: str, zone: str, now: datetime) -> Calendar:
        """A new calendar, on its owner's list from the start."""
        moment = now.astimezone(UTC).replace(microsecond=0)
        calendar = self.calendars[name] = Calendar(name, account.email, summary, zone, self.seed, moment)
        account.enlist(name)
        return calendar
