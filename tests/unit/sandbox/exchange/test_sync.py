"""SyncFolderItems: paging, states, what is told of series and moved items; a mirror fed by nothing else."""

from typing import Any

import pytest
from exchangelib import CalendarItem, EWSDateTime
from exchangelib.errors import ErrorInvalidSyncStateData
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from cxsync.sandbox.core.faults import Fault
from cxsync.sandbox.core.run import Sandbox
from tests.unit.sandbox.exchange.conftest import AMSTERDAM, Mailbox, new_mailbox


def sync(account: Any, state: str | None = None, **more: Any) -> tuple[list[tuple[str, Any]], str]:
    """All changes since ``state``, and the new state."""
    account.calendar.item_sync_state = state
    changes = list(account.calendar.sync_items(only_fields=["subject", "start"], **more))
    return changes, account.calendar.item_sync_state


def add(account: Any, subject: str, day: int = 3) -> Any:
    start, end = (EWSDateTime(2026, 3, day, hour, tzinfo=AMSTERDAM) for hour in (9, 10))
    return CalendarItem(account=account, folder=account.calendar, subject=subject, start=start, end=end).save()


def kinds(changes: list[tuple[str, Any]]) -> list[str]:
    return [kind for kind, _ in changes]


def test_create_update_delete_and_silence(account: Any) -> None:
    made = add(account, "One")
    changes, state = sync(account)
    assert [(kind, each.subject) for kind, each in changes] == [("create", "One")]
    assert sync(account, state) == ([], state)
    made.subject = "Two"
    made.save(update_fields=["subject"])
    changes, state = sync(account, state)
    assert [(kind, each.subject, each.changekey) for kind, each in changes] == [("update", "Two", made.changekey)]
    name = made.id
    made.delete()
    changes, state = sync(account, state)
    assert kinds(changes) == ["delete"] and changes[0][1].id == name
    assert sync(account, state) == ([], state)


def test_what_came_and_went_between_two_calls_is_not_told(account: Any) -> None:
    _, state = sync(account)
    add(account, "Short").delete()
    assert sync(account, state)[0] == []


def test_pages_cover_everything_once(account: Any) -> None:
    account.bulk_create(
        account.calendar,
        [
            CalendarItem(
                account=account,
                subject=f"n{n}",
                start=EWSDateTime(2026, 3, 3, 9, tzinfo=AMSTERDAM),
                end=EWSDateTime(2026, 3, 3, 10, tzinfo=AMSTERDAM),
            )
            for n in range(25)
        ],
    )
    changes, _ = sync(account, max_changes_returned=10)
    assert sorted(each.subject for _, each in changes) == sorted(f"n{n}" for n in range(25))
    assert set(kinds(changes)) == {"create"}


def test_a_state_of_another_folder_or_of_nobody_is_refused(mailbox: Mailbox, sandbox: Sandbox) -> None:
    account = mailbox.account()
    _, state = sync(account)
    for wrong in ("AAAA", "x", state[:-4] + "AAA=", sync(new_mailbox(sandbox).account())[1]):
        with pytest.raises(ErrorInvalidSyncStateData):
            sync(account, wrong)


def test_a_series_is_told_as_its_master_whatever_happens_to_an_occurrence(mailbox: Mailbox) -> None:
    account = mailbox.account()
    made = mailbox.act(
        "create", subject="Overleg", start="2026-03-03T09:00", end="2026-03-03T10:00",
        rule={"frequency": "daily", "count": 5},
    )  # fmt: skip
    changes, state = sync(account)
    assert kinds(changes) == ["create"]
    mailbox.act("move-occurrence", item=made["item"], occurrence="2026-03-05T09:00", start="2026-03-05T15:00")
    changes, state = sync(account, state)
    assert [(kind, each.id) for kind, each in changes] == [("update", made["item"])]
    mailbox.act("delete-occurrence", item=made["item"], occurrence="2026-03-04T09:00")
    changes, _ = sync(account, state)
    assert [(kind, each.id) for kind, each in changes] == [("update", made["item"])]


def test_moving_away_is_a_deletion_and_coming_back_a_new_item(mailbox: Mailbox) -> None:
    account = mailbox.account()
    made = mailbox.act("create", subject="One", start="2026-03-03T09:00", end="2026-03-03T10:00")
    _, state = sync(account)
    gone = mailbox.act("delete", item=made["item"])
    changes, state = sync(account, state)
    assert [(kind, each.id) for kind, each in changes] == [("delete", made["item"])]
    back = mailbox.act("restore", item=gone["item"])
    changes, _ = sync(account, state)
    assert [(kind, each.id) for kind, each in changes] == [("create", back["item"])]
    assert back["item"] not in (made["item"], gone["item"])


def test_ignored_items_are_passed_over(account: Any) -> None:
    first, second = add(account, "One"), add(account, "Two")
    changes, state = sync(account, ignore=[(first.id, first.changekey)])
    assert [each.id for _, each in changes] == [second.id]
    assert sync(account, state)[0] == []


def test_a_person_acting_between_two_pages_is_not_missed(own_sandbox: Sandbox) -> None:
    mailbox = new_mailbox(own_sandbox)
    account = mailbox.account()
    made = [add(account, f"n{n}") for n in range(12)]
    own_sandbox.call(own_sandbox.world.faults.add, _fault(mailbox, made[0].id))
    changes, _ = sync(account, max_changes_returned=5)
    told = {each.id: each.subject for _, each in changes}
    assert len(told) == 12 and told[made[0].id] == "While you looked"


def _fault(mailbox: Mailbox, item: str) -> Any:
    action = {"action": "update", "item": item, "subject": "While you looked"}
    return Fault(
        system="exchange", operation="SyncFolderItems", kind="act", when="after",
        params={"owner": mailbox.owner, "action": action},
    )  # fmt: skip


class Mirror(RuleBasedStateMachine):
    """Random edits by the API and by the person; a copy fed only by SyncFolderItems and GetItem equals the calendar."""

    sandbox: Sandbox

    @initialize()
    def begin(self) -> None:
        self.mailbox = new_mailbox(self.sandbox)
        self.account = self.mailbox.account()
        self.state: str | None = None
        self.copy: dict[str, tuple[str, str, str]] = {}

    def _ids(self) -> list[str]:
        return [each["id"] for each in self.mailbox.items()]

    @rule(number=st.integers(0, 9), daily=st.booleans())
    def create(self, number: int, daily: bool) -> None:
        more = {"rule": {"frequency": "daily", "count": 5}} if daily else {}
        self.mailbox.act("create", subject=f"s{number}", start="2026-03-03T09:00", end="2026-03-03T10:00", **more)

    @rule(index=st.integers(0, 99), number=st.integers(0, 9))
    def update(self, index: int, number: int) -> None:
        ids = self._ids()
        if ids:
            self.mailbox.act("update", item=ids[index % len(ids)], subject=f"u{number}")

    @rule(index=st.integers(0, 99))
    def dismiss_reminder(self, index: int) -> None:
        ids = self._ids()
        if ids:
            self.mailbox.act("dismiss-reminder", item=ids[index % len(ids)])

    @rule(index=st.integers(0, 99), number=st.integers(0, 9))
    def update_by_the_api(self, index: int, number: int) -> None:
        ids = self._ids()
        if ids:
            (found,) = self.account.fetch([(ids[index % len(ids)], None)])
            found.subject = f"api{number}"
            found.save(update_fields=["subject"])

    @rule(index=st.integers(0, 99))
    def delete(self, index: int) -> None:
        ids = self._ids()
        if ids:
            self.mailbox.act("delete", item=ids[index % len(ids)])

    @rule(index=st.integers(0, 99), day=st.integers(3, 7))
    def delete_occurrence(self, index: int, day: int) -> None:
        series = [each for each in self.mailbox.items() if each["recurrence"]]
        if series:
            chosen = series[index % len(series)]
            known = self.copy_of_server()[chosen["id"]]
            if f"-{day:02d}T" not in known[2]:
                self.mailbox.act("delete-occurrence", item=chosen["id"], occurrence=f"2026-03-{day:02d}T09:00")

    @rule(size=st.integers(1, 4))
    def pull(self, size: int) -> None:
        changes, self.state = sync(self.account, self.state, max_changes_returned=size)
        for kind, each in changes:
            if kind == "delete":
                self.copy.pop(each.id, None)
        wanted = [(each.id, None) for kind, each in changes if kind != "delete"]
        for found in self.account.fetch(wanted):
            if isinstance(found, CalendarItem):
                deleted = sorted(str(each.start.ewsformat()) for each in found.deleted_occurrences or ())
                self.copy[found.id] = (found.changekey, found.subject, " ".join(deleted))
        assert self.copy == self.copy_of_server()

    def copy_of_server(self) -> dict[str, tuple[str, str, str]]:
        system = self.sandbox.world.system("exchange")
        state = self.sandbox.call(system.state)[self.mailbox.owner]["items"]
        return {
            name: (
                each["version"],
                each["subject"],
                " ".join(f"{day}T08:00:00Z" for day, how in each["exceptions"].items() if how.get("deleted")),
            )
            for name, each in state.items()
            if each["folder"] == "Calendar"
        }

    @invariant()
    def nothing_is_doubled(self) -> None:
        if hasattr(self, "mailbox"):
            assert len(self._ids()) == len(set(self._ids()))


def test_a_mirror_fed_only_by_the_sync_protocol_equals_the_calendar(sandbox: Sandbox) -> None:
    Mirror.sandbox = sandbox
    run_state_machine_as_test(
        Mirror,
        settings=settings(
            max_examples=20, stateful_step_count=20, deadline=None, derandomize=True,
            suppress_health_check=list(HealthCheck),
        ),
    )  # fmt: skip
