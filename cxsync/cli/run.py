"""``cxsync run``: one role in the foreground, until SIGTERM or Ctrl-C."""

from collections.abc import Callable
from importlib.metadata import entry_points
from typing import Final

import click

from cxsync.broker import connection, topics
from cxsync.cli.environment import Part, environment
from cxsync.errors import UsageError
from cxsync.settings import Settings

ROLES: Final = (
    "producer carerix",
    "producer exchange",
    "producer google",
    "processor",
    "consumer carerix",
    "consumer exchange",
    "consumer google",
    "consumer email",
    "consumer history",
)
"""Every role by the words that follow ``cxsync run``."""


@click.command(context_settings={"ignore_unknown_options": False})
@click.argument("stage", type=click.Choice(sorted({role.split()[0] for role in ROLES})))
@click.argument("name", required=False, default="")
def run(stage: str, name: str) -> None:
    """Run one role: producer carerix|exchange|google, processor, consumer carerix|exchange|google|email|history."""
    role = f"{stage} {name}".strip()
    if role not in ROLES:
        names = sorted(known.split()[1] for known in ROLES if known.startswith(stage + " "))
        expected = f"one of {', '.join(names)}" if names else "nothing"
        raise UsageError(f"cxsync run {stage}: {name or 'no name'} given, expected is {expected}")
    needed: tuple[Part, ...] = ("kafka", "postgres", "mail") if role == "consumer email" else ("kafka", "postgres")
    with environment(*needed) as env:
        check_topics(env.settings)
        start = load(stage)
        start(env.settings, name)


def load(stage: str) -> Callable[[Settings, str], None]:
    """The function that serves the roles of ``stage``: called with settings and the role's name within the stage."""
    (found,) = entry_points(group="cxsync.roles", name=stage)
    start: Callable[[Settings, str], None] = found.load()
    return start


def check_topics(settings: Settings) -> None:
    """Refuse to start on topics that are missing or have other partitions than configured.

    Raises:
        BrokerUnreachable, TopicDrift: say what to do.
    """
    admin = connection.admin(settings)
    try:
        topics.check(admin, settings)
    finally:
        admin.close()
