"""What an admin looks after: whom there is, who treats whom, and when. No answer is here."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import or_, select

from afterword.access.policy import Action, Denied, Role
from afterword.records import consents, invitations, models, people, relations, views
from afterword.records.doors import decide, unguarded
from afterword.records.store import Tx
from afterword.reflection.answers import ReflectionState

LENGTH = timedelta(minutes=50)
LINK_LIFE = timedelta(days=14)
BOOKED, CANCELLED = "booked", "cancelled"


class ScheduleRefused(Exception):
    """A change that is not made. `code` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(f"The schedule was not changed ({code}).")
        self.code = code


@dataclass(frozen=True)
class Treated:
    """That a clinician has a patient on their caseload; `ends_on` is the last day."""

    clinician: views.Person
    starts_on: date
    ends_on: date | None


@dataclass(frozen=True)
class Chart:
    """One patient as an admin sees them; for `finished` appointments a link can be made."""

    patient: views.Person
    language: str
    treated: tuple[Treated, ...]
    coming: tuple[views.Appointment, ...]
    finished: tuple[views.Appointment, ...]


@unguarded("asks the policy itself")
def patients(tx: Tx, clinic_id: str) -> list[views.Person]:
    """All patients of a clinic by name. Raises Denied."""
    _ask(tx, clinic_id)
    rows = tx.session.scalars(select(models.Patient).where(models.Patient.clinic_id == clinic_id))
    found = [people.patient_view(tx, row) for row in rows]
    return sorted(found, key=lambda one: (one.name.casefold(), one.id))


@unguarded("asks the policy itself")
def clinicians(tx: Tx, clinic_id: str) -> list[views.Person]:
    """Who can have patients. Raises Denied."""
    _ask(tx, clinic_id)
    return _clinicians(tx, clinic_id)


@unguarded("asks the policy itself")
def add_patient(tx: Tx, clinic_id: str, *, name: str, language: str) -> str:
    """Returns the new patient's id. Raises ScheduleRefused and Denied."""
    _ask(tx, clinic_id)
    if not name.strip():
        raise ScheduleRefused("name")
    return people.add_patient(tx, clinic_id, name=" ".join(name.split()), language=language)


@unguarded("asks the policy itself")
def chart(tx: Tx, patient_id: str) -> Chart:
    """Raises Denied."""
    patient = _patient(tx, patient_id)
    treated = tx.session.scalars(
        select(models.Caseload)
        .where(models.Caseload.patient_id == patient_id)
        .order_by(models.Caseload.starts_on.desc(), models.Caseload.id)
    )
    booked = tx.session.scalars(
        select(models.Appointment)
        .where(
            models.Appointment.patient_id == patient_id,
            models.Appointment.status.not_in([CANCELLED, "missed"]),
        )
        .order_by(models.Appointment.starts_at)
    )
    found = [_appointment(tx, row, patient) for row in booked]
    return Chart(
        people.patient_view(tx, patient),
        patient.language,
        tuple(Treated(_person(tx, row.staff_id), row.starts_on, row.ends_on) for row in treated),
        tuple(one for one in found if one.ends_at > tx.now),
        tuple(one for one in found if one.ends_at <= tx.now)[:-6:-1],
    )


@unguarded("asks the policy itself")
def assign(
    tx: Tx, patient_id: str, staff_id: str, starts_on: date, ends_on: date | None = None
) -> None:
    """Puts a patient on a clinician's caseload. Raises ScheduleRefused and Denied."""
    patient = _patient(tx, patient_id)
    _require_clinician(tx, patient, staff_id)
    if ends_on is not None and ends_on < starts_on:
        raise ScheduleRefused("dates")
    same = select(models.Caseload.id).where(
        models.Caseload.staff_id == staff_id,
        models.Caseload.patient_id == patient_id,
        or_(models.Caseload.ends_on.is_(None), models.Caseload.ends_on >= starts_on),
    )
    if tx.session.scalar(same.limit(1)) is not None:
        raise ScheduleRefused("assigned")
    people.assign(tx, staff_id, patient_id, starts_on, ends_on)


@unguarded("asks the policy itself")
def end_assignment(tx: Tx, patient_id: str, staff_id: str) -> None:
    """Yesterday was the last day of the patient on this caseload. Raises Denied."""
    _patient(tx, patient_id)
    yesterday = relations.today_at_clinic(tx, staff_id) - timedelta(days=1)
    rows = tx.session.scalars(
        select(models.Caseload).where(
            models.Caseload.staff_id == staff_id,
            models.Caseload.patient_id == patient_id,
            or_(models.Caseload.ends_on.is_(None), models.Caseload.ends_on > yesterday),
        )
    )
    for row in rows:
        row.ends_on = yesterday


@unguarded("asks the policy itself")
def book(tx: Tx, patient_id: str, staff_id: str, starts_at: datetime) -> str:
    """Returns the id of the appointment. Raises ScheduleRefused and Denied."""
    patient = _patient(tx, patient_id)
    _require_clinician(tx, patient, staff_id)
    ends_at = starts_at + LENGTH
    if _is_taken(tx, patient_id, staff_id, starts_at, ends_at):
        raise ScheduleRefused("taken")
    return people.book(tx, patient_id, staff_id, starts_at, ends_at)


@unguarded("asks the policy itself")
def cancel(tx: Tx, patient_id: str, appointment_id: str) -> None:
    """Raises ScheduleRefused and Denied."""
    row = _appointment_of(tx, patient_id, appointment_id)
    if row.ends_at <= tx.now:
        raise ScheduleRefused("over")
    row.status = CANCELLED


@unguarded("asks the policy itself")
def link_for(tx: Tx, patient_id: str, appointment_id: str, *, instrument: str, version: int) -> str:
    """The token of a new link for an appointment that is over; an older link ends.

    Not once the patient has begun: whoever makes the link could read by it what they wrote.
    Raises ScheduleRefused and Denied.
    """
    row = _appointment_of(tx, patient_id, appointment_id)
    if row.ends_at > tx.now or row.status == CANCELLED:
        raise ScheduleRefused("not_over")
    if consents.is_withdrawn(tx, patient_id):
        raise ScheduleRefused("withdrawn")
    if _has_begun(tx, appointment_id):
        raise ScheduleRefused("begun")
    return invitations.invite(
        tx,
        appointment_id,
        instrument=instrument,
        instrument_version=version,
        expires_at=tx.now + LINK_LIFE,
    ).token


def _is_taken(
    tx: Tx, patient_id: str, staff_id: str, starts_at: datetime, ends_at: datetime
) -> bool:
    """Whether one of the two has an appointment that overlaps."""
    query = select(models.Appointment.id).where(
        or_(
            models.Appointment.patient_id == patient_id,
            models.Appointment.staff_id == staff_id,
        ),
        models.Appointment.status != CANCELLED,
        models.Appointment.starts_at < ends_at,
        models.Appointment.ends_at > starts_at,
    )
    return tx.session.scalar(query.limit(1)) is not None


def _has_begun(tx: Tx, appointment_id: str) -> bool:
    state = tx.session.scalar(
        select(models.Reflection.state).where(models.Reflection.appointment_id == appointment_id)
    )
    return state not in (None, ReflectionState.INVITED)


def _ask(tx: Tx, clinic_id: str, patient_id: str | None = None) -> None:
    """An admin of another clinic is nobody here. Raises Denied."""
    held = relations.to_clinic(tx, clinic_id)
    kind, key = ("patient", patient_id) if patient_id else ("clinic", clinic_id)
    decide(tx, Action.MANAGE_CLINIC, held, kind=kind, key=key, patient_id=patient_id)


def _patient(tx: Tx, patient_id: str) -> models.Patient:
    row = tx.session.get(models.Patient, patient_id)
    if row is None:
        raise Denied(Action.MANAGE_CLINIC, "patient", "")
    _ask(tx, row.clinic_id, patient_id)
    return row


def _appointment_of(tx: Tx, patient_id: str, appointment_id: str) -> models.Appointment:
    _patient(tx, patient_id)
    row = tx.session.get(models.Appointment, appointment_id)
    if row is None or row.patient_id != patient_id:
        raise Denied(Action.MANAGE_CLINIC, "appointment", "", patient_id)
    return row


def _require_clinician(tx: Tx, patient: models.Patient, staff_id: str) -> None:
    if staff_id not in {one.id for one in _clinicians(tx, patient.clinic_id)}:
        raise ScheduleRefused("clinician")


def _clinicians(tx: Tx, clinic_id: str) -> list[views.Person]:
    rows = tx.session.scalars(
        select(models.Staff).where(
            models.Staff.clinic_id == clinic_id,
            models.Staff.role == Role.CLINICIAN,
            models.Staff.disabled_at.is_(None),
        )
    )
    found = [people.staff_view(tx, row) for row in rows]
    return sorted(found, key=lambda one: (one.name.casefold(), one.id))


def _person(tx: Tx, staff_id: str) -> views.Person:
    return people.staff_view(tx, tx.session.get_one(models.Staff, staff_id))


def _appointment(tx: Tx, row: models.Appointment, patient: models.Patient) -> views.Appointment:
    return views.Appointment(
        row.id,
        people.patient_view(tx, patient),
        _person(tx, row.staff_id),
        row.starts_at,
        row.ends_at,
        row.status,
    )
