"""What ``connection add`` asks for, before it looks anywhere."""

import pytest
from click.testing import CliRunner

from cxsync.cli.connection import connection


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (("--provider", "exchange", "--endpoint", "mail.example.com", "--username", "x"), "--password-stdin"),
        (("--provider", "exchange", "--username", "x", "--password-stdin"), "--endpoint"),
        (("--provider", "google"), "--refresh-token-stdin"),
        (("--provider", "google", "--refresh-token-stdin", "--username", "x"), "--username"),
        (("--provider", "google", "--refresh-token-stdin"), "refresh token on standard input"),
        (
            (
                "--provider",
                "lotus",
            ),
            "lotus",
        ),
    ],
)
def test_wrong_usage_exits_2_and_says_what_is_missing(given: tuple[str, ...], expected: str) -> None:
    done = CliRunner().invoke(connection, ["add", "--tenant", "demo", "--carerix-user", "101", *given], input="")
    assert done.exit_code == 2
    assert expected in done.output
