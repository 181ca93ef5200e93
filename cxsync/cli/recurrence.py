"""``cxsync recurrence``: judges recurring appointments without touching a calendar."""

import sys

import click
import msgspec

from cxsync.recurrence.check import check_line


@click.group()
def recurrence() -> None:
    """Judge recurring appointments."""


@recurrence.command()
@click.option("--text", type=click.Choice(["en", "nl"]), help="Print the paragraph for people instead of JSON.")
def check(text: str | None) -> None:
    """Read series as JSON lines from standard input and answer each with one line.

    The fields are described in docs/recurrence.md. Exit code 0 when every line was answered; a refusal is an answer.
    """
    encode = msgspec.json.Encoder().encode
    for number, line in enumerate(iter(sys.stdin.buffer.readline, b""), 1):
        if not line.strip():
            continue
        found = check_line(line, number)
        if text is None:
            out = encode(found)
        else:
            said = found["error"]["message"] if "error" in found else found["text"][text]
            out = said.encode()
        sys.stdout.buffer.write(out + b"\n")
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    recurrence()
