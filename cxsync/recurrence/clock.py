"""A series as the clock of another zone shows it."""

from collections import Counter

from msgspec import Struct
from msgspec.structs import replace

from cxsync.recurrence.gregorian import LAST_DAY
from cxsync.recurrence.pattern import Daily, MonthlyAbsolute, MonthlyRelative, Pattern, Until, Weekly
from cxsync.recurrence.series import Point, Series, Strand
from cxsync.recurrence.zones import Zone, instant, wall


class View(Struct, frozen=True):
    """``series`` on another clock. ``steady``: its time of day never changes there; ``shift``: by how many days all
    dates move. ``series.pattern`` is None if the pattern does not survive that shift."""

    series: Series
    steady: bool = True
    shift: int = 0


def on_clock(series: Series, home: Zone) -> View:
    """The series on the clock of ``home``; all-day and floating ones stay as they are."""
    zone = series.zone
    if zone is None or series.all_day or zone.info is home.info:
        return View(series)
    strands: list[Strand] = []
    shifts: set[int] = set()
    for strand in series.strands:
        if not strand.days:
            strands.append(strand)
            continue
        day, seconds = _usual(strand, zone, home)
        shift = day - strand.days[0]
        steady = all(instant(home, on + shift, seconds) == instant(zone, on, strand.seconds) for on in strand.days)
        if not steady:
            return View(_unsteady(series, home), steady=False)
        shifts.add(shift)
        days = [on + shift for on in strand.days if on + shift <= LAST_DAY]
        strands.append(Strand(seconds, days, min(strand.through + shift, LAST_DAY), strand.ended))
    shift = shifts.pop() if len(shifts) == 1 else 0
    moved = _exceptions_moved(series, home, strands)
    end = Until(series.end.day + shift) if isinstance(series.end, Until) else series.end
    pattern = None if series.pattern is None else shifted(series.pattern, shift)
    return View(replace(moved, strands=tuple(strands), pattern=pattern, end=end), steady=True, shift=shift)


def shifted(pattern: Pattern, shift: int) -> Pattern | None:
    """A candidate for the pattern of the same dates, each ``shift`` days later; still to be proved."""
    if shift == 0 or isinstance(pattern, Daily):
        return pattern
    if isinstance(pattern, Weekly):
        days = tuple(sorted((day + shift) % 7 for day in pattern.days))
        return Weekly(pattern.interval, days, (pattern.week_start + shift) % 7)
    if isinstance(pattern, MonthlyAbsolute):
        day = pattern.day + shift
        return MonthlyAbsolute(pattern.interval, day, pattern.short_month, pattern.yearly) if 1 <= day <= 31 else None
    days = tuple(sorted((day + shift) % 7 for day in pattern.days))
    return MonthlyRelative(pattern.interval, pattern.nth, days, pattern.yearly)


def shown(series: Series, at: Point) -> Point:
    """What the series' own clock shows: 02:30 in a spring gap is 03:30."""
    zone = series.zone
    return at if zone is None or series.all_day else wall(zone, instant(zone, *at))


def _usual(strand: Strand, zone: Zone, home: Zone) -> Point:
    """The first start on the other clock, at the time of day that most of the first starts have there."""
    head = [wall(home, instant(zone, day, strand.seconds)) for day in strand.days[:5]]
    seconds, _ = Counter(at[1] for at in head).most_common(1)[0]
    for day, at in zip(strand.days, head, strict=False):
        if at[1] == seconds:
            return strand.days[0] + at[0] - day, seconds
    return head[0]


def _unsteady(series: Series, home: Zone) -> Series:
    by_time: dict[int, list[int]] = {}
    for day, seconds in sorted(_moved(series, at, home) for at in series.base()):
        by_time.setdefault(seconds, []).append(day)
    # A start near the end of what is listed may show a day earlier or later.
    through = min(strand.through for strand in series.strands) - (0 if series.ended else 1)
    strands = tuple(
        Strand(seconds, [day for day in days if series.ended or day <= through], through, series.ended)
        for seconds, days in sorted(by_time.items())
    )
    return replace(_exceptions_moved(series, home, []), strands=strands, pattern=None)


def _exceptions_moved(series: Series, home: Zone, strands: list[Strand]) -> Series:
    usual = {strand.seconds for strand in strands}

    def there(at: Point) -> Point:
        moved = _moved(series, at, home)
        # An exception names a start of the series: on its usual time of day, also where a gap shows another.
        for seconds in usual:
            if instant(home, moved[0], seconds) == instant(series.zone, *at):
                return moved[0], seconds
        return moved

    return replace(
        series,
        zone=home,
        off_rule=None if series.off_rule is None else there(series.off_rule),
        removed=tuple(replace(item, at=there(item.at)) for item in series.removed),
        moved=tuple(
            replace(item, at=there(item.at), to=None if item.to is None else there(item.to)) for item in series.moved
        ),
        extra=tuple(replace(item, at=there(item.at)) for item in series.extra),
    )


def _moved(series: Series, at: Point, home: Zone) -> Point:
    return wall(home, instant(series.zone, *at))
