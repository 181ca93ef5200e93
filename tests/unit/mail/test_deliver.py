"""Handing over mails to servers that misbehave at each step of RFC 5321."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage

import pytest

from cxsync.mail import deliver as module
from cxsync.mail.deliver import MailFailed, deliver

USUAL = {
    "HELO": "250 hello",
    "MAIL": "250 ok",
    "RCPT": "250 ok",
    "DATA": "354 go on",
    ".": "250 taken",
    "QUIT": "221 bye",
}


@contextmanager
def server(**answers: str) -> Iterator[tuple[str, list[str]]]:
    """A server that answers each command as told (an empty answer: hangs up); its URL and the commands it saw."""
    told, seen = USUAL | {name.replace("END", "."): answer for name, answer in answers.items()}, list[str]()
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            connection, _ = listener.accept()
            with connection, connection.makefile("rw", newline="\r\n") as lines:
                data = False
                lines.write("220 ready\r\n")
                lines.flush()
                for line in lines:
                    word = "." if data and line.strip() == "." else line.split()[0].upper() if not data else ""
                    if not word:
                        continue
                    seen.append(word)
                    answer = "502 no" if word == "EHLO" else told.get(word, "502 no")
                    if not answer:
                        return
                    data = answer.startswith("354")
                    lines.write(answer + "\r\n")
                    lines.flush()

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"smtp://127.0.0.1:{listener.getsockname()[1]}", seen
        thread.join(10)


@pytest.fixture
def mail() -> EmailMessage:
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = "a@example.com", "b@example.com", "Lunch"
    made.set_content("Salary")
    return made


def test_a_mail_is_taken(mail: EmailMessage) -> None:
    with server() as (url, seen):
        deliver(url, mail)
    assert seen[-2:] == [".", "QUIT"]


@pytest.mark.parametrize("answer", ["421 shutting down", "500 what", ""])
def test_a_mail_that_was_taken_is_not_sent_again_for_a_bad_goodbye(mail: EmailMessage, answer: str) -> None:
    with server(QUIT=answer) as (url, _):
        deliver(url, mail)


@pytest.mark.parametrize(
    ("step", "answer", "permanent"),
    [
        ("MAIL", "451 later", False),
        ("MAIL", "550 never", True),
        ("RCPT", "450 later", False),
        ("RCPT", "550 no such user b@example.com", True),
        ("DATA", "451 later", False),
        ("END", "452 disk full", False),
        ("END", "554 no", True),
        ("END", "", False),
        ("MAIL", "", False),
    ],
)
def test_a_refusal_is_told_by_server_and_code_without_the_recipient(
    mail: EmailMessage, step: str, answer: str, permanent: bool
) -> None:
    with server(**{step: answer}) as (url, _), pytest.raises(MailFailed) as failure:
        deliver(url, mail)
    assert failure.value.permanent is permanent
    text = str(failure.value)
    assert url.removeprefix("smtp://") in text
    assert "CXSYNC_SMTP_URL" in text
    assert "b@example.com" not in text
    assert answer[:3] in text


def test_a_server_that_is_not_there(mail: EmailMessage) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"smtp://user:s3cret@127.0.0.1:{unused.getsockname()[1]}"
        with pytest.raises(MailFailed, match="ConnectionRefusedError") as failure:
            deliver(url, mail)
    assert "s3cret" not in str(failure.value)


def test_a_server_that_says_nothing_is_given_up(mail: EmailMessage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "TIMEOUT", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as silent, pytest.raises(MailFailed, match="timed out"):
        deliver(f"smtp://127.0.0.1:{silent.getsockname()[1]}", mail)


def test_starttls_that_a_server_does_not_offer_sends_nothing_in_clear(mail: EmailMessage) -> None:
    with server() as (url, seen), pytest.raises(MailFailed):
        deliver(url.replace("smtp://", "smtp+starttls://"), mail)
    assert "MAIL" not in seen
