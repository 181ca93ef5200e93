"""Random histories of edits: who follows a calendar by sync tokens alone holds what the server holds."""

import random
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

from cxsync.sandbox.core.run import Sandbox

ZONES = ["Europe/Amsterdam", "America/New_York"]
RULES = ["RRULE:FREQ=DAILY;COUNT=5", "RRULE:FREQ=WEEKLY;COUNT=6", "RRULE:FREQ=MONTHLY;COUNT=3"]


class Mirror:
    """A copy fed by events.list alone: series and single events by id, exceptions by series and original start."""

    def __init__(self, events: Any) -> None:
        self._events = events
        self._token: str | None = None
        self.items: dict[str, dict[str, Any]] = {}

    def follow(self, page_size: int, between: Callable[[], None]) -> None:
        params = {} if self._token is None else {"syncToken": self._token}
        request = self._events.list(calendarId="primary", maxResults=page_size, **params)
        while request is not None:
            page = request.execute()
            for item in page["items"]:
                self._take(item)
            request = self._events.list_next(request, page)
            if request is not None:
                between()
            self._token = page.get("nextSyncToken")

    def _take(self, item: dict[str, Any]) -> None:
        if item["status"] == "cancelled" and "recurringEventId" not in item:
            self.items.pop(item["id"], None)
        else:
            self.items[item["id"]] = item

    def is_alive(self, item: dict[str, Any]) -> bool:
        """Exceptions, removed occurrences too, live as long as their series."""
        return item.get("recurringEventId", item["id"]) in self.items


class History:
    """Makes random edits through the API and as the calendar's owner in Google's program."""

    def __init__(self, sandbox: Sandbox, owner: str, events: Any, number: int) -> None:
        self._sandbox = sandbox
        self._owner = owner
        self._events = events
        self._choice = random.Random(number)

    def step(self) -> None:
        edits = [self._create, self._create, self._rename, self._move, self._delete]
        edits += [
            self._exception,
            self._remove_occurrence,
            self._split,
            self._restore,
            self._reschedule,
            self._make_single,
        ]
        self._choice.choice(edits)()

    def _items(self, want: Callable[[dict[str, Any]], bool]) -> dict[str, Any] | None:
        found = [
            item for item in self._sandbox.call(self._sandbox.world.system("google").items, self._owner) if want(item)
        ]
        return self._choice.choice(found) if found else None

    def _times(self) -> dict[str, Any]:
        zone = self._choice.choice(ZONES)
        start = datetime(2026, 3, 20, 8) + timedelta(hours=self._choice.randrange(500))  # noqa: DTZ001 - wall clock
        return {
            "start": {"dateTime": start.isoformat(), "timeZone": zone},
            "end": {"dateTime": (start + timedelta(minutes=45)).isoformat(), "timeZone": zone},
        }

    def _create(self) -> None:
        body = {"summary": f"s{self._choice.randrange(100)}", **self._times()}
        if self._choice.random() < 0.6:
            body["recurrence"] = [self._choice.choice(RULES)]
        self._events.insert(calendarId="primary", body=body).execute()

    def _rename(self) -> None:
        item = self._items(lambda each: not each["deleted"])
        if item:
            action = {"action": "update", "item": item["id"], "subject": f"r{self._choice.randrange(100)}"}
            self._sandbox.act("google", self._owner, action)

    def _move(self) -> None:
        item = self._items(lambda each: not each["deleted"] and not each["recurrence"])
        if item:
            self._events.patch(calendarId="primary", eventId=item["id"], body=self._times()).execute()

    def _reschedule(self) -> None:
        item = self._items(lambda each: not each["deleted"] and bool(each["recurrence"]))
        if item:
            body = {"recurrence": [self._choice.choice(RULES)]}
            self._events.patch(calendarId="primary", eventId=item["id"], body=body).execute()

    def _make_single(self) -> None:
        item = self._items(lambda each: not each["deleted"] and bool(each["recurrence"]))
        if item:
            self._events.patch(calendarId="primary", eventId=item["id"], body={"recurrence": None}).execute()

    def _delete(self) -> None:
        item = self._items(lambda each: not each["deleted"])
        if item:
            self._events.delete(calendarId="primary", eventId=item["id"]).execute()

    def _restore(self) -> None:
        item = self._items(lambda each: bool(each["deleted"]))
        if item:
            self._sandbox.act("google", self._owner, {"action": "restore", "item": item["id"]})

    def _occurrence(self) -> dict[str, Any] | None:
        item = self._items(lambda each: not each["deleted"] and bool(each["recurrence"]))
        if item is None:
            return None
        found = self._events.instances(calendarId="primary", eventId=item["id"]).execute()["items"]
        return self._choice.choice(found) if found else None

    def _exception(self) -> None:
        occurrence = self._occurrence()
        if occurrence:
            body = {"summary": "exception", **self._times()}
            self._events.patch(calendarId="primary", eventId=occurrence["id"], body=body).execute()

    def _remove_occurrence(self) -> None:
        occurrence = self._occurrence()
        if occurrence:
            self._events.delete(calendarId="primary", eventId=occurrence["id"]).execute()

    def _split(self) -> None:
        occurrence = self._occurrence()
        if occurrence:
            action = {"action": "this-and-following", "item": occurrence["recurringEventId"], "subject": "split"}
            action["occurrence"] = occurrence["originalStartTime"]["dateTime"]
            self._sandbox.act("google", self._owner, action)


@seed(20260302)
@settings(max_examples=50, deadline=None, suppress_health_check=list(HealthCheck), database=None)
@given(number=st.integers(0, 10**6), steps=st.lists(st.integers(1, 6), min_size=2, max_size=6), page=st.integers(1, 7))
def test_a_mirror_fed_by_tokens_equals_the_server(
    sandbox: Sandbox,
    add_account: Callable[[], dict[str, Any]],
    connect: Callable[[dict[str, Any]], Any],
    number: int,
    steps: list[int],
    page: int,
) -> None:
    account = add_account()
    events = connect(account).events()
    history = History(sandbox, account["owner"], events, number)
    mirror = Mirror(events)
    for count in steps:
        for _ in range(count):
            history.step()
        mirror.follow(page, history.step)
    mirror.follow(page, lambda: None)
    held = {name: item["etag"] for name, item in mirror.items.items() if mirror.is_alive(item)}
    assert held == _server_holds(sandbox, account["owner"])


def _server_holds(sandbox: Sandbox, owner: str) -> dict[str, str]:
    """Living events, and the exceptions of living series, by id with their etags."""
    stored = sandbox.call(sandbox.world.system("google").state)["calendars"][owner]["events"]
    alive = {name for name, event in stored.items() if event["status"] != "cancelled"}
    return {name: event["etag"] for name, event in stored.items() if (event.get("recurringEventId") or name) in alive}
