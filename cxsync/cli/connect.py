"""``cxsync connection add`` and ``reactivate``: what needs the user's credentials; ``remove`` and ``erase``."""

import os
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

import click

from cxsync.activate import removal
from cxsync.activate.activation import Applicant, activate
from cxsync.activate.ground import Ground
from cxsync.activate.reactivation import reactivate as sign_in_again
from cxsync.activate.sign_in import ExchangeSignIn, GoogleSignIn, SignIn
from cxsync.calendars.opening import Opener
from cxsync.cli.database import opened
from cxsync.errors import SettingError
from cxsync.keyring import credential_keys, encryption_keys
from cxsync.settings import PREFIX, Settings
from cxsync.store import connections, tenants


@contextmanager
def ground() -> Iterator[Ground]:
    """What activation works with, opened for one command."""
    with opened() as env:
        credentials = credential_keys(env.settings)
        yield Ground(
            settings=env.settings,
            database=env.database,
            opener=Opener(env.settings, env.database, credentials),
            encryption_keys=encryption_keys(env.settings),
            credential_keys=credentials,
            holder=f"command {socket.gethostname()}:{os.getpid()}",
        )


@click.command()
@click.option("--tenant", "tenant_name", required=True, help="The Carerix application.")
@click.option("--carerix-user", required=True, metavar="ID", help="The user's userID in Carerix.")
@click.option("--provider", type=click.Choice(["exchange", "google"]), required=True, help="Kind of calendar.")
@click.option("--endpoint", help="Exchange: the mail server, such as mail.example.com.")
@click.option("--username", help="Exchange: the name to sign in with.")
@click.option("--password-stdin", is_flag=True, help="Exchange: read the password from standard input, a line.")
@click.option("--refresh-token-stdin", is_flag=True, help="Google: read the refresh token from standard input, a line.")
@click.option("--email", help="Where the user's mails go; default: the address that Carerix has.")
@click.option("--language", type=click.Choice(["en", "nl"]), help="Of the mails; default: the Carerix user's.")
def add(
    tenant_name: str,
    carerix_user: str,
    provider: str,
    endpoint: str | None,
    username: str | None,
    password_stdin: bool,
    refresh_token_stdin: bool,
    email: str | None,
    language: str | None,
) -> None:
    """Connect a Carerix user with a calendar; prints the connection's id once both sides answered.

    Nothing that exists is synchronised before it is edited. If anything cannot be done, nothing is left behind.
    """
    if provider == "exchange" and not (endpoint and username and password_stdin):
        raise click.UsageError("exchange needs --endpoint, --username and --password-stdin")
    if provider == "google" and not refresh_token_stdin:
        raise click.UsageError("google needs --refresh-token-stdin")
    if provider == "google" and (endpoint or username or password_stdin):
        raise click.UsageError("google takes no --endpoint, --username or --password-stdin")
    secret = _secret("password" if provider == "exchange" else "refresh token")
    sign_in: SignIn = GoogleSignIn(secret=secret)
    if provider == "exchange":
        sign_in = ExchangeSignIn(endpoint=endpoint or "", username=username or "", secret=secret)
    with ground() as given:
        _check_settings(given.settings, provider)
        with given.database.transaction() as conn:
            tenant = tenants.get(conn, tenant_name)
        done = activate(
            given, Applicant(tenant=tenant, carerix_user=carerix_user, email=email, language=language), sign_in
        )
    click.echo(
        f"noted as they are: {done.carerix} appointments in Carerix, {done.external} outside; "
        f"{done.paired} were on both sides already",
        err=True,
    )
    click.echo(str(done.connection_id))


@click.command()
@click.argument("connection_id", type=click.UUID)
@click.option("--username", help="Exchange: if the user signs in with another name now.")
@click.option("--password-stdin", is_flag=True, help="Exchange: read the new password from standard input, a line.")
@click.option("--refresh-token-stdin", is_flag=True, help="Google: read the new refresh token from standard input.")
def reactivate(connection_id: UUID, username: str | None, password_stdin: bool, refresh_token_stdin: bool) -> None:
    """Sign in again with a new password or consent, and catch up with what happened meanwhile."""
    with ground() as given:
        with given.database.transaction() as conn:
            provider = connections.get(conn, connection_id).provider
        if provider == "exchange" and (refresh_token_stdin or not password_stdin):
            raise click.UsageError("this connection is with Exchange: give --password-stdin")
        if provider == "google" and (password_stdin or username or not refresh_token_stdin):
            raise click.UsageError("this connection is with Google: give --refresh-token-stdin")
        _check_settings(given.settings, provider)
        secret = _secret("password" if provider == "exchange" else "refresh token")
        sign_in_again(given, connection_id, secret, username)


@click.command()
@click.argument("connection_id", type=click.UUID)
def remove(connection_id: UUID) -> None:
    """Stop for good and forget the credentials; appointments stay on both sides."""
    with ground() as given:
        removal.remove(given, connection_id)


@click.command()
@click.argument("connection_id", type=click.UUID)
def erase(connection_id: UUID) -> None:
    """Remove, and destroy the key, so that the history can never be read again. Cannot be undone."""
    with ground() as given:
        removal.erase(given, connection_id)


def _secret(what: str) -> str:
    secret = sys.stdin.readline().rstrip("\r\n")
    if not secret:
        raise click.UsageError(f"expected a line with the {what} on standard input")
    return secret


def _check_settings(settings: Settings, provider: str) -> None:
    if provider == "google" and not (settings.google_client_id and settings.google_client_secret):
        missing = "GOOGLE_CLIENT_SECRET" if settings.google_client_id else "GOOGLE_CLIENT_ID"
        raise SettingError(PREFIX + missing, None, "set it to that of the OAuth client that users consent to")
