"""Basic and NTLM: names, what the 401 announces, lock-out, expiry, connections."""

from base64 import b64encode
from typing import Any

import pytest
import requests
from exchangelib import BASIC, NTLM
from exchangelib.errors import UnauthorizedError
from requests_ntlm import HttpNtlmAuth
from spnego._ntlm_raw.messages import Negotiate, NegotiateFlags

from cxsync.sandbox.core.run import Sandbox
from tests.unit.sandbox.exchange.conftest import Mailbox, new_mailbox, set_options

SYNC = (
    "<m:GetFolder><m:FolderShape><t:BaseShape>IdOnly</t:BaseShape></m:FolderShape>"
    '<m:FolderIds><t:DistinguishedFolderId Id="calendar"/></m:FolderIds></m:GetFolder>'
)


def names(mailbox: Mailbox) -> list[str]:
    alias = mailbox.owner.partition("@")[0]
    return [f"AGENCY\\{alias}", f"agency\\{alias.upper()}", f"{alias}@agency.local", mailbox.owner, alias]


def logins(sandbox: Sandbox, mailbox: Mailbox) -> list[str]:
    return [each.how for each in sandbox.world.witness.logins if each.user == mailbox.owner]


def post(mailbox: Mailbox, auth: Any, session: requests.Session | None = None) -> requests.Response:
    body = mailbox_request(mailbox)
    sender: Any = session or requests
    found: requests.Response = sender.post(
        mailbox.url, data=body, auth=auth, timeout=30, headers={"Content-Type": "text/xml; charset=utf-8"}
    )
    return found


def mailbox_request(mailbox: Mailbox) -> bytes:
    prepared = (
        '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" '
        'xmlns:m="http://schemas.microsoft.com/exchange/services/2006/messages" '
        'xmlns:t="http://schemas.microsoft.com/exchange/services/2006/types"><s:Body>'
    )
    return f"{prepared}{SYNC}</s:Body></s:Envelope>".encode()


@pytest.mark.parametrize("index", range(5))
def test_a_person_has_several_names(mailbox: Mailbox, index: int) -> None:
    name = names(mailbox)[index]
    assert post(mailbox, (name, mailbox.password)).status_code == 200
    assert post(mailbox, HttpNtlmAuth(name, mailbox.password)).status_code == 200


def test_an_unauthenticated_request_is_told_the_kinds(own_sandbox: Sandbox) -> None:
    mailbox = new_mailbox(own_sandbox)
    announced = post(mailbox, None)
    assert announced.status_code == 401
    assert announced.raw.headers.getlist("WWW-Authenticate") == ["NTLM", 'Basic realm="exchange.agency.example"']
    set_options(own_sandbox, auth=("Basic",))
    assert post(mailbox, None).raw.headers.getlist("WWW-Authenticate") == ['Basic realm="exchange.agency.example"']
    assert post(mailbox, HttpNtlmAuth(mailbox.owner, mailbox.password)).status_code == 401
    assert logins(own_sandbox, mailbox) == []


@pytest.mark.parametrize("kind", [BASIC, NTLM])
def test_a_wrong_password_is_refused_after_one_attempt(sandbox: Sandbox, kind: str) -> None:
    mailbox = new_mailbox(sandbox)
    mailbox.password = "wrong"
    with pytest.raises(UnauthorizedError):
        mailbox.account(kind).calendar.refresh()
    assert logins(sandbox, mailbox) == [f"{kind.lower()}: wrong-password"]


def test_an_unknown_name_is_refused_and_noted(sandbox: Sandbox, mailbox: Mailbox) -> None:
    assert post(mailbox, ("OTHER\\nobody", "x")).status_code == 401
    assert post(mailbox, HttpNtlmAuth("AGENCY\\nobody", "x")).status_code == 401
    found = [each.how for each in sandbox.world.witness.logins if each.user.endswith("nobody")]
    assert found == ["basic: unknown-user", "ntlm: unknown-user"]


def test_refused_attempts_of_both_kinds_lock_the_account_for_a_while(own_sandbox: Sandbox) -> None:
    """An account lockout policy; an NTLM attempt counts when its third message is refused."""
    mailbox = new_mailbox(own_sandbox)
    for attempt in range(5):
        auth: Any = (mailbox.owner, "wrong") if attempt % 2 else HttpNtlmAuth(mailbox.owner, "wrong")
        assert post(mailbox, auth).status_code == 401
    assert post(mailbox, (mailbox.owner, mailbox.password)).status_code == 401
    assert post(mailbox, HttpNtlmAuth(mailbox.owner, mailbox.password)).status_code == 401
    assert [how.partition(": ")[2] for how in logins(own_sandbox, mailbox)] == ["wrong-password"] * 5 + ["locked"] * 2
    own_sandbox.call(own_sandbox.world.clock.shift, 901)
    assert post(mailbox, (mailbox.owner, mailbox.password)).status_code == 200


def test_a_right_password_clears_the_count(own_sandbox: Sandbox) -> None:
    mailbox = new_mailbox(own_sandbox)
    for _ in range(3):
        for _ in range(4):
            post(mailbox, (mailbox.owner, "wrong"))
        assert post(mailbox, (mailbox.owner, mailbox.password)).status_code == 200


def test_an_expired_password_is_refused_until_it_is_changed(own_sandbox: Sandbox) -> None:
    mailbox = new_mailbox(own_sandbox)
    system = own_sandbox.world.system("exchange")
    set_options(own_sandbox, password_days=90)
    answer = mailbox.soap("<m:GetPasswordExpirationDate/>").text
    assert "<m:PasswordExpirationDate>2026-05-31T09:00:0" in answer
    own_sandbox.call(own_sandbox.world.clock.shift, 90 * 86400)
    assert mailbox.soap(SYNC).status_code == 401
    set_options(own_sandbox, after_expiry="fault")
    assert "ErrorPasswordExpired" in mailbox.soap(SYNC).text
    own_sandbox.call(system.set_password, mailbox.owner, "new-secret")
    assert mailbox.soap(SYNC).status_code == 401
    mailbox.password = "new-secret"
    assert mailbox.soap(SYNC).status_code == 200
    assert set(logins(own_sandbox, mailbox)) == {"basic: expired", "basic: wrong-password"}


def test_ntlm_signs_in_a_connection_not_a_request(mailbox: Mailbox) -> None:
    """MS-NTHT: once a connection is authenticated, requests without credentials on it are the same person's."""
    with requests.Session() as session:
        assert post(mailbox, HttpNtlmAuth(mailbox.owner, mailbox.password), session).status_code == 200
        assert post(mailbox, None, session).status_code == 200
    with requests.Session() as other:
        assert post(mailbox, None, other).status_code == 401


def test_a_new_handshake_ends_the_connections_sign_in(mailbox: Mailbox) -> None:
    with requests.Session() as session:
        assert post(mailbox, HttpNtlmAuth(mailbox.owner, mailbox.password), session).status_code == 200
        opening = b64encode(Negotiate(NegotiateFlags.unicode | NegotiateFlags.ntlm).pack()).decode()
        challenged = session.post(mailbox.url, headers={"Authorization": f"NTLM {opening}"}, timeout=30)
        assert challenged.status_code == 401 and challenged.headers["WWW-Authenticate"].startswith("NTLM TlRMTVNTUA")
        assert post(mailbox, None, session).status_code == 401


def test_a_refused_handshake_signs_nobody_in(mailbox: Mailbox) -> None:
    with requests.Session() as session:
        assert post(mailbox, HttpNtlmAuth(mailbox.owner, "wrong"), session).status_code == 401
        assert post(mailbox, None, session).status_code == 401


def test_a_new_password_ends_connections_that_were_signed_in(sandbox: Sandbox, mailbox: Mailbox) -> None:
    with requests.Session() as session:
        assert post(mailbox, HttpNtlmAuth(mailbox.owner, mailbox.password), session).status_code == 200
        sandbox.call(sandbox.world.system("exchange").set_password, mailbox.owner, "other")
        assert post(mailbox, None, session).status_code == 401


def test_a_disabled_account_is_refused(sandbox: Sandbox, mailbox: Mailbox) -> None:
    sandbox.call(sandbox.world.system("exchange").add_user, {"owner": mailbox.owner, "disabled": True})
    assert mailbox.soap(SYNC).status_code == 401
    assert logins(sandbox, mailbox) == ["basic: disabled"]


def test_another_persons_calendar_is_closed(sandbox: Sandbox, mailbox: Mailbox) -> None:
    other = new_mailbox(sandbox)
    made = other.act("create", subject="Theirs", start="2026-03-03T09:00", end="2026-03-03T10:00")
    found = mailbox.soap(
        f"<m:GetItem><m:ItemShape><t:BaseShape>IdOnly</t:BaseShape></m:ItemShape>"
        f'<m:ItemIds><t:ItemId Id="{made["item"]}"/></m:ItemIds></m:GetItem>'
    )
    assert "ErrorAccessDenied" in found.text
    target = f'<t:DistinguishedFolderId Id="calendar"><t:Mailbox><t:EmailAddress>{other.owner}</t:EmailAddress>'
    found = mailbox.soap(
        SYNC.replace('<t:DistinguishedFolderId Id="calendar"/>', f"{target}</t:Mailbox></t:DistinguishedFolderId>")
    )
    assert "ErrorAccessDenied" in found.text
