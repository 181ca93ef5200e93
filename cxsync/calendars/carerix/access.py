"""How a tenant is reached, and the tenant's own settings."""

from zoneinfo import ZoneInfo

from msgspec import Struct

from cxsync.calendars.carerix.assumptions import (
    DEFAULT_API_ZONE,
    DEFAULT_SHORT_MONTH,
    DEFAULT_SYSTEM_ZONE,
    DEFAULT_WEEK_START,
    SCOPE,
)
from schemas.words import ShortMonth, Weekday


class TenantSettings(Struct, frozen=True, kw_only=True):
    """How a tenant's agenda counts time; zones are IANA names (A6 to A8, A11, A15)."""

    api_zone: str = DEFAULT_API_ZONE
    system_zone: str = DEFAULT_SYSTEM_ZONE
    week_start: Weekday = DEFAULT_WEEK_START
    short_month: ShortMonth = DEFAULT_SHORT_MONTH

    @property
    def wire(self) -> ZoneInfo:
        """The zone of naive dates on the wire."""
        return ZoneInfo(self.api_zone)

    @property
    def home(self) -> ZoneInfo:
        """The zone of days and series."""
        return ZoneInfo(self.system_zone)


class Access(Struct, frozen=True, kw_only=True):
    """Addresses and credentials of a tenant's API client. ``scope`` empty: the client's own default scopes."""

    graphql_url: str
    token_url: str
    client_id: str
    client_secret: str
    scope: str = SCOPE

    def __repr__(self) -> str:
        """Without the secret."""
        return f"Access(graphql_url={self.graphql_url!r}, client_id={self.client_id!r})"
