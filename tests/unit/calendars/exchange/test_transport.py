"""Connections go to the addresses that were checked, and certificates are checked against the name."""

import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from cxsync.calendars.errors import NotThatServer, Unavailable
from cxsync.calendars.exchange.client import ExchangeCalendar
from cxsync.calendars.exchange.clock import now
from cxsync.calendars.exchange.endpoint import EndpointRefused, read_allowlist, read_endpoint
from cxsync.calendars.exchange.protocol import Spoken
from cxsync.calendars.exchange.signin import ask
from cxsync.calendars.exchange.transport import Route, open_session, route
from cxsync.errors import SettingError

NAME = "mail.agency.test"
LOCAL = read_allowlist(["127.0.0.1"])


class _Exchange(BaseHTTPRequestHandler):
    """Asks everybody to sign in by NTLM, and keeps the name that it was called by."""

    called: list[str]

    def do_POST(self) -> None:
        self.called.append(self.headers.get("Host", ""))
        self.send_response(401)
        self.send_header("WWW-Authenticate", "NTLM")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *arguments: object) -> None:
        """Nothing."""


def _certificate(folder: Path) -> Path:
    """A certificate for NAME that nobody has signed but itself, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, NAME)])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now() - timedelta(days=1))
        .not_valid_after(now() + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(NAME)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / "server.pem"
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(secret + made.public_bytes(serialization.Encoding.PEM))
    return path


@contextmanager
def _serving(certificate: Path | None) -> Iterator[tuple[int, list[str]]]:
    called: list[str] = []
    server = HTTPServer(("127.0.0.1", 0), type("Handler", (_Exchange,), {"called": called}))
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.server_port, called
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_the_name_is_resolved_once_and_the_certificate_is_the_name_s(tmp_path: Path) -> None:
    certificate, asked = _certificate(tmp_path), list[str]()

    def names(host: str, port: int) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"]

    with _serving(certificate) as (port, called):
        way = route(read_endpoint(f"{NAME}:{port}"), LOCAL, ca_file=str(certificate), names=names)
        assert ask(way) == "NTLM"
        assert ask(way) == "NTLM"
        assert called == [f"{NAME}:{port}"] * 2
    assert asked == [NAME]


def test_a_certificate_that_is_not_trusted_or_another_s_is_refused(tmp_path: Path) -> None:
    certificate = _certificate(tmp_path)
    with _serving(certificate) as (port, called):
        for host, ca_file in ((NAME, None), ("other.agency.test", str(certificate))):
            way = route(read_endpoint(f"{host}:{port}"), LOCAL, ca_file=ca_file, names=lambda *_: ["127.0.0.1"])
            with pytest.raises(NotThatServer, match="certificate"):
                ask(way)
        assert called == []


def test_a_certificate_that_is_no_longer_trusted_is_said_by_a_client_that_knows_the_server(tmp_path: Path) -> None:
    with _serving(_certificate(tmp_path)) as (port, _):
        way = route(read_endpoint(f"{NAME}:{port}"), LOCAL, names=lambda *_: ["127.0.0.1"])
        client = ExchangeCalendar(way, "a", "b", spoken=Spoken("Basic", "Exchange2016", (15, 1, 0, 0)))
        with pytest.raises(NotThatServer, match="certificate"):
            client.changes(None)
        client.close()


def test_certificates_that_cannot_be_read_are_a_setting_to_mend(tmp_path: Path) -> None:
    for path in (tmp_path / "none.pem", tmp_path):
        with pytest.raises(SettingError, match="ENDPOINT_CA_FILE"):
            open_session(Route(read_endpoint(NAME), (), str(path)))


def test_further_addresses_are_tried() -> None:
    with _serving(None) as (port, _):
        endpoint = read_endpoint(f"http://{NAME}:{port}")
        # Nobody listens at the first; 127.0.0.2 is loopback too.
        assert ask(Route(endpoint, ("::1", "127.0.0.1"))) == "NTLM"


def test_a_name_that_leads_inside_is_refused_before_anything_is_sent() -> None:
    with _serving(None) as (port, called):
        with pytest.raises(EndpointRefused):
            route(read_endpoint(f"{NAME}:{port}"), read_allowlist(()), names=lambda *_: ["127.0.0.1"])
        assert called == []


def test_the_proxy_resolves_names_itself() -> None:
    def nowhere(host: str, port: int) -> list[str]:
        raise Unavailable("exchange", "resolve", "nowhere")

    way = route(read_endpoint("mail.example.com"), LOCAL, proxy="http://127.0.0.1:1", names=nowhere)
    assert way.addresses == ()
    with open_session(way) as session:
        assert session.proxies["https"] == "http://127.0.0.1:1"
    with pytest.raises(Unavailable):
        route(read_endpoint("mail.example.com"), LOCAL, names=nowhere)


def test_proxies_and_passwords_of_the_environment_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    with _serving(None) as (port, called):
        assert ask(Route(read_endpoint(f"http://127.0.0.1:{port}"), ("127.0.0.1",))) == "NTLM"
        assert len(called) == 1
