"""The commands of a connection's life, each run as an operator or a script runs it."""

import json
import subprocess
import sys
from collections.abc import Callable
from uuid import UUID, uuid4

import pytest

from cxsync.activate.ground import Ground
from cxsync.sandbox.core.run import Sandbox
from cxsync.settings import Settings
from cxsync.store import connections, inbox, schedule, work
from cxsync.store.lease import Hand, of_connection, of_tenant
from cxsync.store.tenants import Tenant
from tests.integration.activate.conftest import refresh_token
from tests.integration.activate.waiting import arrival
from tests.integration.cli.conftest import environment

Cxsync = Callable[..., subprocess.CompletedProcess[str]]
EXCHANGE = ("--provider", "exchange", "--username", "anna@agency.example", "--password-stdin")


@pytest.fixture
def cxsync(reaching: Settings) -> Cxsync:
    """The command with the sandbox's addresses in its environment."""

    def command(*arguments: str, stdin: str = "", **more: str) -> subprocess.CompletedProcess[str]:
        variables = environment(reaching) | more
        return subprocess.run(
            [sys.executable, "-m", "cxsync", *arguments],
            input=stdin,
            env={name: value for name, value in variables.items() if value},
            capture_output=True,
            text=True,
            timeout=90,
            check=False,
        )

    return command


@pytest.fixture
def add(cxsync: Cxsync, tenant: Tenant, sandbox: Sandbox) -> Cxsync:
    """``connection add`` for anna with Exchange, ``more`` behind it."""

    def command(*more: str, user: str = "101", stdin: str = "anna-secret\n") -> subprocess.CompletedProcess[str]:
        endpoint = ("--endpoint", sandbox.urls["exchange"]["ews"])
        given = ("--tenant", "demo", "--carerix-user", user, *EXCHANGE, *endpoint, *more)
        return cxsync("connection", "add", *given, stdin=stdin)

    return command


def test_the_id_is_the_last_line_alone_and_the_connection_works(cxsync: Cxsync, add: Cxsync) -> None:
    done = add("--language", "en", "--email", "elsewhere@agency.example")
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"{UUID(done.stdout.strip())}\n"
    assert "noted as they are" in done.stderr
    shown = json.loads(cxsync("connection", "show", done.stdout.strip(), "--json").stdout)
    assert (shown["state"], shown["language"], shown["carerix_user"]) == ("active", "en", "101")
    assert "anna" not in json.dumps(shown)


def test_google_is_added_by_its_refresh_token(cxsync: Cxsync, tenant: Tenant, sandbox: Sandbox) -> None:
    given = ("--tenant", "demo", "--carerix-user", "102", "--provider", "google", "--refresh-token-stdin")
    done = cxsync("connection", "add", *given, stdin=refresh_token(sandbox) + "\n")
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"{UUID(done.stdout.strip())}\n"
    unset = cxsync("connection", "add", *given, stdin="x\n", CXSYNC_GOOGLE_CLIENT_ID="")
    assert unset.returncode != 0
    assert "CXSYNC_GOOGLE_CLIENT_ID" in unset.stderr


def test_what_cannot_be_connected_exits_1_and_leaves_nothing(cxsync: Cxsync, add: Cxsync, sandbox: Sandbox) -> None:
    refused = add(stdin="wrong\n")
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "wrong" not in refused.stderr
    assert len(sandbox.world.witness.logins) == 1
    unknown = add(user="999")
    assert (unknown.returncode, unknown.stdout) == (1, "")
    assert "999" in unknown.stderr
    nowhere = add("--endpoint", "http://127.0.0.1:1/EWS/Exchange.asmx")
    assert (nowhere.returncode, nowhere.stdout) == (1, "")
    forbidden = add("--endpoint", "https://192.168.0.1")
    assert forbidden.returncode == 1
    assert "ENDPOINT_ALLOWLIST" in forbidden.stderr
    assert json.loads(cxsync("connection", "list", "--removed", "--json").stdout) == []
    assert add().returncode == 0
    again = add()
    assert again.returncode == 1
    assert "reactivate" in again.stderr
    taken = add(user="103")
    assert taken.returncode == 1
    assert "another Carerix user" in taken.stderr
    assert len(json.loads(cxsync("connection", "list", "--removed", "--json").stdout)) == 1


def test_an_unknown_tenant_or_connection_exits_1(cxsync: Cxsync, add: Cxsync) -> None:
    for verb in ("erase", "reactivate"):
        done = cxsync("connection", verb, str(uuid4()), stdin="x\n")
        assert (done.returncode, "there is no connection" in done.stderr) == (1, True), verb
    done = add("--tenant", "nobody")
    assert done.returncode == 1
    assert "nobody" in done.stderr


def test_reactivation_takes_a_new_password_and_refuses_a_wrong_one(
    cxsync: Cxsync, add: Cxsync, sandbox: Sandbox
) -> None:
    made = add().stdout.strip()
    sandbox.call(sandbox.world.system("exchange").set_password, "anna@agency.example", "next-secret")
    wrong = cxsync("connection", "reactivate", made, "--password-stdin", stdin="anna-secret\n")
    assert wrong.returncode == 1
    right = cxsync("connection", "reactivate", made, "--password-stdin", stdin="next-secret\n")
    assert right.returncode == 0, right.stderr


def test_sync_now_hastens_both_sides_and_can_wait(cxsync: Cxsync, add: Cxsync, held: Ground, tenant: Tenant) -> None:
    made = add().stdout.strip()
    resources = (of_connection(UUID(made)), of_tenant(tenant.id))
    with held.database.transaction() as conn:
        conn.execute("UPDATE polls SET due_at = clock_timestamp() + interval '1 hour'")
    late = cxsync("connection", "sync-now", made, "--wait", "0.5")
    assert late.returncode == 1
    assert "exchange" in late.stderr
    assert "carerix" in late.stderr
    due = [found for system in ("exchange", "carerix") for found in schedule.take_due(held.database, system, "t", 9)]
    assert {found.resource for found in due} == set(resources)
    for found in due:
        with Hand(held.database, found.lease) as hand, hand.transaction() as conn:
            schedule.done(conn, found.resource, found.system, changed=False, next_in=300)


def test_held_deletions_are_released_on_both_sides(cxsync: Cxsync, add: Cxsync, held: Ground) -> None:
    made = UUID(add().stdout.strip())
    with held.database.transaction() as conn:
        inbox.put(conn, [arrival(made, "carerix", "1"), arrival(made, "exchange", "2"), arrival(made, "carerix", "3")])
        conn.execute("UPDATE inbox SET held = 'deletions-held' WHERE native_id <> '3'")
        conn.execute("UPDATE inbox SET held = 'loop-suspected' WHERE native_id = '3'")
    done = cxsync("connection", "confirm-deletions", str(made))
    assert done.returncode == 0
    assert "2 deletions" in done.stderr
    with held.database.transaction() as conn:
        assert work.held(conn, made, "exchange") == {}
        assert work.held(conn, made, "carerix") == {"loop-suspected": 1}


def test_removed_and_erased(cxsync: Cxsync, add: Cxsync, held: Ground) -> None:
    made = add().stdout.strip()
    assert cxsync("connection", "remove", made).returncode == 0
    with held.database.transaction() as conn:
        assert connections.get(conn, UUID(made)).credentials is None
    assert cxsync("connection", "erase", made).returncode == 0
    assert cxsync("tenant", "remove", "demo").returncode == 0
