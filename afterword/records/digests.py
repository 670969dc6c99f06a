"""What a clinician may read: their own caseload, and of each answer only what was shared.

Visibility is held here, not in templates: words that were not shared are never decrypted.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, or_, select

from afterword.access.policy import Action
from afterword.records import inbox, models, people, reflections, relations, views
from afterword.records.doors import door, own_only
from afterword.records.store import Tx, new_id
from afterword.reflection.answers import Answer, AnswerState, ReflectionState, Sharing, Visibility


@dataclass(frozen=True)
class Shared:
    """A reflection as far as it was shared: `answers` by question id, empty when nothing was."""

    reflection_id: str
    appointment_id: str
    session_at: datetime
    state: ReflectionState
    sharing: Sharing | None
    instrument: str
    instrument_version: int
    language: str
    started_at: datetime | None
    shared_at: datetime | None
    read_at: datetime | None
    answers: dict[str, Answer]


@dataclass(frozen=True)
class DigestSource:
    """All that a digest is made of.

    `latest` is the reflection on the session before `appointment`; `earlier` are the patient's
    shared ones before that, oldest first.
    """

    appointment: views.Appointment
    patient: views.Person
    goals: tuple[views.Goal, ...]
    latest: Shared | None
    earlier: tuple[Shared, ...]


@own_only(Action.READ_LIST)
def appointments_between(
    tx: Tx, staff_id: str, start: datetime, end: datetime
) -> list[views.Appointment]:
    """The clinician's own appointments with people on their caseload, by time."""
    rows = tx.session.execute(
        select(models.Appointment, models.Patient, models.Staff)
        .join(models.Patient, models.Patient.id == models.Appointment.patient_id)
        .join(models.Staff, models.Staff.id == models.Appointment.staff_id)
        .where(
            models.Appointment.staff_id == staff_id,
            models.Appointment.status == "booked",
            models.Appointment.starts_at >= start,
            models.Appointment.starts_at < end,
            on_caseload(tx, staff_id),
        )
        .order_by(models.Appointment.starts_at, models.Appointment.id)
    )
    return [_appointment(tx, *row) for row in rows]


@door(Action.READ_DIGEST, of="appointment_id")
def digest_source(tx: Tx, staff_id: str, appointment_id: str) -> DigestSource | None:
    """The digest's material for one of the clinician's own appointments. Raises Denied."""
    found = tx.session.execute(
        select(models.Appointment, models.Patient, models.Staff)
        .join(models.Patient, models.Patient.id == models.Appointment.patient_id)
        .join(models.Staff, models.Staff.id == models.Appointment.staff_id)
        .where(models.Appointment.id == appointment_id)
    ).first()
    if found is None:
        return None
    appointment = _appointment(tx, *found)
    history = _reflections_before(tx, appointment)
    latest = history[-1] if history else None
    shared = [one for one in history[:-1] if one.state is ReflectionState.SHARED]
    return DigestSource(
        appointment=appointment,
        patient=appointment.patient,
        goals=tuple(people.goals_of(tx, appointment.patient.id)),
        latest=latest,
        earlier=tuple(shared),
    )


@door(Action.READ_DIGEST, of="appointment_id")
def open_latest(tx: Tx, staff_id: str, appointment_id: str) -> DigestSource | None:
    """As `digest_source`, and notes the opening first.

    What is returned can therefore no longer be taken back while the clinician reads it.
    """
    source = digest_source(tx, staff_id, appointment_id)
    if source is None or source.latest is None:
        return source
    mark_opened(tx, staff_id, source.latest.reflection_id)
    tx.session.expire_all()
    return digest_source(tx, staff_id, appointment_id)


def mark_opened(tx: Tx, staff_id: str, reflection_id: str) -> None:
    """Notes the first opening of a shared digest; the patient is not told of this."""
    reflection = inbox.lock_reflection(tx, reflection_id)
    if reflection.state == ReflectionState.SHARED and _reading(tx, staff_id, reflection_id) is None:
        tx.session.add(
            models.Reading(
                id=new_id(), reflection_id=reflection_id, staff_id=staff_id, opened_at=tx.now
            )
        )
        inbox.touch(tx, reflection)
        tx.session.flush()


@door(Action.CONFIRM_DIGEST, of="appointment_id")
def mark_read(tx: Tx, staff_id: str, appointment_id: str, reflection_id: str) -> bool:
    """Notes *I have read this*; a second time changes nothing.

    False when this is not the shared reflection that this clinician's digest shows.
    """
    source = digest_source(tx, staff_id, appointment_id)
    latest = None if source is None else source.latest
    if latest is None or latest.reflection_id != reflection_id:
        return False
    if latest.state is not ReflectionState.SHARED:
        return False
    mark_opened(tx, staff_id, reflection_id)
    reading = _reading(tx, staff_id, reflection_id)
    if reading is None:
        # Taken back in the moment between the look and the lock.
        return False
    if reading.read_at is None:
        reading.read_at = tx.now
        inbox.touch(tx, inbox.lock_reflection(tx, reflection_id))
        tx.session.flush()
    return True


def source_of_one(tx: Tx, reflection_id: str) -> DigestSource:
    """The material of one reflection's digest, for whoever is to see this one only.

    As appointment it has the session that the reflection is about.
    """
    reflection = tx.session.get_one(models.Reflection, reflection_id)
    session = tx.session.get_one(models.Appointment, reflection.appointment_id)
    appointment = _appointment(
        tx,
        session,
        tx.session.get_one(models.Patient, session.patient_id),
        tx.session.get_one(models.Staff, session.staff_id),
    )
    return DigestSource(
        appointment=appointment,
        patient=appointment.patient,
        goals=tuple(people.goals_of(tx, appointment.patient.id)),
        latest=_shared(tx, session.staff_id, reflection, session),
        earlier=(),
    )


def _reading(tx: Tx, staff_id: str, reflection_id: str) -> models.Reading | None:
    return tx.session.scalar(
        select(models.Reading).where(
            models.Reading.reflection_id == reflection_id, models.Reading.staff_id == staff_id
        )
    )


def on_caseload(tx: Tx, staff_id: str) -> ColumnElement[bool]:
    """A condition on appointments: their patient is on this clinician's caseload today."""
    today = relations.today_at_clinic(tx, staff_id)
    return (
        select(models.Caseload.id)
        .where(
            models.Caseload.staff_id == staff_id,
            models.Caseload.patient_id == models.Appointment.patient_id,
            models.Caseload.starts_on <= today,
            or_(models.Caseload.ends_on.is_(None), models.Caseload.ends_on >= today),
        )
        .exists()
    )


def _appointment(
    tx: Tx, row: models.Appointment, patient: models.Patient, staff: models.Staff
) -> views.Appointment:
    return views.Appointment(
        id=row.id,
        patient=people.patient_view(tx, patient),
        clinician=people.staff_view(tx, staff),
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        status=row.status,
    )


def _reflections_before(tx: Tx, appointment: views.Appointment) -> list[Shared]:
    rows: Sequence[tuple[models.Reflection, models.Appointment]] = [
        (reflection, earlier)
        for reflection, earlier in tx.session.execute(
            select(models.Reflection, models.Appointment)
            .join(models.Appointment, models.Appointment.id == models.Reflection.appointment_id)
            .where(
                models.Appointment.patient_id == appointment.patient.id,
                models.Appointment.staff_id == appointment.clinician.id,
                models.Appointment.starts_at < appointment.starts_at,
            )
            .order_by(models.Appointment.starts_at)
        )
    ]
    return [_shared(tx, appointment.clinician.id, *row) for row in rows]


def _shared(
    tx: Tx, staff_id: str, reflection: models.Reflection, appointment: models.Appointment
) -> Shared:
    reading = _reading(tx, staff_id, reflection.id)
    state = ReflectionState(reflection.state)
    return Shared(
        reflection_id=reflection.id,
        appointment_id=appointment.id,
        session_at=appointment.starts_at,
        state=state,
        sharing=None if reflection.sharing is None else Sharing(reflection.sharing),
        instrument=reflection.instrument,
        instrument_version=reflection.instrument_version,
        language=reflection.language,
        started_at=reflection.started_at,
        shared_at=reflection.shared_at,
        read_at=None if reading is None else reading.read_at,
        answers=_shared_answers(tx, reflection.id) if state is ReflectionState.SHARED else {},
    )


def _shared_answers(tx: Tx, reflection_id: str) -> dict[str, Answer]:
    answers = {}
    query = (
        select(models.Answer)
        .where(
            models.Answer.reflection_id == reflection_id,
            models.Answer.visibility.in_([Visibility.SHARED, Visibility.RATING]),
        )
        .order_by(models.Answer.created_at, models.Answer.id)
    )
    for row in tx.session.scalars(query):
        visibility = Visibility(row.visibility)
        answers[row.question] = Answer(
            question=row.question,
            state=AnswerState(row.state),
            value=row.value,
            words=reflections.words(tx, row) if visibility is Visibility.SHARED else None,
            visibility=visibility,
        )
    return answers
