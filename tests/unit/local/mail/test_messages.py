from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from cxsync.local.mail.messages import Envelope, Messages, read

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
ENVELOPE = Envelope("1", AT, "a@example.com", ("b@example.com",))


def mail(subject: str = "Termin verschoben – één") -> bytes:
    message = EmailMessage()
    message["From"] = "CxCalendarSync <cxsync@localhost>"
    message["To"] = "b@example.com"
    message["Subject"] = subject
    message["X-CxSync-Reason"] = "daily-series"
    message.set_content("Grüße\n")
    message.add_alternative("<p>Grüße</p>", subtype="html")
    return message.as_bytes()


def test_both_alternatives_and_the_headers_are_read() -> None:
    found = read(mail(), ENVELOPE)
    assert found.subject == "Termin verschoben – één"
    assert found.headers["X-CxSync-Reason"] == "daily-series"
    assert found.text == "Grüße\n"
    assert found.html == "<p>Grüße</p>\n"


def test_an_unknown_charset_is_shown_all_the_same() -> None:
    found = read(b"Content-Type: text/plain; charset=martian\n\nhello\n", ENVELOPE)
    assert found.text is not None
    assert "hello" in found.text


@given(st.binary(max_size=400))
def test_nothing_that_arrives_breaks_the_list(content: bytes) -> None:
    read(content, ENVELOPE)


@given(
    st.lists(
        st.tuples(
            st.sampled_from(
                ["To", "Date", "Content-Type", "Content-Transfer-Encoding", "Message-ID", "Subject", "MIME-Version"]
            ),
            st.text(st.characters(blacklist_characters="\r\n", blacklist_categories=["Cs"]), max_size=40),
        ),
        max_size=6,
    )
)
def test_no_header_breaks_the_list(headers: list[tuple[str, str]]) -> None:
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers)
    read((lines + "\r\nbody\r\n").encode(), ENVELOPE)


def test_mails_survive_and_are_listed_in_the_order_they_came(tmp_path: Path) -> None:
    messages = Messages(tmp_path / "mails")
    contents = [mail(str(number)) for number in range(3)]
    names = [
        messages.add(
            contents[number], at=AT.replace(second=number), sender="a", recipients=("b",), tls=False, user=None
        )
        for number in range(3)
    ]
    again = Messages(tmp_path / "mails")
    assert [message.id for message in again.list()] == names
    assert [message.subject for message in again.list()] == ["0", "1", "2"]
    assert [again.source(name) for name in names] == contents
    assert again.clear() == 3
    assert messages.list() == []
    assert messages.get(names[0]) is None
