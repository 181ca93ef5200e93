"""The paragraphs: both languages have words for everything, dates are written out."""

import re

import pytest

from cxsync.recurrence.codes import Reason
from cxsync.recurrence.text.paragraph import WORDS
from tests.unit.recurrence.test_answers import REFUSALS
from tests.unit.recurrence.verify import Json, ask


def test_both_languages_have_a_sentence_for_every_reason() -> None:
    for words in WORDS.values():
        assert set(words.causes) == set(Reason)


@pytest.mark.parametrize("line", [line for line, *_ in REFUSALS], ids=str)
def test_paragraph_is_whole(line: Json) -> None:
    for text in ask(line)["text"].values():
        assert text[-1] in ".…"
        assert not re.search(r"[{}]|None|  ", text)


def test_dates_are_written_out_on_the_clock_of_the_home_zone() -> None:
    line = {
        "dtstart": "20260302T190000",
        "tz": "America/New_York",
        "rrule": "FREQ=WEEKLY;COUNT=2",
        "overrides": [{"recurrence_id": "20260309T190000", "start": "20260310T190000"}],
        "home_zone": "Europe/Amsterdam",
    }
    text = ask(line)["text"]
    assert "from 3 March 2026" in text["en"]
    assert "at 01:00" in text["en"]
    assert "vanaf 3 maart 2026" in text["nl"]


@pytest.mark.parametrize(
    ("rule", "english", "dutch"),
    [
        (
            "FREQ=DAILY",
            "Choose every Monday to Sunday: the same dates.",
            "Kies elke maandag t/m zondag: dezelfde datums.",
        ),
        ("FREQ=WEEKLY;INTERVAL=2", "Every 2 weeks on Monday", "Om de 2 weken op maandag"),
        ("FREQ=MONTHLY;BYDAY=5FR", "Choose the last Friday", "Kies de laatste vrijdag"),
        ("FREQ=YEARLY;BYMONTH=5;BYMONTHDAY=4", "4 May of every year", "Elk jaar op 4 mei"),
    ],
)
def test_series_and_proposals_in_words(rule: str, english: str, dutch: str) -> None:
    start = ask({"dtstart": "20260105T090000", "tz": "Europe/Amsterdam", "rrule": rule})["expand"][0]
    text = ask({"dtstart": start, "tz": "Europe/Amsterdam", "rrule": rule})["text"]
    assert english in text["en"]
    assert dutch in text["nl"]
