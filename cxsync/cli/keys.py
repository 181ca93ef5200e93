"""``cxsync keys``: the master keys that wrap connections' keys and seal credentials."""

import click

from cxsync.cli.database import opened
from cxsync.cli.output import Value, show_rows
from cxsync.keyring import credential_keys, encryption_keys
from cxsync.store import credentials
from cxsync.store import keys as table
from schemas.keys import as_text, new_key


@click.group()
def keys() -> None:
    """Keys that seal content and credentials."""


@keys.command()
def new() -> None:
    """Print a new key for ENCRYPTION_KEYS or CREDENTIAL_KEYS."""
    click.echo(as_text(new_key()))


@keys.command()
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
def status(as_json: bool) -> None:
    """Count the rows under each key, by its 8 hex digits."""
    with opened() as env, env.database.transaction() as conn:
        rows: list[dict[str, Value]] = []
        for setting, masters, counts in (
            ("ENCRYPTION_KEYS", encryption_keys(env.settings), table.counts(conn)),
            ("CREDENTIAL_KEYS", credential_keys(env.settings), credentials.counts(conn)),
        ):
            for key_id in sorted({masters.first_id, *counts}):
                rows.append(
                    {
                        "setting": setting,
                        "key": key_id,
                        "rows": counts.get(key_id, 0),
                        "encrypts": key_id == masters.first_id,
                        "known": key_id in masters.ids,
                    }
                )
    show_rows(rows, as_json=as_json, empty="no keys")


@keys.command()
def rotate() -> None:
    """Wrap everything under the first key of each setting; may be cut off and repeated. Then old keys can go."""
    with opened() as env:
        masters, sealing = encryption_keys(env.settings), credential_keys(env.settings)
        wrapped = table.rewrap(env.database, masters.first_id, masters.rewrap)
        sealed = credentials.rewrap(env.database, sealing.first_id, sealing.rewrap)
    click.echo(f"{wrapped} connection keys and {sealed} credentials are now under the first keys", err=True)
