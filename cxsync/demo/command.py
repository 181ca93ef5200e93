"""``cxsync demo``."""

import statistics
import time
from contextlib import suppress

import click
import requests

from cxsync.demo.stage import Stage, stage
from cxsync.demo.story import Story
from cxsync.demo.week import Week
from cxsync.settings import Settings

READY = 90.0
"""Seconds for all roles to become ready."""


@click.command()
@click.option("--once", is_flag=True, help="Exit after the story: 0 if every check held.")
def demo(once: bool) -> int:
    """Play a recruiter's working week on the sandbox, with the whole pipeline, and check every result."""
    began = time.monotonic()
    click.echo("starting Apache Kafka, PostgreSQL, a mail catcher, the sandbox and the pipeline …")
    with stage(Settings.load()) as found:
        prepare(found)
        click.echo(f"ready after {time.monotonic() - began:.0f} s")
        story = Story()
        story.play(Week(found, story).scenes())
        ordered = sorted(story.latencies)
        click.echo(
            f"\nseen on the other side after {statistics.median(ordered):.1f} s (median), "
            f"{ordered[int(len(ordered) * 0.95)]:.1f} s (95 %), with the shipped poll intervals"
        )
        held = "every check held" if not story.failed else f"{story.failed} checks did not hold; see {found.log}"
        click.echo(f"{held}; {time.monotonic() - began:.0f} s in all")
        if not once:
            _stay(found)
    return 1 if story.failed else 0


def prepare(found: Stage) -> None:
    """The tenant added, every role ready."""
    _tenant(found)
    _ready(found)


def _tenant(found: Stage) -> None:
    carerix = found.sandbox["carerix"]
    done = found.cxsync(
        *("tenant", "add", "demo", "--graphql-url", carerix["graphql"], "--token-url", carerix["token"]),
        *("--client-id", carerix["client_id"], "--client-secret-stdin"),
        stdin=carerix["client_secret"] + "\n",
    )
    if done.returncode != 0:
        raise click.ClickException(f"tenant add: {done.stderr}")


def _ready(found: Stage) -> None:
    """Until the supervisor says that every role is."""
    port = found.environment["CXSYNC_METRICS_PORT"]
    deadline = time.monotonic() + READY
    while time.monotonic() < deadline:
        with suppress(requests.RequestException):
            if requests.get(f"http://127.0.0.1:{port}/readyz", timeout=2).status_code == 200:
                return
        time.sleep(0.5)
    raise click.ClickException(f"the pipeline is not ready after {READY:.0f} s; see {found.log}")


def _stay(found: Stage) -> None:
    click.echo(f"\npeople (three calendars side by side): {found.sandbox['control']['people']}")
    click.echo(f"mails to users: {found.mail_page}\nCtrl-C ends the demo")
    try:
        found.pipeline.wait()
    except KeyboardInterrupt:
        click.echo("stopping")
