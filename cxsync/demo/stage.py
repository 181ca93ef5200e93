"""What the story is played on: embedded parts, the sandbox, and the pipeline, each role in a process of its own."""

import os
import secrets
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import psycopg
import requests
from msgspec import Struct
from psycopg import sql

from cxsync.demo.people import People
from cxsync.demo.sandbox import end, google_settings, sandbox
from cxsync.local import parts
from cxsync.settings import PREFIX, Settings


class Stage(Struct, frozen=True):
    """Where everything answers, and how the command is called on it."""

    people: People
    sandbox: Mapping[str, Any]
    environment: Mapping[str, str]
    mail_page: str
    pipeline: subprocess.Popen[bytes]
    log: Path

    def cxsync(self, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        """The command as a user calls it."""
        return subprocess.run(
            [sys.executable, "-m", "cxsync", *arguments],
            env=dict(self.environment),
            input=stdin,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def mails(self) -> list[dict[str, Any]]:
        """The mails that arrived at the users'."""
        return list(requests.get(f"{self.mail_page}/messages", timeout=10).json())


@contextmanager
def stage(settings: Settings, **variables: str) -> Iterator[Stage]:
    """Start everything below DATA_DIR/demo, with a database and topics of its own; stop it at the end.

    ``variables`` are added to the environment of the pipeline.
    """
    folder = (settings.data_dir / "demo").resolve()
    folder.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        found = stack.enter_context(parts.use(folder, ["kafka", "postgres", "mail"]))
        addresses = stack.enter_context(sandbox(folder))
        number = secrets.token_hex(4)
        environment = _environment(folder, number, found, addresses)
        requests.delete(f"{found.mail_page}/messages", timeout=10)
        log = folder / "pipeline.log"
        with log.open("w") as output:
            pipeline = subprocess.Popen(
                [sys.executable, "-m", "cxsync", "up"], env=environment | variables, stdout=output, stderr=output
            )
        stack.callback(end, pipeline)
        people = People(addresses["control"]["url"])
        yield Stage(people, addresses, environment, found.mail_page or "", pipeline, log)


def _environment(folder: Path, number: str, found: parts.Endpoints, addresses: Mapping[str, Any]) -> dict[str, str]:
    url = found.database or ""
    name = f"demo_{number}"
    with psycopg.connect(url, autocommit=True) as conn:
        conn.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    encryption, credential = parts.secrets(folder)
    told = {
        "DATA_DIR": str(folder),
        "KAFKA_BOOTSTRAP_SERVERS": found.kafka or "",
        "DATABASE_URL": url.rpartition("/")[0] + f"/{name}",
        "SMTP_URL": found.smtp or "",
        "TOPIC_PREFIX": f"demo.{number}.",
        "ENCRYPTION_KEYS": encryption,
        "CREDENTIAL_KEYS": credential,
        **{name.upper(): value for name, value in google_settings(addresses).items()},
        "EXCEPTION_QUIET": "10",
        "METRICS_PORT": str(_free_port()),
    }
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    return inherited | {PREFIX + name: value for name, value in told.items()}


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
