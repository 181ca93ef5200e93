"""Settings: the only list, its example file, and what a wrong value is told."""

from pathlib import Path

import pytest

from cxsync.errors import SettingError
from cxsync.settings import PREFIX, Settings, example

ROOT = Path(__file__).parents[2]


def test_the_example_file_is_printed_from_the_settings() -> None:
    assert (ROOT / ".env.example").read_text() == example(), "run: python -c 'from cxsync.settings import example; …'"


def test_every_setting_says_what_it_means() -> None:
    assert all(field.description for field in Settings.model_fields.values())


def test_the_environment_wins_over_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / ".env"
    file.write_text(f"{PREFIX}TOPIC_PARTITIONS=3\n{PREFIX}LOG_LEVEL=ERROR\n")
    monkeypatch.setenv(f"{PREFIX}TOPIC_PARTITIONS", "7")
    settings = Settings.load(file)
    assert (settings.topic_partitions, settings.log_level) == (7, "ERROR")


def test_an_empty_value_counts_as_unset(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"{PREFIX}TOPIC_PARTITIONS", "")
    assert Settings.load(None).topic_partitions == 12


@pytest.mark.parametrize("value", ["301", "0", "soon"])
def test_a_poll_interval_is_never_longer_than_five_minutes(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv(f"{PREFIX}POLL_INTERVAL", value)
    with pytest.raises(SettingError) as refused:
        Settings.load(None)
    assert (refused.value.name, refused.value.value) == (f"{PREFIX}POLL_INTERVAL", value)
