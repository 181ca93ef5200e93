import socket

import pytest

from cxsync.local import ports


def test_a_part_returns_to_the_port_it_had() -> None:
    before = ports.choose(["a", "b"], {})
    assert ports.choose(["a", "b"], before) == before


def test_a_taken_port_is_replaced() -> None:
    with socket.socket() as other:
        other.bind((ports.HOST, 0))
        other.listen()
        taken = other.getsockname()[1]
        assert not ports.is_free(taken)
        assert ports.answers(taken)
        chosen = ports.choose(["a", "b"], {"a": taken})
    assert chosen["a"] != taken
    assert len(set(chosen.values())) == 2


def test_two_parts_never_get_one_port() -> None:
    before = ports.choose(["a"], {})
    chosen = ports.choose(["a", "b"], {"a": before["a"], "b": before["a"]})
    assert chosen["a"] == before["a"]
    assert chosen["b"] != before["a"]


def test_no_free_port_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ports, "is_free", lambda _: False)
    with pytest.raises(OSError, match="no free port"):
        ports.choose(["a"], {})
