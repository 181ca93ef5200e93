"""The lines of ``recurrence`` (RFC 5545 without DTSTART) as a ``Recurrence``, and back."""

from collections.abc import Iterable
from datetime import date

from cxsync.calendars.google.moments import known_zone
from cxsync.calendars.google.refusal import refused
from cxsync.recurrence.errors import UnreadableSeriesError
from cxsync.recurrence.moment import read_moment
from cxsync.recurrence.parse.rrule import read_rrule
from cxsync.recurrence.pattern import Until
from cxsync.recurrence.rule import Rule as TextRule
from cxsync.recurrence.series import Point, Source
from cxsync.recurrence.understand import from_rules, rule_end
from cxsync.recurrence.write.google import date_line, end_part
from cxsync.recurrence.zones import Zone, instant, wall
from schemas.appointment import Day, Moment, Recurrence, Rule
from schemas.words import Frequency, WallClock, Weekday

WEEKDAYS: tuple[Weekday, ...] = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
FREQUENCIES: dict[str, Frequency] = {
    "YEARLY": "yearly",
    "MONTHLY": "monthly",
    "WEEKLY": "weekly",
    "DAILY": "daily",
    "HOURLY": "hourly",
    "MINUTELY": "minutely",
    "SECONDLY": "secondly",
}
SUBDAILY = {"hourly", "minutely", "secondly"}


def read_lines(lines: Iterable[str], start: Moment) -> Recurrence:
    """What the lines say on the clock of ``start``; without rules and dates if any of them cannot be read: a series of
    which a part is not understood is not understood."""
    zone, point = known_zone(start.zone), point_of(start.wall)
    rules: dict[str, list[Rule]] = {"RRULE": [], "EXRULE": []}
    dates: dict[str, list[WallClock]] = {"RDATE": [], "EXDATE": []}
    try:
        for line in lines:
            head, _, value = line.strip().partition(":")
            name, *parameters = head.upper().split(";")
            if name in rules:
                rules[name].append(_rule(read_rrule(value), point, zone))
            elif name in dates:
                tzid = next((each[5:] for each in head.split(";")[1:] if each.upper().startswith("TZID=")), None)
                if "VALUE=PERIOD" in parameters:
                    raise ValueError("a period has a length of its own")
                dates[name] += [_wall(text, tzid, start) for text in value.split(",")]
            else:
                raise ValueError("RRULE, EXRULE, RDATE or EXDATE")
    except (UnreadableSeriesError, ValueError, OverflowError):
        return Recurrence()
    return Recurrence(
        rules=tuple(rules["RRULE"]),
        excluded_rules=tuple(rules["EXRULE"]),
        excluded=tuple(dates["EXDATE"]),
        extra=tuple(dates["RDATE"]),
    )


def write_lines(series: Recurrence, start: Moment) -> list[str]:
    """The lines for a series that starts at ``start``. Occurrences that do not take place are written as EXDATE.

    Raises:
        Rejected: names the part that cannot be written in lines.
    """
    if not series.rules and not series.extra:
        raise refused("recurrence", "its pattern could not be read where it comes from")
    zone, all_day = known_zone(start.zone), "T" not in start.wall
    if zone is None and not all_day:
        raise refused("time", "a series needs a time zone that is known")
    lines = [_rule_line("RRULE", rule, start, zone) for rule in series.rules]
    lines += [_rule_line("EXRULE", rule, start, zone) for rule in series.excluded_rules]
    without = [*series.excluded, *(one.original for one in series.overrides if one.cancelled)]
    for name, walls in (("EXDATE", without), ("RDATE", series.extra)):
        days = sorted({point_of(each) for each in walls if "T" not in each})
        times = sorted({point_of(each) for each in walls if "T" in each})
        if days:
            lines.append(date_line(name, days, None, all_day=True))
        if times and all_day:
            raise refused("recurrence", "times of day in a series of whole days")
        if times:
            lines.append(date_line(name, times, zone, all_day=False))
    return lines


def still_given(walls: Iterable[WallClock], series: Recurrence, start: Moment) -> tuple[WallClock, ...]:
    """Those of ``walls`` at which ``series`` has an occurrence, were it not for its exceptions."""
    zone, all_day = known_zone(start.zone), "T" not in start.wall
    rules = tuple(_text_rule(rule, point_of(start.wall), zone) for rule in series.rules)
    if not rules:
        return tuple(each for each in walls if each in series.extra)
    try:
        laid = from_rules(
            Source("google", {}, rules),
            point_of(start.wall),
            all_day=all_day,
            duration=0,
            zone=None if all_day else zone,
        )
    except UnreadableSeriesError:
        return tuple(walls)
    return tuple(each for each in walls if ("T" in each) != all_day and laid.gives(point_of(each)))


def point_of(wall_clock: WallClock) -> Point:
    """(ordinal day, seconds since midnight) of a wall clock."""
    day = date.fromisoformat(wall_clock[:10]).toordinal()
    hour, minute, second = (int(part) for part in (wall_clock[11:] or "00:00:00").split(":"))
    return day, 3600 * hour + 60 * minute + second


def wall_of(point: Point, *, all_day: bool) -> WallClock:
    """The reverse of ``point_of``."""
    day = date.fromordinal(point[0]).isoformat()
    minutes, second = divmod(point[1], 60)
    return day if all_day else f"{day}T{minutes // 60:02}:{minutes % 60:02}:{second:02}"


def _wall(text: str, tzid: str | None, start: Moment) -> WallClock:
    """A date of a line on the clock of the series. Of all-day series only the date counts; a date alone in a series
    with times stays one, for it says nothing of the time."""
    at = read_moment(text.strip())
    if at.seconds is None or "T" not in start.wall:
        return wall_of((at.day, 0), all_day=True)
    zone, own = known_zone(start.zone), known_zone(tzid)
    if at.utc or tzid is None or own == zone:
        return wall_of(at.on_clock(zone), all_day=False)
    if own is None:
        raise ValueError("a zone that nobody knows")
    return wall_of(wall(zone, instant(own, at.day, at.seconds)), all_day=False)


def _rule(rule: TextRule, start: Point, zone: Zone | None) -> Rule:
    far = rule.until is not None and rule.until.at.year >= date.max.year  # how some programs write "for ever"
    end = None if far else rule_end(rule, start[1], zone)
    month_days, positions, clamp = rule.by_month_day, rule.by_set_pos, rule.skip == "BACKWARD"
    if _says_last_of(rule):
        month_days, positions, clamp = (max(month_days),), (), True
    return Rule(
        frequency=FREQUENCIES[rule.freq],
        interval=rule.interval,
        days=tuple(Day(weekday=WEEKDAYS[day], nth=nth or None) for nth, day in rule.by_day),
        month_days=month_days,
        months=rule.by_month,
        year_days=rule.by_year_day,
        weeks=rule.by_week_no,
        hours=rule.by_hour,
        minutes=rule.by_minute,
        seconds=rule.by_second,
        positions=positions,
        week_start=WEEKDAYS[rule.week_start],
        short_month="clamp" if clamp else "skip",
        count=rule.count,
        until=date.fromordinal(max(1, end.day)) if isinstance(end, Until) else None,
    )


def _says_last_of(rule: TextRule) -> bool:
    """BYMONTHDAY=28,29,30;BYSETPOS=-1: the 30th or, where there is none, the last day; how ``clamp`` is written."""
    days = sorted(rule.by_month_day)
    whole = len(days) > 1 and days == list(range(28, 28 + len(days)))
    return whole and rule.by_set_pos == (-1,) and not rule.by_day and rule.freq in ("MONTHLY", "YEARLY")


def _rule_line(name: str, rule: Rule, start: Moment, zone: Zone | None) -> str:
    if rule.frequency in SUBDAILY:
        raise refused("recurrence", f"FREQ={rule.frequency.upper()}: Google repeats once a day at most")
    if rule.count is not None and rule.until is not None:
        raise refused("recurrence", "COUNT and UNTIL exclude each other")
    all_day = "T" not in start.wall
    end = "" if rule.count is None else f"COUNT={rule.count}"
    if rule.until is not None:
        end = end_part(Until(rule.until.toordinal()), zone, all_day=all_day)
    return f"{name}:{_text_rule(rule, point_of(start.wall), zone).text(end)}"


def _text_rule(rule: Rule, start: Point, zone: Zone | None) -> TextRule:
    """The rule without its end, in words that Google knows: it has no SKIP (RFC 7529)."""
    month_days, positions = rule.month_days, rule.positions
    if rule.short_month == "clamp" and rule.frequency in ("monthly", "yearly") and not rule.days:
        day = max(month_days, default=date.fromordinal(start[0]).day)
        if len(month_days) > 1 or positions:
            raise refused("recurrence", "BYMONTHDAY: the last day of short months goes with one day only")
        if day > 28:
            month_days, positions = tuple(range(28, day + 1)), (-1,)
    return TextRule(
        freq=rule.frequency.upper(),
        interval=rule.interval,
        by_month=rule.months,
        by_month_day=month_days,
        by_year_day=rule.year_days,
        by_week_no=rule.weeks,
        by_day=tuple((day.nth or 0, WEEKDAYS.index(day.weekday)) for day in rule.days),
        by_set_pos=positions,
        by_hour=rule.hours,
        by_minute=rule.minutes,
        by_second=rule.seconds,
        week_start=WEEKDAYS.index(rule.week_start),
    )
