import smtplib
import ssl
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests

from cxsync.local.parts import Endpoints, stop, use


@pytest.fixture
def catcher(shared_dir: Path) -> Iterator[Endpoints]:
    with use(shared_dir, ["mail"]) as endpoints:
        requests.delete(f"{endpoints.mail_page}/messages", timeout=10).raise_for_status()
        yield endpoints
        fault(endpoints, "none")


def client(endpoints: Endpoints, seconds: float = 20) -> smtplib.SMTP:
    return smtplib.SMTP("127.0.0.1", urlsplit(endpoints.smtp or "").port or 0, timeout=seconds)


def listed(endpoints: Endpoints) -> list[dict[str, object]]:
    found: list[dict[str, object]] = requests.get(f"{endpoints.mail_page}/messages", timeout=10).json()
    return found


def fault(endpoints: Endpoints, mode: str) -> None:
    requests.post(f"{endpoints.mail_page}/faults", json={"mode": mode}, timeout=10).raise_for_status()


def mail(html: str = "<p>Grüße</p>") -> EmailMessage:
    message = EmailMessage()
    message["From"] = "CxCalendarSync <cxsync@localhost>"
    message["To"] = "anna@example.com"
    message["Subject"] = "Termin nicht übernommen"
    message["X-CxSync-Reason"] = "daily-series"
    message["X-CxSync-Appointment"] = "0192"
    message.set_content("Grüße\n")
    message.add_alternative(html, subtype="html")
    return message


def test_a_mail_is_listed_with_headers_and_both_texts(catcher: Endpoints) -> None:
    with client(catcher) as smtp:
        smtp.send_message(mail(), from_addr="bounce@localhost", to_addrs=["anna@example.com", "ben@example.com"])
    (found,) = listed(catcher)
    headers = found["headers"]
    assert isinstance(headers, dict)
    assert headers["X-CxSync-Reason"] == "daily-series"
    assert headers["X-CxSync-Appointment"] == "0192"
    assert found["from"] == "bounce@localhost"
    assert found["to"] == ["anna@example.com", "ben@example.com"]
    assert found["subject"] == "Termin nicht übernommen"
    assert found["text"] == "Grüße\n"
    assert found["html"] == "<p>Grüße</p>\n"
    assert (found["tls"], found["user"]) == (False, None)
    one = requests.get(f"{catcher.mail_page}/messages/{found['id']}", timeout=10)
    assert one.json() == found


def test_starttls_with_a_verified_certificate_and_login(catcher: Endpoints, shared_dir: Path) -> None:
    trust = ssl.create_default_context(cafile=str(shared_dir / "mail" / "certificate.pem"))
    with client(catcher) as smtp:
        smtp.starttls(context=trust)
        smtp.login("recruiter", "whatever")
        smtp.send_message(mail())
    (found,) = listed(catcher)
    assert (found["tls"], found["user"]) == (True, "recruiter")


def test_login_without_tls_is_let_in_too(catcher: Endpoints) -> None:
    with client(catcher) as smtp:
        smtp.login("recruiter", "whatever")
        smtp.send_message(mail())
    assert listed(catcher)[0]["user"] == "recruiter"


def test_mails_survive_a_restart(data_dir: Path) -> None:
    with use(data_dir, ["mail"]) as endpoints:
        with client(endpoints) as smtp:
            smtp.send_message(mail())
        before = listed(endpoints)
    stop(data_dir)
    with use(data_dir, ["mail"]) as endpoints:
        assert listed(endpoints) == before


def test_delete_empties_the_list(catcher: Endpoints) -> None:
    with client(catcher) as smtp:
        smtp.send_message(mail())
        smtp.send_message(mail())
    assert requests.delete(f"{catcher.mail_page}/messages", timeout=10).json() == {"deleted": 2}
    assert listed(catcher) == []


def test_the_pages_show_mails_and_run_nothing_in_them(catcher: Endpoints) -> None:
    with client(catcher) as smtp:
        smtp.send_message(mail("<script>alert('x')</script><p>\"quoted\"</p>"))
    overview = requests.get(f"{catcher.mail_page}/", timeout=10)
    assert "Termin nicht übernommen" in overview.text
    assert "daily-series" in overview.text
    view = requests.get(f"{catcher.mail_page}/view/{listed(catcher)[0]['id']}", timeout=10)
    assert "<script>" not in view.text
    assert 'sandbox srcdoc="&lt;script&gt;' in view.text
    assert "default-src 'none'" in view.headers["Content-Security-Policy"]
    source = requests.get(f"{catcher.mail_page}/messages/{listed(catcher)[0]['id']}/source", timeout=10)
    assert source.headers["Content-Type"].startswith("text/plain")


def test_an_unknown_mail_and_a_path_outside_are_not_found(catcher: Endpoints) -> None:
    for name in ("nothing", "..%2F..%2Fstate"):
        assert requests.get(f"{catcher.mail_page}/messages/{name}", timeout=10).status_code == 404


def test_foreign_pages_are_kept_out(catcher: Endpoints) -> None:
    rebound = requests.get(f"{catcher.mail_page}/messages", headers={"Host": "evil.example"}, timeout=10)
    assert rebound.status_code == 403
    posted = requests.post(f"{catcher.mail_page}/faults", data='{"mode": "5xx"}', timeout=10)
    assert posted.status_code == 415
    wrong = requests.post(f"{catcher.mail_page}/faults", json={"mode": "sometimes"}, timeout=10)
    assert wrong.status_code == 400


@pytest.mark.parametrize(("mode", "code"), [("4xx", 451), ("5xx", 554)])
def test_it_can_be_told_to_refuse_mails(catcher: Endpoints, mode: str, code: int) -> None:
    fault(catcher, mode)
    with client(catcher) as smtp, pytest.raises(smtplib.SMTPDataError) as raised:
        smtp.send_message(mail())
    assert raised.value.smtp_code == code
    assert listed(catcher) == []
    fault(catcher, "none")
    with client(catcher) as smtp:
        smtp.send_message(mail())
    assert len(listed(catcher)) == 1


def test_it_can_be_told_to_refuse_connections(catcher: Endpoints) -> None:
    fault(catcher, "refuse")
    with pytest.raises((OSError, smtplib.SMTPServerDisconnected)):
        client(catcher)


def test_it_can_be_told_to_hang(catcher: Endpoints) -> None:
    fault(catcher, "hang")
    smtp = client(catcher, seconds=1)
    with pytest.raises((TimeoutError, smtplib.SMTPServerDisconnected)):
        smtp.send_message(mail())
    smtp.close()
    assert listed(catcher) == []
