"""Sign-in of a person: OpenID Connect Core 1.0 and Discovery 1.0, RFC 6749, RFC 7636, RFC 9207; wire contract A20."""

import base64
import hashlib
import html
import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
import requests

from tests.unit.sandbox.carerix.bare_client import BareClient

VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"  # both from RFC 7636, Appendix B
SIGNATURE_ALONE: jwt.types.Options = {"verify_exp": False, "verify_iat": False}  # the sandbox has its own clock
BACK = "http://127.0.0.1:9/connect/back"


class Browser:
    """A browser that follows a sign-in and keeps cookies."""

    def __init__(self, client: BareClient) -> None:
        self.http = requests.Session()
        self.about: dict[str, Any] = requests.get(
            f"{client.issuer}/.well-known/openid-configuration", timeout=20
        ).json()

    def ask(self, **changes: str | None) -> requests.Response:
        """An authorisation request; None leaves a parameter out."""
        query: dict[str, str | None] = {
            "client_id": "urn:cxsync/connect",
            "redirect_uri": BACK,
            "response_type": "code",
            "scope": "openid profile email",
            "state": "st&te",
            "nonce": "n-0S6_WzA2Mj",
            "code_challenge": CHALLENGE,
            "code_challenge_method": "S256",
            **changes,
        }
        address = self.about["authorization_endpoint"]
        return self.http.get(address, params=query, allow_redirects=False, timeout=20)

    def fill_in(self, page: requests.Response, user: str, password: str) -> requests.Response:
        """Send the form of the sign-in page."""
        found = re.search(r'<form method="post" action="([^"]+)"', page.text)
        assert found is not None, page.text
        address = requests.compat.urljoin(page.url, html.unescape(found[1]))
        form = {"username": user, "password": password}
        return self.http.post(address, data=form, allow_redirects=False, timeout=20)

    def code(self) -> str:
        """The code after anna signed in."""
        return back(self.fill_in(self.ask(), "anna", "anna-secret"))["code"]

    def redeem(self, code: str, /, **changes: str | None) -> requests.Response:
        """What the token endpoint answers to a code."""
        form: dict[str, str | None] = {
            "grant_type": "authorization_code",
            "client_id": "urn:cxsync/connect",
            "client_secret": "demo-connect-secret",
            "code": code,
            "redirect_uri": BACK,
            "code_verifier": VERIFIER,
            **changes,
        }
        return requests.post(self.about["token_endpoint"], data=form, timeout=20)


def back(answer: requests.Response) -> dict[str, str]:
    """The parameters with which the browser is sent back."""
    assert answer.status_code == 302, answer.text
    assert answer.headers["Location"].startswith(BACK + "?")
    return {name: values[0] for name, values in parse_qs(urlsplit(answer.headers["Location"]).query).items()}


@pytest.fixture
def browser(client: BareClient) -> Browser:
    return Browser(client)


def test_discovery_names_the_realm(client: BareClient, browser: Browser) -> None:
    assert browser.about["issuer"] == client.issuer
    assert browser.about["code_challenge_methods_supported"] == ["S256"]
    assert browser.about["response_types_supported"] == ["code"]
    for name in ("authorization_endpoint", "token_endpoint", "userinfo_endpoint", "jwks_uri", "end_session_endpoint"):
        assert browser.about[name].startswith(client.issuer + "/protocol/openid-connect/")


def test_person_signs_in_and_the_id_token_names_the_carerix_user(client: BareClient, browser: Browser) -> None:
    page = browser.ask()
    assert (page.status_code, page.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    found = back(browser.fill_in(page, "anna", "anna-secret"))
    assert (found["state"], found["iss"]) == ("st&te", client.issuer)
    tokens = browser.redeem(found["code"]).json()
    keys = jwt.PyJWKClient(browser.about["jwks_uri"])
    key = keys.get_signing_key_from_jwt(tokens["id_token"])
    claims = jwt.decode(
        tokens["id_token"],
        key,
        algorithms=["RS256"],
        audience="urn:cxsync/connect",
        issuer=client.issuer,
        options=SIGNATURE_ALONE,
    )
    assert claims["preferred_username"] == "anna"
    assert claims["nonce"] == "n-0S6_WzA2Mj"
    assert (claims["name"], claims["email"]) == ("Anna de Vries", "anna@agency.example")
    assert claims["exp"] - claims["iat"] == 300
    half = hashlib.sha256(tokens["access_token"].encode()).digest()[:16]
    assert claims["at_hash"] == base64.urlsafe_b64encode(half).rstrip(b"=").decode()


def test_user_info_answers_the_access_token_of_a_person_only(client: BareClient, browser: Browser) -> None:
    tokens = browser.redeem(browser.code()).json()
    for token, status in ((tokens["access_token"], 200), (client.token().json()["access_token"], 401), ("x", 401)):
        headers = {"Authorization": f"Bearer {token}"}
        answer = requests.get(browser.about["userinfo_endpoint"], headers=headers, timeout=20)
        assert answer.status_code == status
        if status == 200:
            assert answer.json()["preferred_username"] == "anna"


def test_claim_of_the_user_name_is_a_switch(client: BareClient, browser: Browser) -> None:  # A20
    client.options(user_name_claim="cx_user")
    tokens = browser.redeem(browser.code()).json()
    claims = jwt.decode(tokens["id_token"], options={"verify_signature": False})
    assert claims["cx_user"] == "anna"
    assert "preferred_username" not in claims


def test_pkce_is_a_switch(client: BareClient, browser: Browser) -> None:
    client.options(pkce="optional")
    code = back(browser.fill_in(browser.ask(code_challenge=None, code_challenge_method=None), "anna", "anna-secret"))
    assert browser.redeem(code["code"], code_verifier=None).status_code == 200


def test_person_who_is_signed_in_gets_a_code_at_once(browser: Browser) -> None:
    assert back(browser.ask(prompt="none"))["error"] == "login_required"
    browser.code()
    assert "code" in back(browser.ask(prompt="none"))
    assert "code" in back(browser.ask())
    assert browser.ask(prompt="login").status_code == 200
    browser.http.get(browser.about["end_session_endpoint"], timeout=20)
    assert browser.ask().status_code == 200


def test_wrong_password_is_said_on_the_page_and_witnessed(client: BareClient, browser: Browser) -> None:
    page = browser.fill_in(browser.ask(ui_locales="en"), "anna", "guess")
    assert page.status_code == 200
    assert 'role="alert"' in page.text
    assert "code" in back(browser.fill_in(page, "anna", "anna-secret"))
    logins = requests.get(f"{client.sandbox.control}/logins", timeout=20).json()
    assert [each["user"] for each in logins] == ["anna"]


def test_inactive_and_deleted_users_and_those_of_other_tenants_cannot_sign_in(
    client: BareClient, browser: Browser
) -> None:
    chris = {"user_name": "chris", "user_id": 103, "password": "chris-secret"}
    for state in ({"is_active": False}, {"deleted": True}):
        assert client.control("/carerix/users", {"user": {**chris, **state}}).status_code == 200
        assert browser.fill_in(browser.ask(), "chris", "chris-secret").status_code == 200
    assert browser.fill_in(browser.ask(), "olivia", "olivia-secret").status_code == 200
    assert client.control("/carerix/users", {"user": chris}).status_code == 200
    assert "code" in back(browser.fill_in(browser.ask(), "chris", "chris-secret"))


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"code_challenge": None}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge_method": None}, "invalid_request"),
        ({"code_challenge": "short"}, "invalid_request"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"scope": "openid urn:cx/cx5Wrapper:data:manage"}, "invalid_scope"),
    ],
)
def test_faulty_requests_go_back_with_an_error(browser: Browser, changes: dict[str, str], error: str) -> None:
    found = back(browser.ask(**changes))
    assert (found["error"], found["state"]) == (error, "st&te")


@pytest.mark.parametrize(
    "changes",
    [
        {"client_id": "urn:other/app"},
        {"redirect_uri": "https://elsewhere.example/"},
        {"redirect_uri": "http://127.0.0.1:80@elsewhere.example/"},
        {"redirect_uri": "http://127.0.0.1.elsewhere.example/"},
        {"redirect_uri": None},
        {"client_id": "urn:cxsync/calendar"},
    ],
)
def test_a_browser_is_never_sent_to_an_address_that_is_not_registered(
    browser: Browser, changes: dict[str, str]
) -> None:
    answer = browser.ask(**changes)
    assert answer.status_code == 400
    assert "Location" not in answer.headers


@pytest.mark.parametrize(
    "changes",
    [
        {"code_verifier": "x" * 43},
        {"code_verifier": None},
        {"code_verifier": VERIFIER[:42]},
        {"redirect_uri": BACK + "/"},
        {"code": "0" * 32},
    ],
)
def test_code_is_redeemed_with_its_verifier_and_address_only(browser: Browser, changes: dict[str, str]) -> None:
    answer = browser.redeem(browser.code(), **changes)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")


def test_code_is_good_once_and_for_a_minute(client: BareClient, browser: Browser) -> None:
    code = browser.code()
    assert browser.redeem(code).status_code == 200
    assert browser.redeem(code).json()["error"] == "invalid_grant"
    late = browser.code() if browser.ask().status_code == 200 else back(browser.ask())["code"]
    client.shift(61)
    assert browser.redeem(late).json()["error"] == "invalid_grant"


def test_refresh_token_gives_a_new_access_token(client: BareClient, browser: Browser) -> None:
    tokens = browser.redeem(browser.code()).json()
    refresh = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
    client.shift(600)
    assert browser.redeem("", **refresh).status_code == 200
    assert client.control("/carerix/password", {"owner": "demo/anna", "password": "new"}).status_code == 200
    assert browser.redeem("", **refresh).json()["error"] == "invalid_grant"


def test_sign_in_page_speaks_the_language_asked_for_and_escapes(browser: Browser) -> None:
    assert "Wachtwoord" in browser.ask().text
    page = browser.ask(ui_locales="fr en-GB nl", login_hint='"><script>x</script>').text
    assert "Password" in page
    assert "<script>x" not in page


def test_pages_of_a_sign_in_long_gone_say_so(browser: Browser) -> None:
    page = browser.ask()
    assert "code" in back(browser.fill_in(page, "anna", "anna-secret"))
    again = browser.fill_in(page, "anna", "anna-secret")
    assert again.status_code == 400
