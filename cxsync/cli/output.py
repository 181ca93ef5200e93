"""How lists and single things are shown: aligned columns for people, JSON for scripts."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

import click
import msgspec

Value = str | int | float | bool | None | datetime | UUID


def show_rows(rows: Sequence[Mapping[str, Value]], *, as_json: bool, empty: str) -> None:
    """Print ``rows`` as JSON (a list of objects) or as a table; ``empty`` says what there is none of."""
    if as_json:
        click.echo(msgspec.json.encode(rows).decode())
        return
    if not rows:
        click.echo(empty, err=True)
        return
    head = list(rows[0])
    cells = [[name.replace("_", " ") for name in head]] + [[_text(row[name]) for name in head] for row in rows]
    widths = [max(len(line[column]) for line in cells) for column in range(len(head))]
    for line in cells:
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


def show_one(row: Mapping[str, Value], *, as_json: bool) -> None:
    """Print one thing as JSON or as a line a field."""
    if as_json:
        click.echo(msgspec.json.encode(row).decode())
        return
    width = max(map(len, row))
    for name, value in row.items():
        click.echo(f"{name.replace('_', ' ').ljust(width)}  {_text(value)}".rstrip())


def _text(value: Value) -> str:
    if value is None:
        return "-"
    if isinstance(value, datetime):
        return value.isoformat(sep=" ", timespec="seconds")
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)
