"""What servers of 2010, 2013 and 2016 answer to newer requests, and how exchangelib finds out with whom it speaks."""

import pytest
from exchangelib import BASIC, NTLM, CalendarItem, EWSDateTime

from cxsync.sandbox.core.run import Sandbox
from tests.unit.sandbox.exchange.conftest import AMSTERDAM, new_mailbox, set_options

FOLDER = (
    "<m:GetFolder><m:FolderShape><t:BaseShape>IdOnly</t:BaseShape>{more}</m:FolderShape>"
    '<m:FolderIds><t:DistinguishedFolderId Id="calendar"/></m:FolderIds></m:GetFolder>'
)
MORE = '<t:AdditionalProperties><t:FieldURI FieldURI="folder:DistinguishedFolderId"/></t:AdditionalProperties>'


@pytest.mark.parametrize("kind", [BASIC, NTLM])
@pytest.mark.parametrize(
    ("release", "build", "api"),
    [
        ("2010_SP2", (14, 2), "Exchange2010_SP2"),
        ("2013_SP1", (15, 0), "Exchange2013_SP1"),
        ("2016", (15, 1), "Exchange2016"),
        ("2019", (15, 2), "Exchange2016"),
    ],
)
def test_exchangelib_learns_the_version_and_works(
    own_sandbox: Sandbox, kind: str, release: str, build: tuple[int, int], api: str
) -> None:
    set_options(own_sandbox, release=release)
    account = new_mailbox(own_sandbox).account(kind)
    start = EWSDateTime(2026, 3, 3, 9, tzinfo=AMSTERDAM)
    made = CalendarItem(account=account, folder=account.calendar, subject="x", start=start, end=start).save()
    version = account.version
    assert (version.build.major_version, version.build.minor_version, version.api_version) == (*build, api)
    made.subject = "y"
    made.save()
    assert [each.subject for each in account.calendar.all()] == ["y"]
    assert [each.subject for _, each in account.calendar.sync_items()] == ["y"]
    assert account.root.tois.name == "Top of Information Store"


def test_a_newer_request_is_refused_by_an_older_server(own_sandbox: Sandbox) -> None:
    mailbox = new_mailbox(own_sandbox)
    set_options(own_sandbox, release="2010_SP2")
    assert "ErrorInvalidServerVersion" in mailbox.soap(FOLDER.format(more=""), "Exchange2013").text
    assert mailbox.soap(FOLDER.format(more=""), "Exchange2010").status_code == 200
    assert "ErrorSchemaValidation" in mailbox.soap(FOLDER.format(more=MORE), "Exchange2010_SP2").text
    set_options(own_sandbox, release="2013_SP1")
    assert "<t:DistinguishedFolderId>calendar<" in mailbox.soap(FOLDER.format(more=MORE), "Exchange2013").text


def test_an_unknown_version_is_refused(own_sandbox: Sandbox) -> None:
    assert "ErrorInvalidServerVersion" in new_mailbox(own_sandbox).soap(FOLDER.format(more=""), "Exchange2031").text
