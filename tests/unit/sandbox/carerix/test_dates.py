"""Dates as text: wire contract A6; carerix.md section 6 for literals."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cxsync.sandbox.carerix.dates import EXPECTED, printed, read_field, read_literal
from cxsync.sandbox.carerix.options import Options
from cxsync.sandbox.carerix.refusals import InvalidQuery

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
LENIENT = Options(date_input="lenient")
FORMS = [Options(date_form="T"), Options(date_form="fraction"), Options(date_form="space")]
FORMS += [Options(date_form="Z"), Options(date_form="offset")]
moments = st.datetimes(datetime(1901, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


@given(moments, st.sampled_from(FORMS))
def test_what_is_printed_is_read(moment: datetime, options: Options) -> None:
    moment = moment.replace(microsecond=0)
    assert read_field(printed(moment, UTC, options), UTC, options) == moment


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-07-01T09:00:00", "2026-07-01T07:00:00+00:00"),
        ("2026-07-01 09:00:00", "2026-07-01T07:00:00+00:00"),
        ("2026-07-01T09:00:00.5", "2026-07-01T07:00:00.500000+00:00"),
        ("2026-07-01T09:00:00Z", "2026-07-01T09:00:00+00:00"),
        ("2026-07-01T09:00:00+0530", "2026-07-01T03:30:00+00:00"),
        ("2026-07-01T09:00:00-05:00", "2026-07-01T14:00:00+00:00"),
        ("2026-10-25T02:30:00", "2026-10-25T00:30:00+00:00"),  # twice on that day: the first
    ],
)
def test_lenient_input_reads_every_form(text: str, expected: str) -> None:
    assert read_field(text, AMSTERDAM, LENIENT).isoformat() == expected


@pytest.mark.parametrize("form", list(EXPECTED))
def test_strict_input_has_the_printed_form(form: str) -> None:
    examples = {
        "T": "2026-07-01T09:00:00",
        "fraction": "2026-07-01T09:00:00.000",
        "space": "2026-07-01 09:00:00",
        "Z": "2026-07-01T09:00:00Z",
        "offset": "2026-07-01T09:00:00+02:00",
    }
    options = next(each for each in FORMS if each.date_form == form)
    for name, text in examples.items():
        if name == form or (form == "offset" and name == "Z") or (form == "Z" and name == "offset"):
            assert read_field(text, UTC, options).tzinfo is UTC
        else:
            with pytest.raises(InvalidQuery):
                read_field(text, UTC, options)


@given(st.text(alphabet="0123456789-:T Z+.EtcGMTurope/Ams", max_size=32))
def test_any_other_text_is_refused(text: str) -> None:
    for literal in (False, True):
        try:
            moment = read_literal(text, AMSTERDAM) if literal else read_field(text, AMSTERDAM, LENIENT)
        except InvalidQuery:
            continue
        assert moment.tzinfo is UTC


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00", "9999-12-31T23:59:59", "2026-02-29T00:00:00"])
def test_dates_outside_the_calendar_are_refused(text: str) -> None:
    with pytest.raises(InvalidQuery):
        read_field(text, AMSTERDAM, LENIENT)
