"""What the Google client makes of refusals: by their reason, never by the status alone."""

from uuid import uuid4

import pytest

from cxsync.calendars.errors import (
    Busy,
    CalendarError,
    CredentialsRefused,
    Gone,
    NotPermitted,
    NotThatServer,
    Rejected,
    Unavailable,
    VersionChanged,
)
from cxsync.calendars.google.access import OAuthClient, credentials
from cxsync.calendars.google.client import GoogleCalendar
from cxsync.calendars.google.refusal import QUOTA_PAUSE
from cxsync.sandbox.core.faults import FaultKind
from cxsync.sandbox.core.run import Sandbox
from tests.integration.calendars.contract import meeting
from tests.integration.calendars.google_bench import BERT, Desk, desk, of_token, sandbox, token_of

__all__ = ["desk", "sandbox"]


@pytest.mark.parametrize(
    ("reason", "expected"),
    [
        ("rateLimitExceeded", Busy),
        ("userRateLimitExceeded", Busy),
        ("quotaExceeded", Busy),
        ("forbiddenForNonOrganizer", NotPermitted),
        ("insufficientPermissions", NotPermitted),
        ("accessNotConfigured", Rejected),
        ("notFound", Gone),
        ("deleted", Gone),
        ("conditionNotMet", VersionChanged),
        ("backendError", Unavailable),
        ("internalError", Unavailable),
        ("timeRangeEmpty", Rejected),
    ],
)
def test_each_reason_has_its_error(desk: Desk, reason: str, expected: type[CalendarError]) -> None:
    made = desk.calendar.fetch(desk.act("create", subject="Iets", start="2027-03-15T09:00"))
    desk.fault("events.patch", "reason", params={"reason": reason})
    with pytest.raises(expected) as refused:
        desk.calendar.update(made, meeting(subject="Anders"), ["subject"])
    assert type(refused.value) is expected
    assert reason in str(refused.value)
    assert desk.calendar.fetch(made.native_id) == made


def test_account_use_limits_pause_for_hours(desk: Desk) -> None:
    desk.switch(creations_an_account=1)
    with pytest.raises(Busy) as busy:
        for _ in range(20):
            desk.calendar.create(meeting(), uuid4())
    assert busy.value.retry_after == QUOTA_PAUSE


@pytest.mark.parametrize("status", [403, 429])
def test_requests_a_minute_are_refused_as_busy(desk: Desk, status: int) -> None:
    desk.switch(user_per_minute=3, quota_status=status)
    with pytest.raises(Busy) as busy:
        for _ in range(10):
            desk.calendar.changes(None)
    assert busy.value.retry_after is None


def test_nothing_is_sent_before_the_budget_allows_it(sandbox: Sandbox, desk: Desk) -> None:
    asked: list[int] = []

    class Spent(Exception):
        pass

    def wait(requests: int) -> None:
        if len(asked) == 2:
            raise Spent
        asked.append(requests)

    calendar = of_token(sandbox, token_of(sandbox, BERT), wait=wait)
    before = desk.requests("events.list")
    with pytest.raises(Spent):
        for _ in range(3):
            calendar.changes(None)
    calendar.close()
    assert (asked, desk.requests("events.list") - before) == ([1, 1], 2)


def test_an_access_token_that_ends_early_is_renewed_without_a_word(desk: Desk) -> None:
    cursor = desk.cursor()
    desk.fault("events.list", "expire-token")
    assert desk.calendar.changes(cursor).found == ()
    assert desk.requests("events.list") == 3


def test_a_write_whose_access_token_ended_is_carried_out_once(desk: Desk) -> None:
    desk.cursor()
    desk.fault("events.insert", "expire-token")
    made = desk.calendar.create(meeting(subject="Eenmaal"), uuid4())
    assert desk.stored(made.native_id)["summary"] == "Eenmaal"


def test_withdrawn_consent_refuses_the_credentials(desk: Desk) -> None:
    cursor = desk.cursor()
    desk.act("revoke-access")
    with pytest.raises(CredentialsRefused):
        desk.calendar.changes(cursor)
    # The access token once, the refresh token once; nothing is tried again.
    assert len(desk.sandbox.world.witness.logins) == 2


def test_a_server_that_refuses_even_a_new_token_is_not_asked_for_ever(desk: Desk) -> None:
    desk.cursor()
    desk.fault("events.list", "reason", times=-1, params={"reason": "authError"})
    before = desk.requests("events.list")
    with pytest.raises(CredentialsRefused):
        desk.calendar.changes(None)
    assert desk.requests("events.list") - before == 2


def test_a_wrong_client_secret_is_no_fault_of_the_user(sandbox: Sandbox, desk: Desk) -> None:
    calendar = of_token(sandbox, token_of(sandbox, BERT), secret="wrong")
    with pytest.raises(NotPermitted, match="GOOGLE_CLIENT_SECRET"):
        calendar.changes(None)
    calendar.close()
    assert len(desk.sandbox.world.witness.logins) == 1


def test_a_grant_without_the_right_to_write_says_so(sandbox: Sandbox, desk: Desk) -> None:
    scope = "https://www.googleapis.com/auth/calendar.events.readonly"
    desk.switch(granted_scopes=[scope])
    user = sandbox.call(desk.system.add_user, {"email": "reader@agency.example"})
    calendar = of_token(sandbox, user["refresh_token"])
    calendar.changes(None)
    with pytest.raises(NotPermitted, match="insufficientPermissions"):
        calendar.create(meeting(), uuid4())
    calendar.close()


def test_the_mailbox_of_a_consent_is_known(desk: Desk) -> None:
    assert desk.calendar.address() == BERT


def test_a_calendar_that_cannot_be_reached_is_no_calendar_without_events(sandbox: Sandbox, desk: Desk) -> None:
    calendar = of_token(sandbox, token_of(sandbox, BERT), calendar_id="nobody@agency.example")
    with pytest.raises(NotPermitted):
        calendar.changes(None)
    with pytest.raises(NotPermitted):
        calendar.fetch("0123456789abcdef")
    calendar.close()


@pytest.mark.parametrize("status", [200, 302, 403, 404, 410, 405])
def test_answers_of_something_else_delete_nothing(desk: Desk, status: int) -> None:
    item = desk.act("create", subject="Blijft", start="2027-03-15T09:00")
    headers = {"Content-Type": "text/html"}
    params = {"status": status, "body": "<html>Not here</html>", "headers": headers}
    desk.fault("events.get", "status", params=params)
    with pytest.raises(NotThatServer):
        desk.calendar.fetch(item)


@pytest.mark.parametrize("kind", ["garble", "truncate", "drop"])
def test_a_token_endpoint_without_sense_refuses_nobody(sandbox: Sandbox, desk: Desk, kind: FaultKind) -> None:
    calendar = of_token(sandbox, token_of(sandbox, BERT))
    desk.fault("oauth.refresh", kind, when="after")
    with pytest.raises((Unavailable, NotThatServer)):
        calendar.changes(None)
    assert calendar.changes(None).full
    calendar.close()


def test_the_address_may_end_without_a_slash(sandbox: Sandbox, desk: Desk) -> None:
    urls = sandbox.urls["google"]
    ours = OAuthClient(urls["client_id"], urls["client_secret"], urls["token"])
    calendar = GoogleCalendar(credentials(token_of(sandbox, BERT), ours), api_endpoint=urls["api"].rstrip("/"))
    assert calendar.changes(None).full
    calendar.close()


def test_no_server_at_the_address_is_unavailable(sandbox: Sandbox, desk: Desk) -> None:
    urls = {**sandbox.urls["google"], "api": "http://127.0.0.1:9/calendar/v3/"}
    ours = OAuthClient(urls["client_id"], urls["client_secret"], urls["token"])
    calendar = GoogleCalendar(credentials(token_of(sandbox, BERT), ours), api_endpoint=urls["api"])
    with pytest.raises(Unavailable):
        calendar.changes(None)
    calendar.close()
