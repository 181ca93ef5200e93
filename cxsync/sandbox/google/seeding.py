"""What stands in a Google calendar on the first day."""

from datetime import timedelta
from typing import Any

from cxsync.sandbox.core.seed import Person, appointments
from cxsync.sandbox.google.calendars import Account
from cxsync.sandbox.google.realm import NAME, Actor, Realm
from cxsync.sandbox.google.rules import rule_line
from cxsync.sandbox.google.writing import Writing


def fill(realm: Realm, writing: Writing, person: Person, account: Account) -> None:
    """Create the person's appointments as if entered by hand."""
    actor = Actor(account, "person")
    calendar = realm.directory.calendars[account.email]
    today = realm.world.clock.now().date()
    for each in appointments(person, NAME, realm.world.seed, today):
        end = each.start + timedelta(minutes=each.minutes)
        body: dict[str, Any] = {"summary": each.subject, "location": each.location, "description": each.notes}
        if each.private:
            body["visibility"] = "private"
        if each.all_day:
            body |= {"start": {"date": each.start.date().isoformat()}, "end": {"date": end.date().isoformat()}}
        else:
            body["start"] = {"dateTime": each.start.isoformat(), "timeZone": person.zone}
            body["end"] = {"dateTime": end.isoformat(), "timeZone": person.zone}
        if each.rule is not None:
            body["recurrence"] = [rule_line(each.rule, each.start.date(), None if each.all_day else person.zone)]
        writing.insert(actor, calendar, body, {})
