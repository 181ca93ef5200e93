"""Each assumption of the contract is named once, and described on the page."""

import re
from pathlib import Path

from cxsync.calendars.carerix.assumptions import ASSUMPTIONS, WEEKDAYS

NUMBERS = [f"A{number}" for number in range(1, 22)]


def test_all_are_named_once_and_in_order() -> None:
    assert [assumption.code for assumption in ASSUMPTIONS] == NUMBERS
    assert len(set(WEEKDAYS)) == 7


def test_the_page_says_what_rests_on_each() -> None:
    page = Path("docs/carerix.md").read_text(encoding="utf-8")
    assert re.findall(r"^\| (A\d+) \|", page, re.MULTILINE) == NUMBERS
