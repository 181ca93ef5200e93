"""``cxsync recurrence check`` from outside: a conversation on standard input and output, as its users have it."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import pytest

Json = dict[str, Any]
COMMAND = [sys.executable, "-m", "cxsync.cli.recurrence", "check"]


@pytest.fixture(scope="module")
def conversation() -> Iterator["subprocess.Popen[bytes]"]:
    with subprocess.Popen(COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        yield process
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait(20) == 0


def say(process: "subprocess.Popen[bytes]", line: Json) -> Json:
    """One line, one answer, before the next line is written."""
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(json.dumps(line).encode() + b"\n")
    process.stdin.flush()
    answer: Json = json.loads(process.stdout.readline())
    return answer


def run(text: str, *options: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([*COMMAND, *options], input=text, capture_output=True, text=True, check=False, timeout=60)


def test_first_working_day_is_answered_line_for_line(conversation: "subprocess.Popen[bytes]") -> None:
    line = {
        "id": "1",
        "dtstart": "20260202T100000",
        "tz": "Europe/Amsterdam",
        "rrule": "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=1",
    }
    answer = say(conversation, line)
    assert list(answer) == [
        "id", "canonical", "expand", "expand_utc", "more", "off_rule_start", "google", "exchange", "carerix", "text",
    ]  # fmt: skip
    assert answer["canonical"] == {
        "kind": "monthly-relative", "interval": 1, "nth": 1, "day": "weekday", "end": None,
        "excluded": [], "extra": [], "moved": [], "tz": "Europe/Amsterdam",
    }  # fmt: skip
    assert answer["expand"][:3] == ["20260202T100000", "20260302T100000", "20260401T100000"]
    assert answer["expand_utc"][0] == "20260202T090000Z"
    assert len(answer["expand"]) == 100
    assert answer["more"] is True
    assert answer["off_rule_start"] is None
    start = {"dtstart": "20260202T100000", "tz": "Europe/Amsterdam"}
    assert answer["google"] == {
        "verdict": "exact", **start, "recurrence": ["RRULE:FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=1"],
    }  # fmt: skip
    assert answer["exchange"] == {
        "verdict": "exact",
        **start,
        "pattern": {
            "element": "RelativeMonthlyRecurrence", "Interval": 1, "DaysOfWeek": "Weekday", "DayOfWeekIndex": "First",
        },
        "range": {"element": "NoEndRecurrence", "StartDate": "20260202"},
    }  # fmt: skip
    assert answer["carerix"] == {
        "verdict": "refused",
        "code": "unsupported-recurrence",
        "reason": "SETPOS",
        "offending": "BYSETPOS=1",
        "alternative": {
            **start,
            "fields": {
                "recurrence": 1, "recurrenceWeekly": 0, "recurrenceMonthly": 1, "recurrenceRate": 1,
                "isRelativeMonthDay": 1, "recurrenceMonthDay": 1, "recurrenceDay": 1,
            },
        },
        "first_difference": "20260401T100000",
    }  # fmt: skip
    assert answer["text"]["en"] == (
        "The first working day of every month at 10:00, from 2 February 2026. "
        'Carerix has no "first working day". Choose the first Monday: it differs first on 1 April 2026.'
    )
    assert answer["text"]["nl"].startswith(
        "De eerste werkdag van elke maand om 10:00, vanaf 2 februari 2026. "
        'Carerix kent geen "eerste werkdag". Kies de eerste maandag'
    )


def test_removed_occurrence_is_split_and_the_series_carried(conversation: "subprocess.Popen[bytes]") -> None:
    line = {
        "id": "2",
        "dtstart": "20260302T140000",
        "tz": "Europe/Amsterdam",
        "rrule": "FREQ=WEEKLY;BYDAY=MO;COUNT=6",
        "overrides": [{"recurrence_id": "20260316T140000", "cancelled": True}],
    }
    fields = {
        "recurrence": 1, "recurrenceWeekly": 1, "recurrenceMonthly": 0, "recurrenceRate": 1, "recurrenceDayList": "1",
        "isRangeNumberOfTimes": 1,
    }  # fmt: skip
    zone = {"tz": "Europe/Amsterdam"}
    assert say(conversation, line)["carerix"] == {
        "verdict": "split",
        "code": "exception-in-series",
        "reason": "EXCEPTION",
        "offending": "cancelled 20260316T140000",
        "split": [
            {"dtstart": "20260302T140000", **zone, "fields": fields | {"recurrenceNumberOfTimes": 2}},
            {"dtstart": "20260323T140000", **zone, "fields": fields | {"recurrenceNumberOfTimes": 3}},
        ],
        "carried": {"dtstart": "20260302T140000", **zone, "fields": fields | {"recurrenceNumberOfTimes": 6}},
    }


def test_series_in_chicago_differs_in_the_weeks_between_the_switches(conversation: "subprocess.Popen[bytes]") -> None:
    line = {"id": "3", "dtstart": "20260107T083000", "tz": "America/Chicago", "rrule": "FREQ=WEEKLY;BYDAY=WE"}
    answer = say(conversation, line)["carerix"]
    assert answer["verdict"] == "refused"
    assert answer["code"] == "unsupported-recurrence"
    assert (answer["reason"], answer["offending"]) == ("ZONE_DST", "tz America/Chicago")
    assert (answer["alternative"]["dtstart"], answer["alternative"]["tz"]) == ("20260107T153000", "Europe/Amsterdam")
    assert answer["first_difference"] == "20260311T143000"


def test_day_31_of_every_quarter_is_three_yearly_series_for_exchange(
    conversation: "subprocess.Popen[bytes]",
) -> None:
    carerix = {
        "recurrence": 1, "recurrenceMonthly": 1, "recurrenceRate": 3, "isAbsoluteMonthDay": 1, "recurrenceMonthDay": 31,
    }  # fmt: skip
    answer = say(conversation, {"id": "4", "dtstart": "20260131", "carerix": carerix})["exchange"]
    assert answer["verdict"] == "split"
    assert (answer["reason"], answer["offending"]) == ("SHORT_MONTH_SKIP", "recurrenceMonthDay=31")
    assert [part["dtstart"] for part in answer["split"]] == ["20260131", "20260731", "20261031"]


def test_unknown_part_is_named(conversation: "subprocess.Popen[bytes]") -> None:
    line = {"id": "5", "dtstart": "20260105T090000", "tz": "Europe/Amsterdam", "rrule": "FREQ=WEEKLY;BYDAY=MO;BYWEEK=3"}
    answer = say(conversation, line)
    assert answer["canonical"] is None
    assert answer["expand"] is None
    assert (answer["reason"], answer["offending"]) == ("INVALID_RULE", "BYWEEK=3")
    assert {answer[system]["reason"] for system in ("google", "exchange", "carerix")} == {"INVALID_RULE"}


@pytest.mark.parametrize(
    ("line", "field", "value"),
    [
        ({"id": "7", "dtstart": "2026-13-05", "rrule": "FREQ=DAILY"}, "dtstart", "2026-13-05"),
        ({"dtstart": "20260105", "rrule": "FREQ=DAILY", "colour": "red"}, "colour", "red"),
        ({"rrule": "FREQ=DAILY"}, "dtstart", None),
        ({"dtstart": 20260105, "rrule": "FREQ=DAILY"}, "dtstart", 20260105),
        ({"dtstart": "20260105", "rrule": 7}, "rrule", 7),
        ({"dtstart": "20260105"}, "rrule", None),
        ({"dtstart": "20260105", "rrule": "FREQ=DAILY", "carerix": {}}, "rrule", "rrule, carerix"),
        ({"dtstart": "20260105", "rrule": "FREQ=DAILY", "policy": {"week_start": "XX"}}, "policy.week_start", "XX"),
        ({"dtstart": "20260105", "rrule": "FREQ=DAILY", "policy": {"day": 1}}, "policy.day", 1),
        ({"dtstart": "20260105", "rrule": "FREQ=DAILY", "home_zone": "Mars"}, "home_zone", "Mars"),
        ({"dtstart": "20260105", "rrule": "FREQ=DAILY", "duration": -5}, "duration", -5),
        ({"dtstart": "20260105", "rrule": "FREQ=DAILY", "exdates": ["x"]}, "exdates", "x"),
        ({"dtstart": "20260105", "rrule": "FREQ=DAILY", "overrides": [{}]}, "overrides[0].recurrence_id", None),
        ({"dtstart": "20260105", "ews": {"pattern": {"element": "X", "Foo": 1}}}, "ews.pattern.Foo", 1),
        ({"dtstart": "20260105", "rrule": "FREQ=DAILY", "id": 5}, "id", 5),
        ({"dtstart": "20260105T250000", "rrule": "FREQ=DAILY"}, "dtstart", "20260105T250000"),
    ],
)
def test_field_that_cannot_be_used_gets_an_error_answer(
    conversation: "subprocess.Popen[bytes]", line: Json, field: str, value: object
) -> None:
    error = say(conversation, line)["error"]
    assert (error["code"], error["field"], error["value"]) == ("INVALID_INPUT", field, value)
    assert error["message"].startswith(f"{field}:")


def test_error_of_a_date_says_what_would_be_right(conversation: "subprocess.Popen[bytes]") -> None:
    answer = say(conversation, {"id": "7", "dtstart": "2026-13-05", "rrule": "FREQ=DAILY"})
    assert answer == {
        "id": "7",
        "error": {
            "code": "INVALID_INPUT",
            "field": "dtstart",
            "value": "2026-13-05",
            "message": "dtstart: no such date; write 20261205 or 20261205T090000",
        },
    }


def test_each_answer_comes_at_once(conversation: "subprocess.Popen[bytes]") -> None:
    line = {"dtstart": "20260131T090000", "tz": "America/New_York", "rrule": "FREQ=MONTHLY;BYDAY=MO,WE;BYSETPOS=-2"}
    deadline = time.monotonic() + 60
    taken = [1.0]
    # A busy machine may delay any one answer; it is the program's own share that is bounded.
    while min(taken) > 0.1 and time.monotonic() < deadline:
        begun = time.perf_counter()
        say(conversation, line)
        taken.append(time.perf_counter() - begun)
    assert min(taken) < 0.1


def test_blank_lines_are_skipped_and_bad_ones_do_not_stop_the_rest() -> None:
    line = '{"dtstart":"20260105","rrule":"FREQ=WEEKLY"}'
    done = run(f'\n{line}\n\nnonsense\n[1]\n{line[:-1]},"id":"z"}}')
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 0
    assert [answer["id"] for answer in answers] == ["2", "4", "5", "z"]
    assert [answer.get("error", {}).get("field") for answer in answers] == [None, "line", "line", None]


@pytest.mark.parametrize(("language", "said"), [("en", "Every Monday"), ("nl", "Elke maandag")])
def test_text_is_one_paragraph_a_series(language: str, said: str) -> None:
    done = run('{"dtstart":"20260105T090000","tz":"Europe/Amsterdam","rrule":"FREQ=WEEKLY"}\n', "--text", language)
    assert done.returncode == 0
    assert done.stdout.startswith(said)
    assert done.stdout.count("\n") == 1


@pytest.mark.parametrize("options", [["--text", "fr"], ["--nonsense"]])
def test_wrong_usage_exits_two(options: list[str]) -> None:
    assert run("", *options).returncode == 2
