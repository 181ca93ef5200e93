"""The table of transformations in docs/sandbox-exchange.md, row by row."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cxsync.sandbox.exchange.body import as_html, as_text, from_outlook, plain, stored
from cxsync.sandbox.exchange.item import Body

HEAD = '<meta http-equiv="Content-Type" content="text/html; charset=utf-8">'


def html(text: str) -> str:
    return stored(Body(text, html=True)).text


def test_t1_line_ends_become_carriage_return_and_line_feed() -> None:
    assert stored(Body("a\nb\rc\r\nd", html=False)).text == "a\r\nb\r\nc\r\nd"


def test_t2_a_fragment_becomes_a_document_with_its_character_set() -> None:
    assert (
        html("<p>Hi</p>") == f"<html>\r\n<head>\r\n{HEAD}\r\n</head>\r\n<body>\r\n<p>Hi</p>\r\n</body>\r\n</html>\r\n"
    )


def test_t3_names_are_lower_case_and_attributes_quoted() -> None:
    assert '<p class="x">Hi</p>' in html("<P CLASS=x>Hi</P>")


def test_t4_active_content_goes() -> None:
    text = html('<p onclick="x()">Hi<script>alert(1)</script><iframe src="a"></iframe></p><a href="javascript:x">b</a>')
    assert "script" not in text and "iframe" not in text and "onclick" not in text
    assert "<p>Hi</p><a>b</a>" in text


def test_t5_the_head_is_kept_but_for_its_character_set() -> None:
    text = html('<html><head><meta charset="latin-1"><style>p {}</style></head><body bgcolor="red">x</body></html>')
    assert f"{HEAD}<style>p {{}}</style>" in text and "latin-1" not in text and '<body bgcolor="red">' in text


@pytest.mark.parametrize(
    ("given", "read"),
    [
        ("<p>One</p><p>Two</p>", "One\r\n\r\nTwo"),
        ("<div>One</div><div>Two</div>", "One\r\nTwo"),
        ("One<br>Two", "One\r\nTwo"),
        ('<a href="https://x.example/">here</a>', "here<https://x.example/>"),
        ('<a href="mailto:a@x.example">a@x.example</a>', "a@x.example"),
        ("<ul><li>One</li><li>Two</li></ul>", "  *   One\r\n  *   Two"),
        ("a&nbsp;&amp; b", "a & b"),
        ("<p>  much \n space  </p>", "much space"),
    ],
)
def test_t7_html_is_read_as_text(given: str, read: str) -> None:
    assert as_text(stored(Body(given, html=True))) == read


def test_t8_text_is_wrapped_when_html_is_asked_for() -> None:
    wrapped = as_html(Body("a < b\r\nc", html=False))
    assert '<div class="PlainText">a &lt; b<br>\r\nc</div>' in wrapped and "<!-- converted from text -->" in wrapped


def test_t9_outlook_writes_a_paragraph_a_line() -> None:
    body = from_outlook("One\n\nTwo")
    assert body.text.count('<p class="MsoNormal">') == 3
    assert plain(body).split() == ["One", "Two"]


@settings(deadline=None, derandomize=True)
@given(st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zs", "Zl", "Zp")), max_size=60))
def test_what_a_person_types_is_read_again(text: str) -> None:
    assert plain(from_outlook(text)).strip() == text.strip()


@settings(max_examples=500, deadline=None, derandomize=True)
@given(st.text(max_size=60) | st.text('<>!-&;#x0a/ ="p?[]CDAT\n', max_size=40))
def test_rewriting_twice_changes_nothing_more(text: str) -> None:
    once = stored(Body(text, html=True))
    assert stored(once) == once


def test_markup_that_is_none_stays_text() -> None:
    assert as_text(stored(Body("a < b &# c", html=True))) == "a < b &# c"
    assert plain(from_outlook("&#0 &amp; <b>")) == "&#0 &amp; <b>"
