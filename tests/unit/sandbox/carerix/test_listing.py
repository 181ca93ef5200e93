"""Pages: wire contract, Change detection, A1 and A17."""

from typing import Any

from tests.unit.sandbox.carerix.bare_client import DELETE, LIST, BareClient, meeting

BY_CHANGE = {"property": "modificationDate", "direction": "ASC"}
MINE = "toDoTypeKey = 1 AND owner.userID = 103 AND toDoID > 24"


def numbers(page: Any) -> list[int]:
    return [item["toDoID"] for item in page["items"]]


def fill(client: BareClient, number: int) -> list[str]:
    owner = {"_kind": "CRUser", "_id": "4.103"}
    return [client.create(meeting(subject=f"n{each}", owner=owner), "_id")["_id"] for each in range(number)]


def test_page_tells_its_place(client: BareClient) -> None:
    fill(client, 25)
    page = client.page(MINE)
    shape = {key: value for key, value in page.items() if key != "items"}
    assert shape == {
        "totalElements": 25,
        "totalPages": 2,
        "numberOfElements": 20,  # the default size
        "first": True,
        "last": False,
        "page": 0,
        "size": 20,
    }
    page = client.page(MINE, page=1, size=20)
    assert (page["first"], page["last"], page["numberOfElements"]) == (False, True, 5)
    page = client.page(MINE, page=7, size=20)
    assert (page["last"], page["numberOfElements"], page["items"]) == (True, 0, [])
    empty = client.page("toDoID = 999999")
    assert (empty["totalElements"], empty["totalPages"], empty["first"], empty["last"]) == (0, 0, True, True)


def test_size_is_limited_to_100(client: BareClient) -> None:  # A1
    assert client.page(None, size=100)["size"] == 100
    for pageable in ({"size": 101}, {"size": 0}, {"size": -1}, {"page": -1}):
        answer = client.post(LIST % "_id", pageable=pageable)
        assert answer.status_code == 400, pageable


def test_rows_never_changed_sort_last_and_ties_by_number(client: BareClient) -> None:  # A17
    names = fill(client, 5)
    client.shift(10)
    client.update(names[3], subject="x")
    client.update(names[1], subject="x")
    client.shift(10)
    client.update(names[0], subject="x")
    order = [int(name.partition(".")[2]) for name in names]
    rising = [order[each] for each in (1, 3, 0, 2, 4)]
    assert numbers(client.page(MINE, "toDoID", sort=BY_CHANGE)) == rising
    falling = [order[each] for each in (0, 1, 3, 2, 4)]
    assert numbers(client.page(MINE, "toDoID", sort={"property": "modificationDate", "direction": "DESC"})) == falling
    assert numbers(client.page(MINE, "toDoID")) == order


def test_sorting_follows_key_paths_and_refuses_what_is_no_single_value(client: BareClient) -> None:
    page = client.page("toDoTypeKey = 1", "owner { userName }", sort={"property": "owner.userName"}, size=100)
    names = [item["owner"]["userName"] for item in page["items"]]
    assert names == sorted(names)
    for path in ("owner", "toDoUsers.toDoUserID", "recurrenceDays", "nothing", "_id"):
        answer = client.post(LIST % "_id", pageable={"sort": {"property": path}})
        assert answer.status_code == 400, path


def test_deleted_rows_appear_with_norestrict_only(client: BareClient) -> None:
    names = fill(client, 2)
    client.ask(DELETE, id=names[0])
    assert client.page(MINE, norestrict=False)["totalElements"] == 1
    assert client.page(MINE, norestrict=True)["totalElements"] == 2
    assert client.page(MINE + " AND deleted = 1", norestrict=False)["totalElements"] == 0


def test_rows_shift_between_pages_while_users_work(client: BareClient) -> None:  # A17
    names = fill(client, 6)
    for name in names:
        client.shift(1)
        client.update(name, subject="x")
    first = numbers(client.page(MINE, "toDoID", sort=BY_CHANGE, page=0, size=3))
    client.shift(1)
    client.act("demo/103", "update", item=names[0], subject="meanwhile")
    second = numbers(client.page(MINE, "toDoID", sort=BY_CHANGE, page=1, size=3))
    assert len(set(first + second)) == 5  # one row slipped back over the edge of the pages: seen by neither
    assert int(names[3].partition(".")[2]) not in first + second


def test_poll_finds_new_changed_and_deleted_rows_of_many_owners_in_one_query(client: BareClient) -> None:
    client.shift(3600)
    client.renew()
    since = "(NSCalendarDate)'2026-03-02 09:00:00 Etc/GMT'"
    poll = (
        "toDoTypeKey = 1 AND (owner.userID = 101 OR owner.userID = 103) AND (modificationDate >= " + since + " OR"
        " (modificationDate = nil AND creationDate >= " + since + "))"
    )
    assert client.page(poll, sort=BY_CHANGE)["totalElements"] == 0
    client.act("demo/anna", "create", subject="nieuw", start="2026-03-04T10:00")
    client.act("demo/bert", "create", subject="van een ander", start="2026-03-04T10:00")
    client.update("31.1", subject="gewijzigd")
    client.ask(DELETE, id="31.2")
    found = client.page(poll, "subject deleted", sort=BY_CHANGE)["items"]
    assert found[0]["subject"] == "gewijzigd"
    assert [item["deleted"] for item in found] == [0, 1, 0]
    assert found[2]["subject"] == "nieuw"
