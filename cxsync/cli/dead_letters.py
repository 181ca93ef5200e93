"""``cxsync dead-letters``: records that could not be processed, seen, retried or dropped."""

import getpass
from uuid import UUID

import click
import msgspec

from cxsync.broker.publish import Publisher
from cxsync.broker.scan import fetch
from cxsync.cli.audit import described
from cxsync.cli.database import Opened, opened
from cxsync.cli.output import show_rows
from cxsync.errors import CxSyncError
from cxsync.keyring import Keyring, encryption_keys
from cxsync.store import dead_letters as table
from schemas.message import Message, unpack
from schemas.records import DeadLetter, DeadLetterContent


class LetterGone(CxSyncError):
    """The dead letter is no longer on its topic, or its content was erased."""

    code = "dead-letter-gone"

    def __init__(self, letter_id: UUID, why: str) -> None:
        self.letter_id = letter_id
        super().__init__(f"dead letter {letter_id} cannot be retried: {why}; `cxsync dead-letters drop` closes it")


class LetterUnknown(CxSyncError):
    """No dead letter of that id."""

    code = "dead-letter-unknown"

    def __init__(self, letter_id: UUID) -> None:
        self.letter_id = letter_id
        super().__init__(f"there is no dead letter {letter_id}; `cxsync dead-letters list` shows those there are")


@click.group("dead-letters")
def dead_letters() -> None:
    """Records that could not be processed."""


@dead_letters.command("list")
@click.option("--state", type=click.Choice(["open", "retried", "dropped", "all"]), default="open", show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
def list_(state: str, as_json: bool) -> None:
    """List dead letters, oldest first."""
    with opened() as env, env.database.transaction() as conn:
        found = list(table.find(conn, state=None if state == "all" else state))  # type: ignore[arg-type]  # a choice
    rows = [
        {
            "id": letter.id,
            "at": letter.at,
            "code": letter.code,
            "connection": letter.connection_id,
            "state": letter.state,
            "decided_by": letter.decided_by,
        }
        for letter in found
    ]
    show_rows(rows, as_json=as_json, empty="there are no such dead letters")


@dead_letters.command()
@click.argument("letter_id", type=click.UUID)
def show(letter_id: UUID) -> None:
    """Show one as JSON: cause, place of the record, and the record itself if its key is at hand."""
    with opened(kafka=True) as env:
        letter = _known(env, letter_id)
        record = fetch(env.settings, letter.position.topic, letter.position.partition, letter.position.offset)
        line: dict[str, object] = {
            "state": letter.state,
            "decided_by": letter.decided_by,
            "decided_at": letter.decided_at,
        }
        if record is not None:
            line |= described(record, Keyring(env.database, encryption_keys(env.settings)))
    click.echo(msgspec.json.format(msgspec.json.encode(line)).decode())


@dead_letters.command()
@click.argument("letter_ids", type=click.UUID, nargs=-1, required=True)
def retry(letter_ids: tuple[UUID, ...]) -> None:
    """Publish the record again where it was, as it was."""
    with opened(kafka=True) as env:
        publisher = Publisher(env.settings)
        try:
            for letter_id in letter_ids:
                message = _original(env, letter_id)
                # First decided, then published: two people at once publish it once. A crash in between is seen in
                # `show`, and the record is still on its topic.
                with env.database.transaction() as conn:
                    table.decide(conn, letter_id, "retried", getpass.getuser())
                    publisher.publish([message])
        finally:
            publisher.close()


@dead_letters.command()
@click.argument("letter_ids", type=click.UUID, nargs=-1, required=True)
def drop(letter_ids: tuple[UUID, ...]) -> None:
    """Close dead letters that are not to be retried; they stay on their topic."""
    with opened() as env:
        for letter_id in letter_ids:
            _known(env, letter_id)
            with env.database.transaction() as conn:
                table.decide(conn, letter_id, "dropped", getpass.getuser())


def _known(env: Opened, letter_id: UUID) -> table.Letter:
    with env.database.transaction() as conn:
        letter = table.get(conn, letter_id)
    if letter is None:
        raise LetterUnknown(letter_id)
    return letter


def _original(env: Opened, letter_id: UUID) -> Message:
    letter = _known(env, letter_id)
    place = letter.position
    record = fetch(env.settings, place.topic, place.partition, place.offset)
    if record is None or record.value is None:
        raise LetterGone(letter_id, "its topic no longer holds it")
    found = unpack(
        place.topic, record.value, record.headers, Keyring(env.database, encryption_keys(env.settings)).key_of
    )
    if found.erased or not isinstance(found.record, DeadLetter):
        raise LetterGone(letter_id, "its content was erased")
    dead, content = found.record, found.content
    if dead.truncated:
        original = fetch(env.settings, dead.position.topic, dead.position.partition, dead.position.offset)
        if original is None:
            raise LetterGone(letter_id, "it was too large to be kept here, and its own topic no longer holds it")
        kept = [(name, value or b"") for name, value in original.headers]
        return Message(dead.position.topic, original.key or b"", original.value or b"", kept)
    if isinstance(content, DeadLetterContent):
        key, value, headers = content.key, content.value, content.headers
    else:
        key, value, headers = dead.raw_key, dead.raw_value, dead.raw_headers
    return Message(
        dead.position.topic, key or b"", value or b"", [(header.name, header.value or b"") for header in headers]
    )
