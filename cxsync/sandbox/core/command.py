"""The command that starts the sandbox alone."""

import asyncio
import signal
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import click
import msgspec

from cxsync.sandbox.core.clock import Clock
from cxsync.sandbox.core.run import SYSTEMS, populate, serving
from cxsync.sandbox.core.seed import generated, people
from cxsync.sandbox.core.world import World

PORT = click.IntRange(0, 65535)
USERS_SHOWN = 10


class _Moment(click.ParamType):
    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        if isinstance(value, datetime):
            return value
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            self.fail(f"{value!r} is no moment; write it as 2026-03-02T09:00:00Z", param, ctx)
        return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


@click.command("sandbox")
@click.option("--carerix-port", type=PORT, default=0, help="Port of the Carerix server (0: any free one).")
@click.option("--exchange-port", type=PORT, default=0, help="Port of the Exchange server.")
@click.option("--google-port", type=PORT, default=0, help="Port of the Google server.")
@click.option("--control-port", type=PORT, default=0, help="Port of the control interface and the people page.")
@click.option("--seed", type=int, default=1, show_default=True, help="Decides ids and texts.")
@click.option("--mailboxes", type=click.IntRange(0, 100_000), default=0, help="Further users beside the default three.")
@click.option("--at", type=_Moment(), default=None, help="The moment at which the sandbox's clock starts (UTC).")
@click.option("--only", type=click.Choice(SYSTEMS), multiple=True, help="Start this system only; may be repeated.")
def sandbox(
    carerix_port: int,
    exchange_port: int,
    google_port: int,
    control_port: int,
    seed: int,
    mailboxes: int,
    at: datetime | None,
    only: tuple[str, ...],
) -> None:
    """Serve Carerix, Exchange and Google on this machine alone, in memory, for trying and testing.

    Prints one line of JSON with all addresses once everything listens; stops on Ctrl-C or SIGTERM.
    """
    ports = {"carerix": carerix_port, "exchange": exchange_port, "google": google_port, "control": control_port}
    world = populate(World(seed, Clock(at), [*people(), *generated(mailboxes)]), only or SYSTEMS)
    asyncio.run(_serve(world, ports))


async def _serve(world: World, ports: Mapping[str, int]) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with serving(world, ports) as urls:
        for name, system in world.systems.items():
            for user in system.users()[:USERS_SHOWN]:
                click.echo(f"{name}: {msgspec.json.encode(user).decode()}", err=True)
        click.echo(f"people page: {urls['control']['people']}", err=True)
        click.echo(msgspec.json.encode(urls).decode())
        await stop.wait()
