"""What happens on the way: redirects, strangers' certificates, credentials lying about."""

import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from cxsync.calendars.carerix.access import Access
from cxsync.calendars.carerix.documents import GET
from cxsync.calendars.carerix.gateway import Gateway
from cxsync.calendars.errors import NotThatServer

TOKEN = b'{"access_token":"t","expires_in":300,"token_type":"Bearer"}'
ROW = b'{"data":{"crToDo":null}}'


class Listener(BaseHTTPRequestHandler):
    """Answers tokens and rows, keeps what it was asked, and sends those who ask for /away to /elsewhere."""

    asked: ClassVar[list[tuple[str, str]]] = []

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", "0")))
        self.asked.append((self.path, self.headers.get("Authorization", "")))
        self.send_response(307 if self.path == "/away" else 200)
        body = TOKEN if self.path == "/token" else ROW
        self.send_header("Location", "/elsewhere")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Keeps quiet."""


@contextmanager
def listening(context: ssl.SSLContext | None = None) -> Iterator[int]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Listener)
    if context is not None:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    Listener.asked.clear()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def gateway(base: str, path: str = "/graphql") -> Gateway:
    return Gateway(Access(graphql_url=base + path, token_url=f"{base}/token", client_id="c", client_secret="geheim"))


def own_certificate(folder: Path) -> ssl.SSLContext:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    certificate = builder.not_valid_before(now).not_valid_after(now + timedelta(days=1)).sign(key, hashes.SHA256())
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    file = folder / "own.pem"
    file.write_bytes(private + certificate.public_bytes(pem))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context


def test_a_redirect_takes_the_token_nowhere() -> None:
    with listening() as port:
        asking = gateway(f"http://127.0.0.1:{port}", "/away")
        with pytest.raises(NotThatServer, match="307"):
            asking.ask(GET, {"id": "31.1"})
        asking.close()
    assert Listener.asked == [("/token", ""), ("/away", "Bearer t")]


def test_a_netrc_replaces_neither_token_nor_credentials(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "netrc"
    file.write_text("default login somebody password else\n")
    monkeypatch.setenv("NETRC", str(file))
    with listening() as port:
        asking = gateway(f"http://127.0.0.1:{port}")
        assert asking.ask(GET, {"id": "31.1"}) is None
        asking.close()
    assert Listener.asked == [("/token", ""), ("/graphql", "Bearer t")]


def test_a_certificate_that_nobody_trusts_is_not_that_server(tmp_path: Path) -> None:
    with listening(own_certificate(tmp_path)) as port:
        asking = gateway(f"https://127.0.0.1:{port}")
        with pytest.raises(NotThatServer, match="certificate"):
            asking.ask(GET, {"id": "31.1"})
        asking.close()
    assert Listener.asked == []


def test_access_shows_no_secret() -> None:
    access = Access(graphql_url="https://x/g", token_url="https://x/t", client_id="c", client_secret="geheim")
    assert "geheim" not in f"{access!r} {access}"
