"""How an actor stands to a patient at this moment: the database says it, the policy decides."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from sqlalchemy import Select, or_, select

from afterword.access.actors import Kind
from afterword.access.policy import Relation, Role
from afterword.access.routes import PRIVACY_KIND
from afterword.records import models, sealing
from afterword.records.access_models import BrokenGlass, Handover
from afterword.records.store import Tx
from afterword.records.training_models import DataVersion

_OF_PROCESS = {
    Kind.PROCESS: frozenset({Relation.PROCESS}),
    Kind.OPERATOR: frozenset({Relation.OPERATOR}),
    Kind.NOBODY: frozenset[Relation](),
}
_BY_ROLE = {
    Role.CLINICIAN: Relation.CLINICIAN,
    Role.ADMIN: Relation.ADMIN,
    Role.ANNOTATOR: Relation.ANNOTATOR,
}
_Kept = type[models.Patient | models.Staff | models.Contact | DataVersion]
_OF_CLINIC: Mapping[str, _Kept] = {
    "patient": models.Patient,
    "staff": models.Staff,
    "contact": models.Contact,
    "version": DataVersion,
}


@dataclass(frozen=True)
class Thing:
    """What is asked for, and whose it is. `session_of` is the clinician of its appointment."""

    kind: str
    id: str
    patient_id: str
    clinic_id: str
    reflection_id: str = ""
    session_of: str = ""


def find(tx: Tx, kind: str, key: str) -> Thing | None:
    """A patient, appointment, reflection, message or alert, by id."""
    query = select(
        models.Patient.id,
        models.Patient.clinic_id,
        models.Reflection.id,
        models.Appointment.staff_id,
    ).select_from(models.Patient)
    whole = kind == "patient"
    query = query.join(
        models.Appointment, models.Appointment.patient_id == models.Patient.id, isouter=whole
    ).outerjoin(models.Reflection, models.Reflection.appointment_id == models.Appointment.id)
    row = tx.session.execute(_only(query, kind, key).limit(1)).first()
    if row is None:
        return None
    if whole:
        return Thing(kind, key, row[0], row[1])
    return Thing(kind, key, row[0], row[1], row[2] or "", row[3])


def _only(query: Select[str, str, str, str], kind: str, key: str) -> Select[str, str, str, str]:
    match kind:
        case "patient":
            return query.where(models.Patient.id == key)
        case "appointment":
            return query.where(models.Appointment.id == key)
        case "message":
            within = models.Inbox.reflection_id == models.Reflection.id
            return query.join(models.Inbox, within).where(models.Inbox.id == int(key))
        case "handover":
            within = Handover.reflection_id == models.Reflection.id
            return query.join(Handover, within).where(Handover.id == key)
        case "alert":
            within = models.Alert.reflection_id == models.Reflection.id
            return query.join(models.Alert, within).where(models.Alert.id == key)
        case _:
            return query.where(models.Reflection.id == key)


def to(tx: Tx, thing: Thing) -> frozenset[Relation]:
    """All relations of the transaction's actor to the thing."""
    actor = tx.actor
    if actor.kind in _OF_PROCESS:
        return _OF_PROCESS[actor.kind]
    if actor.kind is Kind.LINK:
        return frozenset({Relation.LINK}) if _reaches(tx, actor.id, thing) else frozenset()
    if actor.kind is Kind.PATIENT:
        return frozenset({Relation.PATIENT}) if thing.patient_id == actor.id else frozenset()
    staff = _account(tx)
    if staff is None or staff.clinic_id != thing.clinic_id:
        return frozenset()
    return frozenset(_of_staff(tx, staff, thing))


def to_clinic(tx: Tx, clinic_id: str | None) -> frozenset[Relation]:
    """What the actor is at a clinic itself, whatever the patient; None: at no single one.

    Staff of another clinic are nobody there.
    """
    if tx.actor.kind in _OF_PROCESS:
        return _OF_PROCESS[tx.actor.kind]
    staff = _account(tx)
    if staff is None or staff.clinic_id != clinic_id:
        return frozenset()
    return frozenset(_at_clinic(tx, staff))


def clinics(tx: Tx) -> list[str]:
    """The ids of all clinics of the installation."""
    return list(tx.session.scalars(select(models.Clinic.id)))


def clinic_of(tx: Tx, kind: str, key: str) -> str | None:
    """The clinic that a thing of one of the kinds is of; None for what is not there."""
    if kind == "clinic":
        return key
    if kind == "appointment":
        thing = find(tx, kind, key)
        return None if thing is None else thing.clinic_id
    table = _OF_CLINIC[kind]
    return tx.session.scalar(select(table.clinic_id).where(table.id == key))


def _at_clinic(tx: Tx, staff: models.Staff) -> Iterator[Relation]:
    if staff.role in _BY_ROLE:
        yield _BY_ROLE[Role(staff.role)]
    if _is_privacy_contact(tx, staff.id):
        yield Relation.PRIVACY


def _account(tx: Tx) -> models.Staff | None:
    if tx.actor.kind is not Kind.STAFF:
        return None
    staff = tx.session.get(models.Staff, tx.actor.id)
    return None if staff is None or staff.disabled_at is not None else staff


def _reaches(tx: Tx, reflection_id: str, thing: Thing) -> bool:
    """A link reaches its own reflection, and what the patient sees in it, as the agreed goals."""
    if thing.kind == "patient":
        return sealing.owner_of(tx, reflection_id) == thing.patient_id
    return thing.reflection_id == reflection_id


def _of_staff(tx: Tx, staff: models.Staff, thing: Thing) -> Iterator[Relation]:
    yield from _at_clinic(tx, staff)
    if staff.role == Role.CLINICIAN:
        if is_treating(tx, staff.id, thing.patient_id):
            yield Relation.TREATING
            if thing.session_of == staff.id:
                yield Relation.SESSION
        if _broke_glass(tx, staff.id, thing.patient_id):
            yield Relation.BROKE_GLASS
    if staff.role == Role.SUPERVISOR and _was_handed(tx, staff.id, thing.reflection_id):
        yield Relation.HANDED_OVER


def is_treating(tx: Tx, staff_id: str, patient_id: str) -> bool:
    """Whether the patient is on this clinician's caseload today."""
    today = today_at_clinic(tx, staff_id)
    query = select(models.Caseload.id).where(
        models.Caseload.staff_id == staff_id,
        models.Caseload.patient_id == patient_id,
        models.Caseload.starts_on <= today,
        or_(models.Caseload.ends_on.is_(None), models.Caseload.ends_on >= today),
    )
    return tx.session.scalar(query.limit(1)) is not None


def today_at_clinic(tx: Tx, staff_id: str) -> date:
    """A day on the caseload is one at the clinic: in UTC it would end in the afternoon there."""
    zone = tx.session.scalar(
        select(models.Clinic.timezone)
        .join(models.Staff, models.Staff.clinic_id == models.Clinic.id)
        .where(models.Staff.id == staff_id)
    )
    return tx.now.astimezone(ZoneInfo(zone or "UTC")).date()


def _broke_glass(tx: Tx, staff_id: str, patient_id: str) -> bool:
    query = select(BrokenGlass.id).where(
        BrokenGlass.staff_id == staff_id,
        BrokenGlass.patient_id == patient_id,
        BrokenGlass.ends_at > tx.now,
    )
    return tx.session.scalar(query.limit(1)) is not None


def _was_handed(tx: Tx, staff_id: str, reflection_id: str) -> bool:
    query = select(Handover.id).where(
        Handover.to_staff_id == staff_id,
        Handover.reflection_id == reflection_id,
        Handover.ends_at > tx.now,
    )
    return tx.session.scalar(query.limit(1)) is not None


def _is_privacy_contact(tx: Tx, staff_id: str) -> bool:
    query = select(models.Contact.id).where(
        models.Contact.staff_id == staff_id,
        models.Contact.kind == PRIVACY_KIND,
        models.Contact.removed_at.is_(None),
    )
    return tx.session.scalar(query.limit(1)) is not None
