"""Everything that the server's endpoints share."""

import random
from uuid import UUID

from cxsync.sandbox.carerix.identity.tokens import Keys, Tokens
from cxsync.sandbox.carerix.limiter import Limiter
from cxsync.sandbox.carerix.listing import Lists
from cxsync.sandbox.carerix.options import Options, checked
from cxsync.sandbox.carerix.tenant import Tenant, TenantSettings
from cxsync.sandbox.carerix.writing import Writer
from cxsync.sandbox.core.refusal import NotThere
from cxsync.sandbox.core.system import System
from cxsync.sandbox.core.world import World


class Installation:
    """The tenants with what belongs to each, tokens, options and the world they live in."""

    def __init__(self, world: World, system: System) -> None:
        self.world = world
        self.system = system
        self.tokens = Tokens(Keys())
        self.keys = self.tokens.keys
        self._options = Options()
        self._random = random.Random(world.seed)  # noqa: S311 - a sandbox has to repeat itself
        self._tenants: dict[str, Tenant] = {}
        self._limiters: dict[str, Limiter] = {}
        self._lists: dict[str, Lists] = {}

    @property
    def options(self) -> Options:
        """The switches in force; setting them raises BadInput if two exclude each other."""
        return self._options

    @options.setter
    def options(self, options: Options) -> None:
        self._options = checked(options)

    @property
    def tenants(self) -> list[Tenant]:
        """All tenants, in the order in which they came."""
        return list(self._tenants.values())

    def settle(self, tenant: Tenant) -> None:
        """Add a tenant, or put it in the place of one with the same name."""
        self._tenants[tenant.name] = tenant
        self._limiters[tenant.name] = Limiter()
        self._lists[tenant.name] = Lists(tenant.database, tenant.settings)

    def change(self, tenant: Tenant, settings: TenantSettings) -> None:
        """The tenant's administrator changes its settings; its rows stay."""
        tenant.settings = settings
        self._lists[tenant.name] = Lists(tenant.database, settings)

    def clear(self, seed: int) -> None:
        """No tenants, no tokens; the random numbers begin again with ``seed``."""
        self._tenants.clear()
        self._limiters.clear()
        self._lists.clear()
        self.tokens.expire()
        self._random.seed(seed)

    def tenant(self, name: str) -> Tenant:
        """The tenant with this name; raises NotThere."""
        try:
            return self._tenants[name]
        except KeyError:
            raise NotThere("tenant", name) from None

    def limiter(self, tenant: str) -> Limiter:
        """The rate limit of a tenant."""
        return self._limiters[tenant]

    def lists(self, tenant: str) -> Lists:
        """The lists of a tenant."""
        return self._lists[tenant]

    def writer(self, tenant: Tenant) -> Writer:
        """What writes a tenant's rows, under the options in force."""
        return Writer(tenant, self.world.clock, self.world.journal, self._options)

    def identifier(self) -> UUID:
        """A new identifier, the same in every run with the same seed."""
        return UUID(int=self._random.getrandbits(128), version=4)
