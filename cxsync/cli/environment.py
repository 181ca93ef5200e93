"""What a command works with: settings, with the embedded parts filled in where the settings name no others."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

from msgspec import Struct

from cxsync.errors import SettingError
from cxsync.local import parts
from cxsync.observe.log import configure
from cxsync.settings import PREFIX, Settings

Part = Literal["kafka", "postgres", "mail"]


class Environment(Struct, frozen=True):
    """Settings whose addresses are complete. The embedded parts serve as long as the environment is open."""

    settings: Settings
    mail_page: str | None


@contextmanager
def environment(*needed: Part) -> Iterator[Environment]:
    """Load the settings and start or join the embedded parts that are ``needed`` and not configured.

    Raises:
        SettingError: a setting cannot be used, or keys are missing beside a database that is not embedded.
    """
    settings = Settings.load()
    configure("WARNING", settings.log_format, "command")  # a role or supervisor does it anew, in its own name
    named = {"kafka": settings.kafka_bootstrap_servers, "postgres": settings.database_url, "mail": settings.smtp_url}
    embedded: list[Part] = [part for part in needed if not named[part]]
    with parts.use(settings.data_dir, embedded) as found:
        update = {
            "kafka_bootstrap_servers": settings.kafka_bootstrap_servers or found.kafka or "",
            "database_url": settings.database_url or found.database or "",
            "smtp_url": settings.smtp_url or found.smtp or "",
        }
        if "postgres" in needed:
            update |= _keys(settings, embedded="postgres" in embedded)
        yield Environment(settings.model_copy(update=update), found.mail_page)


def _keys(settings: Settings, *, embedded: bool) -> dict[str, str]:
    given = {"encryption_keys": settings.encryption_keys, "credential_keys": settings.credential_keys}
    missing = [name for name, value in given.items() if not value]
    if missing and embedded:
        made = dict(zip(given, parts.secrets(settings.data_dir), strict=True))
        return {name: given[name] or made[name] for name in given}
    if missing:
        raise SettingError(
            PREFIX + missing[0].upper(),
            None,
            "set it to what `cxsync keys new` prints, and keep a copy in a safe place",
        )
    return given
