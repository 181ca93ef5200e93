"""Mails: every reason in both languages, dates in the user's zone, headers that mail systems rely on."""

from datetime import UTC, datetime
from email.message import EmailMessage
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cxsync.mail.compose import Recipient, compose, when
from cxsync.mail.texts import TEXTS, Language
from schemas.appointment import Moment
from schemas.records import Notification, NotificationContent, Parameter
from schemas.words import Reason

AT = datetime(2026, 3, 27, 8, 30, tzinfo=UTC)
START = Moment(wall="2026-03-30T09:30:00", zone="Europe/Amsterdam", instant=datetime(2026, 3, 30, 7, 30, tzinfo=UTC))
ANNA = Recipient("anna@agency.example", "Anna Ås", "nl", "Europe/Amsterdam", "exchange")


def notification(reason: Reason = "daily-series") -> Notification:
    return Notification(
        event_id=UUID(int=1), connection_id=UUID(int=2), reason=reason, cause="c", at=AT, link_id=UUID(int=3)
    )


def mail(
    reason: Reason = "daily-series", subject: str = "Stand-up", language: Language = "nl", explanation: str = "Waarom."
) -> EmailMessage:
    content = NotificationContent(
        subject=subject, start=START, parameters=(Parameter(name="explanation", value=explanation),)
    )
    to = Recipient(ANNA.address, ANNA.name, language, ANNA.zone, ANNA.provider)
    return compose(
        notification(reason),
        content,
        to,
        sender="CxCalendarSync <sync@agency.example>",
        public_url="https://cx.example",
    )


def plain(made: EmailMessage) -> str:
    part = made.get_body(("plain",))
    assert part is not None
    return str(part.get_content())


@pytest.mark.parametrize("language", ["en", "nl"])
@pytest.mark.parametrize("reason", TEXTS["en"])
def test_every_reason_is_told_in_plain_text_and_html(reason: Reason, language: Language) -> None:
    made = mail(reason, language=language)
    rich = made.get_body(("html",))
    assert rich is not None
    assert "{" not in plain(made) + str(rich.get_content())
    assert made["X-CxSync-Reason"] == reason


def test_both_languages_tell_every_reason() -> None:
    assert set(TEXTS["en"]) == set(TEXTS["nl"])


def test_the_words_of_the_original_product_are_kept() -> None:
    told = " ".join(plain(mail("exception-in-series", language="en")).split())
    assert (
        "The Exchange agenda contains an exception to a recurring appointment. This is caused by a removed or replaced "
        "appointment. Carerix won't allow these exceptions. Add an additional appointment to your agenda which reminds "
        "you of this exception." in told
    )


def test_dates_are_written_out_in_the_users_language_and_zone() -> None:
    assert when(START, "nl", "Europe/Amsterdam") == "maandag 30 maart 2026 om 09:30"
    assert when(START, "en", "America/New_York") == "Monday 30 March 2026 at 03:30"
    assert when(Moment(wall="2026-03-30"), "nl", "Pacific/Auckland") == "maandag 30 maart 2026"


def test_the_same_notification_is_the_same_message_and_a_days_mails_are_one_conversation() -> None:
    first, second = mail(), mail()
    assert first["Message-ID"] == second["Message-ID"] == "<00000000-0000-0000-0000-000000000001@cx.example>"
    assert mail("conflict")["References"] == first["References"]
    assert first["X-CxSync-Appointment"] == str(UUID(int=3))


@given(st.text(max_size=200))
def test_no_subject_breaks_a_mail_or_gets_into_the_html_as_markup(subject: str) -> None:
    made = mail(subject=subject.encode("utf-8", "replace").decode())
    rich = made.get_body(("html",))
    assert rich is not None
    assert "<script" not in str(rich.get_content())
    assert made.as_bytes()


def test_markup_in_a_subject_is_shown_as_text() -> None:
    rich = mail(subject="<script>alert(1)</script>").get_body(("html",))
    assert rich is not None
    assert "&lt;script&gt;" in str(rich.get_content())


def test_braces_in_a_subject_stay() -> None:
    assert "{when}" in plain(mail(subject="{when}"))
