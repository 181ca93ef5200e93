"""Tokens of programs: RFC 6749 sections 2.3, 4.4 and 5; wire contract, Transport."""

import jwt
import requests

from tests.unit.sandbox.carerix.bare_client import BareClient

USER = '{ crUser(_id: "4.101") { userName } }'


def test_client_credentials_give_a_bearer_token_of_300_seconds(client: BareClient) -> None:
    answer = client.token()
    body = answer.json()
    assert (answer.status_code, body["token_type"], body["expires_in"]) == (200, "Bearer", 300)
    assert body["scope"] == "urn:cx/cx5Wrapper:data:manage"
    assert answer.headers["Cache-Control"] == "no-store"
    claims = jwt.decode(body["access_token"], options={"verify_signature": False})
    assert claims["iss"] == client.issuer
    assert claims["exp"] - claims["iat"] == 300


def test_client_may_authenticate_by_basic_header(client: BareClient) -> None:
    basic = requests.auth.HTTPBasicAuth("urn%3Acxsync%2Fcalendar", "demo-api-secret")
    answer = requests.post(client.token_url, data={"grant_type": "client_credentials"}, auth=basic, timeout=20)
    assert answer.status_code == 200


def test_wrong_secret_is_refused_and_witnessed(client: BareClient) -> None:
    answer = client.token(client_secret="guess")
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")
    logins = requests.get(f"{client.sandbox.control}/logins", timeout=20).json()
    assert [each["system"] for each in logins] == ["carerix"]


def test_other_errors_of_the_token_endpoint(client: BareClient) -> None:
    assert client.token(grant_type="password").json()["error"] == "unsupported_grant_type"
    assert client.token(scope="urn:cx/webhooks:data:manage").json()["error"] == "invalid_scope"
    sign_in_only = client.token(client_id="urn:cxsync/connect", client_secret="demo-connect-secret")
    assert sign_in_only.json()["error"] == "unauthorized_client"
    nowhere = requests.post(client.token_url.replace("demo", "nowhere"), data={}, timeout=20)
    assert nowhere.status_code == 404


def test_token_expires_by_the_clock(client: BareClient) -> None:
    client.shift(299)
    assert client.post(USER).status_code == 200
    client.shift(2)
    answer = client.post(USER)
    assert answer.status_code == 401
    assert 'error="invalid_token"' in answer.headers["WWW-Authenticate"]
    client.renew()
    assert client.post(USER).status_code == 200


def test_no_token_an_unknown_one_or_another_scheme_is_401(client: BareClient) -> None:
    for header in ("", "Bearer ", "Bearer abc", "Basic abc"):
        answer = requests.post(client.graphql, json={"query": USER}, headers={"Authorization": header}, timeout=20)
        assert answer.status_code == 401, header


def test_missing_scope_is_403_and_named(client: BareClient) -> None:
    scope = "urn:cx/cx5Wrapper:data/crtodo:read"
    reader = {"id": "urn:other/reader", "secret": "s", "scopes": [scope], "user": 1}
    assert client.control("/carerix/users", {"client": reader}).status_code == 200
    client.renew(client_id="urn:other/reader", client_secret="s")
    assert client.get("31.1", "subject")["subject"]
    for query in (USER, 'mutation { crToDoDelete(_id: "31.1") { __typename } }'):
        answer = client.post(query)
        assert answer.status_code == 403
        assert "manage" in answer.json()["errors"][0]["message"]
    assert client.get("31.1", "deleted") == {"deleted": 0}


def test_token_of_one_tenant_reads_that_tenant_only(client: BareClient) -> None:
    other = BareClient(client.sandbox, "harbour")
    assert other.ask('{ crUser(_id: "4.201") { userName language } }') == {"userName": "olivia", "language": "en"}
    assert other.ask(USER) is None
    assert client.ask('{ crUser(_id: "4.201") { userName } }') is None
