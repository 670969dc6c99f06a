"""Breaking the glass: a patient's latest digest in an emergency, with a reason, and not unseen."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select

from afterword.access.policy import Action, Denied, may
from afterword.records import (
    contacts,
    digests,
    mails,
    models,
    people,
    relations,
    sealing,
    trail,
    views,
)
from afterword.records.access_models import BrokenGlass
from afterword.records.digests import DigestSource
from afterword.records.doors import decide, door, unguarded
from afterword.records.sealing import Place
from afterword.records.store import Tx, new_id
from afterword.reflection.answers import ReflectionState
from afterword.safety.recipients import Kind

LIFE = timedelta(minutes=60)
"""How long it stays open."""
SHORTEST_REASON, LONGEST_REASON = 10, 1000
_SHOWN = 100


class GlassHolds(Exception):
    """It is not opened. `code` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(f"The record was not opened ({code}).")
        self.code = code


@dataclass(frozen=True)
class Broken:
    """One emergency: who opened whose record, why, and until when."""

    staff: views.Person
    patient: views.Person
    reason: str
    opened_at: datetime
    ends_at: datetime


@unguarded("asks the policy itself")
def break_glass(tx: Tx, staff_id: str, *, name: str, reason: str) -> str | GlassHolds:
    """Opens the record of the one patient of exactly this name; returns their id.

    What holds is returned, not raised: that somebody tried stays in the audit. The privacy
    contacts get a notice. Raises Denied.
    """
    held = relations.to_clinic(tx, relations.clinic_of(tx, "staff", staff_id))
    if not may(Action.BREAK_GLASS, held):
        raise Denied(Action.BREAK_GLASS, "clinic", "")
    clinic_id = tx.session.get_one(models.Staff, staff_id).clinic_id
    if not SHORTEST_REASON <= len(reason.strip()) <= LONGEST_REASON:
        return GlassHolds("reason")
    found = list(_called(tx, clinic_id, name))
    holds = "unknown" if not found else "several" if len(found) > 1 else ""
    if not holds and relations.is_treating(tx, staff_id, found[0]):
        holds = "yours"
    if holds:
        tx.note(Action.BREAK_GLASS.code, trail.DENIED, "clinic", clinic_id)
        return GlassHolds(holds)
    patient_id = found[0]
    decide(tx, Action.BREAK_GLASS, held, kind="patient", key=patient_id, patient_id=patient_id)
    _keep(tx, staff_id, patient_id, reason.strip())
    for one in contacts.recipients_of(tx, clinic_id, Kind.PRIVACY):
        mails.queue_privacy(tx, clinic_id, one.id)
    return patient_id


@door(Action.READ_DIGEST, of="patient_id")
def latest(tx: Tx, staff_id: str, patient_id: str) -> tuple[DigestSource, datetime] | None:
    """The material of the newest shared reflection, and until when it may be read.

    None when there is no shared one. Raises Denied.
    """
    reflection_id = tx.session.scalar(
        select(models.Reflection.id)
        .join(models.Appointment, models.Appointment.id == models.Reflection.appointment_id)
        .where(
            models.Appointment.patient_id == patient_id,
            models.Reflection.state == ReflectionState.SHARED,
        )
        .order_by(models.Appointment.starts_at.desc(), models.Reflection.id)
        .limit(1)
    )
    if reflection_id is None:
        return None
    ends_at = tx.session.scalar(
        select(BrokenGlass.ends_at)
        .where(BrokenGlass.staff_id == staff_id, BrokenGlass.patient_id == patient_id)
        .order_by(BrokenGlass.ends_at.desc())
        .limit(1)
    )
    return digests.source_of_one(tx, reflection_id), ends_at or tx.now


@unguarded("asks the policy itself")
def events(tx: Tx, clinic_id: str) -> list[Broken]:
    """The emergencies of a clinic, newest first. Raises Denied."""
    held = relations.to_clinic(tx, clinic_id)
    decide(tx, Action.READ_AUDIT, held, kind="clinic", key=clinic_id, patient_id=None)
    rows = tx.session.execute(
        select(BrokenGlass, models.Patient, models.Staff)
        .join(models.Patient, models.Patient.id == BrokenGlass.patient_id)
        .join(models.Staff, models.Staff.id == BrokenGlass.staff_id)
        .where(models.Patient.clinic_id == clinic_id)
        .order_by(BrokenGlass.opened_at.desc(), BrokenGlass.id)
        .limit(_SHOWN)
    )
    return [
        Broken(
            people.staff_view(tx, by),
            people.patient_view(tx, patient),
            sealing.unseal(tx, _reason_of(patient.id, row.id), row.sealed_reason),
            row.opened_at,
            row.ends_at,
        )
        for row, patient, by in rows
    ]


def _called(tx: Tx, clinic_id: str, name: str) -> Iterator[str]:
    """The ids of the clinic's patients of exactly this name; case and spaces do not count."""
    wanted = " ".join(name.split()).casefold()
    rows = tx.session.scalars(select(models.Patient).where(models.Patient.clinic_id == clinic_id))
    for row in rows:
        if " ".join(people.patient_view(tx, row).name.split()).casefold() == wanted:
            yield row.id


def _keep(tx: Tx, staff_id: str, patient_id: str, reason: str) -> None:
    key = new_id()
    tx.session.add(
        BrokenGlass(
            id=key,
            staff_id=staff_id,
            patient_id=patient_id,
            sealed_reason=sealing.seal(tx, _reason_of(patient_id, key), reason),
            opened_at=tx.now,
            ends_at=tx.now + LIFE,
        )
    )
    tx.session.flush()


def _reason_of(patient_id: str, key: str) -> Place:
    return Place(patient_id, "broken_glass", "reason", key)
