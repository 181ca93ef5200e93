"""A copy fed by the list alone equals the server, whatever people and programs do (issue: judged, point 1)."""

from typing import Any

import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.unit.sandbox.carerix.bare_client import ANNA, CREATE, DELETE, SERIES, TODO, UPDATE, BareClient, meeting

FIELDS = f"{TODO} {SERIES} externalIdentifier owner {{ userID }} modifiedBy {{ userID }} toCompany {{ _id }}"
PAGE = 5
BERT = {"_kind": "CRUser", "_id": "4.102"}

steps = st.lists(
    st.tuples(
        st.sampled_from(
            [
                "create",
                "create",
                "person",
                "update",
                "move",
                "series",
                "delete",
                "restore",
                "hand-over",
                "wait",
                "poll",
                "storm",
            ]
        ),
        st.integers(0, 30),
    ),
    min_size=5,
    max_size=30,
)


class Mirror:
    """Polls by modification date from the second of the last poll on."""

    def __init__(self, client: BareClient) -> None:
        self._client = client
        self.rows: dict[str, Any] = {}
        self._since = "2026-01-01 00:00:00"

    def poll(self) -> None:
        """Read until two passes agree: a row that moved on while paging may have slipped past an edge."""
        now = requests.get(f"{self._client.sandbox.control}/clock", timeout=20).json()["now"]
        limit = f"(NSCalendarDate)'{self._since} Etc/GMT'"
        changed = f"modificationDate >= {limit} OR (modificationDate = nil AND creationDate >= {limit})"
        previous: list[Any] | None = None
        while (rows := self._pass(f"toDoTypeKey = 1 AND ({changed})")) != previous:
            previous = rows
        self.rows |= {item["_id"]: item for item in rows}
        self._since = f"{now[:10]} {now[11:19]}"

    def _pass(self, qualifier: str) -> list[Any]:
        rows: list[Any] = []
        last = False
        while not last:
            found = self._client.page(
                qualifier,
                FIELDS,
                page=len(rows) // PAGE,
                size=PAGE,
                sort={"property": "modificationDate", "direction": "ASC"},
            )
            rows += found["items"]
            last = found["last"]
        return rows


def everything(client: BareClient) -> dict[str, Any]:
    found = client.page("toDoTypeKey = 1", FIELDS, size=100)
    assert found["last"]
    return {item["_id"]: item for item in found["items"]}


def step(client: BareClient, mirror: Mirror, kind: str, choice: int) -> None:
    rows = sorted(everything(client).values(), key=lambda row: int(row["toDoID"]))
    row = rows[choice % len(rows)]
    name, owner = row["_id"], f"demo/{row['owner']['userID']}"
    day = 1 + choice % 28
    match kind:
        case "create":
            times = {"startDate": f"2026-04-{day:02}T08:00:00", "endDate": f"2026-04-{day:02}T09:00:00"}
            client.post(CREATE % "_id", request=meeting(**times, owner=ANNA if choice % 2 else BERT))
        case "person":
            client.act("demo/bert", "create", subject=f"p{choice}", start=f"2026-04-{day:02}T08:00")
        case "update":
            client.act(owner, "update", item=name, notes=f"note {choice}", busy="tentative" if choice % 2 else "busy")
        case "move":  # a series refuses a day that is not its own: nothing happens then
            times = {"startDate": f"2026-05-{day:02}T08:00:00", "endDate": f"2026-05-{day:02}T09:30:00"}
            client.post(UPDATE % "_id", id=name, request={"_kind": "CRToDo", **times})
        case "series":
            week = {"recurrence": 1, "recurrenceRate": 1 + choice % 3, "recurrenceWeekly": 1, "recurrenceMonthly": 0}
            days = {"recurrenceDayList": "0,1,2,3,4,5,6"}
            client.post(UPDATE % "_id", id=name, request={"_kind": "CRToDo", **week, **days})
        case "delete":
            client.ask(DELETE, id=name)
        case "restore":
            client.act(owner, "restore", item=name)
        case "hand-over":
            client.act(owner, "hand-over", item=name, to_owner="bert")
        case "storm":  # someone writes between two pages of the next poll
            act = {"owner": owner, "action": {"action": "update", "item": name, "notes": f"storm {choice}"}}
            fault = {"system": "carerix", "operation": "crToDoPage", "kind": "act", "params": act}
            assert client.control("/faults", {**fault, "times": 2, "skip": choice % 3}).status_code == 200
            mirror.poll()
        case "wait":
            client.shift(choice)
            client.renew()
        case "poll":
            mirror.poll()


@settings(max_examples=12, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps)
def test_mirror_equals_server(client: BareClient, history: list[tuple[str, int]]) -> None:
    client.sandbox.call(client.sandbox.world.reset, 1)
    client.renew()
    mirror = Mirror(client)
    for kind, choice in history:
        step(client, mirror, kind, choice)
    mirror.poll()
    assert mirror.rows == everything(client)
