"""The command ``cxsync``: its commands, how errors are shown, exit codes.

Exit 0 done, 1 failed, 2 wrong usage, 3 something found that needs a person. Results go to standard output, everything
else to standard error.
"""

import importlib
import sys
from typing import Final

import click

from cxsync import __version__
from cxsync.errors import CxSyncError
from schemas.errors import ContractError

COMMANDS: Final = {
    "audit": ("cxsync.cli.audit:audit", "Read the topics as an auditor."),
    "connection": ("cxsync.cli.connection:connection", "Carerix users paired with their calendars."),
    "demo": ("cxsync.demo.command:demo", "A recruiter's week on the sandbox, checked."),
    "dead-letters": ("cxsync.cli.dead_letters:dead_letters", "Records that could not be processed."),
    "keys": ("cxsync.cli.keys:keys", "Keys that seal content and credentials."),
    "local": ("cxsync.cli.local:local", "The embedded Kafka, PostgreSQL and mail catcher."),
    "migrate": ("cxsync.cli.migrate:migrate", "Create or upgrade the database."),
    "recurrence": ("cxsync.cli.recurrence:recurrence", "Judge recurring appointments."),
    "run": ("cxsync.cli.run:run", "Run one role in the foreground."),
    "sandbox": ("cxsync.sandbox.core.command:sandbox", "The sandbox servers alone."),
    "status": ("cxsync.cli.status:status", "One line a connection, and what needs a person."),
    "tenant": ("cxsync.cli.tenant:tenant", "Carerix applications."),
    "topics": ("cxsync.cli.topics:topics", "Create the topics; print what differs."),
    "up": ("cxsync.cli.up:up", "All roles in one supervised group of processes."),
}


class Commands(click.Group):
    """Loads a command's module only when it is called: ``recurrence check`` needs no Kafka, and starts without it."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, _, attribute = COMMANDS[cmd_name][0].partition(":")
        command: click.Command = getattr(importlib.import_module(module), attribute)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, COMMANDS[name][1]) for name in sorted(COMMANDS)])


@click.command(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="cxsync")
def cxsync() -> None:
    """Keep a Carerix agenda and an Exchange or Google calendar the same, both ways."""


def main(arguments: list[str] | None = None) -> None:
    """Entry point of the command; always ends in ``SystemExit``."""
    try:
        result = cxsync.main(args=arguments, prog_name="cxsync", standalone_mode=False)
    except click.exceptions.Abort:
        sys.exit(1)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except CxSyncError as error:
        click.echo(f"cxsync: {error}", err=True)
        sys.exit(error.exit_code)
    except ContractError as error:  # a key that does not fit, a record of a newer program
        click.echo(f"cxsync: {error}", err=True)
        sys.exit(1)
    except BrokenPipeError:  # the reader of our output has gone, as in `cxsync … | head`
        sys.stderr.close()
        sys.exit(1)
    sys.exit(result if isinstance(result, int) else 0)
