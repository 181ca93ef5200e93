"""``cxsync local``: the embedded parts, seen and stopped."""

import click

from cxsync.cli.output import show_rows
from cxsync.local import parts
from cxsync.settings import Settings


@click.group()
def local() -> None:
    """The embedded Kafka, PostgreSQL and mail catcher."""


@local.command()
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
def status(as_json: bool) -> None:
    """Show each part: whether it runs, whether it is in use, where it answers."""
    rows = [
        {
            "part": part.part,
            "phase": part.phase,
            "in_use": part.in_use,
            "keeper": part.keeper,
            "version": part.version,
            "endpoints": ", ".join(_shown(value) for value in part.endpoints.values()),
            "folder": str(part.folder),
            "detail": part.detail,
        }
        for part in parts.status(Settings.load().data_dir)
    ]
    show_rows(rows, as_json=as_json, empty="no embedded part was ever used here")


@local.command()
def stop() -> None:
    """Stop every part, used or not; what they hold stays."""
    parts.stop(Settings.load().data_dir)


def _shown(endpoint: str) -> str:
    # The database's URL has a password inside.
    head, at, tail = endpoint.rpartition("@")
    return f"{head.partition('://')[0]}://…@{tail}" if at else endpoint
