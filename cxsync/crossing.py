"""Whether an appointment's series can be held on the other side, and what its user is told if not."""

from datetime import datetime
from zoneinfo import ZoneInfo

from msgspec import Struct

from cxsync.recurrence.codes import Reason
from cxsync.recurrence.request import Asked, InputError, OverrideGiven, PolicyGiven, Request, ask
from cxsync.recurrence.text import Outcome, paragraph
from cxsync.recurrence.translate import to_carerix, to_exchange
from cxsync.recurrence.verdict import Kind, Verdict
from cxsync.rrule_text import rrule_text
from schemas.appointment import Appointment, Moment, Override
from schemas.records import Finding, Policy
from schemas.words import System, WallClock


class Crossing(Struct, frozen=True):
    """A series as it was understood, and what the target makes of it."""

    asked: Asked
    verdict: Verdict
    dates: tuple[WallClock, ...]


def crossing(appointment: Appointment, target: System, policy: Policy, as_of: datetime) -> Crossing | None:
    """None for a single appointment. Exceptions that are over at ``as_of`` (an instant) count no more."""
    recurrence = appointment.recurrence
    if recurrence is None:
        return None
    if not recurrence.rules and not recurrence.extra:
        return Crossing(
            _unread(policy), Verdict(Kind.REFUSED, None, reason=Reason.PATTERN_UNREAD, offending="pattern"), ()
        )
    try:
        asked = ask(_request(appointment, policy, as_of))
    except InputError as error:
        return Crossing(
            _unread(policy), Verdict(Kind.REFUSED, None, reason=Reason.INVALID_RULE, offending=error.message), ()
        )
    if asked.series is None or asked.unclear is not None:
        told = asked.unread or asked.unclear
        reason = told.reason if told else Reason.INVALID_RULE
        return Crossing(asked, Verdict(Kind.REFUSED, None, reason=reason, offending=told.offending if told else ""), ())
    translate = to_carerix if target == "carerix" else to_exchange
    if target == "google":
        return Crossing(asked, Verdict(Kind.EXACT, asked.home), ())
    return Crossing(asked, translate(asked.series, asked.policy, asked.home), _dates(appointment, as_of))


def findings(found: Crossing | None) -> tuple[Finding, ...]:
    """What keeps the series from being held as it is; empty if nothing does."""
    if found is None or found.verdict.reason is None or found.verdict.kind in (Kind.EXACT, Kind.SINGLE, Kind.EMPTY):
        return ()
    verdict = found.verdict
    code = found.verdict.reason.code
    dates = found.dates if code == "exception-in-series" else ()
    return (Finding(code=code, reason=str(verdict.reason), offending=verdict.offending, dates=dates),)


def told(found: Crossing, language: str) -> str:
    """The paragraph for the user: what the series is, why it cannot be held, what to do."""
    outcome = Outcome(found.asked.series, found.verdict, found.asked.home)
    return paragraph(outcome, "nl" if language == "nl" else "en")


def _request(appointment: Appointment, policy: Policy, as_of: datetime) -> Request:
    recurrence = appointment.recurrence
    if recurrence is None:
        raise ValueError("a single appointment has no series")
    start, zone = appointment.start, appointment.start.zone
    wall = as_of.astimezone(ZoneInfo(zone or policy.home_zone)).replace(tzinfo=None, microsecond=0)
    return Request(
        dtstart=start.wall[:10] if appointment.all_day else start.wall,
        value="DATE" if appointment.all_day else "DATE-TIME",
        duration=_duration(start, appointment.end, all_day=appointment.all_day),
        tz=None if appointment.all_day else zone,
        home_zone=policy.home_zone,
        policy=PolicyGiven(
            week_start="SU" if policy.week_start == "sunday" else "MO",
            short_month=policy.short_month,
            daily_series=policy.daily_series,
        ),
        as_of=wall.isoformat(),
        rrules=tuple(map(rrule_text, recurrence.rules)),
        exrules=tuple(map(rrule_text, recurrence.excluded_rules)),
        exdates=recurrence.excluded,
        rdates=recurrence.extra,
        overrides=tuple(map(_override, recurrence.overrides)),
    )


def _override(override: Override) -> OverrideGiven:
    same_time = override.start is None or override.start.wall == override.original
    return OverrideGiven(
        recurrence_id=override.original,
        start=None if same_time or override.start is None else override.start.wall,
        changed=override.changed,
        cancelled=override.cancelled,
    )


def _duration(start: Moment, end: Moment, *, all_day: bool) -> int:
    if start.instant is not None and end.instant is not None and not all_day:
        return max(0, int((end.instant - start.instant).total_seconds()))
    difference = datetime.fromisoformat(end.wall) - datetime.fromisoformat(start.wall)
    return max(0, int(difference.total_seconds()))


def _dates(appointment: Appointment, as_of: datetime) -> tuple[WallClock, ...]:
    """The original starts of the exceptions to come."""
    recurrence = appointment.recurrence
    if recurrence is None:
        return ()
    zone = ZoneInfo(appointment.start.zone or "UTC")
    starts = {*recurrence.excluded, *(override.original for override in recurrence.overrides)}
    now = as_of.astimezone(zone).replace(tzinfo=None)
    return tuple(sorted(start for start in starts if datetime.fromisoformat(start) >= now))


def _unread(policy: Policy) -> Asked:
    request = Request(dtstart="20260105", home_zone=policy.home_zone, rrule="FREQ=WEEKLY")
    asked = ask(request)
    return Asked(None, asked.policy, asked.home)
