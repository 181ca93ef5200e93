"""Lays removed, moved, changed and extra occurrences over a series; what hits nothing or changes nothing is dropped."""

from msgspec import Struct
from msgspec.structs import replace

from cxsync.recurrence.codes import Reason
from cxsync.recurrence.moment import Moment
from cxsync.recurrence.series import Extra, Moved, Point, Removed, Series
from cxsync.recurrence.zones import Zone, instant


class Given(Struct, frozen=True):
    """An exception as the input has it. ``kind``: ``exdate`` and ``rdate`` are lines, the others instances."""

    kind: str
    at: Moment
    text: str
    to: Moment | None = None
    duration: int | None = None
    changed: tuple[str, ...] = ()

    @property
    def written(self) -> str:
        """How the part at fault is named."""
        return f"{self.kind.upper() if self.kind in ('exdate', 'rdate') else self.kind} {self.text}"


class Unclear(Struct, frozen=True):
    """An exception that could mean two things, so that the true starts are not known."""

    reason: Reason
    offending: str


def with_exceptions(
    series: Series, given: list[Given], home: Zone, as_of: Moment | None
) -> tuple[Series, Unclear | None]:
    """The series with those exceptions that change it and are not over by ``as_of``."""
    removed: dict[Point, Removed] = {}
    moved: dict[Point, Moved] = {}
    extra: dict[Point, Extra] = {}
    unclear: Unclear | None = None
    limit = None if as_of is None else _instant(series, as_of, home)
    for item in given:
        if item.kind == "rdate":
            if item.at.seconds is None and not series.all_day:
                unclear = unclear or Unclear(Reason.EXTRA_DATE, item.written)
                continue
            at = _point(series, item.at, home)
            if _hit(series, at) is None and not _over(series, at, None, limit, home):
                extra[at] = Extra(at, item.written)
    for item in given:
        if item.kind == "rdate":
            continue
        if item.at.seconds is None and not series.all_day:
            if _any_on(series, item.at.day, extra):
                unclear = unclear or Unclear(Reason.EXCEPTION, item.written)
            continue
        given_at = _point(series, item.at, home)
        hit = given_at if given_at in extra else _hit(series, given_at)
        to = None if item.to is None else _point(series, item.to, home)
        if hit is None or _over(series, hit, to, limit, home):
            continue
        if item.kind in ("exdate", "deleted", "cancelled"):
            removed[hit] = Removed(hit, item.written, "exdate" if item.kind == "exdate" else "instance")
        elif to not in (None, hit) or item.changed or item.duration not in (None, series.duration) or item.to is None:
            moved[hit] = Moved(hit, None if to == hit else to, item.written, item.duration, item.changed)
    for at in [at for at in removed if at in extra]:
        del extra[at], removed[at]
    for at in [at for at in moved if at in extra]:
        extra[at] = Extra(moved[at].to or at, extra[at].written)
        del moved[at]
    for at in moved:
        removed.pop(at, None)
    off = series.off_rule
    if off is not None and off in moved:
        extra[moved[off].to or off] = Extra(moved[off].to or off, moved[off].written)
    if off is not None and (off in removed or off in moved):
        removed.pop(off, None)
        moved.pop(off, None)
        off = None
    laid = replace(
        series,
        off_rule=off,
        removed=tuple(removed[at] for at in sorted(removed)),
        moved=tuple(moved[at] for at in sorted(moved)),
        extra=tuple(extra[at] for at in sorted(extra)),
    )
    return laid, unclear


def _point(series: Series, at: Moment, home: Zone) -> Point:
    if series.all_day:
        # Exchange sends the local midnight in UTC: for Amsterdam the evening before.
        return (at.on_clock(series.zone or home)[0], 0) if at.utc else (at.day, 0)
    return at.on_clock(series.zone)


def _instant(series: Series, at: Moment, home: Zone) -> int:
    zone = series.zone or home
    return instant(None if at.utc else zone, at.day, at.seconds or 0)


def _hit(series: Series, at: Point) -> Point | None:
    """The start that is meant: by its clock, or by its instant where a gap makes the clock show another time."""
    if at == series.off_rule or series.gives(at):
        return at
    for strand in series.strands:
        near = (at[0], strand.seconds)
        if series.zone is not None and series.gives(near) and instant(series.zone, *near) == instant(series.zone, *at):
            return near
    return None


def _any_on(series: Series, day: int, extra: dict[Point, Extra]) -> bool:
    listed = any(series.gives((day, strand.seconds)) for strand in series.strands)
    return listed or (series.off_rule or (0, 0))[0] == day or any(at[0] == day for at in extra)


def _over(series: Series, at: Point, to: Point | None, limit: int | None, home: Zone) -> bool:
    """Whether an exception is wholly past: where it was and where it went."""
    if limit is None:
        return False
    last = max(at, to or at)
    return instant(series.zone or home, *last) + series.duration <= limit
