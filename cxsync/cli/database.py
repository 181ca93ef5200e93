"""The database as a command uses it: the embedded one or the one of the settings, migrated."""

from collections.abc import Iterator
from contextlib import contextmanager

from msgspec import Struct

from cxsync.cli.environment import environment
from cxsync.settings import Settings
from cxsync.store.database import Database
from cxsync.store.migrate import migrate


class Opened(Struct, frozen=True):
    """An open database and the settings it was opened by."""

    settings: Settings
    database: Database


@contextmanager
def opened(*, kafka: bool = False) -> Iterator[Opened]:
    """Open the database, upgrading its schema first; ``kafka``: the settings name a broker too.

    Raises:
        DatabaseUnreachable, DatabaseNewer, SettingError: say what to do.
    """
    with environment("postgres", *(("kafka",) if kafka else ())) as env:
        migrate(env.settings.database_url)
        with Database.open(env.settings.database_url, name="command", max_size=2) as database:
            yield Opened(env.settings, database)
