"""``cxsync up``: all roles in one supervised group of processes, with embedded parts where no others are named."""

import os
import sys
from contextlib import ExitStack

import click
import msgspec

from cxsync.broker import connection
from cxsync.broker import topics as on_broker
from cxsync.cli.environment import environment
from cxsync.cli.run import ROLES
from cxsync.demo.sandbox import google_settings, sandbox
from cxsync.observe.log import configure
from cxsync.settings import PREFIX, Settings
from cxsync.store.migrate import migrate
from cxsync.supervise.role import RoleSpec
from cxsync.supervise.supervisor import Supervisor

FILLED_IN = (
    *("kafka_bootstrap_servers", "database_url", "smtp_url", "encryption_keys", "credential_keys"),
    *("endpoint_allowlist", "google_api_endpoint", "google_auth_url", "google_token_url"),
    *("google_client_id", "google_client_secret"),
)
"""Settings that the roles are told, since an embedded part or the sandbox may stand in for what is not configured."""


@click.command()
@click.option("--sandbox", "with_sandbox", is_flag=True, help="Sandbox servers beside it, instead of real systems.")
def up(with_sandbox: bool) -> None:
    """Run the whole pipeline until Ctrl-C. Creates database and topics as needed."""
    with environment("kafka", "postgres", "mail") as env, ExitStack() as stack:
        settings = env.settings
        configure(settings.log_level, settings.log_format, "supervisor")
        if with_sandbox:
            addresses = stack.enter_context(sandbox(settings.data_dir))
            settings = settings.model_copy(update=google_settings(addresses))
            click.echo(msgspec.json.format(msgspec.json.encode(addresses)).decode(), err=True)
        if env.mail_page:
            click.echo(f"mails are caught at {env.mail_page}", err=True)
        Supervisor(
            roles(settings),
            port=settings.metrics_port,
            host=settings.metrics_host,
            before_start=lambda: prepare(settings),
        ).run()


def prepare(settings: Settings) -> None:
    """Bring database and topics up to date before any role starts. Raises TopicDrift for what cannot be mended."""
    migrate(settings.database_url)
    admin = connection.admin(settings)
    try:
        on_broker.provision(admin, settings)
        on_broker.check(admin, settings)
    finally:
        admin.close()


def roles(settings: Settings) -> list[RoleSpec]:
    """A process a role; each is told the addresses and keys that the group uses."""
    told = {PREFIX + name.upper(): str(getattr(settings, name)) for name in FILLED_IN} | {PREFIX + "METRICS_PORT": "0"}
    program = (sys.executable, "-m", "cxsync", "run")
    return [
        RoleSpec(
            name=role,
            argv=(*program, *role.split()),
            member_id=f"{role.replace(' ', '-')}-{os.uname().nodename}",
            env=told,
        )
        for role in ROLES
    ]
