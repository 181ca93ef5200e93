"""Which of a server's answers about single items stop a listing, and which do not."""

from collections.abc import Sequence
from typing import Any

import pytest
from exchangelib.errors import ErrorInternalServerError, ErrorInvalidIdMalformed, ErrorItemCorrupt, ErrorItemNotFound
from lxml import etree

from cxsync.calendars.exchange.gather import whole
from cxsync.calendars.exchange.services import Key
from tests.unit.calendars.exchange.items import item


class Server:
    """Answers as it is told, each answer as often as it is listed."""

    def __init__(self, **answers: list[Any]) -> None:
        self.answers = answers
        self.asked: list[list[str]] = []

    def whole(self, ids: Sequence[Any]) -> list[Any]:
        self.asked.append([each.id for each in ids])
        return [self.answers[each.id].pop(0) for each in ids]


def good(name: str) -> etree._Element:
    return etree.fromstring(item().replace(b'Id="one"', f'Id="{name}"'.encode()))


STUMBLED = ErrorInternalServerError("")


def test_what_is_gone_is_left_out() -> None:
    server = Server(a=[ErrorItemNotFound("")], b=[good("b")], c=[ErrorInvalidIdMalformed("")])
    assert [each.key.id for each in whole(server, [Key("a"), Key("b"), Key("c")])] == ["b"]


def test_one_that_the_server_stumbles_over_once_is_asked_again() -> None:
    server = Server(a=[STUMBLED, good("a")], b=[good("b")])
    assert [b"Corrupt" in each.documents[0].body for each in whole(server, [Key("a"), Key("b")])] == [False, False]


@pytest.mark.parametrize("answers", [[STUMBLED, STUMBLED], [ErrorItemCorrupt("")]])
def test_one_that_stays_bad_is_kept_as_such_and_stops_no_other(answers: list[Any]) -> None:
    server = Server(a=answers, b=[good("b")])
    assert [b"Corrupt" in each.documents[0].body for each in whole(server, [Key("a"), Key("b")])] == [True, False]


def test_a_server_that_stumbles_over_everything_is_in_trouble_itself() -> None:
    server = Server(a=[STUMBLED], b=[STUMBLED])
    with pytest.raises(ErrorInternalServerError):
        whole(server, [Key("a"), Key("b")])
    assert len(server.asked) == 1


def test_the_same_id_is_asked_for_once() -> None:
    server = Server(a=[good("a")])
    assert len(whole(server, [Key("a", "1"), Key("a", "2")])) == 1
