from pathlib import Path

import pytest

from cxsync.local.errors import NewerDataError
from cxsync.local.kafka import VERSION, check_version, properties


def test_all_listeners_are_on_loopback() -> None:
    lines = dict(line.split("=", 1) for line in properties({"client": 20001, "controller": 20002}).splitlines())
    assert lines["listeners"] == "CLIENT://127.0.0.1:20001,CONTROLLER://127.0.0.1:20002"
    assert lines["advertised.listeners"] == "CLIENT://127.0.0.1:20001"
    assert lines["controller.quorum.voters"] == "1@127.0.0.1:20002"
    assert lines["auto.create.topics.enable"] == "false"


@pytest.mark.parametrize("written", ["4.4.1", "4.5.0", "4.10.0", "5.0.0"])
def test_data_of_a_newer_kafka_are_refused(tmp_path: Path, written: str) -> None:
    (tmp_path / "version").write_text(written + "\n")
    with pytest.raises(NewerDataError, match=written):
        check_version(tmp_path)


@pytest.mark.parametrize("written", [None, "4.3.2", VERSION])
def test_data_of_this_or_an_older_kafka_are_opened(tmp_path: Path, written: str | None) -> None:
    if written is not None:
        (tmp_path / "version").write_text(written)
    check_version(tmp_path)
