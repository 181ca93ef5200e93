"""One Carerix application (customer): its settings, its data, its programs and its people's passwords."""

from typing import Annotated, Final, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from cxsync.sandbox.carerix.options import MANAGE_SCOPE
from cxsync.sandbox.carerix.rows import Database, Ref, Row
from cxsync.sandbox.core.refusal import BadInput, NotThere

API_CLIENT: Final = "urn:cxsync/calendar"
CONNECT_CLIENT: Final = "urn:cxsync/connect"
API_USER: Final = 1
"""userID of the user in whose name an API client writes."""


class TenantSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What differs from tenant to tenant by design."""

    name: Annotated[str, msgspec.Meta(pattern=r"^[a-z][a-z0-9-]{0,62}$")]
    api_timezone: str = "UTC"
    """A6: the zone of dates on the wire."""
    system_timezone: str = "Europe/Amsterdam"
    """A7, A8, A12, A19: the zone in which series recur and days begin."""
    week_start: Literal["monday", "sunday"] = "monday"
    """A15: decides which weeks a series every two weeks falls into."""
    short_month: Literal["skip", "clamp"] = "skip"
    """A11: whether a month without the day is left out, or its last day taken."""
    fifth_week: Literal["last", "skip"] = "last"
    """A11: whether ordinal 5 of a relative month day is the last one, or months without a fifth are left out."""
    all_day_end: Literal["day-after", "last-day"] = "day-after"
    """A7: whether ``endDate`` of an all-day appointment is 00:00 of the day after its last day, or of that day."""
    expiry: Literal["inclusive", "exclusive"] = "inclusive"
    """A12: whether an occurrence may start on the day of ``recurrenceExpiryDate``."""
    language: Literal["nl", "en"] = "nl"
    """The language of users who have none of their own."""

    @property
    def wire(self) -> ZoneInfo:
        """``api_timezone`` as a zone."""
        return ZoneInfo(self.api_timezone)

    @property
    def home(self) -> ZoneInfo:
        """``system_timezone`` as a zone."""
        return ZoneInfo(self.system_timezone)


def checked_settings(settings: TenantSettings) -> TenantSettings:
    """The same settings; raises BadInput if a zone is not known."""
    for field in ("api_timezone", "system_timezone"):
        require_zone(field, getattr(settings, field))
    return settings


def require_zone(field: str, name: str) -> None:
    """Raises BadInput if ``name`` is no time zone."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise BadInput(field, name, "a time zone of the IANA list such as Europe/Amsterdam") from None


class Client(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A program registered under Identity Access > Clients.

    ``secret`` None makes it public; ``redirects`` are the addresses a sign-in may return to, ``*`` at the end
    stands for any continuation; none means that people cannot sign in to it.
    """

    id: str
    secret: str | None
    scopes: tuple[str, ...] = ()
    user: int | None = None
    redirects: tuple[str, ...] = ()


LOOPBACK: Final = ("http://127.0.0.1:*", "http://localhost:*", "https://127.0.0.1:*", "https://localhost:*")


def default_clients(tenant: str) -> dict[str, Client]:
    """The two programs of this project: one reads and writes, one signs people in."""
    api = Client(id=API_CLIENT, secret=f"{tenant}-api-secret", scopes=(MANAGE_SCOPE,), user=API_USER)
    connect = Client(
        id=CONNECT_CLIENT,
        secret=f"{tenant}-connect-secret",
        scopes=("openid", "profile", "email"),
        redirects=LOOPBACK,
    )
    return {client.id: client for client in (api, connect)}


class Tenant:
    """A tenant's rows, clients and passwords (by userID)."""

    def __init__(self, settings: TenantSettings) -> None:
        self.settings = settings
        self.database = Database()
        self.clients = default_clients(settings.name)
        self.passwords: dict[int, str] = {}

    @property
    def name(self) -> str:
        """The tenant's name, which is also the name of its realm."""
        return self.settings.name

    def user(self, name: str) -> Row:
        """The user with this userID or userName; raises NotThere."""
        users = self.database.table("CRUser")
        numbers = {int(name)} if name.isascii() and name.isdigit() else users.holding("userName", name)
        for row in users.chosen(numbers):
            return row
        raise NotThere("Carerix user", f"{self.name}/{name}")

    def owner_name(self, user: Ref | None) -> str:
        """How the control interface calls this user."""
        return f"{self.name}/{user.number if user is not None else 0}"

    def sign_in(self, user_name: str, password: str) -> Row | None:
        """The active user with this name and password, None if there is none."""
        users = self.database.table("CRUser")
        for row in users.chosen(users.holding("userName", user_name)):
            if row.integer("isActive") and not row.integer("deleted") and self.passwords.get(row.number) == password:
                return row
        return None
