"""What a person does in Google's own calendar program."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from cxsync.sandbox.core.action import Action, Rule, parse_action, required
from cxsync.sandbox.core.refusal import BadInput, NotThere
from cxsync.sandbox.google import moments
from cxsync.sandbox.google.authorization import Authorization
from cxsync.sandbox.google.calendars import Account, Calendar
from cxsync.sandbox.google.event import Event, attendee, base_of
from cxsync.sandbox.google.expansion import until_before, with_count
from cxsync.sandbox.google.realm import Actor, Realm
from cxsync.sandbox.google.refusals import ApiError
from cxsync.sandbox.google.rules import rule_line
from cxsync.sandbox.google.series import Instance, before_text, instance_id, occurrence_at, occurrences, resolve
from cxsync.sandbox.google.writing import Writing

Body = dict[str, Any]


class Person:
    """Carries out actions on behalf of account holders."""

    def __init__(self, realm: Realm, writing: Writing, authorization: Authorization) -> None:
        self._realm = realm
        self._writing = writing
        self._authorization = authorization

    def act(self, owner: str, given: Mapping[str, Any]) -> dict[str, Any]:
        """See ``System.act``."""
        account = self._realm.directory.accounts.get(owner)
        if account is None:
            raise NotThere("owner", owner)
        action = parse_action(given)
        actor = Actor(account, "person", None, "all" if action.send else "none")
        try:
            item = self._carry_out(actor, action)
        except ApiError as error:
            raise BadInput(action.action, action.item, error.message) from error
        return {"item": item}

    def _carry_out(self, actor: Actor, action: Action) -> str:
        match action.action:
            case "create" | "invite" if action.item is None:
                return self._create(actor, action)
            case "invited":
                return self._invited(actor, action)
            case "revoke-access":
                self._authorization.revoke_account(actor.account.email)
                return actor.account.email
            case _:
                return self._change(actor, action)

    def _create(self, actor: Actor, action: Action) -> str:
        calendar = self._folder(actor.account, action.folder)
        body = self._body(action, calendar, None)
        if "start" not in body:
            raise BadInput("start", None, "a new event needs one")
        return self._writing.insert(actor, calendar, body, {}).id

    def _change(self, actor: Actor, action: Action) -> str:
        calendar, target = self._find(actor.account, required(action, "item"))
        name = target.id
        if action.occurrence is not None and target.data.get("recurrence"):
            if action.action == "this-and-following":
                return self._split(actor, calendar, target, action)
            name = self._occurrence(calendar, target, action.occurrence)
        match action.action:
            case "update" | "move" | "move-occurrence" | "change-occurrence" | "change-rule" | "make-series" | "invite":
                body = self._body(action, calendar, self._target(calendar, name))
            case "make-private":
                body = {"visibility": "private"}
            case "make-public":
                body = {"visibility": "default"}
            case "dismiss-reminder":
                return name  # Google keeps no trace of it in the event
            case "set-category":
                body = {"colorId": action.category or "11"}
            case "accept" | "decline" | "tentative":
                body = self._answer(calendar, self._target(calendar, name), action.action)
            case "delete" | "delete-occurrence" | "cancel":
                self._writing.delete(actor, calendar, name)
                return name
            case "restore":
                body = {"status": "confirmed"}
            case "move-folder" | "archive":
                return self._writing.move(
                    actor, calendar, name, self._folder(actor.account, action.folder or "Archive")
                ).id
            case other:
                raise BadInput("action", other, "something that Google's calendar offers")
        return self._writing.update(actor, calendar, name, body, {"supportsAttachments": True}, None, "patch").id

    def _answer(self, calendar: Calendar, target: Event | Instance, word: str) -> Body:
        if attendee(target.data, calendar.id) is None:
            raise BadInput("item", target.id, "an event to which this user is invited")
        status = {"accept": "accepted", "decline": "declined", "tentative": "tentative"}[word]
        rows = target.data["attendees"]
        return {"attendees": [{**r, "responseStatus": status} if r["email"] == calendar.id else r for r in rows]}

    def _split(self, actor: Actor, calendar: Calendar, series: Event | Instance, action: Action) -> str:
        """The series ends before the occurrence; a new one, with ``_R`` and the date in its id, goes on from there.

        Everything is copied, extended properties too; exceptions behind the split are reset.
        """
        old = series.data
        stamp = self._stamp(old, required(action, "occurrence"))
        first = occurrence_at(old, stamp, self._realm.options)
        if first is None or not isinstance(series, Event):
            raise BadInput("occurrence", action.occurrence, "the original start of one of the series' occurrences")
        number = sum(1 for each in occurrences(old, self._realm.options) if each.stamp < stamp)
        delete = bool(action.extra.get("delete"))
        if number == 0 and not delete:
            body = self._body(action, calendar, series)
            return self._writing.update(actor, calendar, series.id, body, {}, None, "patch").id
        if number == 0:
            self._writing.delete(actor, calendar, series.id)
            return series.id
        ended = {"recurrence": until_before(old["recurrence"], before_text(first.start))}
        self._writing.update(actor, calendar, series.id, ended, {}, None, "patch")
        if delete:
            return series.id
        name = f"{base_of(series.id)}_R{stamp.removesuffix('Z')}"
        rest = {**old, "id": name, "iCalUID": f"{name}@google.com", "start": first.start, "end": first.end}
        rest |= {"recurrence": with_count(old["recurrence"], lambda count: count - number), "sequence": 0}
        start = Instance(name, rest, series)
        return self._writing.fork(actor, calendar, name, rest, self._body(action, calendar, start)).id

    def _invited(self, actor: Actor, action: Action) -> str:
        """An invitation arrives: from another account here, or from outside."""
        sender = required(action, "from_")
        home = self._realm.directory.accounts.get(sender)
        guests = [actor.account.email, *(action.guests or [])]
        if home is not None:
            by_sender = Actor(home, "person", None, "all")
            calendar = self._realm.directory.calendars[sender]
            body = self._body(action, calendar, None) | {"attendees": [{"email": each} for each in guests]}
            return self._writing.insert(by_sender, calendar, body, {}).id
        calendar = self._realm.directory.calendars[actor.account.email]
        return self._writing.receive(actor, calendar, sender, guests, self._body(action, calendar, None)).id

    def _body(self, action: Action, calendar: Calendar, target: Event | Instance | None) -> Body:
        """The write that the fields of ``action`` amount to."""
        body: Body = {**action.extra}
        body.pop("delete", None)
        if action.subject is not None:
            body["summary"] = action.subject
        if action.location is not None:
            body["location"] = action.location
        if action.notes is not None:
            body["description"] = action.notes
        if action.private is not None:
            body["visibility"] = "private" if action.private else "default"
        if action.busy is not None:
            body["transparency"] = "transparent" if action.busy == "free" else "opaque"
        if action.reminder is not None:
            shown = [{"method": "popup", "minutes": action.reminder}] if action.reminder >= 0 else []
            body["reminders"] = {"useDefault": False, "overrides": shown}
        if action.guests is not None:
            kept = {row["email"]: row for row in (target.data if target else {}).get("attendees", ())}
            body["attendees"] = [kept.get(each.lower(), {"email": each}) for each in action.guests]
        body |= _times(action, calendar, target)
        if action.lines is not None:
            body["recurrence"] = action.lines
        elif action.rule is not None:
            body["recurrence"] = [_line(action.rule, body, target)]
        return body

    def _folder(self, account: Account, name: str | None) -> Calendar:
        """The calendar called ``name`` (primary without one); the person makes it if there is none."""
        calendars = self._realm.directory.calendars
        if name is None or name == "primary":
            return calendars[account.email]
        for entry in account.entries.values():
            calendar = calendars[entry.calendar]
            if not entry.deleted and name in (calendar.id, calendar.summary):
                return calendar
        made = f"c_{self._realm.new_id(32)}@group.calendar.google.com"
        return self._realm.directory.add_calendar(account, made, name, account.zone, self._realm.world.clock.now())

    def _find(self, account: Account, name: str) -> tuple[Calendar, Event | Instance]:
        for entry in account.entries.values():
            calendar = self._realm.directory.calendars[entry.calendar]
            target = resolve(calendar, name, self._realm.options)
            if target is not None and (not isinstance(target, Event) or target.details):
                return calendar, target
        raise NotThere("item", name)

    def _target(self, calendar: Calendar, name: str) -> Event | Instance:
        target = resolve(calendar, name, self._realm.options)
        if target is None:
            raise NotThere("item", name)
        return target

    def _occurrence(self, calendar: Calendar, series: Event | Instance, text: str) -> str:
        stamp = self._stamp(series.data, text)
        stored = calendar.exceptions.get(series.id, {}).get(stamp)
        if stored is not None:
            return stored
        if occurrence_at(series.data, stamp, self._realm.options) is None:
            raise BadInput("occurrence", text, "the original start of one of the series' occurrences")
        return instance_id(series.id, stamp, self._realm.options)

    def _stamp(self, data: Mapping[str, Any], text: str) -> str:
        start = data["start"]
        try:
            if moments.is_day(start):
                return date.fromisoformat(text[:10]).strftime("%Y%m%d")
            moment = datetime.fromisoformat(text)
        except ValueError:
            raise BadInput("occurrence", text, "a date, or a moment such as 2026-03-02T09:00") from None
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=moments.zone(start["timeZone"]))
        return moments.stamp({"dateTime": moments.utc_text(moment)})


def _times(action: Action, calendar: Calendar, target: Event | Instance | None) -> Body:
    """``start`` and ``end`` as the dialog writes them; a start alone moves the event with its length."""
    if action.start is None and action.end is None and action.all_day is None:
        return {}
    old = target.data if target is not None else None
    all_day = action.all_day if action.all_day is not None else old is not None and moments.is_day(old["start"])
    zone = action.zone or (old["start"].get("timeZone") if old else None) or calendar.zone
    start_text = action.start or _wall_text(old, "start")
    if start_text is None:
        raise BadInput("start", None, "needed with end or all_day")
    start = _parsed("start", start_text)
    same_kind = old is not None and moments.is_day(old["start"]) == all_day
    if action.end is not None:
        end = _parsed("end", action.end)
    elif old is not None and same_kind:
        end = start + moments.length(old["start"], old["end"])
    else:
        end = start + (timedelta(days=1) if all_day else timedelta(hours=1))
    if all_day:
        return {
            "start": {"date": start.date().isoformat(), "dateTime": None, "timeZone": None},
            "end": {"date": end.date().isoformat(), "dateTime": None, "timeZone": None},
        }
    return {
        "start": {"dateTime": start.isoformat(), "timeZone": zone, "date": None},
        "end": {"dateTime": end.isoformat(), "timeZone": zone, "date": None},
    }


def _parsed(field: str, text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise BadInput(field, text, "a date, or a moment such as 2026-03-02T09:00") from None


def _wall_text(data: Mapping[str, Any] | None, field: str) -> str | None:
    return None if data is None else moments.wall(data[field]).isoformat()


def _line(rule: Rule, body: Body, target: Event | Instance | None) -> str:
    start = body.get("start") or (target.data["start"] if target is not None else None)
    if start is None:
        raise BadInput("start", None, "a series needs one")
    if start.get("date"):
        return rule_line(rule, date.fromisoformat(start["date"]), None)
    moment = datetime.fromisoformat(start["dateTime"])
    zone = moments.zone(start["timeZone"])
    local = moment.replace(tzinfo=zone) if moment.tzinfo is None else moment.astimezone(zone)
    return rule_line(rule, local.date(), start["timeZone"])
