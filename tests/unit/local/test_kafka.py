import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cxsync.local.errors import NewerDataError
from cxsync.local.kafka import VERSION, check_version, cluster_id, properties


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


@given(st.binary(min_size=16, max_size=16))
def test_a_cluster_id_is_never_taken_for_an_option(random: bytes) -> None:
    made = cluster_id(random)
    assert re.fullmatch(r"[\w][\w-]{21}", made, re.ASCII)


def test_ids_that_would_start_with_a_dash_do_not() -> None:
    # 0xF8: the 63rd letter of the alphabet, which is "-".
    assert not cluster_id(b"\xf8" + bytes(15)).startswith("-")
