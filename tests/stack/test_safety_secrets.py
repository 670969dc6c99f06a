"""Who learns nothing: the clinician of a concern, whoever reads a disk, a log or a mailbox."""

import re
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from case import Case, Patient
from mail_server import MailServer
from sqlalchemy import select
from stack import Stack
from waiting import wait_for

from afterword.records import models

PLAIN = "I want to kill myself"
CONCERN = "my therapist kissed me"
OBLIQUE = "sometimes I wonder if anyone would notice if I was gone"
# The footer says to the minute when a page was made.
VARYING = re.compile(r'name="form_token" value="[^"]*"|<footer class="printed">.*?</footer>')


def pages_of(case: Case) -> dict[str, str]:
    """Every page that the clinician can open, by path; what differs each time is left out."""
    paths = ("/portal", f"/portal/appointments/{case.appointment_id}", "/portal/safety")
    with case.clinician() as client:
        pages = {path: client.get(path) for path in (*paths, "/portal/safety/month")}
    return {
        path: f"{page.status_code} {VARYING.sub('', page.text)}" for path, page in pages.items()
    }


def alert_of(case: Case) -> str:
    query = select(models.Alert.id).where(models.Alert.reflection_id == case.reflection_id)
    with case.stack.records.read() as tx:
        return str(tx.session.scalar(query))


def has_shared(case: Case) -> Patient:
    """The patient, once the clinician has opened what they shared."""
    patient = case.patient()
    patient.answer_all({})
    patient.tap("review.share")
    case.digest()
    return patient


@pytest.mark.parametrize("choice", ["forward_yes", "forward_no"])
def test_the_clinician_of_a_concern_sees_the_same_pages_as_before(
    stack: Stack, post: MailServer, choice: str
) -> None:
    case = stack.case()
    duty, safeguarding = case.contact("duty"), case.contact("safeguarding")
    patient = has_shared(case)
    before = pages_of(case)
    patient.type(CONCERN)
    patient.tap(f"safety.{choice}")
    forwarded = choice == "forward_yes"
    assert case.alerts() == [("safeguarding", "same_day", "open" if forwarded else "sealed")]
    if forwarded:
        wait_for("the notice", lambda: post.to(safeguarding))
    assert pages_of(case) == before
    assert not any("kissed" in page for page in before.values())
    assert post.to(case.email) == post.to(duty) == []
    with case.clinician() as client:
        for path in (f"/portal/safety/{alert_of(case)}", "/portal/safety/0123456789abcdef"):
            assert client.get(path).status_code == 404


def test_danger_alone_is_shown_to_the_clinician(stack: Stack) -> None:
    case = stack.case()
    case.contact("duty")
    patient = has_shared(case)
    before = pages_of(case)
    patient.type(PLAIN)
    after = pages_of(case)
    assert [path for path in after if after[path] != before[path]] == [
        f"/portal/appointments/{case.appointment_id}"
    ]
    assert PLAIN in case.digest()


def test_danger_beside_a_concern_reaches_duty_and_not_the_clinician(
    stack: Stack, post: MailServer
) -> None:
    case = stack.case()
    duty, safeguarding = case.contact("duty"), case.contact("safeguarding")
    patient = has_shared(case)
    before = pages_of(case)
    patient.type(CONCERN)
    patient.tap("safety.forward_yes")
    patient.type(PLAIN)
    wait_for("both notices", lambda: post.to(duty) and post.to(safeguarding))
    assert pages_of(case) == before
    with case.signed_in(duty) as client:
        page = client.get("/portal/safety").text
    assert "Pat Example" in page


def test_the_safeguarding_contact_and_nobody_else_reads_the_concern(stack: Stack) -> None:
    case = stack.case()
    duty, safeguarding = case.contact("duty"), case.contact("safeguarding")
    patient = case.patient()
    patient.type(CONCERN)
    patient.tap("safety.forward_yes")
    path = f"/portal/safety/{alert_of(case)}"
    with case.signed_in(safeguarding) as client:
        assert CONCERN in client.get(path).text
    for email in (duty, case.email):
        with case.signed_in(email) as client:
            assert client.get(path).status_code == 404
            assert "Pat Example" not in client.get("/portal/safety").text


def files_of(stack: Stack) -> Iterator[tuple[Path, bytes]]:
    for path in stack.settings.data_dir.rglob("*"):
        if path.is_file():
            yield path, path.read_bytes()


def test_what_means_danger_is_in_clear_in_no_file_and_in_no_mail(
    stack: Stack, post: MailServer
) -> None:
    canary, concerned = f"canary{uuid.uuid4().hex}", f"bird{uuid.uuid4().hex}"
    case = stack.case()
    contacts = [case.contact(kind) for kind in ("duty", "backup", "safeguarding")]
    patient = case.patient()
    patient.start()
    for text in (f"{PLAIN} {canary}", f"{canary} {OBLIQUE}", f"{CONCERN} {concerned}"):
        patient.type(text)
    for choice in ("forward_yes", "support", "help_now", "go_on"):
        patient.tap(f"safety.{choice}")
    patient.type(f"/restart {PLAIN} {canary}")
    too_long = f"{PLAIN} {canary} " + "a" * 10_000
    body = {"id": str(uuid.uuid4()), "text": too_long}
    assert patient.client.post("/api/messages", json=body).status_code == 422
    case.settled()
    wait_for("the notices", lambda: post.to(contacts[0]) and post.to(contacts[2]))
    with case.signed_in(contacts[0]) as client:
        words = client.get(f"/portal/safety/{duty_alert(case)}").text
    assert canary in words, "those who have to read it can"
    secrets = (canary, concerned, case.token, *contacts, "Pat Example", "Dr Test")
    for path, content in files_of(stack):
        for secret in secrets:
            assert secret.encode() not in content, path.name
    for mail in post.mails:
        told = f"{mail.message['Subject']} {mail.text}"
        for secret in (*secrets, case.reflection_id, duty_alert(case)):
            assert secret not in told


def duty_alert(case: Case) -> str:
    query = select(models.Alert.id).where(
        models.Alert.reflection_id == case.reflection_id, models.Alert.route == "duty"
    )
    with case.stack.records.read() as tx:
        return str(tx.session.scalar(query))


def test_no_log_names_what_was_found(stack: Stack) -> None:
    patient = stack.case().patient()
    for text in (PLAIN, CONCERN, OBLIQUE):
        patient.type(text)
    log = stack.logs().lower()
    for word in ("suicid", "safeguard", "same_day", "abuse", "kissed", "kill myself", "burden"):
        assert word not in log, word
