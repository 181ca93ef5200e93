"""``/healthz``, ``/readyz`` and ``/metrics`` of one process.

    heartbeat = Heartbeat(limit=30)
    with HealthServer(settings.metrics_port, ready=host.readiness, heartbeat=heartbeat) as server:
        while working:
            heartbeat.beat()

``/healthz`` says whether the process does anything at all: 200 while its main loop has beaten within the limit.
``/readyz`` says whether it works: 200 once it does, else 503 with the reason. Both answer JSON. A process below a
supervisor tells it the port by itself.
"""

import json
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from time import monotonic
from typing import Self

import msgspec

from cxsync.errors import CxSyncError
from cxsync.observe import metrics
from cxsync.observe.log import get_logger
from cxsync.observe.report import announce

log = get_logger(__name__)
LOOPBACK = "127.0.0.1"


class PortTakenError(CxSyncError):
    """The port of ``/metrics`` is in use or cannot be bound."""

    code = "port-taken"

    def __init__(self, host: str, port: int, cause: str) -> None:
        self.host = host
        self.port = port
        super().__init__(
            f"the health port {host}:{port} cannot be used ({cause}); "
            "set CXSYNC_METRICS_PORT to a free port, or to 0 for any free one"
        )


class Readiness(msgspec.Struct, frozen=True):
    """Whether the process works; ``reason`` says what it waits for, in words of ours."""

    ready: bool
    reason: str | None = None


class Heartbeat:
    """Beaten by the main loop, read by ``/healthz``; ``limit`` is the seconds a beat lasts."""

    def __init__(self, limit: float = 30, clock: Callable[[], float] = monotonic) -> None:
        self.limit = limit
        self._clock = clock
        self._last = clock()

    def beat(self) -> None:
        """The main loop has come round, or something that takes long has made progress."""
        self._last = self._clock()

    @property
    def age(self) -> float:
        """Seconds since the last beat."""
        return self._clock() - self._last

    @property
    def alive(self) -> bool:
        """Whether the last beat still counts."""
        return self.age <= self.limit


class HealthServer:
    """Serves in a thread of its own, from :meth:`start` (or ``with``) to :meth:`stop`.

    Raises:
        PortTakenError: on :meth:`start`.
    """

    def __init__(
        self,
        port: int,
        *,
        ready: Callable[[], Readiness],
        heartbeat: Heartbeat | None = None,
        host: str = LOOPBACK,
    ) -> None:
        """``port`` 0 means any free one, to be read from ``port`` afterwards. No heartbeat: alive while it answers."""
        self.host = host
        self.port = port
        self._ready = ready
        self._heartbeat = heartbeat
        self._server: ThreadingHTTPServer | None = None

    def start(self) -> Self:
        """Bind, serve, log the port and tell it to a supervisor."""
        try:
            server = _Server((self.host, self.port), _handler(self))
        except OSError as error:
            raise PortTakenError(self.host, self.port, error.strerror or type(error).__name__) from error
        self._server = server
        self.port = server.server_address[1]
        threading.Thread(target=server.serve_forever, name="health", args=(0.1,), daemon=True).start()
        log.info("health served", host=self.host, port=self.port)
        announce(self.port)
        return self

    def stop(self) -> None:
        """Close the port; once is enough, twice does no harm."""
        server, self._server = self._server, None
        if server is not None:
            server.shutdown()
            server.server_close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def answer(self, path: str) -> tuple[int, str, bytes]:
        """Status, media type and body for ``path``."""
        match path:
            case "/healthz":
                return answer_health(self._heartbeat)
            case "/readyz":
                return answer_readiness(self._ready)
            case "/metrics":
                return 200, metrics.CONTENT_TYPE, metrics.exposition()
            case _:
                return as_json(404, {"error": "not found; there are /healthz, /readyz and /metrics"})


def answer_health(heartbeat: Heartbeat | None) -> tuple[int, str, bytes]:
    """What ``/healthz`` says."""
    if heartbeat is None or heartbeat.alive:
        return as_json(200, {"status": "ok"})
    reason = f"the main loop has not come round for {heartbeat.age:.0f} s; the limit is {heartbeat.limit:.0f} s"
    return as_json(503, {"status": "stuck", "reason": reason})


def answer_readiness(ready: Callable[[], Readiness]) -> tuple[int, str, bytes]:
    """What ``/readyz`` says; a check that itself fails means not ready."""
    try:
        state = ready()
    except CxSyncError as error:
        state = Readiness(False, str(error))
    except Exception as error:  # whatever the check met, the answer is "not ready" and never a broken connection
        log.warning("readiness check failed", exc_info=error)
        state = Readiness(False, f"the readiness check failed: {type(error).__name__}")
    return as_json(200 if state.ready else 503, {"ready": state.ready, "reason": state.reason})


def as_json(status: int, body: object) -> tuple[int, str, bytes]:
    """An answer in JSON."""
    return status, "application/json", json.dumps(body).encode() + b"\n"


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    # A restarted role takes its fixed port again at once; a port that someone listens on is refused all the same.
    allow_reuse_address = True


def _handler(health: HealthServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        timeout = 5  # seconds that a client may take to send its request

        def do_GET(self) -> None:  # the name that http.server calls
            status, kind, body = health.answer(self.path.partition("?")[0])
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        do_HEAD = do_GET  # noqa: N815  # the name that http.server calls

        def log_message(self, format: str, *args: object) -> None:
            """Probes come every second; they are not logged."""

    return Handler
