"""One line of ``cxsync recurrence check``: its fields, and the series that they describe."""

import re
from typing import Any, Literal

import msgspec
from msgspec import UNSET, Struct, UnsetType

from cxsync.recurrence.codes import Reason
from cxsync.recurrence.errors import UnreadableSeriesError
from cxsync.recurrence.exceptions import Given, Unclear, with_exceptions
from cxsync.recurrence.gregorian import WEEKDAYS
from cxsync.recurrence.moment import Moment, read_moment
from cxsync.recurrence.parse.carerix import CarerixFields, read_carerix_end, read_carerix_pattern
from cxsync.recurrence.parse.ews import EwsPattern, EwsRange, read_ews_pattern, read_ews_range
from cxsync.recurrence.parse.rrule import read_rrule
from cxsync.recurrence.policy import Policy
from cxsync.recurrence.rule import Rule
from cxsync.recurrence.series import Point, Series, Source, Strand
from cxsync.recurrence.understand import from_pattern, from_rules
from cxsync.recurrence.zones import Zone, zone_defined, zone_named

DAY_SECONDS = 86400
LONGEST = 100 * 366 * DAY_SECONDS


class InputError(Exception):
    """A field of the line cannot be used; ``message`` says what would be right."""

    def __init__(self, field: str, value: Any, message: str) -> None:
        self.field, self.value, self.message = field, value, message
        super().__init__(message)


class ZoneGiven(Struct, frozen=True, forbid_unknown_fields=True):
    """A delivered zone definition."""

    rule: str
    id: str = ""


class PolicyGiven(Struct, frozen=True, forbid_unknown_fields=True):
    """See ``Policy``."""

    week_start: Literal["MO", "TU", "WE", "TH", "FR", "SA", "SU"] = "MO"
    short_month: Literal["skip", "clamp"] = "skip"
    daily_series: Literal["refuse", "convert"] = "refuse"


class OverrideGiven(Struct, frozen=True, forbid_unknown_fields=True):
    """A changed or cancelled instance of a rule."""

    recurrence_id: str
    start: str | None = None
    duration: int | None = None
    changed: tuple[str, ...] = ()
    cancelled: bool = False


class ModifiedGiven(Struct, frozen=True, forbid_unknown_fields=True):
    """A modified occurrence of an Exchange series."""

    original: str
    start: str | None = None
    duration: int | None = None
    changed: tuple[str, ...] = ()


class EwsGiven(Struct, frozen=True, forbid_unknown_fields=True):
    """An Exchange series."""

    pattern: EwsPattern | None
    range: EwsRange | None = None
    deleted: tuple[str, ...] = ()
    modified: tuple[ModifiedGiven, ...] = ()


class Request(Struct, frozen=True, forbid_unknown_fields=True):
    """The fields of a line."""

    id: str | None = None
    dtstart: str | None = None
    value: Literal["DATE", "DATE-TIME"] | None = None
    duration: int | None = None
    tz: str | ZoneGiven | None = None
    home_zone: str | ZoneGiven = "Europe/Amsterdam"
    policy: PolicyGiven = PolicyGiven()
    from_: str | None = msgspec.field(default=None, name="from")
    as_of: str | None = None
    rrule: str | UnsetType = UNSET
    rrules: tuple[str, ...] = ()
    exrules: tuple[str, ...] = ()
    exdates: tuple[str, ...] = ()
    rdates: tuple[str, ...] = ()
    overrides: tuple[OverrideGiven, ...] = ()
    ews: EwsGiven | UnsetType = UNSET
    carerix: CarerixFields | UnsetType = UNSET


class Asked(Struct, frozen=True):
    """What a line asks: ``series`` is None if it cannot be read (``unread``); ``unclear``: its starts are not known."""

    series: Series | None
    policy: Policy
    home: Zone
    listed_from: Point | None = None
    unread: UnreadableSeriesError | None = None
    unclear: Unclear | None = None


def decode(raw: dict[str, Any]) -> Request:
    """Raises InputError for a field that is unknown, missing or of the wrong kind."""
    try:
        return msgspec.convert(raw, Request)
    except msgspec.ValidationError as error:
        raise _input_error(str(error), raw) from error


def ask(request: Request) -> Asked:
    """The series that a line describes. Raises InputError."""
    given = request.policy
    policy = Policy(WEEKDAYS.index(given.week_start), given.short_month, given.daily_series)
    try:
        home = _zone(request.home_zone, None)
    except UnreadableSeriesError as error:
        raise InputError("home_zone", error.offending, "home_zone: write an IANA name or a Windows id") from error
    if home is None:
        raise InputError("home_zone", None, "home_zone: write an IANA name or a Windows id")
    _one_form(request)
    start, all_day, value = _start(request)
    moments = _Moments(request)
    duration = _duration(request, all_day=all_day)
    try:
        zone = _series_zone(request, start, home, all_day=all_day)
        point: Point = (start.day, 0) if all_day else (start.day, start.seconds or 0)
        if request.carerix is not UNSET and start.utc and not all_day:
            # Carerix recurs on the clock of its own zone, whatever the form of its dates on the wire.
            point = start.on_clock(zone)
        series = _series(request, point, value, zone, policy, all_day=all_day, duration=duration)
    except UnreadableSeriesError as error:
        return Asked(None, policy, home, unread=error)
    laid, unclear = with_exceptions(series, moments.exceptions, home, moments.as_of)
    listed_from = None if moments.from_ is None else moments.from_.on_clock(laid.zone)
    return Asked(laid, policy, home, listed_from, unclear=unclear)


def _one_form(request: Request) -> None:
    rules = request.rrule is not UNSET or bool(request.rrules) or bool(request.rdates)
    forms = [name for name, given in (("rrule", rules), ("ews", request.ews), ("carerix", request.carerix)) if given]
    if len(forms) != 1:
        shown = ", ".join(forms) or None
        raise InputError("rrule", shown, "rrule: write one of rrule (or rrules, rdates), ews, carerix")
    if forms != ["rrule"]:
        for name in ("exrules", "exdates", "overrides"):
            if getattr(request, name):
                raise InputError(name, msgspec.to_builtins(getattr(request, name)), f"{name}: goes with rrule only")
    if request.rrule is not UNSET and request.rrules:
        raise InputError("rrules", list(request.rrules), "rrules: write rrule or rrules, not both")
    for name in ("ews", "carerix"):
        if request.rrules and forms == [name]:
            raise InputError("rrules", list(request.rrules), f"rrules: does not go with {name}")


def _start(request: Request) -> tuple[Moment, bool, str]:
    field, text = "dtstart", request.dtstart
    carerix = request.carerix if isinstance(request.carerix, CarerixFields) else None
    if text is None and carerix is not None:
        field, text = "carerix.startDate", carerix.start_date
    if text is None:
        raise InputError("dtstart", None, "dtstart: is missing; write 20260105 or 20260105T090000")
    start = _moment(field, text)
    all_day = start.seconds is None if request.value is None else request.value == "DATE"
    if request.value is None and carerix is not None and carerix.is_all_day is not None:
        all_day = bool(carerix.is_all_day)
    if all_day and start.seconds:
        raise InputError(field, text, f"{field}: an all-day start is a date; write {text[:8]} or leave out value")
    return start, all_day, text


def _duration(request: Request, *, all_day: bool) -> int:
    if request.duration is not None:
        if not 0 <= request.duration <= LONGEST:
            raise InputError("duration", request.duration, "duration: seconds, 0 or more")
        return request.duration
    carerix = request.carerix
    if isinstance(carerix, CarerixFields) and carerix.start_date and carerix.end_date:
        begin, end = _moment("carerix.startDate", carerix.start_date), _moment("carerix.endDate", carerix.end_date)
        return max(0, (end.day - begin.day) * DAY_SECONDS + (end.seconds or 0) - (begin.seconds or 0))
    return DAY_SECONDS if all_day else 3600


class _Moments:
    """All other dates of a line, read before anything else so that a wrong one is told as such."""

    def __init__(self, request: Request) -> None:
        self.from_ = None if request.from_ is None else _moment("from", request.from_)
        self.as_of = None if request.as_of is None else _moment("as_of", request.as_of)
        self.exceptions: list[Given] = []
        beside_rule = request.rrule is not UNSET or bool(request.rrules)
        for name, texts in (("exdate", request.exdates), ("rdate", request.rdates)):
            if name == "rdate" and not beside_rule:
                for text in texts:
                    _moment("rdates", text)
                continue
            self.exceptions += [Given(name, _moment(f"{name}s", text), text) for text in texts]
        for item in request.overrides:
            at = _moment("overrides.recurrence_id", item.recurrence_id)
            if item.cancelled:
                self.exceptions.append(Given("cancelled", at, item.recurrence_id))
            else:
                self._changed("overrides.start", at, item.recurrence_id, item)
        if isinstance(request.ews, EwsGiven):
            self.exceptions += [Given("deleted", _moment("ews.deleted", text), text) for text in request.ews.deleted]
            for change in request.ews.modified:
                at = _moment("ews.modified.original", change.original)
                self._changed("ews.modified.start", at, change.original, change)

    def _changed(self, field: str, at: Moment, text: str, item: OverrideGiven | ModifiedGiven) -> None:
        to = None if item.start is None else _moment(field, item.start)
        kind = "changed" if to is None or to == at else "moved"
        self.exceptions.append(Given(kind, at, text, to, item.duration, item.changed))


def _series(
    request: Request, start: Point, written: str, zone: Zone | None, policy: Policy, *, all_day: bool, duration: int
) -> Series:
    if isinstance(request.ews, EwsGiven):
        return _ews_series(request.ews, start, written, zone, all_day=all_day, duration=duration)
    if isinstance(request.carerix, CarerixFields):
        return _carerix_series(request.carerix, start, written, zone, policy, all_day=all_day, duration=duration)
    texts = request.rrules if request.rrule is UNSET else (request.rrule,)
    rules = tuple(read_rrule(text) for text in texts)
    excluding = tuple(read_rrule(text) for text in request.exrules)
    parts = {"dtstart": written}
    if request.rdates:
        parts["rdates"] = f"RDATE {request.rdates[0]}"
    source = Source("google", parts, rules, excluding)
    dates = [_moment("rdates", text).on_clock(zone) for text in request.rdates] if not rules else []
    if all_day:
        dates = [(day, 0) for day, _ in dates]
    return from_rules(source, start, all_day=all_day, duration=duration, zone=zone, dates=dates)


def _ews_series(
    given: EwsGiven, start: Point, written: str, zone: Zone | None, *, all_day: bool, duration: int
) -> Series:
    range_ = given.range or EwsRange()
    if given.pattern is None:
        raise UnreadableSeriesError(Reason.PATTERN_UNREAD, "pattern null", "a pattern that can be read")
    if range_.start_date is not None:
        start = (_moment("ews.range.StartDate", range_.start_date).day, start[1])
    shape, anchor = read_ews_pattern(given.pattern, start[0])
    end = read_ews_range(range_)
    parts = {"dtstart": written, **_present(given.pattern), **_present(range_)}
    parts["element"] = given.pattern.element
    if given.pattern.element == "WeeklyRecurrence":
        parts.setdefault("FirstDayOfWeek", "Sunday")
    source = Source("exchange", parts, (shape,) if isinstance(shape, Rule) else ())
    return from_pattern(source, shape, anchor, end, start, all_day=all_day, duration=duration, zone=zone)


def _carerix_series(
    given: CarerixFields,
    start: Point,
    written: str,
    zone: Zone | None,
    policy: Policy,
    *,
    all_day: bool,
    duration: int,
) -> Series:
    source = Source("carerix", {"dtstart": written, **_present(given)})
    pattern = read_carerix_pattern(given, policy)
    if pattern is None:
        strand = Strand(start[1], [start[0]], start[0], ended=True)
        return Series(source, all_day, duration, zone, start, (strand,))
    end = read_carerix_end(given)
    return from_pattern(source, pattern, start[0], end, start, all_day=all_day, duration=duration, zone=zone)


def _present(struct: Struct) -> dict[str, str]:
    fields: dict[str, object] = msgspec.to_builtins(struct)
    return {name: str(value) for name, value in fields.items() if value is not None}


def _series_zone(request: Request, start: Moment, home: Zone, *, all_day: bool) -> Zone | None:
    if start.utc and not all_day and request.carerix is UNSET:
        return _zone("UTC", None)
    zone = _zone(request.tz, home)
    if zone is None and request.carerix is not UNSET and not all_day:
        return home
    return zone


def _zone(given: str | ZoneGiven | None, home: Zone | None) -> Zone | None:
    if given is None:
        return None
    return zone_defined(given.id, given.rule, home) if isinstance(given, ZoneGiven) else zone_named(given, home)


def _moment(field: str, text: str) -> Moment:
    try:
        return read_moment(text)
    except ValueError as error:
        raise InputError(field, text, f"{field}: {error}") from error


_AT = re.compile(r" - at `\$\.?(.*?)`$")


def _input_error(text: str, raw: dict[str, Any]) -> InputError:
    """msgspec's message as field, value and what would be right."""
    match = _AT.search(text)
    path = match[1] if match else ""
    said = text[: match.start()] if match else text
    name = re.search(r"field `([^`]+)`", said)
    if name is not None:
        path = f"{path}.{name[1]}" if path else name[1]
    value = _value_at(raw, path)
    if "unknown field" in said:
        hint = "is unknown; the fields are listed in docs/recurrence.md"
    elif "missing required" in said:
        hint = "is missing"
    else:
        hint = said[0].lower() + said[1:]
    return InputError(path or "line", value, f"{path or 'line'}: {hint}")


def _value_at(raw: object, path: str) -> object:
    for step in re.findall(r"[^.\[\]]+", path):
        if isinstance(raw, dict):
            raw = raw.get(step)
        elif isinstance(raw, list) and step.isdigit() and int(step) < len(raw):
            raw = raw[int(step)]
        else:
            return None
    return raw
