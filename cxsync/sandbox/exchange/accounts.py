"""Who may sign in: names, passwords, expiry and lock-out as an Active Directory domain has them."""

from datetime import datetime, timedelta
from typing import Literal

from cxsync.sandbox.core.clock import Clock
from cxsync.sandbox.core.witness import Witness
from cxsync.sandbox.exchange.mailbox import Mailbox
from cxsync.sandbox.exchange.options import Options
from cxsync.sandbox.exchange.store import SYSTEM

Verdict = Literal["ok", "wrong-password", "locked", "expired", "disabled"]


class Account:
    """``owner``: primary SMTP address. ``alias``: the name within the domain. ``mailbox`` is made when first needed."""

    def __init__(
        self, owner: str, alias: str, name: str, person: str, password: str, zone: str, since: datetime
    ) -> None:
        self.owner = owner
        self.alias = alias
        self.name = name
        self.person = person
        self.zone = zone
        self.password = password
        self.password_since = since
        self.must_change = False
        self.disabled = False
        self.refused: list[datetime] = []
        self.locked_since: datetime | None = None
        self.mailbox: Mailbox | None = None


class Directory:
    """All accounts, found by any of their names."""

    def __init__(self, clock: Clock, witness: Witness) -> None:
        self._clock = clock
        self._witness = witness
        self.accounts: dict[str, Account] = {}
        self._aliases: dict[str, Account] = {}

    def add(self, account: Account) -> None:
        """A new account."""
        self.accounts[account.owner.lower()] = account
        self._aliases[account.alias.lower()] = account

    def clear(self) -> None:
        """Nobody is left."""
        self.accounts.clear()
        self._aliases.clear()

    def by_address(self, address: str) -> Account | None:
        """By primary SMTP address."""
        return self.accounts.get(address.lower())

    def by_name(self, name: str, options: Options) -> Account | None:
        """By ``DOMAIN\\alias``, alias, user principal name (``alias@domain.local``) or SMTP address."""
        lowered = name.lower()
        domain, slash, alias = lowered.partition("\\")
        if slash:
            account = self._aliases.get(alias) or self.accounts.get(alias)
            own = "" if account is None else account.owner.lower().partition("@")[2]
            return account if domain in ("", options.domain.lower(), f"{options.domain.lower()}.local", own) else None
        if lowered in self.accounts:
            return self.accounts[lowered]
        alias, _, suffix = lowered.partition("@")
        if not suffix or suffix == f"{options.domain.lower()}.local":
            return self._aliases.get(alias)
        return None

    def judge(self, account: Account, right: bool, how: str, options: Options) -> Verdict:
        """One attempt: counted against the account if it was wrong. ``how``: "basic" or "ntlm", for the witness."""
        now = self._clock.now()
        verdict: Verdict = "ok"
        if account.disabled:
            verdict = "disabled"
        elif self.is_locked(account, options):
            verdict = "locked"
        elif not right:
            verdict = "wrong-password"
            window = timedelta(seconds=options.lockout_window)
            account.refused = [at for at in account.refused if now - at < window] + [now]
            if options.lockout_threshold and len(account.refused) >= options.lockout_threshold:
                account.locked_since = now
        elif self.is_expired(account, options):
            verdict = "expired"
        else:
            account.refused.clear()
        if verdict != "ok":
            self._witness.refused_login(SYSTEM, account.owner, f"{how}: {verdict}")
        return verdict

    def is_locked(self, account: Account, options: Options) -> bool:
        """Whether the account is locked now; a lock that has run out is lifted."""
        if account.locked_since is None:
            return False
        lasts = options.lockout_duration
        if lasts and self._clock.now() - account.locked_since >= timedelta(seconds=lasts):
            account.locked_since = None
            account.refused.clear()
            return False
        return True

    def expires(self, account: Account, options: Options) -> datetime | None:
        """When the password runs out; None: never."""
        if account.must_change:
            return account.password_since
        if not options.password_days:
            return None
        return account.password_since + timedelta(days=options.password_days)

    def is_expired(self, account: Account, options: Options) -> bool:
        """Whether the password ran out."""
        at = self.expires(account, options)
        return at is not None and at <= self._clock.now()

    def unknown(self, name: str, how: str) -> None:
        """Somebody tried a name that does not exist."""
        self._witness.refused_login(SYSTEM, name, f"{how}: unknown-user")
