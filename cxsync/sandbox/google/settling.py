"""What happens to the exceptions of a series when the series changes (guide "Recurring events")."""

from cxsync.sandbox.google.calendars import Calendar
from cxsync.sandbox.google.event import Data, Event
from cxsync.sandbox.google.realm import Actor, Realm
from cxsync.sandbox.google.series import occurrence_at

_OWN = ("id", "start", "end", "recurrence", "recurringEventId", "originalStartTime", "status", "sequence", "iCalUID")


def settle(realm: Realm, actor: Actor, calendar: Calendar, series: Event, old: Data, *, author: str = "") -> None:
    """Exceptions that the rule no longer reaches are reset; the others take over what they had in common with it."""
    rescheduled = any(old.get(key) != series.data.get(key) for key in ("start", "end", "recurrence"))
    changed = {
        key: series.data.get(key)
        for key in (*series.data, *old)
        if key not in _OWN and old.get(key) != series.data.get(key)
    }
    for exception in calendar.exceptions_of(series.id):
        stamp = exception.id.rpartition("_")[2]
        if rescheduled and occurrence_at(series.data, stamp, realm.options) is None:
            if realm.options.orphans == "silent":
                calendar.forget(exception.id)
            elif not exception.cancelled:
                data = {**exception.data, "status": "cancelled"}
                realm.save(calendar, exception.id, data, actor, "reset", author=author)
        elif changed and realm.options.exceptions_inherit and not exception.cancelled:
            data = dict(exception.data)
            for key, value in changed.items():
                if exception.data.get(key) != old.get(key):
                    continue
                if value is None:
                    data.pop(key, None)
                else:
                    data[key] = value
            if data != exception.data:
                realm.save(calendar, exception.id, data, actor, "update", author=author)


def end_exceptions(calendar: Calendar, series: Event) -> None:
    """With the series its exceptions are gone; no row of a list says so."""
    for exception in calendar.exceptions_of(series.id):
        if not exception.cancelled:
            exception.with_series = exception.data
            calendar.put_quietly(exception, {**exception.data, "status": "cancelled"}, counted=False)


def restore_exceptions(realm: Realm, actor: Actor, calendar: Calendar, series: Event) -> None:
    """A series that comes back brings its exceptions along, and lists name all of them again."""
    for exception in calendar.exceptions_of(series.id):
        data = exception.with_series if exception.with_series is not None else exception.data
        exception.with_series = None
        realm.save(calendar, exception.id, data, actor, "restore")


def reset_exceptions(realm: Realm, actor: Actor, calendar: Calendar, series: Event) -> None:
    """A series that became a single event has no occurrences any more."""
    for exception in calendar.exceptions_of(series.id):
        if not exception.cancelled:
            realm.save(calendar, exception.id, {**exception.data, "status": "cancelled"}, actor, "reset")
