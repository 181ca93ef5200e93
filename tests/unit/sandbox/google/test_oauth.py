"""Guide "Using OAuth 2.0 for Web Server Applications", RFC 6749, RFC 7636: consent, codes, tokens, revocation."""

import base64
import hashlib
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
import requests
from google.auth.exceptions import RefreshError

from cxsync.sandbox.core.run import Sandbox

SCOPE = "https://www.googleapis.com/auth/"
EVENTS, LISTS = f"{SCOPE}calendar.events", f"{SCOPE}calendar.calendarlist.readonly"
BACK = "http://127.0.0.1:9/oauth"
VERIFIER = "v" * 64
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode().rstrip("=")
Account = dict[str, Any]


class Client:
    """A browser at the consent page and a program at the token endpoint."""

    def __init__(self, urls: dict[str, str]) -> None:
        self.urls = urls
        self.known = {"client_id": urls["client_id"], "client_secret": urls["client_secret"]}

    def query(self, **changed: str | None) -> dict[str, str]:
        given: dict[str, str | None] = {
            "client_id": self.urls["client_id"],
            "redirect_uri": BACK,
            "response_type": "code",
            "scope": f"{EVENTS} {LISTS}",
            "state": "s7",
            "access_type": "offline",
            "code_challenge": CHALLENGE,
            "code_challenge_method": "S256",
            **changed,
        }
        return {key: value for key, value in given.items() if value is not None}

    def ask(self, **changed: str | None) -> requests.Response:
        return requests.get(self.urls["auth"], params=self.query(**changed), timeout=10)

    def decide(self, account: Account, *scopes: str, **changed: str | None) -> requests.Response:
        form = {"email": account["owner"], "password": account["password"], "decision": "allow"}
        form |= {f"scope:{scope}": "1" for scope in scopes}
        query = self.query(**changed)
        return requests.post(self.urls["auth"], params=query, data=form, allow_redirects=False, timeout=10)

    def code(self, account: Account, **changed: str | None) -> str:
        answer = self.decide(account, EVENTS, LISTS, **changed)
        return back(answer)["code"]

    def exchange(self, code: str, **changed: str) -> requests.Response:
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": BACK, "code_verifier": VERIFIER}
        return requests.post(self.urls["token"], data={**form, **self.known, **changed}, timeout=10)

    def refresh(self, token: str, **changed: str) -> requests.Response:
        form = {"grant_type": "refresh_token", "refresh_token": token}
        return requests.post(self.urls["token"], data={**form, **self.known, **changed}, timeout=10)

    def list(self, header: str | None) -> requests.Response:
        headers = {} if header is None else {"Authorization": header}
        return requests.get(f"{self.urls['api']}calendars/primary/events", headers=headers, timeout=10)


def back(answer: requests.Response) -> dict[str, str]:
    assert answer.status_code == 302, answer.text
    return {key: values[0] for key, values in parse_qs(urlsplit(answer.headers["Location"]).query).items()}


@pytest.fixture
def client(sandbox: Sandbox) -> Client:
    return Client(sandbox.urls["google"])


def test_consent_code_tokens_and_a_request(client: Client, account: Account) -> None:
    page = client.ask()
    assert "View and edit events on all your calendars" in page.text
    answer = back(client.decide(account, EVENTS, LISTS))
    assert (answer["state"], set(answer["scope"].split())) == ("s7", {EVENTS, LISTS})
    tokens = client.exchange(answer["code"]).json()
    assert (tokens["token_type"], tokens["expires_in"], set(tokens["scope"].split())) == (
        "Bearer",
        3599,
        {EVENTS, LISTS},
    )
    assert client.list(f"Bearer {tokens['access_token']}").status_code == 200


def test_the_pages_form_leads_back_to_the_same_request(client: Client, account: Account) -> None:
    page = client.ask()
    action = re.search(r'action="([^"]+)"', page.text)
    assert action is not None
    form = {"email": account["owner"], "password": account["password"], "decision": "allow", f"scope:{EVENTS}": "1"}
    url = client.urls["url"] + action[1].replace("&amp;", "&")
    assert "code" in back(requests.post(url, data=form, allow_redirects=False, timeout=10))


def test_refusing_and_allowing_a_part(client: Client, account: Account) -> None:
    form = {"decision": "deny"}
    denied = requests.post(client.urls["auth"], params=client.query(), data=form, allow_redirects=False, timeout=10)
    assert back(denied) == {"error": "access_denied", "state": "s7"}
    assert back(client.decide(account))["error"] == "access_denied"
    part = client.exchange(back(client.decide(account, LISTS))["code"]).json()
    assert part["scope"] == LISTS
    refused = client.list(f"Bearer {part['access_token']}")
    assert (refused.status_code, refused.json()["error"]["errors"][0]["reason"]) == (403, "insufficientPermissions")


def test_a_wrong_password_is_witnessed_and_gives_no_code(sandbox: Sandbox, client: Client, account: Account) -> None:
    answer = client.decide({**account, "password": "wrong"}, EVENTS)
    assert (answer.status_code, "Wrong e-mail address or password" in answer.text) == (200, True)
    assert sandbox.world.witness.logins[-1].user == account["owner"]


@pytest.mark.parametrize(
    ("change", "status", "word"),
    [
        ({"client_id": "other"}, 401, "invalid_client"),
        ({"redirect_uri": "https://evil.example/x"}, 400, "redirect_uri_mismatch"),
        ({"response_type": "token"}, 400, "unsupported_response_type"),
        ({"scope": f"{SCOPE}calendar.everything"}, 400, "invalid_scope"),
        ({"scope": None}, 400, "invalid_request"),
        ({"code_challenge": None}, 400, "invalid_request"),
        ({"code_challenge_method": "plain"}, 400, "invalid_request"),
        ({"code_challenge": "short"}, 400, "invalid_request"),
    ],
)
def test_a_wrong_request_gets_an_error_page_and_no_redirect(
    client: Client, change: dict[str, str | None], status: int, word: str
) -> None:
    answer = client.ask(**change)
    assert (answer.status_code, word in answer.text) == (status, True)


def test_registered_addresses_are_compared_exactly(client: Client, switch: Callable[..., None]) -> None:
    switch(redirect_uris=["https://sync.example/google"])
    assert client.ask().status_code == 400
    assert client.ask(redirect_uri="https://sync.example/google").status_code == 200
    assert client.ask(redirect_uri="https://sync.example/google/").status_code == 400


def test_a_code_serves_once_and_a_second_use_ends_its_tokens(client: Client, account: Account) -> None:
    code = client.code(account, prompt="consent")
    tokens = client.exchange(code).json()
    assert client.exchange(code).json()["error"] == "invalid_grant"
    assert client.refresh(tokens["refresh_token"]).json()["error"] == "invalid_grant"
    assert client.list(f"Bearer {tokens['access_token']}").status_code == 401


def test_a_code_needs_its_verifier_and_address_and_ends_after_ten_minutes(
    sandbox: Sandbox, client: Client, account: Account
) -> None:
    assert client.exchange(client.code(account), code_verifier="w" * 64).json()["error"] == "invalid_grant"
    assert client.exchange(client.code(account), code_verifier="").json()["error"] == "invalid_grant"
    other = client.exchange(client.code(account), redirect_uri="http://127.0.0.1:9/x")
    assert other.json()["error"] == "redirect_uri_mismatch"
    late = client.code(account)
    sandbox.world.clock.shift(601)
    assert client.exchange(late).json()["error"] == "invalid_grant"


def test_the_clients_secret_is_checked_in_form_and_header(sandbox: Sandbox, client: Client, account: Account) -> None:
    wrong = client.refresh(account["refresh_token"], client_secret="guess")
    assert (wrong.status_code, wrong.json()["error"]) == (401, "invalid_client")
    assert "wrong client secret" in sandbox.world.witness.logins[-1].how
    assert client.refresh(account["refresh_token"], client_id="x").status_code == 401
    form = {"grant_type": "refresh_token", "refresh_token": account["refresh_token"]}
    login = (client.known["client_id"], client.known["client_secret"])
    assert requests.post(client.urls["token"], data=form, auth=login, timeout=10).status_code == 200
    assert client.refresh("x", grant_type="password").json()["error"] == "unsupported_grant_type"


def test_a_refresh_token_comes_at_the_first_consent_or_when_insisted_on(client: Client, account: Account) -> None:
    assert "refresh_token" not in client.exchange(client.code(account)).json()
    assert "refresh_token" in client.exchange(client.code(account, prompt="consent")).json()
    online = client.exchange(client.code(account, prompt="consent", access_type="online")).json()
    assert "refresh_token" not in online


def test_revocation_ends_the_whole_grant(client: Client, account: Account, connect: Callable[[Account], Any]) -> None:
    access = client.refresh(account["refresh_token"]).json()["access_token"]
    assert requests.post(client.urls["revoke"], data={"token": access}, timeout=10).status_code == 200
    assert client.list(f"Bearer {access}").status_code == 401
    with pytest.raises(RefreshError, match="invalid_grant"):
        connect(account).events().list(calendarId="primary").execute()
    again = requests.post(client.urls["revoke"], data={"token": access}, timeout=10)
    assert (again.status_code, again.json()["error"]) == (400, "invalid_token")


def test_a_user_withdraws_access_in_his_account(client: Client, account: Account, person: Callable[..., str]) -> None:
    person("revoke-access")
    assert client.refresh(account["refresh_token"]).json()["error"] == "invalid_grant"


def test_refresh_tokens_of_a_test_project_live_seven_days(
    sandbox: Sandbox, client: Client, account: Account, switch: Callable[..., None]
) -> None:
    switch(publishing="testing")
    sandbox.world.clock.shift(6.9 * 86_400)
    assert client.refresh(account["refresh_token"]).status_code == 200
    sandbox.world.clock.shift(0.2 * 86_400)
    assert client.refresh(account["refresh_token"]).json()["error"] == "invalid_grant"
    switch(publishing="production")
    assert client.refresh(account["refresh_token"]).status_code == 200


def test_a_refresh_token_unused_for_six_months_is_dead(sandbox: Sandbox, client: Client, account: Account) -> None:
    sandbox.world.clock.shift(184 * 86_400)
    assert client.refresh(account["refresh_token"]).json()["error"] == "invalid_grant"


def test_the_oldest_of_too_many_refresh_tokens_dies(
    client: Client, account: Account, switch: Callable[..., None]
) -> None:
    switch(refresh_tokens_an_account=2)
    newer = [client.exchange(client.code(account, prompt="consent")).json()["refresh_token"] for _ in range(2)]
    assert client.refresh(account["refresh_token"]).json()["error"] == "invalid_grant"
    assert [client.refresh(token).status_code for token in newer] == [200, 200]


def test_a_grant_for_calendars_outlives_a_new_password_unless_switched(
    sandbox: Sandbox, client: Client, account: Account, switch: Callable[..., None]
) -> None:
    system: Any = sandbox.world.system("google")
    sandbox.call(system.set_password, account["owner"], "new")
    assert client.refresh(account["refresh_token"]).status_code == 200
    assert "code" not in client.decide(account, EVENTS).headers.get("Location", "")
    switch(password_change_revokes=True)
    sandbox.call(system.set_password, account["owner"], "newer")
    assert client.refresh(account["refresh_token"]).json()["error"] == "invalid_grant"


@pytest.mark.parametrize("header", [None, "", "Basic eDp5", "bearer {}", "Bearer  {}", "Bearer {}x", "{}"])
def test_only_a_bearer_token_as_it_was_issued_is_accepted(client: Client, account: Account, header: str | None) -> None:
    token = client.refresh(account["refresh_token"]).json()["access_token"]
    answer = client.list(None if header is None else header.format(token))
    assert answer.status_code == 401
    error = answer.json()["error"]["errors"][0]
    assert error["reason"] == ("required" if header is None else "authError")
    assert error["location"] == "Authorization"


def test_an_access_token_ends_by_the_clock(sandbox: Sandbox, client: Client, account: Account) -> None:
    token = client.refresh(account["refresh_token"]).json()["access_token"]
    sandbox.world.clock.shift(3600)
    assert client.list(f"Bearer {token}").status_code == 401


def test_narrow_scopes_reach_only_their_calendars(
    client: Client, account: Account, connect: Callable[[Account], Any], switch: Callable[..., None]
) -> None:
    mine = f"{SCOPE}calendar.app.created"
    asked = client.decide(account, mine, scope=mine)
    token = client.exchange(back(asked)["code"]).json()["access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    assert client.list(headers["Authorization"]).status_code == 403
    made = requests.post(f"{client.urls['api']}calendars", json={"summary": "Ours"}, headers=headers, timeout=10).json()
    listed = requests.get(f"{client.urls['api']}calendars/{made['id']}/events", headers=headers, timeout=10)
    assert listed.status_code == 200


def test_openid_tells_who_signed_in(client: Client, account: Account) -> None:
    scope = f"openid email {EVENTS}"
    asked = client.decide(account, EVENTS, scope=scope, nonce="n7")
    tokens = client.exchange(back(asked)["code"]).json()
    keys = requests.get(client.urls["certificates"], timeout=10).json()["keys"]
    claims = jwt.decode(
        tokens["id_token"],
        jwt.PyJWK(keys[0]),
        audience=client.urls["client_id"],
        issuer="https://accounts.google.com",
        options={"verify_exp": False, "verify_iat": False},  # the sandbox has a clock of its own
    )
    assert (claims["email"], claims["nonce"]) == (account["owner"], "n7")
    headers = {"Authorization": f"Bearer {tokens['access_token']}"}
    info = requests.get(client.urls["user_info"], headers=headers, timeout=10).json()
    assert info == {"sub": claims["sub"], "email": account["owner"], "email_verified": True}
    assert "id_token" not in client.exchange(client.code(account)).json()
    assert requests.get(client.urls["user_info"], timeout=10).status_code == 401
