"""Time zone definitions as XML (MS-OXWSCDATA TimeZoneDefinitionType; MeetingTimeZone for 2007 requests)."""

import re
from datetime import UTC, datetime, timedelta
from functools import cache

from lxml import etree

from cxsync.sandbox.exchange.rule_xml import INDEX, MONTHS, WEEKDAYS
from cxsync.sandbox.exchange.soap import ResponseError, T, escape
from cxsync.sandbox.exchange.zones import (
    Change,
    DefinedZone,
    Group,
    NamedZone,
    Zone,
    nth_weekday,
    required_zone,
    windows_zone,
)

_DURATION = re.compile(
    r"(?P<sign>-)?P(?:\d+Y)?(?:\d+M)?(?:(?P<d>\d+)D)?(?:T(?:(?P<h>\d+)H)?(?:(?P<m>\d+)M)?(?:(?P<s>\d+)(?:\.\d+)?S)?)?"
)


def duration(text: str) -> timedelta:
    """An xs:duration without years and months."""
    found = _DURATION.fullmatch(text.strip())
    if found is None:
        raise ResponseError("ErrorTimeZone", f"'{text}' is not a duration.")
    parts = {name: int(found[name] or 0) for name in "dhms"}
    seconds = 86_400 * parts["d"] + 3_600 * parts["h"] + 60 * parts["m"] + parts["s"]
    if seconds > 86_400:
        raise ResponseError("ErrorTimeZone", f"'{text}' is longer than a day.")
    return timedelta(seconds=-seconds if found["sign"] else seconds)


def duration_text(span: timedelta) -> str:
    """``span`` as Exchange writes it, in hours and minutes."""
    sign = "-" if span < timedelta() else ""
    minutes = abs(int(span.total_seconds())) // 60
    if minutes % 60:
        return f"{sign}PT{minutes // 60}H{minutes % 60}M"
    return f"{sign}PT{minutes // 60}H"


def read_zone(element: etree._Element) -> Zone:
    """A TimeZoneDefinition: by its id alone, or by the rules it carries. Raises ResponseError."""
    name = element.get("Id", "")
    if not len(element):
        if not name:
            raise ResponseError("ErrorTimeZone", "A time zone definition needs an Id or periods.")
        return required_zone(name)
    known = windows_zone(name)
    if known is not None:
        return known
    periods = {p.get("Id", ""): -duration(p.get("Bias", "PT0M")) for p in element.iterfind(f"{T}Periods/{T}Period")}
    groups = {g.get("Id", ""): list(g) for g in element.iterfind(f"{T}TransitionsGroups/{T}TransitionsGroup")}
    transitions = element.find(f"{T}Transitions")
    found: list[Group] = []
    for transition in () if transitions is None else transitions:
        to = transition.find(f"{T}To")
        target = "" if to is None else (to.text or "")
        if to is None or (target not in groups and target not in periods):
            raise ResponseError("ErrorTimeZone", f"The transition target '{target}' does not exist.")
        since = transition.findtext(f"{T}DateTime")
        moment = datetime.fromisoformat(since).replace(tzinfo=None) if since else None
        found.append(
            _group(moment, groups[target], periods) if target in groups else Group(moment, periods[target], ())
        )
    if not found:
        if len(periods) != 1:
            raise ResponseError("ErrorTimeZone", "A definition with several periods needs transitions.")
        found.append(Group(None, next(iter(periods.values())), ()))
    return DefinedZone(name, element.get("Name", name), tuple(found))


def _group(since: datetime | None, children: list[etree._Element], periods: dict[str, timedelta]) -> Group:
    changes: list[Change] = []
    offset = timedelta()
    for child in children:
        target = child.findtext(f"{T}To") or ""
        if target not in periods:
            raise ResponseError("ErrorTimeZone", f"The period '{target}' does not exist.")
        offset = periods[target]
        if child.tag in (f"{T}RecurringDayTransition", f"{T}RecurringDateTransition"):
            month, time = int(child.findtext(f"{T}Month") or 1), duration(child.findtext(f"{T}TimeOffset") or "PT0H")
            if not 1 <= month <= 12:
                raise ResponseError("ErrorTimeZone", f"{month} is not a month.")
            if child.tag == f"{T}RecurringDateTransition":
                number = int(child.findtext(f"{T}Day") or 1)
                if not 1 <= number <= 31:
                    raise ResponseError("ErrorTimeZone", f"{number} is not a day of a month.")
                changes.append(Change(offset, time, month, day=number))
            else:
                day = child.findtext(f"{T}DayOfWeek") or ""
                if day not in WEEKDAYS:
                    raise ResponseError("ErrorCalendarInvalidDayForTimeChangePattern", f"'{day}' is not a weekday.")
                occurrence = int(child.findtext(f"{T}Occurrence") or 1)
                if occurrence not in (-1, 1, 2, 3, 4, 5):
                    raise ResponseError("ErrorTimeZone", f"{occurrence} is not an occurrence of a weekday.")
                changes.append(Change(offset, time, month, weekday=WEEKDAYS.index(day), occurrence=occurrence))
    return Group(since, offset, tuple(changes) if len(changes) > 1 else ())


def read_meeting_zone(element: etree._Element) -> Zone:
    """MeetingTimeZone, the form of Exchange 2007: an id, or a base offset with two yearly changes."""
    name = element.get("TimeZoneName", "")
    base_text = element.findtext(f"{T}BaseOffset")
    if base_text is None:
        return required_zone(name)
    base = duration(base_text)  # like a bias: positive to the west of Greenwich
    changes: list[Change] = []
    for tag in ("Standard", "Daylight"):
        change = element.find(f"{T}{tag}")
        yearly = None if change is None else change.find(f"{T}RelativeYearlyRecurrence")
        if change is not None and yearly is not None:
            hours, minutes, seconds = (int(part) for part in (change.findtext(f"{T}Time") or "00:00:00")[:8].split(":"))
            day = yearly.findtext(f"{T}DaysOfWeek") or ""
            if day not in WEEKDAYS:
                raise ResponseError("ErrorCalendarInvalidDayForTimeChangePattern", f"'{day}' is not a weekday.")
            changes.append(
                Change(
                    -(base + duration(change.findtext(f"{T}Offset") or "PT0H")),
                    timedelta(hours=hours, minutes=minutes, seconds=seconds),
                    MONTHS.index(yearly.findtext(f"{T}Month") or "January") + 1,
                    weekday=WEEKDAYS.index(day),
                    occurrence=INDEX[yearly.findtext(f"{T}DayOfWeekIndex") or "First"],
                )
            )
    group = Group(None, -base, tuple(changes) if len(changes) == 2 else ())
    return DefinedZone(name, name, (group,))


@cache
def zone_rules(zone: NamedZone, year: int) -> Group:
    """The yearly rule that ``zone`` follows in ``year``, as Windows would describe it."""
    found: list[Change] = []
    midnight = datetime(year, 1, 1, tzinfo=UTC)
    offset = zone.offset(midnight)
    while midnight.year == year:
        following = midnight + timedelta(days=1)
        if zone.offset(following) != offset:
            hours = (midnight + timedelta(hours=hour) for hour in range(1, 25))
            moment = next(each for each in hours if zone.offset(each) != offset)
            wall = (moment + offset).replace(tzinfo=None)
            last = nth_weekday(year, wall.month, wall.weekday(), -1).day == wall.day
            occurrence = -1 if last else (wall.day - 1) // 7 + 1
            offset = zone.offset(moment)
            time = timedelta(hours=wall.hour, minutes=wall.minute)
            found.append(Change(offset, time, wall.month, weekday=wall.weekday(), occurrence=occurrence))
        midnight = following
    return Group(None, offset, tuple(found) if len(found) == 2 else ())


def definition(zone: Zone, tag: str, year: int, *, full: bool = True) -> str:
    """``zone`` as an element ``tag`` with the rules of ``year``; without ``full`` only id and name."""
    attributes = f'Id="{escape(zone.id or "tzone://Microsoft/Custom")}" Name="{escape(zone.name)}"'
    if not full:
        return f"<{tag} {attributes}/>"
    if isinstance(zone, NamedZone):
        group = zone_rules(zone, year)
    elif isinstance(zone, DefinedZone):
        group = zone.groups[-1]
    else:
        return f"<{tag} {attributes}/>"
    return f"<{tag} {attributes}>{_rules(group)}</{tag}>"


@cache
def _rules(group: Group) -> str:
    if not group.changes:
        bias = duration_text(-group.offset)
        return (
            f'<t:Periods><t:Period Bias="{bias}" Name="Standard" Id="trule:Microsoft/Standard"/></t:Periods>'
            '<t:TransitionsGroups><t:TransitionsGroup Id="0"><t:Transition>'
            '<t:To Kind="Period">trule:Microsoft/Standard</t:To></t:Transition></t:TransitionsGroup>'
            '</t:TransitionsGroups><t:Transitions><t:Transition><t:To Kind="Group">0</t:To></t:Transition>'
            "</t:Transitions>"
        )
    low = min(change.to for change in group.changes)
    periods, transitions = "", ""
    for change in group.changes:
        name = "Standard" if change.to == low else "Daylight"
        periods += f'<t:Period Bias="{duration_text(-change.to)}" Name="{name}" Id="trule:Microsoft/{name}"/>'
        to = f'<t:To Kind="Period">trule:Microsoft/{name}</t:To>'
        when = f"<t:TimeOffset>{duration_text(change.time)}</t:TimeOffset><t:Month>{change.month}</t:Month>"
        if change.weekday is None:
            day = f"<t:Day>{change.day}</t:Day>"
            transitions += f"<t:RecurringDateTransition>{to}{when}{day}</t:RecurringDateTransition>"
        else:
            day = (
                f"<t:DayOfWeek>{WEEKDAYS[change.weekday]}</t:DayOfWeek><t:Occurrence>{change.occurrence}</t:Occurrence>"
            )
            transitions += f"<t:RecurringDayTransition>{to}{when}{day}</t:RecurringDayTransition>"
    return (
        f"<t:Periods>{periods}</t:Periods><t:TransitionsGroups>"
        f'<t:TransitionsGroup Id="0">{transitions}</t:TransitionsGroup></t:TransitionsGroups>'
        '<t:Transitions><t:Transition><t:To Kind="Group">0</t:To></t:Transition></t:Transitions>'
    )
