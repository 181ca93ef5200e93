"""What a resolver knows about the request it serves."""

import msgspec

from cxsync.sandbox.carerix.listing import Lists
from cxsync.sandbox.carerix.options import Options
from cxsync.sandbox.carerix.refusals import MissingScope
from cxsync.sandbox.carerix.tenant import Tenant
from cxsync.sandbox.carerix.writing import Author, Writer


class Call(msgspec.Struct, frozen=True):
    """One GraphQL request of one client; the ``context`` of its execution."""

    tenant: Tenant
    options: Options
    author: Author
    scopes: frozenset[str]
    lists: Lists
    writer: Writer

    def need(self, names: tuple[str, ...]) -> None:
        """Raises MissingScope unless the token holds one of ``names``."""
        if self.scopes.isdisjoint(names):
            raise MissingScope(names)
