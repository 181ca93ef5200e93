"""``cxsync audit``: the topics as an auditor reads them."""

import getpass
from datetime import UTC, datetime
from uuid import UUID

import click
import msgspec

from cxsync.broker import topics
from cxsync.broker.delivered import Delivered
from cxsync.broker.scan import scan
from cxsync.cli.database import opened
from cxsync.keyring import Keyring, encryption_keys
from cxsync.store import reads
from cxsync.store.keys import KeyMissing
from schemas.errors import ContractError
from schemas.message import unpack

NEEDS_A_PERSON = 3


class Time(click.ParamType):
    """A date, or a date and time with its offset; without one it is UTC."""

    name = "time"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        try:
            found = datetime.fromisoformat(value)
        except ValueError:
            self.fail(f"{value!r} is no time; write 2026-03-02 or 2026-03-02T09:00:00+01:00", param, ctx)
        return found if found.tzinfo else found.replace(tzinfo=UTC)


@click.group()
def audit() -> None:
    """Read the topics as an auditor."""


@audit.command()
@click.argument("topic", type=click.Choice(topics.ALL))
@click.option("--from", "since", type=Time(), help="From this time on (the broker's).")
@click.option("--to", "until", type=Time(), help="Up to this time.")
@click.option("--connection", "connection_id", type=click.UUID, help="Only this connection.")
def dump(topic: str, since: datetime | None, until: datetime | None, connection_id: UUID | None) -> int:
    """Print records as JSON lines, payloads opened if the keys are at hand. Who read is noted.

    Exit 3 if a record could not be read; it is printed with its error.
    """
    unreadable = 0
    with opened(kafka=True) as env:
        keyring = Keyring(env.database, encryption_keys(env.settings))
        with env.database.transaction() as conn:
            reads.record(
                conn, who=getpass.getuser(), topic=topic, connection_id=connection_id, from_at=since, to_at=until
            )
        wanted = str(connection_id).encode() if connection_id else None
        for record in scan(env.settings, topics.name(env.settings, topic), since=since, until=until):
            if wanted is None or record.key == wanted:
                line = described(record, keyring)
                unreadable += "error" in line
                click.echo(msgspec.json.encode(line).decode())
    return NEEDS_A_PERSON if unreadable else 0


def described(record: Delivered, keyring: Keyring) -> dict[str, object]:
    """A record as one JSON object: where it lies, its clear part, its content, or why it cannot be read."""
    place: dict[str, object] = {
        "topic": record.position.topic,
        "partition": record.position.partition,
        "offset": record.position.offset,
        "at": record.at,
    }
    try:
        if record.value is None:
            return place | {"error": {"code": "undecodable", "message": "it has no value"}}
        opened_record = unpack(record.position.topic, record.value, record.headers, keyring.key_of)
    except (ContractError, KeyMissing) as error:
        return place | {"error": {"code": error.code, "message": str(error)}}
    return place | {
        "trace_id": opened_record.headers.trace_id,
        "program_version": opened_record.headers.program_version,
        "kind": type(opened_record.record).__name__,
        "record": msgspec.structs.asdict(opened_record.record) | {"sealed": None},
        "content": opened_record.content,
        "erased": opened_record.erased,
    }
