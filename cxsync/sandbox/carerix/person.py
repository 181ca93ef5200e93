"""What a Carerix user does in Carerix itself."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from cxsync.sandbox.carerix.entities import ENTITIES, TODO, Attribute, Kind
from cxsync.sandbox.carerix.installation import Installation
from cxsync.sandbox.carerix.moments import midnight, moment
from cxsync.sandbox.carerix.options import APPOINTMENT
from cxsync.sandbox.carerix.recurrence import days_of
from cxsync.sandbox.carerix.refusals import BrokenRule
from cxsync.sandbox.carerix.rows import Ref, Row, Value
from cxsync.sandbox.carerix.rule_fields import rule_fields
from cxsync.sandbox.carerix.tenant import Tenant
from cxsync.sandbox.carerix.writing import Author, Fields, Participant, Writer
from cxsync.sandbox.core.action import Action, required
from cxsync.sandbox.core.refusal import BadInput, NotThere


class Person:
    """A user at work. ``act`` raises BadInput for what Carerix does not offer or allow, NotThere for other rows."""

    def __init__(self, installation: Installation, tenant: Tenant, user: Row) -> None:
        self._installation = installation
        self._tenant = tenant
        self._user = user
        self._author = Author(user.ref, "person")
        self._writer: Writer = installation.writer(tenant)

    def act(self, action: Action) -> dict[str, Any]:
        """Carry out ``action``; the answer holds ``item``, the ``_id`` of what was touched."""
        does = _ACTIONS.get(action.action)
        if does is None:
            raise BadInput("action", action.action, f"Carerix knows {', '.join(sorted(_ACTIONS))}")
        try:
            return does(self, action)
        except BrokenRule as broken:
            raise BadInput(broken.field, _plain(action, broken.field), str(broken)) from None

    def create(self, action: Action) -> dict[str, Any]:
        """A new appointment in the user's own agenda; ``to_owner`` puts it into a colleague's."""
        required(action, "start")
        values: dict[str, Value] = {"toDoTypeKey": APPOINTMENT, "owner": self._user.ref}
        fields = self._fields(action, None)
        return _touched(self._writer.create(Fields(values | fields.values, fields.participants), self._author))

    def update(self, action: Action) -> dict[str, Any]:
        """Change the fields that are given."""
        row = self._row(action)
        return _touched(self._writer.update(row, self._fields(action, row), self._author, action.action))

    def move(self, action: Action) -> dict[str, Any]:
        """Another start; without an end the length stays."""
        required(action, "start")
        return self.update(action)

    def change_rule(self, action: Action) -> dict[str, Any]:
        """A single becomes a series, or a series follows another rule."""
        required(action, "rule")
        return self.update(action)

    def delete(self, action: Action) -> dict[str, Any]:
        """Soft, as the program does it."""
        row = self._row(action)
        self._writer.delete(row, self._author)
        return _touched(row)

    def purge(self, action: Action) -> dict[str, Any]:
        """Maintenance removes the row for good: it vanishes from every list without a trace."""
        row = self._row(action)
        self._writer.purge(row, self._author)
        return _touched(row)

    def set_values(self, action: Action, values: dict[str, Value]) -> dict[str, Any]:
        """Set attributes by name."""
        return _touched(self._writer.update(self._row(action), Fields(values), self._author, action.action))

    def hand_over(self, action: Action) -> dict[str, Any]:
        """The appointment moves into a colleague's agenda."""
        required(action, "to_owner")
        return self.update(action)

    def this_and_following(self, action: Action) -> dict[str, Any]:
        """Carerix has no such button: the user ends the series before ``occurrence`` and makes a new one."""
        row = self._row(action)
        settings = self._tenant.settings
        original = moment("occurrence", required(action, "occurrence"), self._zone(action)).astimezone(settings.home)
        earlier = [day for day in _until(row, self._tenant, original) if day < original.date()]
        if not row.integer("recurrence") or not earlier:
            raise BadInput("occurrence", action.occurrence, "the start of an occurrence after the first of a series")
        expiry = datetime.combine(earlier[-1], time(), settings.home).astimezone(UTC)
        end: dict[str, Value] = {"isRangeEndDate": 1, "recurrenceExpiryDate": expiry}
        end |= {"isRangeNumberOfTimes": 0, "recurrenceNumberOfTimes": None}
        following = self._following(row, original, len(earlier))
        changed = Row(row.entity, row.number, following)
        fields = self._fields(action, changed)
        self._writer.update(row, Fields(end), self._author, action.action)
        new = self._writer.create(Fields(following | fields.values, fields.participants), self._author, action.action)
        return _touched(new) | {"first": row.id}

    def _following(self, row: Row, original: datetime, passed: int) -> dict[str, Value]:
        not_copied = ("creationDate", "createdBy", "modificationDate", "modifiedBy", "externalIdentifier", "toDoUsers")
        values = {name: value for name, value in row.values.items() if name not in not_copied}
        start, end = row.date("startDate"), row.date("endDate")
        if start is not None and end is not None:
            home = self._tenant.settings.home
            length = _wall(end, home) - _wall(start, home)
            wall = original.replace(tzinfo=None)
            values["startDate"] = wall.replace(tzinfo=home).astimezone(UTC)
            values["endDate"] = (wall + length).replace(tzinfo=home).astimezone(UTC)
        if row.integer("isRangeNumberOfTimes"):
            values["recurrenceNumberOfTimes"] = row.integer("recurrenceNumberOfTimes") - passed
        return values

    def _row(self, action: Action) -> Row:
        name = required(action, "item")
        row = self._tenant.database.by_id("CRToDo", name)
        if row is None or (row.integer("isConfidential") and row.one("owner") != self._user.ref):
            raise NotThere("activity that this user may change", name)
        return row

    def _zone(self, action: Action) -> ZoneInfo:
        try:
            return ZoneInfo(action.zone) if action.zone is not None else self._tenant.settings.home
        except (KeyError, ValueError, OSError):
            raise BadInput("zone", action.zone, "a time zone of the IANA list") from None

    def _fields(self, action: Action, row: Row | None) -> Fields:
        values: dict[str, Value] = {}
        for name in ("subject", "location", "notes"):
            if (text := getattr(action, name)) is not None:
                values[name] = text
        if action.private is not None:
            values["isConfidential"] = int(action.private)
        if action.busy is not None:
            if action.busy not in ("busy", "tentative"):
                raise BadInput("busy", action.busy, "busy (definitive) or tentative (preliminary)")
            values["status"] = int(action.busy == "tentative")
        if action.reminder is not None:
            values["remind"] = int(action.reminder >= 0)
            if action.reminder >= 0:
                values["reminderMinutes"] = action.reminder
        if action.guests is not None:
            values["attendees"] = "; ".join(action.guests)
        if action.to_owner is not None:
            values["owner"] = self._tenant.user(action.to_owner.rpartition("/")[2]).ref
        if action.rule is not None:
            values |= rule_fields(action.rule, self._tenant.settings)
        values |= self._times(action, row)
        participants = None
        for name, given in action.extra.items():
            if name == "toDoUsers":
                participants = self._participants(given)
            else:
                values[name] = self._extra(name, given)
        return Fields(values, participants)

    def _times(self, action: Action, row: Row | None) -> dict[str, Value]:
        whole_days = action.all_day if action.all_day is not None else bool(row is not None and row.integer("isAllDay"))
        values: dict[str, Value] = {} if action.all_day is None else {"isAllDay": int(action.all_day)}
        read = midnight if whole_days else moment
        zone = self._tenant.settings.home if whole_days else self._zone(action)
        if action.start is not None:
            values["startDate"] = read("start", action.start, zone)
        if action.end is not None:
            values["endDate"] = self._stored_end(read("end", action.end, zone), whole_days=whole_days)
        elif isinstance(start := values.get("startDate"), datetime):
            values["endDate"] = self._end_after(start, row, whole_days=whole_days)
        return values

    def _stored_end(self, end: datetime, *, whole_days: bool) -> datetime:
        """Actions name the day after the last; a tenant may store the last day itself (A7)."""
        home = self._tenant.settings.home
        if not whole_days or self._tenant.settings.all_day_end == "day-after":
            return end
        return (_wall(end, home) - timedelta(days=1)).replace(tzinfo=home).astimezone(UTC)

    def _end_after(self, start: datetime, row: Row | None, *, whole_days: bool) -> datetime:
        """The end that keeps the length on the wall clock; of a new appointment an hour or a day."""
        home = self._tenant.settings.home
        was = None if row is None else row.date("startDate")
        ended = None if row is None else row.date("endDate")
        length = timedelta(days=1) if whole_days else timedelta(hours=1)
        if was is not None and ended is not None:
            length = _wall(ended, home) - _wall(was, home)
        elif whole_days and self._tenant.settings.all_day_end == "last-day":
            length = timedelta()
        return (_wall(start, home) + length).replace(tzinfo=home).astimezone(UTC)

    def _participants(self, given: Any) -> tuple[Participant, ...]:
        if not isinstance(given, list):
            raise BadInput("extra.toDoUsers", given, "a list of user names or userIDs")
        return tuple(Participant(None, {"toUser": self._tenant.user(str(each)).ref}) for each in given)

    def _extra(self, name: str, given: Any) -> Value:
        attribute = TODO.attributes.get(name)
        if attribute is None or name in ("creationDate", "createdBy", "modificationDate", "modifiedBy"):
            raise BadInput(f"extra.{name}", given, "an attribute of CRToDo that a user can set")
        match attribute.kind, given:
            case (_, None):
                return None
            case (Kind.ONE, str()):
                return self._reference(attribute, given)
            case (Kind.TEXT, str(text)):
                return text
            case (Kind.INT | Kind.FLAG, int(number)):
                return number
            case (Kind.DICTIONARY, Mapping()):
                return dict(given)
            case (Kind.DATE, str()):
                return moment(f"extra.{name}", given, self._tenant.settings.home)
            case (Kind.DAYS, list()):
                return tuple(given)
            case (Kind.MANY, list()):
                return tuple(self._reference(attribute, each) for each in given)
            case _:
                raise BadInput(f"extra.{name}", given, f"a {attribute.kind.value}")

    def _reference(self, attribute: Attribute, given: str) -> Ref:
        row = self._tenant.database.by_id(str(attribute.target), given)
        if row is None:
            example = ENTITIES[str(attribute.target)].id_of(1)
            raise BadInput(f"extra.{attribute.name}", given, f"the _id of a {attribute.target}, such as {example}")
        return row.ref


def _wall(moment: datetime, zone: ZoneInfo) -> datetime:
    return moment.astimezone(zone).replace(tzinfo=None)


def _touched(row: Row) -> dict[str, Any]:
    return {"item": row.id, "version": str(row.version), "number": row.number}


def _plain(action: Action, field: str) -> Any:
    return getattr(action, field, action.extra.get(field))


def _until(row: Row, tenant: Tenant, limit: datetime) -> list[Any]:
    found = []
    for day in days_of(row.values, tenant.settings):
        if day > limit.date():
            break
        found.append(day)
    return found if found and found[-1] == limit.date() else []


_ACTIONS: Final[dict[str, Callable[[Person, Action], dict[str, Any]]]] = {
    "create": Person.create,
    "update": Person.update,
    "move": Person.move,
    "make-series": Person.change_rule,
    "change-rule": Person.change_rule,
    "delete": Person.delete,
    "archive": Person.purge,
    "restore": lambda person, action: person.set_values(action, {"deleted": 0}),
    "hand-over": Person.hand_over,
    "this-and-following": Person.this_and_following,
    "make-private": lambda person, action: person.set_values(action, {"isConfidential": 1}),
    "make-public": lambda person, action: person.set_values(action, {"isConfidential": 0}),
    "dismiss-reminder": lambda person, action: person.set_values(action, {"remind": 0}),
}
