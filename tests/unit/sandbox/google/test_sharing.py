"""Guide "Calendar sharing" and reference of Acl: roles, what a reader does not see, and what ends sync tokens."""

from collections.abc import Callable
from typing import Any

import pytest

Account = dict[str, Any]
Body = Callable[..., dict[str, Any]]
Refusal = Callable[[Any], tuple[int, str]]


@pytest.fixture
def other(add_account: Callable[[], Account]) -> Account:
    return add_account()


@pytest.fixture
def share(connect: Callable[[Account], Any], account: Account, other: Account) -> Callable[[str], Any]:
    """Give the other account a role on this one's calendar; answers the other one's service."""

    def shared(role: str) -> Any:
        rule = {"role": role, "scope": {"type": "user", "value": other["owner"]}}
        connect(account).acl().insert(calendarId="primary", body=rule).execute()
        return connect(other)

    return shared


def test_a_writer_writes_and_a_reader_reads(
    share: Callable[[str], Any], account: Account, timed: Body, refusal: Refusal
) -> None:
    asked = share("writer").events().insert(calendarId=account["owner"], body=timed("By a colleague"))
    assert asked.execute()["creator"]["email"] != account["owner"]
    reader = share("reader").events()
    assert [each["summary"] for each in reader.list(calendarId=account["owner"]).execute()["items"]] == [
        "By a colleague"
    ]
    assert refusal(asked) == (403, "requiredAccessLevel")
    assert refusal(share("none").events().list(calendarId=account["owner"])) == (404, "notFound")


@pytest.mark.parametrize("role", ["freeBusyReader", "reader", "writerWithoutPrivateAccess"])
def test_details_of_private_events_stay_hidden(
    share: Callable[[str], Any], events: Any, account: Account, timed: Body, role: str
) -> None:
    events.insert(calendarId="primary", body=timed("Doctor", visibility="private", location="Clinic")).execute()
    seen = share(role).events().list(calendarId=account["owner"]).execute()
    assert seen["accessRole"] == role
    assert not {"summary", "location", "description"} & set(seen["items"][0])
    assert seen["items"][0]["visibility"] == "private"


def test_a_shared_calendar_is_put_on_the_list_by_hand(share: Callable[[str], Any], account: Account) -> None:
    lists = share("reader").calendarList()
    assert len(lists.list().execute()["items"]) == 1
    lists.insert(body={"id": account["owner"], "summaryOverride": "Boss"}).execute()
    entries = {each["id"]: each for each in lists.list().execute()["items"]}
    entry = entries[account["owner"]]
    assert (entry["accessRole"], entry["summaryOverride"], "primary" in entry) == ("reader", "Boss", False)
    lists.delete(calendarId=account["owner"]).execute()
    assert len(lists.list().execute()["items"]) == 1


def test_changed_access_ends_sync_tokens(
    share: Callable[[str], Any],
    connect: Callable[[Account], Any],
    events: Any,
    account: Account,
    other: Account,
    refusal: Refusal,
) -> None:
    token = events.list(calendarId="primary").execute()["nextSyncToken"]
    share("reader")
    assert refusal(events.list(calendarId="primary", syncToken=token)) == (410, "fullSyncRequired")
    rules = connect(account).acl()
    assert [each["role"] for each in rules.list(calendarId="primary").execute()["items"]] == ["owner", "reader"]
    rules.delete(calendarId="primary", ruleId=f"user:{other['owner']}").execute()
    assert len(rules.list(calendarId="primary").execute()["items"]) == 1


def test_only_an_owner_shares(share: Callable[[str], Any], account: Account, refusal: Refusal) -> None:
    rule = {"role": "owner", "scope": {"type": "user", "value": "x@agency.example"}}
    writer = share("writer").acl()
    assert refusal(writer.insert(calendarId=account["owner"], body=rule)) == (403, "forbidden")
