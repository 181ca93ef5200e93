"""One Google sandbox for all tests here, driven by google-api-python-client alone; an account of its own a test."""

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import msgspec
import pytest
from google.api_core.client_options import ClientOptions
from google.oauth2.credentials import Credentials
from googleapiclient.discovery import build
from googleapiclient.errors import HttpError

from cxsync.sandbox.core.run import Sandbox, started

_numbers = itertools.count(1)
EVERYTHING = "https://www.googleapis.com/auth/calendar"


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Sandbox]:
    with started(only=["google"], seed=7) as running:
        system: Any = running.world.system("google")
        scopes = [*system.options.granted_scopes, EVERYTHING]
        unlimited = {"user_per_minute": 0, "project_per_minute": 0}
        system.options = msgspec.structs.replace(system.options, granted_scopes=scopes, **unlimited)
        yield running


@pytest.fixture
def add_account(sandbox: Sandbox) -> Callable[[], dict[str, Any]]:
    def add() -> dict[str, Any]:
        email = f"tester{next(_numbers)}@agency.example"
        return sandbox.call(sandbox.world.system("google").add_user, {"email": email})

    return add


@pytest.fixture
def account(add_account: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    return add_account()


@pytest.fixture
def connect(sandbox: Sandbox) -> Callable[[dict[str, Any]], Any]:
    """A service of the bare library for an account."""
    urls = sandbox.urls["google"]

    def connected(account: dict[str, Any]) -> Any:
        credentials = Credentials(  # type: ignore[no-untyped-call] # the library has types for other parts only
            None,
            refresh_token=account["refresh_token"],
            token_uri=urls["token"],
            client_id=urls["client_id"],
            client_secret=urls["client_secret"],
        )
        options = ClientOptions(api_endpoint=urls["api"])
        return build("calendar", "v3", credentials=credentials, static_discovery=True, client_options=options)

    return connected


@pytest.fixture
def events(connect: Callable[[dict[str, Any]], Any], account: dict[str, Any]) -> Any:
    """The resource Events of the test's own account."""
    return connect(account).events()


@pytest.fixture
def switch(sandbox: Sandbox) -> Iterator[Callable[..., None]]:
    """Set options of the server for one test."""
    system: Any = sandbox.world.system("google")
    before = system.options

    def switched(**given: Any) -> None:
        system.options = msgspec.structs.replace(system.options, **given)

    yield switched
    system.options = before


@pytest.fixture
def person(sandbox: Sandbox, account: dict[str, Any]) -> Callable[..., str]:
    """The account's holder acts in Google's own program; answers the item's id."""

    def act(action: str, **fields: Any) -> str:
        item: str = sandbox.act("google", account["owner"], {"action": action, **fields})["item"]
        return item

    return act


@pytest.fixture
def refusal() -> Callable[[Any], tuple[int, str]]:
    """Status and reason with which a request is refused."""

    def refused(request: Any) -> tuple[int, str]:
        with pytest.raises(HttpError) as caught:
            request.execute()
        detail = caught.value.error_details
        return caught.value.status_code, detail[0]["reason"]

    return refused


@pytest.fixture
def timed() -> Callable[..., dict[str, Any]]:
    """A body: an hour at 09:00 in Amsterdam on a day of March 2026."""

    def body(summary: str = "Talk", day: int = 2, **more: Any) -> dict[str, Any]:
        zone = "Europe/Amsterdam"
        start, end = (f"2026-03-{day:02d}T{hour}:00:00" for hour in ("09", "10"))
        times = {"start": {"dateTime": start, "timeZone": zone}, "end": {"dateTime": end, "timeZone": zone}}
        return {"summary": summary, **times, **more}

    return body
