"""What is not understood reaches the people who teach the assistant, and nothing personal with it.

Through the real path: page, worker, Rasa, actions, records, and the page of an admin.
"""

import re
import uuid

from case import PASSWORD, Case
from sqlalchemy import select
from stack import Stack
from waiting import wait_for

from afterword.access.policy import Role
from afterword.portal import passwords
from afterword.records import consents, models, people
from afterword.records.consents import Subject, Wording
from afterword.records.training_models import Misheard

TRAINING = Wording(Subject.TRAINING, 1, "en", "Words may be used to teach it.")
UNCLEAR = "we talked about my garden"


def allow(stack: Stack, case: Case) -> None:
    with stack.records.begin() as tx:
        consents.give(tx, case.reflection_id, TRAINING, "page")


def admin_of(stack: Stack, case: Case) -> str:
    email = f"admin-{uuid.uuid4().hex[:8]}@clinic.example"
    with stack.records.begin() as tx:
        appointment = tx.session.get_one(models.Appointment, case.appointment_id)
        clinic = tx.session.get_one(models.Patient, appointment.patient_id).clinic_id
        people.add_staff(
            tx,
            clinic,
            name="Alex Admin",
            email=email,
            password_hash=passwords.hash_password(PASSWORD),
            role=Role.ADMIN,
        )
    return email


def inbox_page(case: Case, email: str) -> str:
    """The page as an admin gets it, as plain words."""
    with case.signed_in(email) as client:
        page = client.get("/portal/review")
    assert page.status_code == 200
    return " ".join(re.sub(r"<[^>]+>", " ", page.text).split())


def kept(stack: Stack, case: Case) -> int:
    with stack.records.read() as tx:
        appointment = tx.session.get_one(models.Appointment, case.appointment_id)
        clinic = tx.session.get_one(models.Patient, appointment.patient_id).clinic_id
        rows = tx.session.scalars(select(Misheard.id).where(Misheard.clinic_id == clinic)).all()
    return len(rows)


def test_neither_a_name_nor_an_answer_to_an_open_question_is_ever_shown(stack: Stack) -> None:
    case = stack.case(goals=())
    allow(stack, case)
    email = admin_of(stack, case)
    secret = f"canary{uuid.uuid4().hex[:12]}"
    patient = case.patient()
    patient.start()
    # At a scale: not understood, with names of the clinic in it, in small letters and mistyped.
    patient.type(f"{UNCLEAR}, pat exampel and dr test")
    patient.type("there was a chair by the window of Pat Example, pat@mail.example")
    patient.type("07700 900123 on the wall, Pat Example")
    for tap in ("heard.4", "safe.5", "goals.5", "approach.5", "snag.1"):
        patient.tap(tap)
    # At open questions, also where they look like requests.
    for words in (f"she said {secret} and it helped me", f"take me sideways {secret}"):
        patient.type(words)
    patient.type(f"neither here nor there {secret}")
    case.settled()
    wait_for("the inbox to have them", lambda: kept(stack, case) == 3)
    page = inbox_page(case, email)
    assert UNCLEAR in page
    assert "there was a chair by the window of" in page
    for personal in ("exampel", "pat@mail.example", "900123", secret, "neither here nor there"):
        assert personal.casefold() not in page.casefold(), personal
    words = page.casefold().partition("0 of 3 done")[2]
    assert not re.search(r"\bpat\b|\bexample\b|\bdr test\b", words)
    assert secret.encode() not in (stack.settings.data_dir / "afterword.db").read_bytes()


def test_without_consent_and_from_held_messages_nothing_comes(stack: Stack) -> None:
    silent, held = stack.case(goals=()), stack.case(goals=())
    allow(stack, held)
    for case, words in ((silent, UNCLEAR), (held, "I want to kill myself tonight")):
        patient = case.patient()
        patient.start()
        patient.type(words)
        case.settled()
    assert kept(stack, silent) == kept(stack, held) == 0


def test_what_was_asked_back_and_denied_is_kept_as_not_meant(stack: Stack) -> None:
    case = stack.case(goals=())
    allow(stack, case)
    patient = case.patient()
    patient.start()
    # Praise says not how much: the assistant asks back which option is meant.
    patient.type("good")
    patient.type("no")
    case.settled()
    wait_for("the inbox to have it", lambda: kept(stack, case) == 1)
    page = inbox_page(case, admin_of(stack, case))
    assert "The patient said that this was not meant" in page
