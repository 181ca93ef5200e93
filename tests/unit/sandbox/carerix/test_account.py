"""My Account: product contract P2."""

import html
import re

import requests

from tests.unit.sandbox.carerix.bare_client import BareClient


def signed_in(client: BareClient, user: str) -> tuple[requests.Session, str]:
    http = requests.Session()
    address = client.sandbox.urls["carerix"]["my_account"]
    page = http.get(address, timeout=20)
    found = re.search(r'action="([^"]+)"', page.text)
    assert found is not None
    form = {"username": user, "password": f"{user}-secret"}
    page = http.post(requests.compat.urljoin(address, html.unescape(found[1])), data=form, timeout=20)
    assert page.url == address
    return http, page.text


def test_my_account_offers_the_document_that_opens_the_pop_up(client: BareClient) -> None:
    client.options(connect_url="https://sync.example/connect")
    _, page = signed_in(client, "anna")
    assert "Anna de Vries" in page
    assert '<option value="https://sync.example/connect?tenant=demo">CxCalendarSync</option>' in page
    assert "pop-up geblokkeerd" in page  # explained in the user's language, shown when it happens


def test_script_and_style_are_served_and_nothing_else(client: BareClient) -> None:
    base = client.graphql.removesuffix("/graphql/v1/graphql")
    script = requests.get(f"{base}/app/account.js", timeout=20)
    assert "window.open" in script.text
    assert requests.get(f"{base}/app/carerix.css", timeout=20).headers["Content-Type"].startswith("text/css")
    assert requests.get(f"{base}/app/schema.graphql", timeout=20).status_code == 404


def test_sign_out_ends_the_session(client: BareClient) -> None:
    http, page = signed_in(client, "bert")
    found = re.search(r'href="([^"]+logout)"', page)
    assert found is not None
    assert http.get(requests.compat.urljoin(client.graphql, found[1]), timeout=20).status_code == 200
    assert "kc-login" in http.get(client.sandbox.urls["carerix"]["my_account"], timeout=20).text
