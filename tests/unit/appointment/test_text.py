"""Bodies between HTML and text: nothing is destroyed, and what is plain is known."""

import time

import pytest
from hypothesis import example, given

from cxsync.appointment.characters import normal, one_line
from cxsync.appointment.text import of_text, to_html, to_text
from tests.unit.appointment.examples import texts

WORD = """<html xmlns:o="urn:schemas-microsoft-com:office:office"><head>
<meta name=Generator content="Microsoft Word 15">
<style><!-- p.MsoNormal {margin:0cm; font-size:11.0pt;} --></style></head>
<body lang=NL link="#0563C1" vlink="#954F72" style='word-wrap:break-word'><div class=WordSection1>
<p class=MsoNormal>Eerste regel<o:p></o:p></p>
<p class=MsoNormal><o:p>&nbsp;</o:p></p>
<p class=MsoNormal><span lang=EN-US style='mso-fareast-language:EN-US'>Tweede
 regel</span><br>derde<o:p></o:p></p></div></body></html>"""


@given(texts)
@example("a\n")
@example("\n\n a  b\u2028c \n\n")
@example("a &nbsp; <b>&lt;")
def test_text_survives_html(text: str) -> None:
    html = to_html(text)
    assert to_text(html) == to_text(html, lines_count=True)
    assert to_text(html).text == normal(text) == normal(normal(text))


@given(texts)
def test_what_text_makes_is_plain_and_what_any_source_makes_is_normal(text: str) -> None:
    assert to_text(to_html(text)).plain
    read = to_text(text).text
    assert read == normal(read)


@pytest.mark.parametrize(
    ("html", "text"),
    [
        (WORD, "Eerste regel\n\nTweede regel\nderde"),
        ("<div>a<br></div><div><br></div><div>b</div>", "a\n\nb"),
        ("<p>a</p><p>b</p>", "a\n\nb"),
        ('<p style="margin:0">a</p><p style="margin:0">b</p>', "a\nb"),
        ('<div style="font-family:Calibri,sans-serif; font-size:12pt; color:rgb(0, 0, 0)">a</div>', "a"),
        ("<pre>a\n  b</pre>", "a\n  b"),
        ("", ""),
        ("Zoë &amp; co", "Zoë & co"),
    ],
)
def test_a_body_of_bare_paragraphs_is_plain(html: str, text: str) -> None:
    read = to_text(html)
    assert (read.text, read.plain) == (text, True)


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<b>a</b>", "a"),
        ('<a href="https://example.com/x">here</a>', "here <https://example.com/x>"),
        ('<a href="https://example.com/x">https://example.com/x</a>', "https://example.com/x"),
        ('<a href="mailto:jan@example.com">jan@example.com</a>', "jan@example.com"),
        ("<ul><li>a<li>b</ul>c", "- a\n- b\n\nc"),
        ("<ol><li>a</li><li>b</li></ol>", "1. a\n2. b"),
        ("<table><tr><td>1<td>2<tr><td>3</table>", "1  2\n3"),
        ('a<img src="cid:1">', "a"),
        ('<span style="color:red">a</span>', "a"),
        ('<span style="background:yellow">a</span>', "a"),
        ('<p style="font-size:11pt">a</p><p style="font-size:20pt">b</p>', "a\n\nb"),
        ('<p style="margin-left:36pt">a</p>', "a"),
        ('<p class="MsoListParagraph">a</p>', "a"),
        ("<h1>a</h1>", "a"),
        ("https://teams.microsoft.com/l/meetup-join/19%3a", "https://teams.microsoft.com/l/meetup-join/19%3a"),
        ("a <!-- b", "a"),
        ("a <b", "a"),
    ],
)
def test_layout_links_and_broken_sources_are_not_plain(html: str, text: str) -> None:
    read = to_text(html)
    assert (read.text, read.plain) == (text, False)


def test_line_ends_of_a_google_description_count() -> None:
    assert to_text("a\nb<br>c\n\nd", lines_count=True).text == "a\nb\nc\n\nd"
    assert to_text("a\nb").text == "a b"


def test_scripts_styles_and_comments_are_not_seen() -> None:
    html = "<title>t</title><style>p{}</style><script>if(a<b)</script><!-- c --><p>x</p>"
    assert to_text(html).text == "x"


@pytest.mark.parametrize(
    "html",
    ["<div>" * 100_000 + "deep", "<!--" * 200_000, "<a " * 200_000, "&lt" * 200_000, "<p>" * 200_000, "<li>x" * 50_000],
    ids=["depth", "comments", "tags", "entities", "paragraphs", "lists"],
)
def test_hostile_sources_take_time_in_proportion(html: str) -> None:
    begun = time.process_time()
    to_text(html)
    assert time.process_time() - begun < 10


def test_entities_of_a_document_type_are_never_expanded() -> None:
    bomb = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]><p>&b;</p>'
    assert "aaaa" not in to_text(bomb).text.split("]>")[-1]


def test_a_source_that_names_another_encoding_is_read_as_the_text_it_is() -> None:
    assert to_text('<?xml version="1.0" encoding="utf-16"?><meta charset="latin1"><p>é€').text == "é€"


def test_a_text_body_is_plain_unless_it_holds_a_join_link() -> None:
    assert of_text("a\r\nb").plain
    assert of_text("a\r\nb").text == "a\nb"
    assert not of_text("Join: https://us02web.zoom.us/j/123").plain


def test_one_line_has_no_line_ends() -> None:
    assert one_line(" a\r\n b\t\x00c ") == "a b c"
