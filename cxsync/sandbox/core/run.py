"""Starting the servers: in this event loop, or in a thread of their own beside a test."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from importlib import import_module
from typing import Any, TypeVar

from aiohttp import web

from cxsync.sandbox.core.clock import Clock
from cxsync.sandbox.core.control import control_app
from cxsync.sandbox.core.seed import Person
from cxsync.sandbox.core.world import World

SYSTEMS = ("carerix", "exchange", "google")
HOST = "127.0.0.1"
T = TypeVar("T")


def populate(world: World, only: Sequence[str] = SYSTEMS) -> World:
    """Put the systems named in ``only`` into ``world``; those left out are not even imported."""
    for name in only:
        world.systems[name] = import_module(f"cxsync.sandbox.{name}.server").create(world)
    return world


@asynccontextmanager
async def _listening(app: web.Application, port: int) -> AsyncIterator[str]:
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
    await runner.setup()
    try:
        site = web.TCPSite(runner, HOST, port, backlog=1024)
        await site.start()
        address: tuple[str, int] = runner.addresses[0]
        yield f"http://{HOST}:{address[1]}"
    finally:
        await runner.cleanup()


@asynccontextmanager
async def serving(world: World, ports: Mapping[str, int] | None = None) -> AsyncIterator[dict[str, dict[str, str]]]:
    """Serve ``world`` in this event loop; yields the addresses by system and name, ``control`` among them.

    ``ports`` by system or ``control``; 0 or missing: any free one.
    """
    given = ports or {}
    urls: dict[str, dict[str, str]] = {}
    async with AsyncExitStack() as stack:
        for name, system in world.systems.items():
            base = await stack.enter_async_context(_listening(system.app(), given.get(name, 0)))
            urls[name] = system.locate(base)
        control = await stack.enter_async_context(_listening(control_app(world, lambda: urls), given.get("control", 0)))
        urls["control"] = {"url": control, "people": f"{control}/people"}
        yield urls


class Sandbox:
    """A running sandbox as a test sees it; the servers live in another thread."""

    def __init__(self, world: World, urls: dict[str, dict[str, str]], loop: asyncio.AbstractEventLoop) -> None:
        self.world = world
        self.urls = urls
        self._loop = loop

    @property
    def control(self) -> str:
        """The address of the control interface."""
        return self.urls["control"]["url"]

    def call(self, function: Callable[..., T], *arguments: Any) -> T:
        """``function`` of the arguments, called between two requests on the servers' thread."""

        async def called() -> T:
            return function(*arguments)

        return asyncio.run_coroutine_threadsafe(called(), self._loop).result()

    def act(self, system: str, owner: str, action: Mapping[str, Any]) -> dict[str, Any]:
        """What ``owner`` does in ``system`` (see ``action.Action``)."""
        return self.call(self.world.system(system).act, owner, action)


@contextmanager
def started(
    *,
    seed: int = 1,
    only: Sequence[str] = SYSTEMS,
    ports: Mapping[str, int] | None = None,
    clock: Clock | None = None,
    people: Sequence[Person] | None = None,
) -> Iterator[Sandbox]:
    """A sandbox in a thread of its own, so that blocking clients can talk to it from this one."""
    world = populate(World(seed, clock, people), only)
    ready: list[Sandbox] = []
    problem: list[BaseException] = []
    is_ready = threading.Event()
    loop = asyncio.new_event_loop()
    stop = asyncio.Event()

    async def main() -> None:
        async with serving(world, ports) as urls:
            ready.append(Sandbox(world, urls, loop))
            is_ready.set()
            await stop.wait()

    def run() -> None:
        try:
            loop.run_until_complete(main())
        except BaseException as error:  # handed to the thread that started this one
            problem.append(error)
        finally:
            is_ready.set()
            loop.close()

    thread = threading.Thread(target=run, name="sandbox", daemon=True)
    thread.start()
    is_ready.wait()
    if not ready:
        thread.join()
        raise problem[0]
    try:
        yield ready[0]
    finally:
        if not loop.is_closed():
            loop.call_soon_threadsafe(stop.set)
        thread.join()
        if problem:
            raise problem[0]


@asynccontextmanager
async def running(
    *,
    seed: int = 1,
    only: Sequence[str] = SYSTEMS,
    ports: Mapping[str, int] | None = None,
    clock: Clock | None = None,
    people: Sequence[Person] | None = None,
) -> AsyncIterator[Sandbox]:
    """``started`` for asynchronous callers; the sandbox still has a thread and loop of its own."""
    opened = started(seed=seed, only=only, ports=ports, clock=clock, people=people)
    sandbox = await asyncio.to_thread(opened.__enter__)
    try:
        yield sandbox
    finally:
        await asyncio.to_thread(opened.__exit__, None, None, None)
