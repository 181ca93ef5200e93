"""A client that knows HTTP and nothing of this program."""

from typing import Any

import requests

from cxsync.sandbox.core.run import Sandbox

TODO = "_id toDoID subject location notes startDate endDate isAllDay status deleted creationDate modificationDate"
SERIES = (
    "recurrence recurrenceWeekly recurrenceMonthly recurrenceRate recurrenceDays recurrenceDayList recurrenceDay"
    " recurrenceMonthDay isAbsoluteMonthDay isRelativeMonthDay isRangeEndDate isRangeNumberOfTimes"
    " recurrenceNumberOfTimes recurrenceExpiryDate"
)
CREATE = "mutation($request: CRToDoRequest!) { crToDoCreate(request: $request) { %s } }"
UPDATE = "mutation($id: ID!, $request: CRToDoRequest!) { crToDoUpdate(_id: $id, request: $request) { %s } }"
DELETE = "mutation($id: ID!) { crToDoDelete(_id: $id) { __typename } }"
GET = "query($id: ID!) { crToDo(_id: $id) { %s } }"
LIST = (
    "query($qualifier: String, $pageable: Pageable, $norestrict: Boolean) {"
    " crToDoPage(qualifier: $qualifier, pageable: $pageable, norestrict: $norestrict) {"
    " totalElements totalPages numberOfElements first last page size items { %s } } }"
)
ANNA = {"_kind": "CRUser", "_id": "4.101"}


def meeting(**fields: Any) -> dict[str, Any]:
    """A request for an appointment of an hour on Tuesday 3 March 2026, 10:00 in Amsterdam."""
    return {
        "_kind": "CRToDo",
        "toDoTypeKey": 1,
        "subject": "Intake",
        "startDate": "2026-03-03T09:00:00",
        "endDate": "2026-03-03T10:00:00",
        "owner": ANNA,
        **fields,
    }


def weekly(days: str = "2", **fields: Any) -> dict[str, Any]:
    """The same as a weekly series."""
    series = {"recurrence": 1, "recurrenceWeekly": 1, "recurrenceRate": 1, "recurrenceDayList": days}
    return meeting(**series, **fields)


class BareClient:
    """GraphQL over HTTP with a token of its own."""

    def __init__(self, sandbox: Sandbox, tenant: str = "demo") -> None:
        self.sandbox = sandbox
        urls = sandbox.urls["carerix"]
        self.graphql = urls["graphql"]
        self.issuer = urls["issuer"].removesuffix("demo") + tenant
        self.token_url = f"{self.issuer}/protocol/openid-connect/token"
        self.tenant = tenant
        self.http = requests.Session()
        self.renew()

    def token(self, **fields: str) -> requests.Response:
        """What the token endpoint answers to client credentials."""
        known = {"client_id": "urn:cxsync/calendar", "client_secret": f"{self.tenant}-api-secret"}
        form = {"grant_type": "client_credentials", **known, **fields}
        return requests.post(self.token_url, data=form, timeout=20)

    def renew(self, **fields: str) -> None:
        """Use a fresh token from now on."""
        self.http.headers["Authorization"] = f"Bearer {self.token(**fields).json()['access_token']}"

    def post(self, query: str, operation: str | None = None, /, **variables: Any) -> requests.Response:
        """The answer to a document."""
        body = {"query": query, "variables": variables, "operationName": operation}
        return self.http.post(self.graphql, json=body, timeout=20)

    def ask(self, query: str, **variables: Any) -> Any:
        """The only root field of a document that has to succeed."""
        answer = self.post(query, **variables)
        body = answer.json()
        assert answer.status_code == 200, body
        assert "errors" not in body, body
        (value,) = body["data"].values()
        return value

    def create(self, request: dict[str, Any], fields: str = TODO) -> Any:
        """A new row."""
        return self.ask(CREATE % fields, request=request)

    def update(self, name: str, fields: str = TODO, **changes: Any) -> Any:
        """Change a row."""
        return self.ask(UPDATE % fields, id=name, request={"_kind": "CRToDo", **changes})

    def get(self, name: str, fields: str = TODO) -> Any:
        """Read a row."""
        return self.ask(GET % fields, id=name)

    def page(self, qualifier: str | None, fields: str = TODO, *, norestrict: bool = True, **pageable: Any) -> Any:
        """A page of a list."""
        return self.ask(LIST % fields, qualifier=qualifier, norestrict=norestrict, pageable=pageable)

    def broken(self, query: str, **variables: Any) -> str:
        """The field whose rule a request breaks: 200, errors, null data."""
        answer = self.post(query, **variables)
        body = answer.json()
        assert answer.status_code == 200, body
        assert list(body["data"].values()) == [None]
        return str(body["errors"][0]["extensions"]["field"])

    def broken_create(self, request: dict[str, Any]) -> str:
        """The field whose rule a new row breaks."""
        return self.broken(CREATE % "_id", request=request)

    def act(self, owner: str, action: str, **fields: Any) -> dict[str, Any]:
        """What a person does, through the control interface."""
        body = {"owner": owner, "action": action, **fields}
        answer = requests.post(f"{self.sandbox.control}/carerix/act", json=body, timeout=20)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def control(self, path: str, body: dict[str, Any]) -> requests.Response:
        """Anything else of the control interface."""
        return requests.post(f"{self.sandbox.control}{path}", json=body, timeout=20)

    def options(self, **switches: Any) -> None:
        """Set switches."""
        answer = self.control("/carerix/options", switches)
        assert answer.status_code == 200, answer.text

    def shift(self, seconds: float) -> None:
        """Let time pass."""
        assert self.control("/clock", {"shift": seconds}).status_code == 200
