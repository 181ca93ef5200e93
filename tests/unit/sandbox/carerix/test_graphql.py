"""The operations of the wire contract as golden exchanges; GraphQL specification (October 2021) for the rest."""

import requests
from graphql import build_client_schema, get_introspection_query

from tests.unit.sandbox.carerix.bare_client import ANNA, CREATE, DELETE, SERIES, UPDATE, BareClient, meeting, weekly


def test_created_row_reads_back_as_written(client: BareClient) -> None:
    fields = (
        "_id _kind toDoTypeKey subject isAllDay status deleted startDate endDate externalIdentifier owner { userID }"
    )
    created = client.create(meeting(externalIdentifier="5f0c3b1e-0000-5000-8000-000000000001", status=1), fields)
    assert created == {
        "_id": created["_id"],
        "_kind": "CRToDo",
        "toDoTypeKey": 1,
        "subject": "Intake",
        "isAllDay": 0,
        "status": 1,
        "deleted": 0,
        "startDate": "2026-03-03T09:00:00",
        "endDate": "2026-03-03T10:00:00",
        "externalIdentifier": "5f0c3b1e-0000-5000-8000-000000000001",
        "owner": {"userID": 101},
    }
    assert isinstance(created["_id"], str)
    assert client.get(created["_id"], fields) == created


def test_creation_sets_modified_by_and_no_modification_date(client: BareClient) -> None:  # A17
    fields = "creationDate modificationDate createdBy { userID } modifiedBy { userID userName }"
    api = {"userID": 1, "userName": "api-cxsync"}
    created = client.create(meeting(), fields)
    assert created["creationDate"] == "2026-03-02T08:00:00"
    assert created["modificationDate"] is None
    assert created["modifiedBy"] == api


def test_create_without_owner_lands_in_the_clients_own_agenda(client: BareClient) -> None:
    request = meeting()
    del request["owner"]
    assert client.create(request, "owner { userID }") == {"owner": {"userID": 1}}


def test_update_leaves_out_what_it_does_not_name(client: BareClient) -> None:
    name = client.create(meeting(location="Kamer 2", notes="Bellen"))["_id"]
    client.shift(61)
    changed = client.update(
        name, "subject location notes modificationDate modifiedBy { userID }", subject="Kennismaking"
    )
    assert changed == {
        "subject": "Kennismaking",
        "location": "Kamer 2",
        "notes": "Bellen",
        "modificationDate": "2026-03-02T08:01:01",
        "modifiedBy": {"userID": 1},
    }
    assert client.update(name, "location notes", location=None) == {"location": None, "notes": "Bellen"}


def test_related_records_survive_an_update_that_does_not_name_them(client: BareClient) -> None:
    related = "toCompany { _id name } toVacancy { jobTitle toCompany { name } } toEmployee { lastName }"
    related += " toMatch { _id } toActivityTypeNode { value } toResultNode { _id } resources { items { name } }"
    related += " additionalInfo"
    before = client.get("31.1", related)
    assert before["toCompany"] == {"_id": "7.1", "name": "Bakkerij Zonneveld"}
    assert client.update("31.1", related, subject="Anders") == before
    cleared = client.update("31.1", related, toCompany=None)
    assert cleared == {**before, "toCompany": None}


def test_participants_have_replace_semantics(client: BareClient) -> None:
    people = "toDoUsers { items { _id toUser { userID } isActive } }"
    bert, chris = ({"_kind": "CRToDoUser", "toUser": {"_kind": "CRUser", "_id": f"4.{n}"}} for n in (102, 103))
    name = client.create(meeting(toDoUsers={"items": [bert, chris]}))["_id"]
    first, second = client.get(name, people)["toDoUsers"]["items"]
    assert (first["toUser"], second["toUser"]) == ({"userID": 102}, {"userID": 103})
    assert client.update(name, people, subject="x")["toDoUsers"]["items"] == [first, second]
    kept = {"_kind": "CRToDoUser", "_id": second["_id"], "isActive": 0}
    assert client.update(name, people, toDoUsers={"items": [kept]})["toDoUsers"]["items"] == [{**second, "isActive": 0}]
    assert client.update(name, people, toDoUsers={"items": []})["toDoUsers"]["items"] == []


def test_delete_is_soft_and_renews_the_modification_date(client: BareClient) -> None:  # A3, A4
    client.shift(5)
    assert client.ask(DELETE, id="31.1") == {"__typename": "DeleteResponse"}
    fields = "deleted modificationDate modifiedBy { userID } toCompany { name }"
    gone = client.get("31.1", fields)
    assert gone["deleted"] == 1
    assert gone["modificationDate"] == "2026-03-02T08:00:05"
    client.shift(5)
    assert client.ask(DELETE, id="31.1") == {"__typename": "DeleteResponse"}  # A18: does nothing
    assert client.get("31.1", fields) == gone


def test_deleted_row_stays_deleted_until_it_is_restored_with_all_relations(client: BareClient) -> None:  # A18, A21
    before = client.get("31.1", "toCompany { name } toVacancy { _id } toMatch { _id }")
    client.ask(DELETE, id="31.1")
    assert client.update("31.1", "deleted subject", subject="Na verwijderen") == {
        "deleted": 1,
        "subject": "Na verwijderen",
    }
    restored = client.update("31.1", "deleted toCompany { name } toVacancy { _id } toMatch { _id }", deleted=0)
    assert restored == {"deleted": 0, **before}


def test_unknown_ids_are_null_without_an_error(client: BareClient) -> None:  # A2, A18
    for name in ("31.999999", "14.1", "nonsense", "31.01", "31.-1"):
        assert client.get(name) is None
        assert client.ask(UPDATE % "_id", id=name, request={"_kind": "CRToDo", "subject": "x"}) is None
        assert client.ask(DELETE, id=name) is None


def test_aliases_fragments_variables_and_directives(client: BareClient) -> None:
    query = """
      query Two($first: ID!, $second: ID!, $withOwner: Boolean!) {
        a: crToDo(_id: $first) { ...basic }
        b: crToDo(_id: $second) { ...basic ... on CRToDo { owner @include(if: $withOwner) { userName } } }
      }
      fragment basic on CRToDo { __typename toDoID isMeeting isTask }
      query Other { crUser(_id: "4.101") { userID } }
    """
    answer = client.post(query, "Two", first="31.1", second="31.2", withOwner=True).json()
    basic = {"__typename": "CRToDo", "isMeeting": 1, "isTask": 0}
    assert answer["data"]["a"] == {"toDoID": 1, **basic}
    assert answer["data"]["b"] == {"toDoID": 2, **basic, "owner": {"userName": "anna"}}
    assert client.post(query, "Other").json()["data"] == {"crUser": {"userID": 101}}
    assert client.post(query).status_code == 400  # which of the two?


def test_introspection_gives_the_whole_schema(client: BareClient) -> None:
    answer = client.post(get_introspection_query()).json()
    schema = build_client_schema(answer["data"])
    assert schema.mutation_type is not None
    assert set(schema.mutation_type.fields) == {"crToDoCreate", "crToDoUpdate", "crToDoDelete"}
    assert {"CRToDo", "CRToDoRequest", "CRUser", "CRToDoPage", "Pageable"} <= set(schema.type_map)


def test_invalid_queries_are_400_and_do_nothing(client: BareClient) -> None:  # A18
    before = requests.get(f"{client.sandbox.control}/digest", timeout=20).json()
    request = meeting()
    for query, variables in (
        ("{ crToDo(_id: ", {}),
        ("{ nothing }", {}),
        ("{ crToDo(_id: 5) { noSuchField } }", {}),
        ("{ crToDo { _id } }", {}),
        (CREATE % "_id", {}),
        (CREATE % "_id", {"request": {**request, "noSuchField": 1}}),
        (CREATE % "_id", {"request": {**request, "recurrenceDays": [1]}}),
        (CREATE % "_id", {"request": {**request, "creationDate": "2026-03-03T09:00:00"}}),
        (CREATE % "_id", {"request": {key: value for key, value in request.items() if key != "_kind"}}),
        (CREATE % "_id", {"request": {**request, "_kind": "CRTask"}}),
        (CREATE % "_id", {"request": {**request, "owner": {"_kind": "CRToDo", "_id": "4.101"}}}),
        (CREATE % "_id", {"request": {**request, "startDate": "03-03-2026"}}),
        (CREATE % "_id", {"request": {**request, "startDate": "2026-02-30T09:00:00"}}),
        (CREATE % "_id", {"request": {**request, "startDate": "2026-03-03 09:00:00"}}),
        (CREATE % "_id", {"request": {**request, "startDate": 1772528400}}),
        (CREATE % "_id", {"request": {**request, "isAllDay": True}}),
        (CREATE % "_id", {"request": {**request, "isAllDay": "1"}}),
        (CREATE % "_id", {"request": {**request, "status": "definitive"}}),
    ):
        answer = client.post(query, **variables)
        assert answer.status_code == 400, (query, variables, answer.text)
        assert answer.json()["errors"][0]["message"]
    deep = b'{"query": "' + b"{ crToDo " * 20_000 + b'"}'
    for body in (deep, b"", b"[]", b"{", b'{"query": 5}', b'{"query": "{ __typename }", "variables": []}', b"\xff"):
        assert client.http.post(client.graphql, data=body, timeout=20).status_code == 400, body
    assert requests.get(f"{client.sandbox.control}/digest", timeout=20).json() == before


def test_broken_rules_are_200_with_errors_and_store_nothing(client: BareClient) -> None:  # A18
    total = client.page(None)["totalElements"]
    nobody = {"_kind": "CRUser", "_id": "4.999"}
    assert client.broken_create(meeting(subject="x" * 1001)) == "subject"
    assert client.broken_create(meeting(owner=nobody)) == "owner"
    assert client.broken_create(meeting(toCompany={"_kind": "CRCompany", "_id": "7.99"})) == "toCompany"
    assert client.broken_create(meeting(endDate="2026-03-03T08:59:59")) == "endDate"
    assert client.broken_create(meeting(endDate=None)) == "endDate"
    assert client.broken_create(meeting(toDoTypeKey=2)) == "toDoTypeKey"
    assert client.broken_create(meeting(status=2)) == "status"
    assert client.broken_create(meeting(isConfidential=2)) == "isConfidential"
    assert client.broken_create(meeting(reminderMinutes=40_000)) == "reminderMinutes"
    assert client.broken(UPDATE % "_id", id="31.1", request={"_kind": "CRToDo", "location": "x" * 1025}) == "location"
    assert client.page(None)["totalElements"] == total


def test_widths_count_code_points(client: BareClient) -> None:  # A18
    assert client.create(meeting(subject="🗓" * 1000), "subject")["subject"] == "🗓" * 1000
    assert client.broken_create(meeting(attendees="é" * 10_001)) == "attendees"
    assert client.broken_create(meeting(externalIdentifier="x" * 256)) == "externalIdentifier"
    assert len(client.create(meeting(notes="n" * 1_000_000), "notes")["notes"]) == 1_000_000
    assert client.broken_create(meeting(notes="n" * 1_000_001)) == "notes"


def test_series_reads_back_with_days_in_both_forms(client: BareClient) -> None:  # A10
    created = client.create(weekly("5, 2,2"), SERIES)
    assert created["recurrenceDays"] == [2, 5]
    assert created["recurrenceDayList"] == "2,5"
    assert (created["recurrence"], created["recurrenceWeekly"], created["recurrenceRate"]) == (1, 1, 1)


def test_users_have_the_fields_of_the_contract(client: BareClient) -> None:
    fields = "_id _kind userID userName firstName lastName emailAddress timeZoneName isActive deleted language"
    assert client.ask(f'{{ crUser(_id: "4.101") {{ {fields} }} }}') == {
        "_id": "4.101",
        "_kind": "CRUser",
        "userID": 101,
        "userName": "anna",
        "firstName": "Anna",
        "lastName": "de Vries",
        "emailAddress": "anna@agency.example",
        "timeZoneName": "Europe/Amsterdam",
        "isActive": 1,
        "deleted": 0,
        "language": "nl",
    }
    query = "query($q: String) { crUserPage(qualifier: $q) { totalElements items { userID } } }"
    found = client.ask(query, q="isActive = 1 AND userID >= 102")
    assert found == {"totalElements": 2, "items": [{"userID": 102}, {"userID": 103}]}


def test_rate_limit_is_ten_a_second_and_tenant(client: BareClient) -> None:
    other = BareClient(client.sandbox, "harbour")
    client.options(rate_limit=10, retry_after=1)
    answers = [client.post("{ __typename }") for _ in range(12)]
    assert [answer.status_code for answer in answers] == [200] * 10 + [429] * 2
    assert answers[-1].headers["Retry-After"] == "1"
    assert other.post("{ __typename }").status_code == 200
    client.shift(1)
    assert client.post("{ __typename }").status_code == 200


def test_several_mutations_of_one_document_run_in_order(client: BareClient) -> None:
    two = "a: crToDoCreate(request: $r) { toDoID } b: crToDoCreate(request: $r) { toDoID }"
    data = client.post("mutation($r: CRToDoRequest!) { " + two + " }", r=meeting(owner=ANNA)).json()["data"]
    assert data["b"]["toDoID"] == data["a"]["toDoID"] + 1
