"""A notice on its way: to whom, over which line, and that nothing can be read out of it."""

import re
import shutil
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from desk import WORDS, Desk
from mail_server import (
    SENDER,
    MailServer,
    Received,
    certificate,
    closed_port,
    mail_server,
    mailer_at,
    speaking,
)
from sqlalchemy import update

from afterword.access.actors import Actor
from afterword.delivery.mail import NotSent
from afterword.delivery.rounds import Rounds
from afterword.records import models, wordings
from afterword.records.alert_views import Mail
from afterword.safety.finding import Category, Route, Tier
from afterword.safety.recipients import Kind

MAIL = Mail("0" * 32, "alert", False, "Bo", "bo@duty.example", "Harbour Clinic", 1)
TELLING = [
    *(word for category in Category for word in category.split("_") if len(word) > 2),
    *(tier.word for tier in Tier if tier.word not in ("now", "none")),
    *Route,
    *Kind,
    *("same day", "risk", "danger", "crisis", "harm", "die", "patient", "session", "reflection"),
    *("alert", "therap", "clinician", "Robin", "Okafor", "Ada", "Whitfield", "concern"),
]


@pytest.fixture
def database(sqlite_with_schema: Path, tmp_path: Path) -> str:
    """One kind is enough: what is asked here is not about the database."""
    shutil.copy(sqlite_with_schema, tmp_path / "afterword.db")
    return f"sqlite:///{tmp_path / 'afterword.db'}"


def without_envelope(mail: Received) -> bytes:
    """A mail without what has to differ: to whom, when, and its own id."""
    return re.sub(rb"(?m)^(To|Date|Message-ID|X-Peer|X-MailFrom|X-RcptTo): .*\r?\n", b"", mail.raw)


def test_danger_today_sends_one_notice_to_each_duty_contact(
    desk: Desk, rounds: Rounds, server: MailServer
) -> None:
    desk.contact(Kind.DUTY, "Else Duty")
    desk.raises(Tier.SAME_DAY)
    rounds.once()
    rounds.once()
    assert sorted(server.addresses) == ["bo@duty.example", "else@duty.example"]
    assert {mail.sender for mail in server.mails} == {SENDER}
    assert len({mail.id for mail in server.mails}) == 2


def test_a_notice_is_in_the_words_of_the_clinic(
    desk: Desk, rounds: Rounds, server: MailServer
) -> None:
    with desk.records.begin(by=Actor.operator("test")) as tx:
        words = {"language": "en", "text": "{clinic}: please look"}
        wordings.change(tx, desk.clinic.id, key="mail.subject", **words)
    desk.raises(Tier.SAME_DAY)
    rounds.once()
    assert [mail.message["Subject"] for mail in server.mails] == ["Harbour Clinic: please look"]


@pytest.mark.parametrize("tier", [Tier.SAME_DAY, Tier.NOW])
@pytest.mark.parametrize("route", Route)
def test_a_notice_holds_no_word_of_what_it_is_about(
    desk: Desk, rounds: Rounds, server: MailServer, tier: Tier, route: Route
) -> None:
    raised = desk.raises(tier) if route is Route.DUTY else desk.concern(tier)
    desk.forwards()
    rounds.once()
    desk.ticks(hours=2)
    rounds.once()
    assert len(server.mails) >= 2, "the notice and a reminder"
    for mail in server.mails:
        # The ids are random letters and digits: any short name may be in one.
        kept = [str(text) for name, text in mail.message.items() if name != "Message-ID"]
        told = "\n".join([*kept, mail.text]).lower()
        # The address and the name are those of the contact, whom the server has to find.
        told = re.sub(r"(bo|cy|dee) (duty|backup|safe) <[^>]*>", "", told)
        for word in (WORDS, raised.alert_id, desk.reflection, *TELLING):
            assert word.lower() not in told, word


@pytest.mark.parametrize("tier", [Tier.SAME_DAY, Tier.NOW])
def test_a_notice_of_a_concern_looks_like_any_other(
    desk: Desk, rounds: Rounds, server: MailServer, tier: Tier
) -> None:
    desk.raises(tier)
    rounds.once()
    desk.concern(tier)
    desk.forwards()
    rounds.once()
    (duty,) = server.to("bo@duty.example")
    (safeguarding,) = server.to("dee@safeguarding.example")
    assert without_envelope(duty) == without_envelope(safeguarding)
    assert duty.message.keys() == safeguarding.message.keys()


def test_a_notice_leads_to_the_list_and_to_no_single_alert(
    desk: Desk, rounds: Rounds, server: MailServer
) -> None:
    desk.raises(Tier.SAME_DAY)
    rounds.once()
    (mail,) = server.mails
    assert re.findall(r"https?://\S+", mail.text) == ["https://harbour.example/portal/safety"]
    assert mail.message["Auto-Submitted"] == "auto-generated"
    assert mail.message.get_content_type() == "text/plain"


def test_the_line_is_encrypted_and_the_password_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    context, trusted = certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
    secret = tmp_path / "password"
    secret.write_text("open sesame\n")
    with mail_server(tls=context, user="harbour", password="open sesame") as server:
        login = {"smtp_user": "harbour", "smtp_password_file": secret}
        mailer_at(server.port, smtp_security="starttls", **login).send(MAIL)
    (mail,) = server.mails
    assert (mail.secret, mail.user) == (True, "harbour")


def test_a_server_that_is_encrypted_from_the_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    context, trusted = certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
    with mail_server(tls=context, from_the_start=True) as server:
        mailer_at(server.port, smtp_security="tls").send(MAIL)
    assert server.addresses == ["bo@duty.example"]


def refused(port: int, **settings: object) -> str:
    """What is said of a notice that the server did not take."""
    with pytest.raises(NotSent) as error:
        mailer_at(port, **settings).send(MAIL)
    return str(error.value)


def test_a_server_without_encryption_gets_no_notice_and_no_password(
    server: MailServer, tmp_path: Path
) -> None:
    secret = tmp_path / "password"
    secret.write_text("open sesame")
    login = {"smtp_user": "harbour", "smtp_password_file": secret}
    refused(server.port, smtp_security="starttls", **login)
    assert server.mails == []
    assert server.seen == ["hello"]


def test_a_server_that_cannot_prove_itself_gets_nothing(tmp_path: Path) -> None:
    context, _ = certificate(tmp_path)
    with mail_server(tls=context) as server:
        assert "Cert" in refused(server.port, smtp_security="starttls")
    with mail_server(tls=context, from_the_start=True) as other:
        assert "Cert" in refused(other.port, smtp_security="tls")
    assert server.mails == other.mails == []


@pytest.mark.parametrize("password", ["wrong", None, "pässword"])
def test_a_refused_login_is_a_failure_that_names_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, password: str | None
) -> None:
    context, trusted = certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
    secret = tmp_path / "password"
    if password is not None:
        secret.write_text(password)
    login = {"smtp_user": "harbour", "smtp_password_file": secret}
    with mail_server(tls=context, user="harbour", password="open sesame") as server:
        said = refused(server.port, smtp_security="starttls", **login)
    assert server.mails == []
    for word in ("harbour", "wrong", "ssword", "bo@"):
        assert word not in said


def test_an_unknown_address_holds_up_nobody_else(
    desk: Desk, rounds: Rounds, server: MailServer, caplog: pytest.LogCaptureFixture
) -> None:
    desk.contact(Kind.DUTY, "Else Duty")
    server.refused.add("bo@duty.example")
    desk.raises(Tier.SAME_DAY)
    rounds.once()
    assert server.addresses == ["else@duty.example"]
    assert "was not sent" in caplog.text
    assert "bo@" not in caplog.text


def test_a_notice_fits_where_little_is_taken(desk: Desk) -> None:
    with mail_server(size=2_000) as narrow:
        mailer_at(narrow.port).send(MAIL)
    assert len(narrow.mails) == 1
    with mail_server(size=100) as tiny:
        refused(tiny.port)
    assert tiny.mails == []


def test_without_a_server_or_a_sender_each_notice_fails(server: MailServer) -> None:
    assert "sender" in refused(server.port, mail_from="")
    refused(closed_port())
    mailer = mailer_at(server.port)
    unset = type(mailer)(mailer.settings.model_copy(update={"smtp_host": ""}), mailer.phrasing)
    with pytest.raises(NotSent, match="no mail server"):
        unset.send(MAIL)
    assert server.seen == []


def silent(connection: socket.socket, ended: threading.Event) -> None:
    ended.wait()
    connection.close()


def slow(connection: socket.socket, ended: threading.Event) -> None:
    """A greeting that never ends, a line at a time: each is in time, all together are not."""
    with suppress(OSError):
        while not ended.wait(0.2):
            connection.sendall(b"220-please wait\r\n")
    connection.close()


@pytest.mark.parametrize("talk", [silent, slow])
def test_a_server_that_hangs_is_given_up_on(
    talk: Callable[[socket.socket, threading.Event], None],
) -> None:
    with speaking(talk) as port:
        began = time.monotonic()
        refused(port)
        assert time.monotonic() - began < 6


def rude(connection: socket.socket, _ended: threading.Event) -> None:
    """Takes the mail and then has no kind word for the goodbye."""
    answers = {b"DATA": b"354 go on", b"QUIT": b"421 gone"}
    with connection, connection.makefile("rb") as lines:
        connection.sendall(b"220 hello\r\n")
        in_data = False
        for line in lines:
            in_data = in_data and line != b".\r\n"
            if not in_data:
                connection.sendall(answers.get(line[:4].upper(), b"250 OK") + b"\r\n")
                in_data = line.upper().startswith(b"DATA")


def test_a_rude_goodbye_is_no_failure() -> None:
    with speaking(rude) as port:
        mailer_at(port).send(MAIL)


@pytest.mark.parametrize(
    ("name", "sent"), [("Harbour\r\nBcc: all@evil.example", 0), ("Küste & Söhne", 1), ("", 1)]
)
def test_a_name_can_add_nothing_to_a_notice(
    desk: Desk, rounds: Rounds, server: MailServer, name: str, sent: int
) -> None:
    desk.set(name=name)
    desk.raises(Tier.SAME_DAY)
    rounds.once()
    assert server.addresses == ["bo@duty.example"] * sent
    assert all("Bcc" not in mail.message for mail in server.mails)


def test_a_notice_that_cannot_be_written_counts_as_a_failure(
    desk: Desk, rounds: Rounds, server: MailServer
) -> None:
    desk.contact(Kind.DUTY, "Else Duty")
    bo = models.Contact.id == desk.contacts["Bo Duty"]
    with desk.records.begin() as tx:
        sealed = tx.vault.seal("contact", "email", desk.contacts["Bo Duty"], "bo@\r\nduty")
        tx.session.execute(update(models.Contact).where(bo).values(sealed_email=sealed))
    raised = desk.raises(Tier.SAME_DAY)
    for _ in range(4):
        rounds.once()
        desk.clock.move(minutes=2)
    assert ("delivery_failed", "duty") in desk.events(raised.alert_id)
    assert "else@duty.example" in server.addresses
