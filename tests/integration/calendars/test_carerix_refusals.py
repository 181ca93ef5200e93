"""Token, budget, and every way in which Carerix may refuse."""

from collections.abc import Iterator
from datetime import timedelta
from uuid import uuid4

import pytest

from cxsync.calendars.carerix.client import CarerixCalendar
from cxsync.calendars.errors import Busy, CredentialsRefused, NotPermitted, NotThatServer, Rejected, Unavailable
from cxsync.sandbox.core.run import Sandbox, started
from tests.integration.calendars.carerix_bench import access, asked, begun, client, options
from tests.integration.calendars.contract import Bench, at, meeting, next_monday, weekly


@pytest.fixture(scope="module")
def server() -> Iterator[Sandbox]:
    with started(only=["carerix"]) as sandbox:
        yield sandbox


@pytest.fixture
def bench(server: Sandbox) -> Iterator[Bench]:
    made = begun(server)
    yield made
    made.calendar.close()


def test_one_token_serves_until_shortly_before_its_end(bench: Bench) -> None:
    time = [0.0]
    calendar = CarerixCalendar(access(bench.sandbox), monotonic=lambda: time[0])
    for moment, tokens in ((0, 1), (200, 1), (269, 1), (271, 2), (500, 2), (542, 3)):
        time[0] = moment
        calendar.fetch("31.1")
        assert asked(bench, "token") == tokens, moment
    calendar.close()


def test_an_expired_token_is_renewed_once_and_a_write_not_done_twice(bench: Bench) -> None:
    bench.everything()
    before = asked(bench, "token")
    bench.fault("crToDoCreate", "expire-token", owner="demo")
    bench.make(meeting(subject="Eens"))
    assert asked(bench, "token") - before == 1
    assert len(bench.called("Eens")) == 1


def test_a_fresh_token_that_is_refused_is_not_tried_again(bench: Bench) -> None:
    bench.everything()
    before = asked(bench, "token")
    bench.fault("crToDo", "reason", params={"reason": "token-expired"}, times=-1)
    with pytest.raises(CredentialsRefused):
        client(bench).fetch("31.1")
    assert (asked(bench, "token") - before, asked(bench, "crToDo")) == (1, 2)


def test_the_budget_is_asked_before_each_request_and_its_refusal_goes_through(bench: Bench) -> None:
    waited: list[int] = []
    calendar = CarerixCalendar(access(bench.sandbox), wait=waited.append)
    calendar.fetch("31.1")
    assert waited == [1, 1]

    def spent(wanted: int) -> None:
        raise Busy("carerix", "budget", "spent", 2.5)

    with pytest.raises(Busy):
        CarerixCalendar(access(bench.sandbox), wait=spent).fetch("31.1")
    assert asked(bench, "crToDo") == 1


def test_the_servers_own_limit_is_busy(bench: Bench) -> None:
    options(bench.sandbox, rate_limit=2)
    with pytest.raises(Busy) as busy:
        for _ in range(10):
            client(bench).fetch("31.1")
    assert busy.value.retry_after == 1.0


REFUSALS: list[tuple[str, type[Exception], str]] = [
    ("service-error", Unavailable, "500"),
    ("missing-scope", NotPermitted, "urn:cx/cx5Wrapper:data:manage"),
    ("invalid-query", Rejected, "400"),
    ("rule", Rejected, "refused"),
]


@pytest.mark.parametrize(("reason", "error", "says"), REFUSALS)
def test_refusals_of_a_write(bench: Bench, reason: str, error: type[Exception], says: str) -> None:
    bench.fault("crToDoCreate", "reason", params={"reason": reason, "message": "over Jansen"})
    with pytest.raises(error, match=says) as raised:
        bench.make(meeting())
    assert "Jansen" not in str(raised.value)


def test_a_broken_rule_names_the_attribute_and_keeps_the_servers_words_apart(bench: Bench) -> None:
    day = next_monday()
    wanted = meeting(start=at(day + timedelta(days=1), 10), end=at(day + timedelta(days=1), 11), recurrence=weekly())
    with pytest.raises(Rejected, match="startDate") as refused:
        bench.make(wanted)
    assert "not a day of its own series" in refused.value.detail


def test_a_scope_that_the_client_may_not_have_is_named(bench: Bench) -> None:
    calendar = CarerixCalendar(access(bench.sandbox, scope="urn:cx/other"))
    with pytest.raises(NotPermitted, match="urn:cx/other"):
        calendar.fetch("31.1")


def test_addresses_that_are_no_carerix(bench: Bench) -> None:
    url = bench.sandbox.urls["carerix"]["graphql"]
    for wrong in (
        {"graphql_url": url.replace("/graphql/v1/graphql", "/app/demo/my-account")},
        {"graphql_url": url + "/nowhere"},
        {"token_url": access(bench.sandbox).token_url.replace("/demo/", "/nobody/")},
        {"graphql_url": "no address"},
        {"graphql_url": "https://" + url.partition("://")[2]},
    ):
        with pytest.raises(NotThatServer):
            CarerixCalendar(access(bench.sandbox, **wrong)).fetch("31.1")


def test_nobody_listening_and_no_answer_in_time(bench: Bench) -> None:
    with pytest.raises(Unavailable):
        CarerixCalendar(access(bench.sandbox, graphql_url="http://127.0.0.1:9/graphql")).fetch("31.1")
    calendar = CarerixCalendar(access(bench.sandbox), read_timeout=0.3)
    bench.fault("crToDo", "delay", params={"seconds": 2})
    with pytest.raises(Unavailable, match="ReadTimeout"):
        calendar.fetch("31.1")


def test_an_unknown_owner_or_none_is_refused_before_anything_is_made(bench: Bench) -> None:
    for owner in (None, "999", "x", "101 OR 1 = 1"):
        with pytest.raises(Rejected, match="owner"):
            client(bench).create(meeting(), uuid4(), owner=owner)
    assert asked(bench, "crToDoCreate") == 0
