"""The mailer against the real mail catcher: one mail a notification, none lost, whatever the mail server does."""

import ssl
from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

import pytest
import requests
from msgspec import Struct
from structlog.testing import capture_logs

from consumers import mailer
from cxsync.account import Details, seal_details
from cxsync.errors import SettingError
from cxsync.keyring import Keyring
from cxsync.local.parts import Endpoints
from cxsync.role import Role
from cxsync.settings import Settings
from cxsync.store import keys
from cxsync.store.database import Database
from schemas.message import unpack
from schemas.records import DeadLetter
from tests.integration.hosts.conftest import Launch, Start
from tests.integration.hosts.topics import drained, eventually, notification, put, records

GROUP, TOPIC = "consumer.email", "notifications"
ADDRESS = "jansen@example.com"


class Catcher(Struct):
    """The mail catcher's page."""

    page: str

    def mails(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = requests.get(f"{self.page}/messages", timeout=10).json()
        return found

    def subjects(self) -> list[str]:
        return [str(mail["subject"]) for mail in self.mails()]

    def behave(self, mode: str) -> None:
        requests.post(f"{self.page}/faults", json={"mode": mode}, timeout=10).raise_for_status()


@pytest.fixture
def catcher(embedded: Endpoints) -> Iterator[Catcher]:
    """The session's catcher, empty."""
    made = Catcher(embedded.mail_page or "")
    requests.delete(f"{made.page}/messages", timeout=10).raise_for_status()
    yield made
    made.behave("none")


@pytest.fixture
def reader(database: Database, keyring: Keyring, owners: list[UUID]) -> UUID:
    """A connection whose user has an address."""
    owner = owners[0]
    details = seal_details(keyring.key_of(owner), owner, Details(email=ADDRESS, name="A. Jansen"))
    with database.transaction() as conn:
        conn.execute("UPDATE connections SET details = %s WHERE id = %s", [details, owner])
    return owner


def run(role: Role) -> Callable[[], None]:
    return lambda: mailer.run(role)


def subject(number: int) -> str:
    return f"The guests of “Lunch {number}” were not told"


def test_a_notification_that_comes_twice_is_one_mail(
    ground: Settings, database: Database, keyring: Keyring, reader: UUID, role: Role, start: Start, catcher: Catcher
) -> None:
    one = notification(ground, reader, keyring.key_of(reader), 1)
    put(ground, one, one)
    with capture_logs() as lines:
        start(run(role), role)
        eventually(catcher.mails)
        put(ground, one, notification(ground, reader, keyring.key_of(reader), 2))
        eventually(lambda: len(catcher.mails()) > 1 and drained(ground, GROUP, TOPIC))
    assert catcher.subjects() == [subject(1), subject(2)]
    with database.transaction() as conn:
        assert conn.execute("SELECT count(*) AS n FROM sent").fetchall() == [{"n": 2}]
    assert ADDRESS not in str(lines)
    assert "Lunch" not in str(lines)


def test_the_lines_about_a_mail_carry_the_trace_that_began_with_the_poll(
    ground: Settings, keyring: Keyring, reader: UUID, launch: Launch, catcher: Catcher
) -> None:
    from_poll = "c0ffee" * 5 + "aa"
    message = notification(ground, reader, keyring.key_of(reader), 1)
    for place, (name, _value) in enumerate(message.headers):
        if name == "cx-trace-id":
            message.headers[place] = (name, from_poll.encode())
    put(ground, message)
    process = launch("cxsync", "run", "consumer", "email")
    eventually(catcher.mails)
    eventually(lambda: "mail sent" in process.log)
    (line,) = [line for line in process.log.splitlines() if "mail sent" in line]
    assert from_poll in line
    assert str(reader) in line


@pytest.mark.parametrize("mode", ["refuse", "4xx", "5xx"])
def test_no_mail_is_lost_or_passed_by_while_the_server_refuses(
    ground: Settings,
    database: Database,
    keyring: Keyring,
    reader: UUID,
    role: Role,
    start: Start,
    catcher: Catcher,
    mode: str,
) -> None:
    catcher.behave(mode)
    key = keyring.key_of(reader)
    put(ground, *(notification(ground, reader, key, number) for number in (1, 2, 3)))
    with capture_logs() as lines:
        start(run(role), role)
        eventually(lambda: _attempts(database) == [1, 1, 1])
    told = [line for line in lines if line["event"] == "mail not taken"]
    assert told
    server = ground.smtp_url.removeprefix("smtp://")
    assert all(server in line["reason"] and "CXSYNC_SMTP_URL" in line["reason"] for line in told)
    catcher.behave("none")
    eventually(lambda: len(catcher.mails()) == 3)
    assert catcher.subjects() == [subject(1), subject(2), subject(3)]


def test_a_server_that_hangs_gets_the_mail_once_it_answers(
    ground: Settings,
    database: Database,
    keyring: Keyring,
    reader: UUID,
    role: Role,
    start: Start,
    catcher: Catcher,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("cxsync.mail.deliver.TIMEOUT", 1.0)
    catcher.behave("hang")
    put(ground, notification(ground, reader, keyring.key_of(reader), 1))
    start(run(role), role)
    eventually(lambda: _attempts(database) == [1])
    catcher.behave("none")
    eventually(lambda: catcher.mails() and _attempts(database) == [])
    # The one that hung may have been taken in the end: both are the same message to mail systems.
    assert len({mail["headers"]["Message-ID"] for mail in catcher.mails()}) == 1


def test_mails_go_by_starttls_and_login(
    ground: Settings,
    database: Database,
    keyring: Keyring,
    reader: UUID,
    start: Start,
    catcher: Catcher,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    certificate = ground.data_dir / "mail" / "certificate.pem"
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    port = ground.smtp_url.rpartition(":")[2]
    url = f"smtp+starttls://mailer:s%40cret@localhost:{port}"
    role = Role("mailer", ground.model_copy(update={"smtp_url": url}), database, keyring, 30.0)
    put(ground, notification(ground, reader, keyring.key_of(reader), 1))
    start(run(role), role)
    (mail,) = eventually(catcher.mails)
    assert (mail["tls"], mail["user"]) == (True, "mailer")


def test_a_server_whose_certificate_nobody_vouches_for_gets_nothing(
    ground: Settings, database: Database, keyring: Keyring, reader: UUID, start: Start, catcher: Catcher
) -> None:
    url = ground.smtp_url.replace("smtp://", "smtp+starttls://")
    role = Role("mailer", ground.model_copy(update={"smtp_url": url}), database, keyring, 30.0)
    put(ground, notification(ground, reader, keyring.key_of(reader), 1))
    with capture_logs() as lines:
        start(run(role), role)
        eventually(lambda: _attempts(database) == [1])
    (line,) = [line for line in lines if line["event"] == "mail not taken"][:1]
    assert ssl.SSLCertVerificationError.__name__ in line["reason"]
    assert catcher.mails() == []


def test_a_user_who_was_erased_or_has_no_address_gets_no_mail_and_stops_none(
    ground: Settings,
    database: Database,
    keyring: Keyring,
    owners: list[UUID],
    reader: UUID,
    role: Role,
    start: Start,
    catcher: Catcher,
) -> None:
    messages = [notification(ground, owner, keyring.key_of(owner), 1) for owner in (owners[1], owners[2], reader)]
    with database.transaction() as conn:
        keys.destroy(conn, owners[1])
    put(ground, *messages)
    start(run(role), role)
    eventually(lambda: drained(ground, GROUP, TOPIC) and _attempts(database) == [])
    assert len(catcher.mails()) == 1


def test_a_mail_that_cannot_be_written_is_set_aside_in_the_end(
    ground: Settings,
    database: Database,
    keyring: Keyring,
    owners: list[UUID],
    role: Role,
    start: Start,
    catcher: Catcher,
) -> None:
    owner = owners[0]
    details = seal_details(keyring.key_of(owner), owner, Details(email="jansen\n@example.com", name="Jansen"))
    with database.transaction() as conn:
        conn.execute("UPDATE connections SET details = %s WHERE id = %s", [details, owner])
    put(ground, notification(ground, owner, keyring.key_of(owner), 1))
    start(run(role), role)
    eventually(lambda: _attempts(database) == [1])
    with database.transaction() as conn:
        conn.execute("SELECT 1 FROM work FOR UPDATE")
        conn.execute("UPDATE inbox SET attempts = 7, due_at = clock_timestamp()")
        conn.execute("UPDATE work SET due_at = clock_timestamp()")
    (record,) = eventually(lambda: records(ground, "dead-letters"))
    opened = unpack(record.position.topic, record.value or b"", record.headers, keyring.key_of)
    assert isinstance(opened.record, DeadLetter)
    assert opened.record.code == "handler-failed"
    assert "jansen" not in opened.record.cause


def test_without_a_mail_server_the_role_says_which_setting_is_missing(
    ground: Settings, database: Database, keyring: Keyring
) -> None:
    role = Role("mailer", ground.model_copy(update={"smtp_url": ""}), database, keyring, 30.0)
    with pytest.raises(SettingError, match="CXSYNC_SMTP_URL is not set"):
        mailer.run(role)


def _attempts(database: Database) -> list[int]:
    with database.transaction() as conn:
        return [row["attempts"] for row in conn.execute("SELECT attempts FROM inbox ORDER BY observed_at").fetchall()]
