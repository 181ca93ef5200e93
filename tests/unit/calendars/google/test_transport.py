"""One call is one request."""

import socket
import threading
from collections.abc import Iterator

import pytest

from cxsync.calendars.google.transport import Transport

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
