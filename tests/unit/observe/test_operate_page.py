import re
from pathlib import Path

from cxsync.observe.measures import METRICS, put_into
from cxsync.settings import Settings
from cxsync.supervise.keeper import Timing
from cxsync.supervise.restarts import FIRST, LONGEST, SHORT_LIFE

PAGE = (Path(__file__).parents[3] / "docs/operate.md").read_text()


def test_the_table_of_metrics_is_that_of_the_list() -> None:
    assert put_into(PAGE) == PAGE, "run `python -m cxsync.observe.measures`"
    assert "| `cxsync_records_published_total` | counter | `stage`, `topic` |" in PAGE


def test_an_old_table_is_replaced_and_the_rest_stays() -> None:
    old = PAGE.replace("| `cxsync_polls_total` |", "| `cxsync_old` |")
    assert put_into(old) == PAGE


def test_alarms_name_metrics_that_exist() -> None:
    full = {f"cxsync_{name}": metric.kind for name, metric in METRICS.items()}
    for word in set(re.findall(r"\bcxsync_\w+", PAGE)):
        name = re.sub(r"_(total|bucket|count|sum)$", "", word)
        assert name in full, word
        assert word.endswith("_total") == (full[name] == "counter"), word


def test_settings_that_the_page_names_exist() -> None:
    known = {field.upper() for field in Settings.model_fields} | {"MEMBER_ID"}
    named = set(re.findall(r"`(?:CXSYNC_)?([A-Z]+_[A-Z_]+)", PAGE)) - {"POSTGRES_PASSWORD"}
    assert named
    assert named <= known


def test_the_times_that_the_page_names_are_those_of_the_program() -> None:
    timing = Timing()
    assert f"kill -9 after {timing.grace:.0f} s" in PAGE
    assert f"fails for {timing.hung_after:.0f} s" in PAGE
    assert f"no health page within {timing.report_within:.0f} s" in PAGE
    assert f"after {FIRST} s, {FIRST * 2} s, … up to {LONGEST:.0f} s" in PAGE
    assert f"within {SHORT_LIFE:.0f} s of its start" in PAGE
