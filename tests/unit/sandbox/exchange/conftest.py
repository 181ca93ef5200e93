"""A running Exchange sandbox and the bare library that talks to it."""

import itertools
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
import requests
from exchangelib import BASIC, DELEGATE, NTLM, Account, Configuration, Credentials, EWSTimeZone
from lxml import etree

from cxsync.sandbox.core.clock import Clock
from cxsync.sandbox.core.run import Sandbox, started
from cxsync.sandbox.exchange.server import Exchange

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
AMSTERDAM = EWSTimeZone("Europe/Amsterdam")
SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
MESSAGES = "http://schemas.microsoft.com/exchange/services/2006/messages"
TYPES = "http://schemas.microsoft.com/exchange/services/2006/types"
NS = {"s": SOAP, "m": MESSAGES, "t": TYPES, "e": "http://schemas.microsoft.com/exchange/services/2006/errors"}
IDS = "<m:ItemShape><t:BaseShape>IdOnly</t:BaseShape></m:ItemShape>"
ALL = "<m:ItemShape><t:BaseShape>AllProperties</t:BaseShape></m:ItemShape>"
CALENDAR = '<t:DistinguishedFolderId Id="calendar"/>'
_numbers = itertools.count(1)


def root(answer: requests.Response) -> etree._Element:
    return etree.fromstring(answer.content)


def text(answer: requests.Response, path: str) -> str | None:
    found = root(answer).find(path, NS)
    return None if found is None else found.text


def codes(answer: requests.Response) -> list[str | None]:
    return [each.text for each in root(answer).iterfind(".//m:ResponseCode", NS)]


class Mailbox:
    """One person's mailbox: by exchangelib, by raw SOAP, and as its owner in Outlook."""

    def __init__(self, sandbox: Sandbox, owner: str, password: str) -> None:
        self.sandbox = sandbox
        self.owner = owner
        self.password = password
        self.url = sandbox.urls["exchange"]["ews"]

    def account(self, kind: str = BASIC, user: str | None = None) -> Any:
        """The exchangelib account, signed in by ``kind``."""
        credentials = Credentials(user or self.owner, self.password)
        configuration = Configuration(service_endpoint=self.url, credentials=credentials, auth_type=kind)
        return Account(
            self.owner, config=configuration, autodiscover=False, access_type=DELEGATE, default_timezone=AMSTERDAM
        )

    def soap(
        self, operation: str, version: str = "Exchange2016", header: str = "", *, stream: bool = False
    ) -> requests.Response:
        """The answer to a hand-written request."""
        envelope = (
            f'<?xml version="1.0" encoding="utf-8"?>\n<s:Envelope xmlns:s="{SOAP}" xmlns:m="{MESSAGES}" '
            f'xmlns:t="{TYPES}">\n<s:Header><t:RequestServerVersion Version="{version}"/>{header}</s:Header>\n'
            f"<s:Body>{operation}</s:Body></s:Envelope>"
        )
        return requests.post(
            self.url,
            data=envelope.encode(),
            headers={"Content-Type": "text/xml; charset=utf-8"},
            auth=(self.owner, self.password),
            timeout=30,
            stream=stream,
        )

    def act(self, action: str, **fields: Any) -> dict[str, Any]:
        """Do something as the owner."""
        return self.sandbox.act("exchange", self.owner, {"action": action, **fields})

    def items(self) -> list[dict[str, Any]]:
        """What the owner sees, without what was deleted."""
        system = self.sandbox.world.system("exchange")
        return [each for each in self.sandbox.call(system.items, self.owner) if not each["deleted"]]

    def mails(self) -> list[tuple[str, str]]:
        """Kinds and recipients of what would have been mailed."""
        return [(m.kind, m.to) for m in self.sandbox.world.witness.mails if m.owner == self.owner]


def new_mailbox(sandbox: Sandbox) -> Mailbox:
    """A mailbox of its own for a test, so that tests do not see one another's items."""
    owner = f"person{next(_numbers)}@agency.example"
    user = sandbox.call(sandbox.world.system("exchange").add_user, {"owner": owner})
    return Mailbox(sandbox, owner, user["password"])


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    """An Exchange server of 2016 with the default options."""
    with started(only=("exchange",), clock=Clock(NOW), people=()) as running:
        yield running


@pytest.fixture
def own_sandbox() -> Iterator[Sandbox]:
    """A server whose options and clock a test may change."""
    with started(only=("exchange",), clock=Clock(NOW), people=()) as running:
        yield running


@pytest.fixture
def mailbox(sandbox: Sandbox) -> Mailbox:
    """An empty mailbox."""
    return new_mailbox(sandbox)


@pytest.fixture(params=[BASIC, NTLM])
def account(request: pytest.FixtureRequest, mailbox: Mailbox) -> Any:
    """The exchangelib account of an empty mailbox, once by Basic and once by NTLM."""
    return mailbox.account(request.param)


def set_options(sandbox: Sandbox, **fields: Any) -> None:
    """Replace options as the control interface does."""
    system = sandbox.world.system("exchange")
    assert isinstance(system, Exchange)
    system.options = msgspec.structs.replace(system.options, **fields)
