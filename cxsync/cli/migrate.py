"""``cxsync migrate``: create or upgrade the database."""

import click

from cxsync.cli.environment import environment
from cxsync.store.migrate import migrate as apply


@click.command()
def migrate() -> None:
    """Create or upgrade the database; safe to repeat, and to start several times at once."""
    with environment("postgres") as env:
        done = apply(env.settings.database_url)
    for name in done:
        click.echo(f"applied {name}", err=True)
    if not done:
        click.echo("nothing to do", err=True)
