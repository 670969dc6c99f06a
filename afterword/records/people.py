"""Clinics, staff, patients, caseload, goals and appointments."""

import re
from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import select

from afterword.access.policy import Action
from afterword.problems import DataProblem
from afterword.records import models, sealing, views
from afterword.records.doors import by_admin, door, unguarded
from afterword.records.keyed import keyed_hash
from afterword.records.sealing import Place
from afterword.records.store import Tx, new_id
from afterword.safety.clock import Hours

_EMAIL = re.compile(r"[^@\s<>,;]+@[^@\s<>,;]+\.[^@\s<>,;]+")
_LONGEST_EMAIL = 320
ASK, ALWAYS = "ask", "always"
"""Whether a concern about a clinician waits for the patient's word before it is passed on."""


@by_admin(Action.MANAGE_CLINIC)
def add_clinic(
    tx: Tx,
    *,
    name: str,
    timezone: str,
    phone: str,
    urgent_phone: str,
    urgent_text: str,
    website: str = "",
    embed_origins: Sequence[str] = (),
    country: str = "",
    duty_hours: str = "",
    forward_concerns: str = ASK,
) -> str:
    """Returns the clinic's id. `urgent_text` is shown to patients under *Get help now*.

    `duty_hours` is JSON as `safety.clock.Hours.of` reads it. Raises DataProblem.
    """
    Hours.of(duty_hours, timezone)
    if forward_concerns not in (ASK, ALWAYS):
        raise DataProblem(("forward_concerns",), f"is neither {ASK} nor {ALWAYS}")
    clinic = models.Clinic(
        id=new_id(),
        name=name,
        timezone=timezone,
        phone=phone,
        urgent_phone=urgent_phone,
        urgent_text=urgent_text,
        website=website,
        embed_origins=" ".join(embed_origins),
        country=country,
        duty_hours=duty_hours,
        forward_concerns=forward_concerns,
        created_at=tx.now,
    )
    tx.session.add(clinic)
    tx.session.flush()
    return clinic.id


def is_address(email: str) -> bool:
    """Whether a mail could go to it: one address, with a host that has a dot."""
    return len(email) <= _LONGEST_EMAIL and bool(_EMAIL.fullmatch(email.strip()))


@unguarded("an address that the caller holds already")
def email_hash(tx: Tx, email: str) -> str:
    """A keyed hash of a sign-in address: equal addresses meet, nobody can read them back."""
    return keyed_hash(tx.vault.derive_all("staff e-mail"), email.strip().casefold())


@by_admin(Action.MANAGE_PEOPLE, "clinic_id")
def add_staff(
    tx: Tx, clinic_id: str, *, name: str, email: str, password_hash: str, role: str = "clinician"
) -> str:
    """Returns the new account's id."""
    key = new_id()
    tx.session.add(
        models.Staff(
            id=key,
            clinic_id=clinic_id,
            role=role,
            email_hash=email_hash(tx, email),
            sealed_name=tx.vault.seal("staff", "name", key, name),
            sealed_email=tx.vault.seal("staff", "email", key, email.strip()),
            password_hash=password_hash,
            created_at=tx.now,
        )
    )
    tx.session.flush()
    return key


@by_admin(Action.MANAGE_CLINIC, "clinic_id")
def add_patient(tx: Tx, clinic_id: str, *, name: str, language: str = "en") -> str:
    """Returns the new patient's id."""
    patient = models.Patient(
        id=new_id(), clinic_id=clinic_id, sealed_name=b"", language=language, created_at=tx.now
    )
    tx.session.add(patient)
    # The key of a patient needs the patient to be there.
    tx.session.flush()
    patient.sealed_name = sealing.seal(tx, _name_of(patient.id), name)
    tx.session.flush()
    return patient.id


@by_admin(Action.MANAGE_CLINIC, "patient_id", "staff_id")
def assign(
    tx: Tx, staff_id: str, patient_id: str, starts_on: date, ends_on: date | None = None
) -> None:
    """Puts a patient on a clinician's caseload from one day on, to another if given."""
    tx.session.add(
        models.Caseload(
            id=new_id(),
            staff_id=staff_id,
            patient_id=patient_id,
            starts_on=starts_on,
            ends_on=ends_on,
        )
    )
    tx.session.flush()


@by_admin(Action.MANAGE_CLINIC, "patient_id")
def add_goal(tx: Tx, patient_id: str, text: str, agreed_on: date) -> str:
    """Returns the id of a goal that clinician and patient agreed on."""
    key = new_id()
    tx.session.add(
        models.Goal(
            id=key,
            patient_id=patient_id,
            sealed_text=sealing.seal(tx, _text_of(patient_id, key), text),
            agreed_on=agreed_on,
        )
    )
    tx.session.flush()
    return key


@door(Action.READ_OWN, of="patient_id")
def goals_of(tx: Tx, patient_id: str) -> list[views.Goal]:
    """The patient's goals that are not retired, oldest first."""
    query = (
        select(models.Goal)
        .where(models.Goal.patient_id == patient_id, models.Goal.retired_on.is_(None))
        .order_by(models.Goal.agreed_on, models.Goal.id)
    )
    return [
        views.Goal(
            row.id,
            sealing.unseal(tx, _text_of(patient_id, row.id), row.sealed_text),
            row.agreed_on,
        )
        for row in tx.session.scalars(query)
    ]


@by_admin(Action.MANAGE_CLINIC, "patient_id", "staff_id")
def book(
    tx: Tx,
    patient_id: str,
    staff_id: str,
    starts_at: datetime,
    ends_at: datetime,
    status: str = "booked",
) -> str:
    """Returns the id of a new appointment. Status: booked, finished, cancelled, missed."""
    key = new_id()
    tx.session.add(
        models.Appointment(
            id=key,
            patient_id=patient_id,
            staff_id=staff_id,
            starts_at=starts_at,
            ends_at=ends_at,
            status=status,
        )
    )
    tx.session.flush()
    return key


def clinic_view(row: models.Clinic) -> views.Clinic:
    return views.Clinic(
        id=row.id,
        name=row.name,
        timezone=row.timezone,
        phone=row.phone,
        urgent_phone=row.urgent_phone,
        urgent_text=row.urgent_text,
        website=row.website,
        embed_origins=tuple(row.embed_origins.split()),
        country=row.country,
        duty_hours=row.duty_hours,
        forward_concerns=row.forward_concerns,
    )


def staff_view(tx: Tx, row: models.Staff) -> views.Person:
    return views.Person(row.id, tx.vault.open("staff", "name", row.id, row.sealed_name))


def patient_view(tx: Tx, row: models.Patient) -> views.Person:
    return views.Person(row.id, sealing.unseal(tx, _name_of(row.id), row.sealed_name))


def goal_text(tx: Tx, row: models.Goal) -> str:
    return sealing.unseal(tx, _text_of(row.patient_id, row.id), row.sealed_text)


def _name_of(patient_id: str) -> Place:
    return Place(patient_id, "patient", "name", patient_id)


def _text_of(patient_id: str, goal_id: str) -> Place:
    return Place(patient_id, "goal", "text", goal_id)
