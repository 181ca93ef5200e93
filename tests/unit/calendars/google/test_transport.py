"""One call is one request."""

import socket
import ssl
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from cxsync.calendars.errors import NotThatServer
from cxsync.calendars.google.access import OAuthClient, credentials
from cxsync.calendars.google.client import GoogleCalendar
from cxsync.calendars.google.transport import Transport
from cxsync.local.mail.certificate import context

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"


class Server:
    """Takes connections one after another; ``answers`` says how many requests each of them answers before it ends."""

    def __init__(self, answers: list[int]) -> None:
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listening.getsockname()[1]}/"
        self.requests = 0
        self.ended = threading.Semaphore(0)
        self._thread = threading.Thread(target=self._serve, args=(answers,), daemon=True)
        self._thread.start()

    def _serve(self, answers: list[int]) -> None:
        for number in answers:
            try:
                connection, _ = self._listening.accept()
            except OSError:  # the test is over
                return
            with connection:
                for _ in range(number):
                    self._take(connection)
                    connection.sendall(ANSWER)
                if number == 0:
                    self._take(connection)
            self.ended.release()

    def _take(self, connection: socket.socket) -> None:
        seen = b""
        while b"\r\n\r\n" not in seen:
            part = connection.recv(65536)
            if not part:
                return
            seen += part
        self.requests += 1

    def close(self) -> None:
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self._thread.join(timeout=30)


@pytest.fixture
def transport() -> Iterator[Transport]:
    opened = Transport()
    yield opened
    opened.close()


@pytest.mark.parametrize("method", ["GET", "POST", "PATCH", "DELETE"])
def test_a_request_whose_answer_is_lost_is_not_sent_again(transport: Transport, method: str) -> None:
    server = Server([0, 5])
    with pytest.raises(ConnectionError):
        transport.request(server.url, method)
    assert server.requests == 1
    server.close()


def test_a_connection_that_ended_while_it_was_idle_costs_nothing(transport: Transport) -> None:
    server = Server([1, 2])
    transport.request(server.url, "GET")
    assert server.ended.acquire(timeout=30)
    for _ in range(2):
        response, content = transport.request(server.url, "POST", body="x")
        assert (response.status, content) == (200, b"{}")
    assert server.requests == 3
    server.close()


def test_a_connection_that_lives_is_used_again(transport: Transport) -> None:
    server = Server([20])
    for _ in range(20):
        transport.request(server.url, "GET")
    assert server.requests == 20
    server.close()


class _Hello(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing."""


@pytest.fixture
def secure(tmp_path: Path) -> Iterator[str]:
    """The address of a server with a certificate of its own making, which lies in ``tmp_path``."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Hello)
    server.socket = context(tmp_path, datetime.now(UTC)).wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"https://127.0.0.1:{server.server_address[1]}/"
    server.shutdown()
    server.server_close()
    thread.join(timeout=30)


def test_a_certificate_that_is_not_trusted_is_said_so(secure: str) -> None:
    calendar = GoogleCalendar(credentials("token", OAuthClient("id", "secret", f"{secure}token")), api_endpoint=secure)
    with pytest.raises(NotThatServer, match="certificate"):
        calendar.changes(None)
    calendar.close()


def test_one_that_is_trusted_is_spoken_to(secure: str, tmp_path: Path, transport: Transport) -> None:
    transport.ca_certs = str(tmp_path / "certificate.pem")
    for _ in range(3):
        response, content = transport.request(secure, "GET")
        assert (response.status, content) == (200, b"{}")
    with pytest.raises(ssl.SSLCertVerificationError):
        Transport().request(secure, "GET")
