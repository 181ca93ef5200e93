"""All mailboxes of the server, made when first needed, and the parts that work on them."""

import hashlib
from collections.abc import Callable, Iterator
from datetime import timedelta

from cxsync.sandbox.core.seed import Person, appointments
from cxsync.sandbox.core.world import World
from cxsync.sandbox.exchange.accounts import Account, Directory
from cxsync.sandbox.exchange.draft import Draft
from cxsync.sandbox.exchange.item import Body, Content
from cxsync.sandbox.exchange.mailbox import Mailbox
from cxsync.sandbox.exchange.meetings import Meetings
from cxsync.sandbox.exchange.options import Options
from cxsync.sandbox.exchange.spoken import rule_of
from cxsync.sandbox.exchange.store import Cause, Store
from cxsync.sandbox.exchange.zones import to_utc, zone_of_place

_SEEDED = Cause("server", "seed", "seed")


class Organisation:
    """Accounts by name, mailboxes by account; ``secret`` makes identifiers that nobody can guess."""

    def __init__(self, world: World, options: Callable[[], Options]) -> None:
        self.world = world
        self._options = options
        self.directory = Directory(world.clock, world.witness)
        self.store = Store(world, options)
        self.meetings = Meetings(self.store, self)
        self.secret = b""
        self._persons: dict[str, Person] = {}
        self._guids: dict[bytes, Account] = {}
        self.reset(world.seed)

    @property
    def options(self) -> Options:
        """The switches in force."""
        return self._options()

    def reset(self, seed: int) -> None:
        """Begin again with the world's people who have an Exchange calendar."""
        self.secret = hashlib.blake2s(f"exchange {seed}".encode()).digest()
        self._since = self.world.clock.now()
        self.directory.clear()
        self._persons.clear()
        self._guids.clear()
        for person in self.world.people:
            if person.provider == "exchange":
                self._persons[person.mailbox.lower()] = person
                self.add(
                    Account(
                        person.mailbox, person.key, person.name, person.key, person.password, person.zone, self._since
                    )
                )

    def add(self, account: Account) -> None:
        """A further account."""
        self.directory.add(account)
        self._guids[self._guid(account.owner)] = account

    def _guid(self, owner: str) -> bytes:
        return hashlib.blake2s(owner.lower().encode(), key=self.secret, digest_size=16).digest()

    def mailbox(self, account: Account) -> Mailbox:
        """The account's mailbox."""
        if account.mailbox is None:
            account.mailbox = Mailbox(account.owner, account.name, self.secret, zone_of_place(account.zone))
            person = self._persons.get(account.owner.lower())
            if person is not None:
                self._seed(account.mailbox, person)
        return account.mailbox

    def mailbox_of(self, address: str) -> Mailbox | None:
        """The mailbox with this address; None if it is not on this server."""
        account = self.directory.by_address(address)
        return self.mailbox(account) if account is not None else None

    def by_guid(self, guid: bytes) -> Mailbox | None:
        """The mailbox that an identifier is bound to."""
        account = self._guids.get(guid)
        return self.mailbox(account) if account is not None else None

    def mailboxes(self) -> Iterator[Mailbox]:
        """All of them, by address."""
        for owner in sorted(self.directory.accounts):
            yield self.mailbox(self.directory.accounts[owner])

    def _seed(self, box: Mailbox, person: Person) -> None:
        zone = box.zone
        today = (self._since + zone.offset(self._since)).date()
        for each in appointments(person, "exchange", self.world.seed, today):
            start = to_utc(zone, each.start)
            content = Content(
                subject=each.subject,
                location=each.location or None,
                body=Body(each.notes, html=False) if each.notes else None,
                sensitivity="Private" if each.private else "Normal",
                all_day=each.all_day,
                reminder=not each.all_day,
            )
            rule = rule_of(each.rule, each.start, self.options) if each.rule is not None else None
            draft = Draft(content, start, to_utc(zone, each.start + timedelta(minutes=each.minutes)), zone, zone, rule)
            self.store.create(box, box.calendar, draft, zone, _SEEDED)
