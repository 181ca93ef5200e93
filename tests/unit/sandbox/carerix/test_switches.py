"""Every switch turns over the assumption that it stands for."""

from collections.abc import Callable
from datetime import date
from itertools import islice

import pytest
import requests

from cxsync.sandbox.carerix.recurrence import MonthlyWeekday, dates
from cxsync.sandbox.carerix.tenant import TenantSettings
from tests.unit.sandbox.carerix.bare_client import CREATE, DELETE, GET, LIST, BareClient, meeting, weekly

Check = Callable[[BareClient], bool]


def oversized(client: BareClient) -> bool:
    return client.post(LIST % "_id", pageable={"size": 101}).status_code == 400


def smaller_page(client: BareClient) -> bool:
    return client.post(LIST % "_id", pageable={"size": 11}).status_code == 200


def unknown_is_null(client: BareClient) -> bool:
    return "errors" not in client.post(GET % "_id", id="31.9999").json()


def deleted_is_readable(client: BareClient) -> bool:
    client.ask(DELETE, id="31.1")
    return client.get("31.1") is not None


def deleted_stays(client: BareClient) -> bool:
    client.ask(DELETE, id="31.1")
    return bool(client.page("toDoID = 1")["totalElements"] == 1)


def deletion_touches(client: BareClient) -> bool:
    client.ask(DELETE, id="31.1")
    return client.get("31.1")["modificationDate"] is not None


def flags_are_numbers(client: BareClient) -> bool:
    return client.get("31.1", "deleted") == {"deleted": 0} and client.get("31.1", "deleted")["deleted"] is not False


def numbers_are_accepted(client: BareClient) -> bool:
    return client.post(CREATE % "_id", request=meeting(isConfidential=1)).status_code == 200


def dates_have_a_t(client: BareClient) -> bool:
    return bool(client.get("31.1")["creationDate"] == "2026-03-02T08:00:00")


def space_is_refused(client: BareClient) -> bool:
    return client.post(CREATE % "_id", request=meeting(startDate="2026-03-03 09:00:00")).status_code == 400


def sunday_is_0(client: BareClient) -> bool:
    answer = client.post(CREATE % "recurrenceDays recurrenceDayList", request=weekly("2")).json()
    return bool(answer["data"]["crToDoCreate"] == {"recurrenceDays": [2], "recurrenceDayList": "2"})


def sunday_is_0_too(client: BareClient) -> bool:
    sunday = weekly("0", startDate="2026-03-08T09:00:00", endDate="2026-03-08T10:00:00")
    return "errors" not in client.post(CREATE % "_id", request=sunday).json()


def bare_literals_are_of_amsterdam(client: BareClient) -> bool:
    made = "creationDate = (NSCalendarDate)'2026-03-02 09:00:00'"
    return bool(client.page(made)["totalElements"] > 0)


def rate_99(client: BareClient) -> bool:
    return "errors" not in client.post(CREATE % "_id", request=weekly() | {"recurrenceRate": 99}).json()


def nulls_are_last(client: BareClient) -> bool:
    client.update("31.3", subject="x")
    first = client.page("toDoTypeKey = 1", "toDoID", sort={"property": "modificationDate"}, size=1)
    return bool(first["items"] == [{"toDoID": 3}])


def creation_leaves_modification_date(client: BareClient) -> bool:
    return client.create(meeting())["modificationDate"] is None


def creation_sets_modified_by(client: BareClient) -> bool:
    return client.create(meeting(), "modifiedBy { userID }")["modifiedBy"] is not None


def idle_update_touches(client: BareClient) -> bool:
    return client.update("31.1", deleted=0)["modificationDate"] is not None


def update_leaves_deleted(client: BareClient) -> bool:
    client.ask(DELETE, id="31.1")
    return bool(client.update("31.1", subject="x")["deleted"] == 1)


def rules_are_200(client: BareClient) -> bool:
    return client.post(CREATE % "_id", request=meeting(endDate=None)).status_code == 200


def long_text_is_refused(client: BareClient) -> bool:
    answer = client.post(CREATE % "subject", request=meeting(subject="x" * 1001)).json()
    assert "errors" in answer or len(answer["data"]["crToDoCreate"]["subject"]) == 1000
    return "errors" in answer


def empty_text_is_kept(client: BareClient) -> bool:
    return bool(client.update("31.1", location="")["location"] == "")


def pattern_is_checked(client: BareClient) -> bool:
    return "errors" in client.post(CREATE % "_id", request=weekly("3")).json()


def midnight_is_checked(client: BareClient) -> bool:
    return "errors" in client.post(CREATE % "_id", request=meeting(isAllDay=1)).json()


def restore_works(client: BareClient) -> bool:
    client.ask(DELETE, id="31.1")
    request = {"_kind": "CRToDo", "deleted": 0}
    query = 'mutation($r: CRToDoRequest!) { crToDoUpdate(_id: "31.1", request: $r) { deleted } }'
    return "errors" not in client.post(query, r=request).json()


def retry_after_is_told(client: BareClient) -> bool:
    client.options(rate_limit=1)
    answers = [client.post("{ __typename }") for _ in range(2)]
    return "Retry-After" in answers[1].headers


def tokens_live_300_seconds(client: BareClient) -> bool:
    return bool(client.token().json()["expires_in"] == 300)


def schema_is_told(client: BareClient) -> bool:
    return client.post("{ __schema { queryType { name } } }").status_code == 200


@pytest.mark.parametrize(
    ("switch", "value", "check"),
    [
        ("oversized_page", "clamp", oversized),
        ("max_page_size", 10, smaller_page),
        ("unknown_id", "error", unknown_is_null),
        ("get_deleted", False, deleted_is_readable),
        ("delete", "hard", deleted_stays),
        ("delete_touches", False, deletion_touches),
        ("flags", "boolean", flags_are_numbers),
        ("flags", "boolean", numbers_are_accepted),
        ("date_form", "fraction", dates_have_a_t),
        ("date_form", "space", dates_have_a_t),
        ("date_form", "Z", dates_have_a_t),
        ("date_form", "offset", dates_have_a_t),
        ("date_input", "lenient", space_is_refused),
        ("weekdays", "monday-1", sunday_is_0_too),
        ("weekdays", "sunday-1", sunday_is_0),
        ("qualifier_zone", "api", bare_literals_are_of_amsterdam),
        ("max_rate", 12, rate_99),
        ("nulls", "first", nulls_are_last),
        ("creation_stamps", True, creation_leaves_modification_date),
        ("modified_by_at_creation", False, creation_sets_modified_by),
        ("idle_update_touches", False, idle_update_touches),
        ("update_restores", True, update_leaves_deleted),
        ("rule_errors", "bad-request", rules_are_200),
        ("long_text", "cut", long_text_is_refused),
        ("empty_text", "null", empty_text_is_kept),
        ("check_pattern", False, pattern_is_checked),
        ("check_midnight", False, midnight_is_checked),
        ("restore", False, restore_works),
        ("retry_after", 0, retry_after_is_told),
        ("token_lifetime", 60, tokens_live_300_seconds),
        ("introspection", False, schema_is_told),
    ],
)
def test_switch_turns_the_assumption_over(client: BareClient, switch: str, value: object, check: Check) -> None:
    assert check(client)
    reset = client.control("/reset", {"seed": 1})
    assert reset.status_code == 200
    client.renew()
    if switch == "max_page_size":
        client.options(default_page_size=5)
    client.options(**{switch: value})
    assert not check(client)


def test_wrong_switches_are_refused_with_what_would_be_right(client: BareClient) -> None:
    for body, field in (
        ({"max_page_sice": 10}, "max_page_sice"),
        ({"max_page_size": 0}, "max_page_size"),
        ({"max_page_size": 10}, "default_page_size"),
        ({"delete": "never"}, "delete"),
    ):
        answer = client.control("/carerix/options", body)
        assert (answer.status_code, answer.json()["field"]) == (400, field)


def test_tenants_differ_in_zone_language_and_weeks(client: BareClient) -> None:
    settings = {"name": "north", "api_timezone": "Europe/Oslo", "system_timezone": "Europe/Oslo", "language": "en"}
    assert client.control("/carerix/users", {"settings": settings}).status_code == 200
    user = {"tenant": "north", "user": {"user_name": "kari", "user_id": 7, "zone": "Europe/Oslo"}}
    assert client.control("/carerix/users", user).status_code == 200
    north = BareClient(client.sandbox, "north")
    owner = {"_kind": "CRUser", "_id": "4.7"}
    made = north.create(meeting(owner=owner, startDate="2026-07-01T09:00:00", endDate="2026-07-01T10:00:00"))
    assert made["startDate"] == "2026-07-01T09:00:00"
    answer = client.control("/carerix/users", {"settings": {**settings, "api_timezone": "UTC"}})
    assert answer.status_code == 200
    assert north.get(made["_id"])["startDate"] == "2026-07-01T07:00:00"
    assert client.control("/carerix/users", {"settings": {**settings, "api_timezone": "x"}}).status_code == 400


def test_all_day_end_may_be_the_last_day_itself(client: BareClient) -> None:  # A7
    settings = {"name": "demo", "all_day_end": "last-day"}
    assert client.control("/carerix/users", {"settings": settings}).status_code == 200
    made = client.act("demo/anna", "create", subject="Vrij", all_day=True, start="2026-03-05", end="2026-03-06")
    fields = "startDate endDate"
    assert client.get(made["item"], fields) == {"startDate": "2026-03-04T23:00:00", "endDate": "2026-03-04T23:00:00"}
    query = {"owner": "demo/anna", "start": "2026-03-05T10:00:00Z", "end": "2026-03-05T11:00:00Z"}
    found = requests.get(f"{client.sandbox.control}/carerix/items", params=query, timeout=20).json()
    assert [(each["start"], each["end"]) for each in found if each["id"] == made["item"]] == [
        ("2026-03-05", "2026-03-06")
    ]


def test_ordinal_five_may_mean_the_fifth() -> None:  # A11
    fifth = TenantSettings(name="x", fifth_week="skip")
    found = islice(dates(MonthlyWeekday(1, 2, 5), date(2026, 3, 1), fifth), 3)
    assert [each.isoformat() for each in found] == ["2026-03-31", "2026-06-30", "2026-09-29"]
