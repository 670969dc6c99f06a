"""Personal links: one link, one reflection, for a limited time."""

import hashlib
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import select

from afterword.access.policy import Action
from afterword.records import consents, models, people, views
from afterword.records.doors import by_admin, unguarded
from afterword.records.rights_models import PatientCode
from afterword.records.store import Tx, new_id, new_token
from afterword.reflection.answers import ReflectionState


class Invited(NamedTuple):
    """A link to a reflection. Whoever has the token may read and write it."""

    token: str
    reflection_id: str


@by_admin(Action.MANAGE_CLINIC, "appointment_id")
def invite(
    tx: Tx, appointment_id: str, *, instrument: str, instrument_version: int, expires_at: datetime
) -> Invited:
    """Opens the reflection on an appointment, with a new link.

    The token is not stored, only its hash: a lost link is replaced by inviting again, which
    ends the older link and keeps the reflection. Raises ConsentWithdrawn: the patient is asked
    nothing any more.
    """
    _may_be_asked(tx, appointment_id)
    reflection = _reflection_of(tx, appointment_id, instrument, instrument_version)
    for older in tx.session.scalars(
        select(models.Invitation).where(
            models.Invitation.reflection_id == reflection.id,
            models.Invitation.revoked_at.is_(None),
        )
    ):
        older.revoked_at = tx.now
    token = new_token()
    tx.session.add(
        models.Invitation(
            id=new_id(),
            reflection_id=reflection.id,
            token_hash=_hash(token),
            created_at=tx.now,
            expires_at=expires_at,
        )
    )
    tx.session.flush()
    return Invited(token, reflection.id)


@unguarded("finds out whose link it is")
def resolve(tx: Tx, token: str) -> views.Invitation | None:
    """The invitation of a token; None alike for unknown, expired and revoked ones."""
    row = tx.session.execute(
        select(models.Invitation, models.Reflection.language, models.Clinic, PatientCode.each_time)
        .join(models.Reflection, models.Reflection.id == models.Invitation.reflection_id)
        .join(models.Appointment, models.Appointment.id == models.Reflection.appointment_id)
        .join(models.Patient, models.Patient.id == models.Appointment.patient_id)
        .join(models.Clinic, models.Clinic.id == models.Patient.clinic_id)
        .outerjoin(PatientCode, PatientCode.patient_id == models.Patient.id)
        .where(
            # In the query, so that a dead link costs what a guess costs: no row comes back.
            models.Invitation.token_hash == _hash(token),
            models.Invitation.revoked_at.is_(None),
            models.Invitation.expires_at > tx.now,
        )
    ).first()
    if row is None:
        return None
    invitation, language, clinic, each_time = row
    return views.Invitation(
        invitation.reflection_id,
        people.clinic_view(clinic),
        language,
        invitation.expires_at,
        asks=bool(each_time),
    )


def _may_be_asked(tx: Tx, appointment_id: str) -> None:
    patient_id = tx.session.scalar(
        select(models.Appointment.patient_id).where(models.Appointment.id == appointment_id)
    )
    if patient_id is not None and consents.is_withdrawn(tx, patient_id):
        raise consents.ConsentWithdrawn


def _reflection_of(
    tx: Tx, appointment_id: str, instrument: str, instrument_version: int
) -> models.Reflection:
    existing = tx.session.scalar(
        select(models.Reflection).where(models.Reflection.appointment_id == appointment_id)
    )
    if existing is not None:
        return existing
    language = tx.session.scalar(
        select(models.Patient.language)
        .join(models.Appointment, models.Appointment.patient_id == models.Patient.id)
        .where(models.Appointment.id == appointment_id)
    )
    if language is None:
        raise LookupError(f"There is no appointment {appointment_id}.")
    reflection = models.Reflection(
        id=new_id(),
        appointment_id=appointment_id,
        # Rasa knows the conversation by this number only; it is not the reflection's id.
        conversation=new_id(),
        instrument=instrument,
        instrument_version=instrument_version,
        language=language,
        state=ReflectionState.INVITED,
        revision=0,
        seen_revision=0,
        created_at=tx.now,
        updated_at=tx.now,
    )
    tx.session.add(reflection)
    tx.session.flush()
    return reflection


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
