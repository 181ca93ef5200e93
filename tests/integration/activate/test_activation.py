"""Activation against the sandbox: what it checks, what it notes, what it pairs, and that it writes nowhere."""

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest

from cxsync.account import details_of, secret_of
from cxsync.activate.activation import Activated, Applicant, activate
from cxsync.activate.errors import MailboxTaken, UserTaken, UserUnknown, ZoneDisagrees
from cxsync.activate.ground import Ground
from cxsync.activate.pairing import creation_key
from cxsync.activate.sign_in import ExchangeSignIn, GoogleSignIn, SignIn
from cxsync.calendars.errors import CalendarError, CredentialsRefused, NotThatServer, Unavailable
from cxsync.calendars.exchange.endpoint import EndpointRefused, EndpointUnreadable
from cxsync.calendars.port import Calendar, Found
from cxsync.local.mail import certificate
from cxsync.merge import base as bases
from cxsync.policy import policy_of
from cxsync.sandbox.core.faults import Fault
from cxsync.sandbox.core.run import Sandbox
from cxsync.sealed import open_value
from cxsync.store import connections, cursors, keys, links, seen
from cxsync.store.connections import Connection
from cxsync.store.database import Database
from cxsync.store.lease import of_connection, of_tenant
from cxsync.store.tenants import Tenant
from schemas.sealing import digest
from tests.integration.activate.conftest import add_tenant, by_exchange, by_google, set_rate

START = (datetime.now(UTC) + timedelta(days=9)).strftime("%Y-%m-%dT09:00")
END = START.replace("T09", "T10")


def connect(held: Ground, tenant: Tenant, sign_in: SignIn, user: str = "101") -> Activated:
    return activate(held, Applicant(tenant=tenant, carerix_user=user), sign_in)


def known(database: Database, connection_id: UUID) -> Connection:
    with database.transaction() as conn:
        return connections.get(conn, connection_id)


def anything(database: Database) -> list[Connection]:
    with database.transaction() as conn:
        return connections.find(conn, removed=True)


def writes(sandbox: Sandbox) -> list[str]:
    """What a program wrote into anybody's calendar; the probe of the zone stands in the API client's own."""
    entries = sandbox.call(lambda: list(sandbox.world.journal.entries()))
    return [f"{entry.system} {entry.action} {entry.owner}" for entry in entries if entry.channel == "api"]


@pytest.mark.parametrize("provider", ["exchange", "google"])
def test_a_connection_is_active_with_its_details_sealed(
    held: Ground, tenant: Tenant, sandbox: Sandbox, provider: str
) -> None:
    exchange = provider == "exchange"
    sign_in = by_exchange(sandbox) if exchange else by_google(sandbox)
    done = connect(held, tenant, sign_in, "101" if exchange else "102")
    found = known(held.database, done.connection_id)
    assert (found.state, found.provider, found.language) == ("active", provider, "nl")
    assert found.activated_at is not None
    assert found.credentials_worked_at is not None
    with held.database.transaction() as conn:
        key = held.encryption_keys.unwrap(found.id, keys.get(conn, found.id))
    details = details_of(key, found)
    assert details.email == ("anna@agency.example" if exchange else "bert@agency.example")
    assert details.zone == "Europe/Amsterdam"
    assert secret_of(held.credential_keys, found) == sign_in.secret
    assert "agency" not in found.mailbox
    assert found.server.startswith("http://127.0.0.1:")


def test_the_baseline_is_what_the_readers_see_and_nothing_is_written(
    held: Ground, tenant: Tenant, sandbox: Sandbox
) -> None:
    for system in ("carerix", "exchange"):
        person = "demo/anna" if system == "carerix" else "anna@agency.example"
        sandbox.act(system, person, {"action": "create", "subject": "Vooraf", "start": "2020-01-06T09:00"})
    first = len(writes(sandbox))
    done = connect(held, tenant, by_exchange(sandbox))
    probe = writes(sandbox)[first:]
    assert [line.split()[:2] for line in probe] == [["carerix", "create"], ["carerix", "delete"]]
    assert sandbox.world.witness.mails == []
    found = known(held.database, done.connection_id)
    with held.database.transaction() as conn:
        key = held.encryption_keys.unwrap(found.id, keys.get(conn, found.id))
        noted = {
            system: {row.native_id: row for row in seen.everything(conn, found.id, system)}
            for system in ("carerix", "exchange")
        }
    policy = policy_of(tenant, details_of(key, found), "refuse")
    carerix, exchange = held.opener.carerix(tenant), held.opener.external(found, details_of(key, found))
    for calendar in (carerix, exchange):
        listed = [each for each in _everything(calendar) if each.presence == "present" and each.owner in (None, "101")]
        assert set(noted[calendar.system]) == {each.native_id for each in listed}
        assert len(listed) > 1
        for each in listed:
            read = held.opener.reader(calendar.system)(each, policy)
            row = noted[calendar.system][each.native_id]
            assert (row.version, row.fingerprint) == (each.version, digest(key, read.fingerprint))
        calendar.close()
    assert (done.carerix, done.external) == (len(noted["carerix"]), len(noted["exchange"]))
    second = connect(held, tenant, by_google(sandbox), "102")
    assert len(writes(sandbox)) == first + len(probe), "a second user of the tenant is connected without any probe"
    assert second.external > 0


def test_cursors_stand_where_the_baseline_was_taken(held: Ground, tenant: Tenant, sandbox: Sandbox) -> None:
    done = connect(held, tenant, by_exchange(sandbox))
    found = known(held.database, done.connection_id)
    with held.database.transaction() as conn:
        key = held.encryption_keys.unwrap(found.id, keys.get(conn, found.id))
        outside = cursors.get(conn, of_connection(found.id), "exchange")
        inside = cursors.get(conn, of_tenant(tenant.id), "carerix")
    assert outside is not None
    assert inside is not None
    carerix, exchange = held.opener.carerix(tenant), held.opener.external(found, details_of(key, found))
    assert exchange.changes(outside.value).found == ()
    mine = [each for each in carerix.changes(inside.value).found if each.owner == "101"]
    assert mine == []
    sandbox.act("exchange", "anna@agency.example", {"action": "create", "subject": "Nieuw", "start": START})
    sandbox.act("carerix", "demo/anna", {"action": "create", "subject": "Nieuw", "start": START})
    assert len(exchange.changes(outside.value).found) == 1
    assert [each.owner for each in carerix.changes(inside.value).found] == ["101"]
    carerix.close()
    exchange.close()


def test_twins_are_paired_with_what_is_equal_as_their_base(held: Ground, tenant: Tenant, sandbox: Sandbox) -> None:
    twin = {"action": "create", "subject": "Intake Noor", "start": START, "end": END}
    sandbox.act("carerix", "demo/anna", twin)
    sandbox.act("exchange", "anna@agency.example", {**twin, "location": "Kamer 2"})
    for system, person in (("exchange", "anna@agency.example"),) * 2 + (("carerix", "demo/anna"),):
        sandbox.act(system, person, {**twin, "subject": "Twee"})
    done = connect(held, tenant, by_exchange(sandbox))
    with held.database.transaction() as conn:
        key = held.encryption_keys.unwrap(done.connection_id, keys.get(conn, done.connection_id))
        rows = conn.execute("SELECT id FROM links WHERE connection_id = %s", [done.connection_id]).fetchall()
        found = [link for link in (links.get(conn, row["id"]) for row in rows) if link is not None]
    values = [bases.unpack(open_value(key, link.id, "base", link.base or b"")).values for link in found]
    intake = [(link, base) for link, base in zip(found, values, strict=True) if base.get("subject") == "Intake Noor"]
    assert len(intake) == 1
    ((link, base),) = intake
    assert link.state == "live"
    assert link.creation_key == creation_key(done.connection_id, "carerix", link.carerix_id or "", 0)
    assert "location" not in base
    assert "time" in base
    assert not [base for base in values if base.get("subject") == "Twee"]
    assert done.paired == len(found)


def test_who_comes_back_is_paired_by_the_keys_of_his_former_connection(
    held: Ground, tenant: Tenant, sandbox: Sandbox
) -> None:
    former = connect(held, tenant, by_exchange(sandbox)).connection_id
    item = sandbox.act("carerix", "demo/anna", {"action": "create", "subject": "Kopie", "start": START})["item"]
    found = known(held.database, former)
    with held.database.transaction() as conn:
        key = held.encryption_keys.unwrap(former, keys.get(conn, former))
    carerix, exchange = held.opener.carerix(tenant), held.opener.external(found, details_of(key, found))
    policy = policy_of(tenant, details_of(key, found), "refuse")
    read = held.opener.reader("carerix")(carerix.fetch(str(item)), policy)
    copy = exchange.create(read.appointment, creation_key(former, "carerix", read.native_id, 0))
    carerix.close()
    exchange.close()
    sandbox.act("exchange", "anna@agency.example", {"action": "update", "item": copy.native_id, "subject": "Anders"})
    with held.database.transaction() as conn:
        connections.set_state(conn, former, "removed")
    again = connect(held, tenant, by_exchange(sandbox))
    assert again.connection_id != former
    with held.database.transaction() as conn:
        link = links.find(conn, again.connection_id, "carerix", read.native_id)
    assert link is not None
    assert link.external_id == copy.native_id


def test_what_is_done_in_carerix_while_the_other_side_is_listed_is_no_baseline(
    held: Ground, tenant: Tenant, sandbox: Sandbox
) -> None:
    old = sandbox.act("carerix", "demo/anna", {"action": "create", "subject": "Oud", "start": START, "end": END})
    edit = {"action": "update", "item": str(old["item"]), "subject": "Oud, gewijzigd"}
    new = {"action": "create", "subject": "Tijdens", "start": START, "end": END}
    acts = [{"system": "carerix", "owner": "demo/anna", "action": each} for each in (edit, new)]
    fault = Fault(system="exchange", operation="SyncFolderItems", kind="act", params={"actions": acts})
    sandbox.call(sandbox.world.faults.add, fault)
    done = connect(held, tenant, by_exchange(sandbox))
    carerix = held.opener.carerix(tenant)
    with held.database.transaction() as conn:
        key = held.encryption_keys.unwrap(done.connection_id, keys.get(conn, done.connection_id))
        cursor = cursors.get(conn, of_tenant(tenant.id), "carerix")
        noted = {row.native_id: row for row in seen.everything(conn, done.connection_id, "carerix")}
    assert cursor is not None
    policy = policy_of(tenant, details_of(key, known(held.database, done.connection_id)), "refuse")
    news = {}
    for each in carerix.changes(cursor.value).found:
        read = held.opener.reader("carerix")(each, policy)
        row = noted.get(each.native_id)
        if row is None or row.fingerprint != digest(key, read.fingerprint):
            news[read.appointment.subject] = row
    carerix.close()
    assert set(news) == {"Oud, gewijzigd", "Tijdens"}
    assert news["Tijdens"] is None
    assert news["Oud, gewijzigd"] is not None


@pytest.mark.parametrize("provider", ["exchange", "google"])
def test_refused_credentials_are_tried_once_and_nothing_is_left(
    held: Ground, tenant: Tenant, sandbox: Sandbox, provider: str
) -> None:
    wrong: SignIn = by_exchange(sandbox, password="wrong")
    if provider == "google":
        wrong = GoogleSignIn(secret="1//0-nobody-ever-got-this")
    with pytest.raises(CredentialsRefused):
        connect(held, tenant, wrong)
    assert len([login for login in sandbox.world.witness.logins if login.system == provider]) == 1
    assert anything(held.database) == []


def test_users_that_carerix_does_not_have_are_refused_before_any_password_is_used(
    held: Ground, tenant: Tenant, sandbox: Sandbox
) -> None:
    for user in ("999", "anna", "101; DROP", "١٠١", ""):
        with pytest.raises(UserUnknown):
            connect(held, tenant, by_exchange(sandbox), user)
    asked = [request for request in sandbox.world.witness.requests if request.system == "exchange"]
    assert asked == []
    assert anything(held.database) == []


def test_a_user_and_a_mailbox_are_connected_once(held: Ground, tenant: Tenant, sandbox: Sandbox) -> None:
    first = connect(held, tenant, by_exchange(sandbox)).connection_id
    with pytest.raises(UserTaken) as user:
        connect(held, tenant, by_exchange(sandbox, "chris"))
    assert user.value.connection_id == first
    with pytest.raises(MailboxTaken):
        connect(held, tenant, by_exchange(sandbox), "103")
    alias = ExchangeSignIn(endpoint=sandbox.urls["exchange"]["ews"], username="AGENCY\\anna", secret="anna-secret")
    with pytest.raises((MailboxTaken, CredentialsRefused)):
        connect(held, tenant, alias, "103")
    assert [found.id for found in anything(held.database)] == [first]


def test_a_google_calendar_is_connected_once(held: Ground, tenant: Tenant, sandbox: Sandbox) -> None:
    first = connect(held, tenant, by_google(sandbox), "102").connection_id
    with pytest.raises(MailboxTaken):
        connect(held, tenant, by_google(sandbox), "103")
    assert [found.id for found in anything(held.database)] == [first]


def test_what_is_no_exchange_server_gets_no_password(held: Ground, tenant: Tenant, sandbox: Sandbox) -> None:
    for endpoint, error in (
        (sandbox.urls["carerix"]["graphql"], NotThatServer),
        (sandbox.urls["google"]["api"], NotThatServer),
        ("http://127.0.0.1:1/EWS/Exchange.asmx", Unavailable),
        ("http://192.0.2.1/EWS/Exchange.asmx", EndpointRefused),
        ("anna@agency.example", EndpointUnreadable),
        ("ftp://mail.example.com", EndpointUnreadable),
    ):
        with pytest.raises(error) as raised:
            connect(held, tenant, ExchangeSignIn(endpoint=endpoint, username="anna", secret="anna-secret"))
        assert "anna-secret" not in str(raised.value)
    assert anything(held.database) == []


def test_a_certificate_that_nobody_signed_is_refused(
    held: Ground, tenant: Tenant, sandbox: Sandbox, tmp_path: Path
) -> None:
    with _tls_server(tmp_path) as port:
        endpoint = f"https://127.0.0.1:{port}/EWS/Exchange.asmx"
        with pytest.raises(NotThatServer, match="certificate"):
            connect(held, tenant, ExchangeSignIn(endpoint=endpoint, username="anna", secret="anna-secret"))
    assert anything(held.database) == []


def test_an_api_that_prints_another_zone_is_found_out(held: Ground, sandbox: Sandbox) -> None:
    tenant = add_tenant(held, sandbox, api_timezone="Asia/Tokyo")
    with pytest.raises(ZoneDisagrees, match=r"UTC\+00:00.*Asia/Tokyo"):
        connect(held, tenant, by_exchange(sandbox))
    assert anything(held.database) == []


@pytest.mark.parametrize(
    ("system", "operation", "skip"), [("exchange", "SyncFolderItems", 0), ("carerix", "crToDoPage", 0)]
)
def test_a_failure_in_the_middle_frees_user_mailbox_and_key(
    held: Ground, tenant: Tenant, sandbox: Sandbox, system: str, operation: str, skip: int
) -> None:
    connect(held, tenant, by_google(sandbox), "102")
    fault = Fault(system=system, operation=operation, kind="status", params={"status": 500}, times=-1, skip=skip)
    sandbox.call(sandbox.world.faults.add, fault)
    with pytest.raises(CalendarError):
        connect(held, tenant, by_exchange(sandbox))
    left = [found for found in anything(held.database) if found.carerix_user == "101"]
    assert [(found.state, found.credentials) for found in left] == [("removed", None)] * len(left)
    with held.database.transaction() as conn:
        for found in left:
            with pytest.raises(keys.KeyDestroyed):
                keys.get(conn, found.id)
    sandbox.call(sandbox.world.faults.clear)
    assert known(held.database, connect(held, tenant, by_exchange(sandbox)).connection_id).state == "active"


def test_a_server_that_asks_to_come_back_later_is_asked_later(held: Ground, tenant: Tenant, sandbox: Sandbox) -> None:
    sandbox.call(set_rate, sandbox, 2)
    busy = {"reason": "ErrorServerBusy", "back_off": 500}
    fault = Fault(system="exchange", operation="SyncFolderItems", kind="reason", params=busy)
    sandbox.call(sandbox.world.faults.add, fault)
    done = connect(held, tenant, by_exchange(sandbox))
    statuses = {(request.system, request.status) for request in sandbox.world.witness.requests}
    assert ("carerix", 429) in statuses
    assert known(held.database, done.connection_id).state == "active"


@pytest.mark.parametrize("user", ["101", "103"])
def test_what_a_process_that_died_left_half_made_is_cleared_away(
    held: Ground, tenant: Tenant, sandbox: Sandbox, user: str
) -> None:
    done = connect(held, tenant, by_exchange(sandbox))
    with held.database.transaction() as conn:
        conn.execute("UPDATE connections SET state = 'new' WHERE id = %s", [done.connection_id])
    with pytest.raises((UserTaken, MailboxTaken)):  # somebody may be at it
        connect(held, tenant, by_exchange(sandbox), user)
    with held.database.transaction() as conn:
        conn.execute("UPDATE connections SET created_at = created_at - interval '3 minutes'")
    again = connect(held, tenant, by_exchange(sandbox), user)
    assert known(held.database, done.connection_id).state == "removed"
    assert known(held.database, again.connection_id).state == "active"


@contextmanager
def _tls_server(folder: Path) -> Iterator[int]:
    """Shakes hands with a certificate that it signed itself, and says nothing."""
    context = certificate.context(folder, datetime.now(UTC))
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            while True:
                try:
                    accepted, _ = listening.accept()
                except OSError:
                    return
                try:
                    context.wrap_socket(accepted, server_side=True).close()
                except (OSError, ssl.SSLError):
                    accepted.close()

        threading.Thread(target=serve, daemon=True).start()
        yield int(listening.getsockname()[1])
        listening.shutdown(socket.SHUT_RDWR)


def _everything(calendar: Calendar) -> list[Found]:
    found: list[Found] = []
    listing = calendar.changes(None)
    found += listing.found
    while listing.more:
        listing = calendar.changes(listing.cursor)
        found += listing.found
    return found
