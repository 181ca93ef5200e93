"""Rule 8: a refused password stops the connection, at the second refusal in a row, with one mail; many at one server
stop nobody."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from cxsync.account import Details, seal_details
from cxsync.activate.activation import Applicant, activate
from cxsync.activate.errors import AnotherMailbox, NotReactivable
from cxsync.activate.ground import Ground
from cxsync.activate.reactivation import reactivate
from cxsync.activate.removal import erase, remove
from cxsync.calendars.errors import CredentialsRefused
from cxsync.keyring import Keyring
from cxsync.role import Role
from cxsync.sandbox.core.run import Sandbox
from cxsync.store import connections, inbox, keys, outbox, refusals, schedule, sent, work
from cxsync.store.connections import Connection, NewConnection
from cxsync.store.database import Database
from cxsync.store.lease import Hand, of_connection
from cxsync.store.tenants import Tenant
from producers.external import ExternalSource
from producers.failed import PollFailed
from producers.refused import is_suspect, mail_owed
from producers.rounds import Rounds
from schemas.errors import Erased
from schemas.keys import key_id, new_key
from schemas.message import unpack
from schemas.records import Notification
from tests.integration.activate.conftest import by_exchange, by_google
from tests.integration.activate.waiting import arrival


@pytest.fixture
def role(held: Ground, keyring: Keyring) -> Role:
    """A poller's role, without its process."""
    return Role("producer exchange", held.settings, held.database, keyring, 30.0)


def poll(held: Ground, role: Role, system: str = "exchange") -> list[str]:
    """All due polls of one system as the host does them; the code of each."""
    source = ExternalSource(role, "exchange" if system == "exchange" else "google", held.opener.external)
    codes = []
    for due in schedule.take_due(held.database, system, "test", limit=100):
        with Hand(held.database, due.lease) as hand:
            try:
                source.poll(due, None)
            except PollFailed as error:
                codes.append(error.reason)
                with hand.transaction() as conn:
                    schedule.failed(conn, due.resource, due.system, code=error.reason, next_in=error.next_in)
            else:
                codes.append("ok")
                with hand.transaction() as conn:
                    schedule.done(conn, due.resource, due.system, changed=False, next_in=300.0)
    return codes


def make_due(database: Database) -> None:
    with database.transaction() as conn:
        conn.execute("UPDATE polls SET due_at = clock_timestamp()")


def known(database: Database, connection_id: UUID) -> Connection:
    with database.transaction() as conn:
        return connections.get(conn, connection_id)


def owed(held: Ground, role: Role, connection_id: UUID) -> list[Notification]:
    with held.database.transaction() as conn:
        messages = outbox.pending(conn, connection_id, 100)
    opened = [unpack(one.topic, one.value, one.headers, role.keyring.key_of) for one in messages]
    assert all(isinstance(one.record, Notification) for one in opened)
    return [one.record for one in opened if isinstance(one.record, Notification)]


def connect(held: Ground, tenant: Tenant, sandbox: Sandbox) -> UUID:
    return activate(held, Applicant(tenant=tenant, carerix_user="101"), by_exchange(sandbox)).connection_id


def change_password(sandbox: Sandbox, password: str) -> None:
    sandbox.call(sandbox.world.system("exchange").set_password, "anna@agency.example", password)


def attempts(sandbox: Sandbox) -> int:
    return len(sandbox.world.witness.logins)


def test_two_refusals_in_a_row_stop_the_connection_with_one_mail(
    held: Ground, role: Role, tenant: Tenant, sandbox: Sandbox
) -> None:
    made = connect(held, tenant, sandbox)
    assert poll(held, role) == ["ok"]
    change_password(sandbox, "other-secret")
    make_due(held.database)
    assert poll(held, role) == ["credentials-refused"]
    assert (known(held.database, made).state, attempts(sandbox)) == ("active", 1)
    assert owed(held, role, made) == []
    with held.database.transaction() as conn:
        (again,) = schedule.of(conn, of_connection(made))
        (row,) = conn.execute("SELECT clock_timestamp() AS now").fetchall()
    assert timedelta(seconds=59) < again.due_at - row["now"] <= timedelta(seconds=67)
    assert poll(held, role) == [], "nothing touches it meanwhile"
    make_due(held.database)
    assert poll(held, role) == ["credentials-refused"]
    found = known(held.database, made)
    assert (found.state, found.state_reason, attempts(sandbox)) == ("refused", "credentials-refused", 2)
    assert [mail.reason for mail in owed(held, role, made)] == ["credentials-refused"]
    make_due(held.database)
    assert poll(held, role) == []
    assert attempts(sandbox) == 2


def test_a_server_that_stumbles_once_stops_nobody(held: Ground, role: Role, tenant: Tenant, sandbox: Sandbox) -> None:
    made = connect(held, tenant, sandbox)
    change_password(sandbox, "other-secret")
    assert poll(held, role) == ["credentials-refused"]
    change_password(sandbox, "anna-secret")
    make_due(held.database)
    assert poll(held, role) == ["ok"]
    change_password(sandbox, "other-secret")
    make_due(held.database)
    assert poll(held, role) == ["credentials-refused"]
    assert known(held.database, made).state == "active"


def test_credentials_that_never_worked_get_one_attempt(
    held: Ground, role: Role, tenant: Tenant, sandbox: Sandbox
) -> None:
    made = connect(held, tenant, sandbox)
    change_password(sandbox, "other-secret")
    with held.database.transaction() as conn:
        conn.execute("UPDATE connections SET credentials_worked_at = NULL WHERE id = %s", [made])
    assert poll(held, role) == ["credentials-refused"]
    assert (known(held.database, made).state, attempts(sandbox)) == ("refused", 1)


def test_signing_in_again_takes_up_the_work(held: Ground, role: Role, tenant: Tenant, sandbox: Sandbox) -> None:
    made = connect(held, tenant, sandbox)
    change_password(sandbox, "other-secret")
    for _ in range(2):
        make_due(held.database)
        poll(held, role)
    with held.database.transaction() as conn:
        inbox.put(conn, [arrival(made, "carerix", "item")])
    with held.database.transaction() as conn:
        conn.execute(
            "UPDATE inbox SET last_code = 'credentials-refused', due_at = clock_timestamp() + interval '1 hour'"
        )
        conn.execute("DELETE FROM work")
    with pytest.raises(CredentialsRefused):
        reactivate(held, made, "wrong")
    assert attempts(sandbox) == 3
    assert known(held.database, made).state == "refused"
    reactivate(held, made, "other-secret")
    assert attempts(sandbox) == 3
    assert known(held.database, made).state == "active"
    assert len(work.take_due(held.database, "carerix", "test", limit=10)) == 1
    with held.database.transaction() as conn:
        conn.execute("UPDATE leases SET expires_at = clock_timestamp()")
    assert poll(held, role) == ["ok"]


def test_another_calendar_does_not_take_the_place_of_the_connected_one(
    held: Ground, tenant: Tenant, sandbox: Sandbox
) -> None:
    made = connect(held, tenant, sandbox)
    with pytest.raises(AnotherMailbox):
        reactivate(held, made, "chris-secret", "chris@agency.example")
    google = activate(held, Applicant(tenant=tenant, carerix_user="102"), by_google(sandbox)).connection_id
    reactivate(held, google, by_google(sandbox).secret)
    assert known(held.database, google).state == "active"


def test_a_removed_connection_has_no_credentials_and_an_erased_one_no_key(
    held: Ground, role: Role, tenant: Tenant, sandbox: Sandbox
) -> None:
    made = connect(held, tenant, sandbox)
    role.keyring.key_of(made)
    before = sandbox.call(lambda: list(sandbox.world.journal.entries()))
    remove(held, made)
    remove(held, made)
    found = known(held.database, made)
    assert (found.state, found.credentials) == ("removed", None)
    assert poll(held, role) == []
    assert sandbox.call(lambda: list(sandbox.world.journal.entries())) == before
    with pytest.raises(NotReactivable):
        reactivate(held, made, "anna-secret")
    erase(held, made)
    with pytest.raises(Erased):
        Keyring(held.database, held.encryption_keys).key_of(made)
    with held.database.transaction() as conn, pytest.raises(keys.KeyDestroyed):
        keys.get(conn, made)


def test_many_refusals_at_one_server_stop_and_mail_nobody(
    held: Ground, role: Role, tenant: Tenant, sandbox: Sandbox
) -> None:
    made = connect(held, tenant, sandbox)
    server = known(held.database, made).server
    crowd = [_other(held, tenant, server, number) for number in range(6)]
    change_password(sandbox, "other-secret")
    with held.database.transaction() as conn:
        for other in crowd:
            conn.execute("UPDATE polls SET due_at = 'infinity' WHERE connection_id = %s", [other])
        for other in crowd[:4]:
            conn.execute("UPDATE polls SET last_error_code = 'credentials-refused' WHERE connection_id = %s", [other])
    assert poll(held, role) == ["credentials-refused"]
    with held.database.transaction() as conn:
        conn.execute("UPDATE polls SET due_at = clock_timestamp() WHERE connection_id = %s", [made])
    assert poll(held, role) == ["credentials-refused"]
    states = [known(held.database, each).state for each in (made, *crowd)]
    assert states == ["suspect"] * 5 + ["active"] * 2
    assert owed(held, role, made) == []
    with held.database.transaction() as conn:
        assert refusals.suspects(conn) == [refusals.Suspect(server, 5)]

    rounds = Rounds(role, "exchange")
    rounds.probe()
    assert [known(held.database, each).state for each in (made, *crowd)] == states, "its time has not come"
    with held.database.transaction() as conn:
        conn.execute("UPDATE connections SET state_since = state_since - interval '16 minutes'")
        conn.execute("UPDATE connections SET state_since = state_since - interval '1 minute' WHERE id = %s", [made])
    rounds.probe()
    rounds.probe()
    assert (known(held.database, made).state, known(held.database, made).state_reason) == ("active", "probe")
    assert poll(held, role) == ["credentials-refused"], "one attempt, by one of them"
    assert known(held.database, made).state == "suspect"
    assert owed(held, role, made) == []

    change_password(sandbox, "anna-secret")
    with held.database.transaction() as conn:
        conn.execute("UPDATE connections SET state_since = state_since - interval '16 minutes'")
        conn.execute("UPDATE connections SET state_since = state_since - interval '1 hour' WHERE id = %s", [made])
    rounds.probe()
    with held.database.transaction() as conn:
        conn.execute(
            "UPDATE leases SET expires_at = clock_timestamp() + interval '1 hour' WHERE resource <> %s",
            [of_connection(made)],
        )
    assert poll(held, role) == ["ok"]
    assert {known(held.database, each).state for each in (made, *crowd)} == {"active"}
    assert known(held.database, made).state_reason == ""


def test_who_has_not_signed_in_is_reminded_after_three_and_ten_days(
    held: Ground, role: Role, tenant: Tenant, sandbox: Sandbox
) -> None:
    made = connect(held, tenant, sandbox)
    rounds = Rounds(role, "exchange")
    with held.database.transaction() as conn:
        connections.set_state(conn, made, "refused", reason="credentials-refused")
    rounds.remind()
    assert owed(held, role, made) == []
    for days, mails in ((3, 1), (5, 1), (11, 2), (40, 2)):
        with held.database.transaction() as conn:
            conn.execute("UPDATE connections SET state_since = clock_timestamp() - make_interval(days => %s)", [days])
        rounds.remind()
        rounds.remind()
        assert len(owed(held, role, made)) == mails, days
    first = mail_owed(role, known(held.database, made), timedelta(days=3))
    with held.database.transaction() as conn:
        sent.record(conn, first.id, connection_id=made, message_id="<a@b>", to_hash=b"x")
        conn.execute("DELETE FROM outbox")
        conn.execute("UPDATE connections SET state_since = clock_timestamp() - interval '4 days'")
    rounds.remind()
    assert owed(held, role, made) == [], "what was mailed is not owed again"


@pytest.mark.parametrize(
    ("at_once", "connected", "suspect"),
    [(4, 4, False), (5, 5, True), (5, 25, True), (5, 26, False), (19, 100, False), (20, 100, True)],
)
def test_five_and_a_fifth(at_once: int, connected: int, suspect: bool) -> None:
    assert is_suspect(at_once, connected) is suspect


def _other(held: Ground, tenant: Tenant, server: str, number: int) -> UUID:
    """A further active connection with the same server."""
    connection_id, key = uuid4(), new_key()
    wrapped = held.encryption_keys.wrap(connection_id, key)
    password = held.credential_keys.wrap(connection_id, b"x")
    with held.database.transaction() as conn:
        connections.create(
            conn,
            NewConnection(
                id=connection_id,
                tenant_id=tenant.id,
                carerix_user=str(1000 + number),
                provider="exchange",
                mailbox=f"mailbox {number}",
                server=server,
                language="en",
                credentials=password,
                credential_key_id=key_id(password),
                details=seal_details(key, connection_id, Details(username="x")),
            ),
        )
        keys.put(conn, connection_id, wrapped, key_id(wrapped))
        connections.credentials_worked(conn, connection_id)
        connections.set_state(conn, connection_id, "active")
    return connection_id
