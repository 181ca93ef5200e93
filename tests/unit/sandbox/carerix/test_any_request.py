"""Whatever a client writes is stored by the rules, or refused by 400 or by a broken rule: never half, never a 500."""

from typing import Any

import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.unit.sandbox.carerix.bare_client import ANNA, CREATE, SERIES, TODO, BareClient, meeting

flags = st.sampled_from([0, 1, None]) | st.sampled_from([2, True, "1", -1])
small = st.none() | st.integers(-1, 7)
numbers = st.none() | st.integers(-1, 40) | st.sampled_from([32_768, 2**31, 1.5, "3"])
days = st.sampled_from([None, "", "2", "0,1,2,3,4,5,6", "2,4", "7", "a", "2,,4", " 2 , 4 "]) | st.just([2])
dates = st.sampled_from(
    [
        None,
        "2026-03-03T09:00:00",
        "2026-03-03T10:00:00",
        "2026-03-02T23:00:00",
        "2026-03-03T23:00:00",
        "2026-03-31T22:00:00",
        "9998-12-31T23:59:59",
        "2026-03-03",
        "soon",
        5,
    ]
)
references = st.sampled_from(
    [None, ANNA, {"_kind": "CRUser", "_id": "4.999"}, {"_kind": "CRToDo", "_id": "31.1"}, "4.101"]
)

fields: dict[str, st.SearchStrategy[Any]] = {
    "toDoTypeKey": numbers,
    "subject": st.none() | st.text(max_size=5) | st.just(5),
    "startDate": dates,
    "endDate": dates,
    "isAllDay": flags,
    "status": small,
    "remind": flags,
    "reminderMinutes": numbers,
    "deleted": flags,
    "owner": references,
    "recurrence": flags,
    "recurrenceWeekly": flags,
    "recurrenceMonthly": flags,
    "recurrenceRate": numbers,
    "recurrenceDayList": days,
    "recurrenceDay": small,
    "recurrenceMonthDay": numbers,
    "isAbsoluteMonthDay": flags,
    "isRelativeMonthDay": flags,
    "isRangeEndDate": flags,
    "isRangeNumberOfTimes": flags,
    "recurrenceNumberOfTimes": numbers,
    "recurrenceExpiryDate": dates,
    "toDoUsers": st.sampled_from([None, {"items": []}, {"items": [{"_kind": "CRToDoUser"}]}, []]),
    "additionalInfo": st.none() | st.dictionaries(st.text(max_size=3), st.integers() | st.text(max_size=3), max_size=2),
}
changes = st.dictionaries(st.sampled_from(sorted(fields)), st.none(), max_size=6).flatmap(
    lambda names: st.fixed_dictionaries({name: fields[name] for name in names})
)


@settings(
    max_examples=150, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(changes)
def test_stored_whole_or_refused_whole(client: BareClient, changed: dict[str, Any]) -> None:
    before = requests.get(f"{client.sandbox.control}/digest", timeout=20).json()
    answer = client.post(CREATE % "_id", request=meeting(**changed))
    body = answer.json()
    stored = answer.status_code == 200 and "errors" not in body
    if stored:
        name = body["data"]["crToDoCreate"]["_id"]
        row = client.get(name, f"{TODO} {SERIES}")
        assert row["_id"] == name
        again = client.update(name, f"{TODO} {SERIES}", subject=row["subject"])  # what is stored fulfils the rules
        assert {**again, "modificationDate": None} == {**row, "modificationDate": None}
    else:
        assert answer.status_code in (200, 400), body
        assert body.get("data") in (None, {"crToDoCreate": None})
        assert body["errors"][0]["message"]
        assert requests.get(f"{client.sandbox.control}/digest", timeout=20).json() == before
