"""A busy server is waited for as long as it says, but not for ever."""

import pytest

from cxsync.activate.patience import patiently
from cxsync.calendars.errors import Busy, Unavailable


class Server:
    """Answers once it was asked ``busy`` times too often."""

    def __init__(self, busy: int, retry_after: float | None) -> None:
        self.left = busy
        self.retry_after = retry_after

    def read(self) -> str:
        if self.left:
            self.left -= 1
            raise Busy("exchange", "list", "later", self.retry_after)
        return "read"


def test_it_comes_back_when_the_server_says() -> None:
    slept: list[float] = []
    assert patiently(Server(3, 7.0).read, sleep=slept.append) == "read"
    assert slept == [7.0, 7.0, 7.0]


def test_it_gives_up_in_the_end() -> None:
    slept: list[float] = []
    with pytest.raises(Busy):
        patiently(Server(10**9, 0.0).read, longest=5.0, sleep=slept.append)
    assert 3 < sum(slept) <= 5.0


def test_a_server_that_does_not_say_is_left_alone_for_a_while() -> None:
    slept: list[float] = []
    patiently(Server(1, None).read, sleep=slept.append)
    assert slept == [2.0]


def test_other_errors_are_not_repeated() -> None:
    asked = 0

    def read() -> None:
        nonlocal asked
        asked += 1
        raise Unavailable("exchange", "list", "down")

    with pytest.raises(Unavailable):
        patiently(read)
    assert asked == 1
