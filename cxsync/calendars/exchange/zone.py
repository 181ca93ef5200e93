"""The zone of an item: a Windows id, or a definition by its rules (MS-OXWSCDATA TimeZoneDefinitionType)."""

import re
from datetime import UTC, date, datetime, timedelta

from lxml import etree

from cxsync.calendars.exchange.soap import T
from cxsync.recurrence.errors import UnreadableSeriesError
from cxsync.recurrence.zones import Zone, windows_id, zone_defined, zone_named
from schemas.records import Policy

_DAYS = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")
_DURATION = re.compile(r"(-?)P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)(?:\.\d+)?S)?)?")
_NOON = timedelta(hours=12)


def zone_of(item: etree._Element, tag: str, policy: Policy) -> Zone | None:
    """The zone that ``tag`` (StartTimeZone, EndTimeZone) names; None if nobody knows it. Without that element, which
    servers since 2010 always give, it is the user's own.

    Of the IANA zones that share a Windows id the user's own is taken, then the tenant's.
    """
    element = item.find(f"{T}{tag}")
    if element is None:
        return own_zone(policy.user_zone)
    name = element.get("Id", "").strip()
    for home in (policy.user_zone, policy.home_zone):
        found = _zone(element, name, own_zone(home))
        if found is None or found.name == home:
            return found
    return _zone(element, name, None)


def own_zone(name: str) -> Zone | None:
    """A zone by the name that is configured; None if nobody knows it."""
    try:
        return zone_named(name)
    except UnreadableSeriesError:
        return None


def _zone(element: etree._Element, name: str, home: Zone | None) -> Zone | None:
    try:
        return zone_named(name, home)
    except UnreadableSeriesError:
        pass
    rule = _posix(element)
    if rule is None:
        return None
    try:
        return zone_defined(name, rule, home)
    except UnreadableSeriesError:
        return None


def wall(at: datetime, zone: Zone) -> str:
    """What a clock of ``zone`` shows at an instant."""
    return at.astimezone(zone.info).replace(tzinfo=None, microsecond=0).isoformat(timespec="seconds")


def day(at: datetime, zones: tuple[Zone | None, ...]) -> date:
    """The date whose midnight ``at`` is: in the first zone in which it is one, else the nearest in the first zone.

    An all-day item holds instants; written by a client in another zone than the item says, they are midnight there.
    """
    known = [zone for zone in zones if zone is not None]
    for zone in known:
        local = at.astimezone(zone.info)
        if (local.hour, local.minute) == (0, 0):
            return local.date()
    local = at.astimezone(known[0].info) if known else at.astimezone(UTC)
    return (local.replace(tzinfo=None) + _NOON).date()


def knows(name: str) -> bool:
    """Whether Exchange has an id for an IANA zone."""
    return name == "UTC" or windows_id(name) is not None


def _posix(element: etree._Element) -> str | None:
    """The definition's last rule as a POSIX TZ string; None if it has none that could be one.

    A period's bias is what is added to local time to get UTC, which is also the sign of POSIX.
    """
    periods = {each.get("Id", ""): _seconds(each.get("Bias", "")) for each in element.iterfind(f"{T}Periods/{T}Period")}
    targets = [each.findtext(f"{T}To") or "" for each in element.iterfind(f"{T}Transitions/*")]
    group = None
    for each in element.iterfind(f"{T}TransitionsGroups/{T}TransitionsGroup"):
        if targets and each.get("Id") == targets[-1]:
            group = each
    changes = [] if group is None else [each for each in group if each.tag != f"{T}Transition"]
    if len(changes) == 2:
        return _two(changes, periods)
    bias = periods.get(targets[-1]) if targets else None
    if group is not None and len(group):
        bias = periods.get(group[0].findtext(f"{T}To") or "")
    elif bias is None and len(periods) == 1:
        bias = next(iter(periods.values()))
    return None if bias is None else f"STD{_offset(bias)}"


def _two(changes: list[etree._Element], periods: dict[str, int | None]) -> str | None:
    found: list[tuple[int, str]] = []
    for change in changes:
        bias = periods.get(change.findtext(f"{T}To") or "")
        at = _date(change)
        if bias is None or at is None:
            return None
        found.append((bias, at))
    # The greater bias is further west, so standard time; each change leads into its own period.
    (daylight, into_daylight), (standard, into_standard) = sorted(found)
    return f"STD{_offset(standard)}DST{_offset(daylight)},{into_daylight},{into_standard}"


def _date(change: etree._Element) -> str | None:
    at = _seconds(change.findtext(f"{T}TimeOffset") or "")
    month = change.findtext(f"{T}Month") or ""
    weekday = change.findtext(f"{T}DayOfWeek")
    occurrence = change.findtext(f"{T}Occurrence") or ""
    if at is None or not month.isdigit() or weekday not in _DAYS:
        return None
    week = "5" if occurrence == "-1" else occurrence
    return f"M{int(month)}.{week}.{_DAYS.index(weekday)}/{_offset(at)}" if week.isdigit() else None


def _seconds(duration: str) -> int | None:
    match = _DURATION.fullmatch(duration.strip())
    if match is None:
        return None
    days, hours, minutes, seconds = (int(part or 0) for part in match.groups()[1:])
    total = days * 86400 + hours * 3600 + minutes * 60 + seconds
    return -total if match[1] else total


def _offset(seconds: int) -> str:
    sign = "-" if seconds < 0 else ""
    hours, rest = divmod(abs(seconds), 3600)
    return f"{sign}{hours}" if not rest else f"{sign}{hours}:{rest // 60:02}"
