"""What an update has to know of the item that it changes."""

from cxsync.calendars.exchange import document
from cxsync.calendars.exchange.zone import knows, zone_of
from cxsync.calendars.port import Found
from schemas.records import Policy


def own_zone_of(found: Found, home: str) -> str | None:
    """The zone of an item as it stands, if Exchange has an id for it."""
    if not found.documents:
        return None
    item = document.load(found.documents[0].body, found.native_id)
    zone = zone_of(item, "StartTimeZone", Policy(user_zone=home, home_zone=home))
    return zone.name if zone is not None and zone.name is not None and knows(zone.name) else None
