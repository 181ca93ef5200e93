"""The mail catcher as a part that a keeper keeps: both servers on one event loop in a thread of the keeper."""

import asyncio
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from datetime import UTC, datetime
from pathlib import Path

from aiohttp import web

from cxsync.local import keeper, ports
from cxsync.local.errors import explain
from cxsync.local.mail import certificate
from cxsync.local.mail.messages import Messages
from cxsync.local.mail.page import application
from cxsync.local.mail.smtp import Faults, Handler, Server

_STOP_SECONDS = 5.0
_SHUTDOWN_SECONDS = 1.0


class Mail:
    """The catcher whose mails lie in ``folder``."""

    name = "mail"
    version = "1"
    port_names = ("smtp", "page")

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ended: asyncio.Event | None = None

    def prepare(self, report: Callable[[str], None]) -> None:
        """Nothing is fetched."""

    def start(self, chosen: Mapping[str, int]) -> None:
        """Serve at the ports ``chosen``. Raises LocalError."""
        started: Future[None] = Future()
        self._thread = threading.Thread(
            target=lambda: asyncio.run(self._serve(chosen, started)), name="mail", daemon=True
        )
        self._thread.start()
        try:
            started.result()
        except OSError as error:
            self._thread.join()
            raise explain("mail", self._folder, error) from error

    def endpoints(self, chosen: Mapping[str, int]) -> dict[str, str]:
        return {
            "smtp": f"smtp://{ports.HOST}:{chosen['smtp']}",
            "mail_page": f"http://{ports.HOST}:{chosen['page']}",
        }

    def runs(self) -> bool:
        return self._thread is not None and self._thread.is_alive()

    def stop(self) -> None:
        """Close both servers; a mail that was not acknowledged is the sender's again."""
        if self._thread is None or self._loop is None or self._ended is None or not self._thread.is_alive():
            return
        self._loop.call_soon_threadsafe(self._ended.set)
        self._thread.join(_STOP_SECONDS)

    async def _serve(self, chosen: Mapping[str, int], started: "Future[None]") -> None:
        try:
            self._loop = asyncio.get_running_loop()
            self._ended = asyncio.Event()
            faults = Faults()
            messages = Messages(self._folder / "messages")
            handler = Handler(messages, faults, lambda: datetime.now(UTC))
            tls = certificate.context(self._folder, datetime.now(UTC))
            smtp = await self._loop.create_server(
                lambda: Server(handler, faults, tls), ports.HOST, chosen["smtp"], reuse_address=True
            )
            runner = web.AppRunner(application(messages, faults), access_log=None)
            await runner.setup()
            site = web.TCPSite(
                runner, ports.HOST, chosen["page"], shutdown_timeout=_SHUTDOWN_SECONDS, reuse_address=True
            )
            await site.start()
        except BaseException as error:
            started.set_exception(error)
            return
        started.set_result(None)
        await self._ended.wait()
        smtp.close()
        await runner.cleanup()


if __name__ == "__main__":
    keeper.run(lambda folder, _: Mail(folder))
