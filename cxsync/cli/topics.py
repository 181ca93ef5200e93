"""``cxsync topics``: create the topics with their settings, print what differs."""

import click

from cxsync.broker import connection
from cxsync.broker import topics as on_broker
from cxsync.cli.environment import environment
from cxsync.cli.output import show_rows

NEEDS_A_PERSON = 3


@click.command()
@click.option("--check", is_flag=True, help="Change nothing; exit 3 if something differs.")
@click.option("--json", "as_json", is_flag=True, help="Print what differs as JSON.")
def topics(check: bool, as_json: bool) -> int:
    """Create missing topics and set drifted settings. A partition count is never changed."""
    with environment("kafka") as env:
        admin = connection.admin(env.settings)
        try:
            drifts = on_broker.drift(admin, env.settings)
            rows = [{"topic": d.topic, "what": d.what, "expected": d.expected, "found": d.found} for d in drifts]
            show_rows(rows, as_json=as_json, empty="all topics are as they should be")
            if check:
                return NEEDS_A_PERSON if drifts else 0
            for line in on_broker.provision(admin, env.settings):
                click.echo(line, err=True)
        finally:
            admin.close()
    return 0
