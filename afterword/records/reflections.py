"""Reflections and their answers: kept when given, under their question; sharing flips a state."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import delete, select

from afterword.access.policy import Action
from afterword.records import alert_rows, inbox, misheard_rows, models, people, sealing, views
from afterword.records.doors import door, for_processes, unguarded
from afterword.records.sealing import Place
from afterword.records.store import Tx, new_id
from afterword.reflection.answers import (
    Answer,
    AnswerState,
    ReflectionState,
    Sharing,
    Visibility,
    visibility_when,
)

_ENDED = (ReflectionState.SHARED, ReflectionState.PRIVATE, ReflectionState.DELETED)


class ReflectionEnded(Exception):
    """The reflection was shared, kept private or deleted: no answer can be added."""


@for_processes
def by_conversation(tx: Tx, conversation: str) -> views.Reflection | None:
    """The reflection that Rasa knows under this number."""
    row = tx.session.scalar(
        select(models.Reflection).where(models.Reflection.conversation == conversation)
    )
    return None if row is None else _view(tx, row)


@door(Action.READ_OWN, of="reflection_id")
def by_id(tx: Tx, reflection_id: str) -> views.Reflection | None:
    row = tx.session.get(models.Reflection, reflection_id)
    return None if row is None else _view(tx, row)


@door(Action.ANSWER, of="reflection_id")
def begin(tx: Tx, reflection_id: str) -> None:
    """Notes that the patient has started; later calls change nothing."""
    row = inbox.lock_reflection(tx, reflection_id)
    if row.state == ReflectionState.INVITED:
        row.state, row.started_at = ReflectionState.OPEN, tx.now
        inbox.touch(tx, row)


@door(Action.ANSWER, of="reflection_id")
def set_language(tx: Tx, reflection_id: str, language: str) -> None:
    """Goes on in another language; answers stay as they are. The same again changes nothing.

    Before the start nobody listens for news, and a new revision would look like a start.
    """
    row = inbox.lock_reflection(tx, reflection_id)
    if row.language == language:
        return
    row.language = language
    if row.revision:
        inbox.touch(tx, row)
    tx.session.flush()


@door(Action.READ_OWN, of="reflection_id")
def answers_of(tx: Tx, reflection_id: str) -> dict[str, Answer]:
    """All answers by question id, in the order in which they were first given."""
    query = (
        select(models.Answer)
        .where(models.Answer.reflection_id == reflection_id)
        .order_by(models.Answer.created_at, models.Answer.id)
    )
    return {row.question: _answer(tx, row) for row in tx.session.scalars(query)}


@door(Action.ANSWER, of="reflection_id")
def record_answer(tx: Tx, reflection_id: str, answer: Answer, message_id: str) -> None:
    """Stores an answer at its question; the same message again changes nothing.

    An earlier answer is kept as a version. Raises ReflectionEnded once it was shared.
    """
    reflection = _open_reflection(tx, reflection_id)
    row = _answer_row(tx, reflection_id, answer.question)
    if row is not None and row.message_id == message_id:
        return
    if row is None:
        row = models.Answer(
            id=new_id(),
            reflection_id=reflection_id,
            question=answer.question,
            version=0,
            visibility=Visibility.UNSHARED,
            created_at=tx.now,
        )
        tx.session.add(row)
    else:
        tx.session.add(_version_of(tx, row))
    row.version += 1
    row.state, row.value = answer.state, answer.value
    row.sealed_words = (
        None if answer.words is None else sealing.seal(tx, _words_of(tx, row), answer.words)
    )
    row.message_id, row.updated_at = message_id, tx.now
    inbox.touch(tx, reflection)
    tx.session.flush()


@door(Action.ANSWER, of="reflection_id")
def remove_answer(tx: Tx, reflection_id: str, question: str, message_id: str) -> None:
    """Takes an answer out, earlier versions too; what stays is that it was skipped."""
    reflection = _open_reflection(tx, reflection_id)
    row = _answer_row(tx, reflection_id, question)
    if row is None:
        return
    tx.session.execute(delete(models.AnswerVersion).where(models.AnswerVersion.answer_id == row.id))
    row.state, row.value, row.sealed_words = AnswerState.SKIPPED, None, None
    row.message_id, row.updated_at = message_id, tx.now
    inbox.touch(tx, reflection)
    tx.session.flush()


@door(Action.ANSWER, of="reflection_id")
def share(
    tx: Tx, reflection_id: str, sharing: Sharing, private: Collection[str] = frozenset()
) -> None:
    """Ends the reflection with the patient's decision; the same decision again changes nothing.

    Answers to `private` questions stay private, whatever is decided over the others.
    """
    reflection = inbox.lock_reflection(tx, reflection_id)
    if reflection.state in _ENDED and reflection.sharing == sharing:
        return
    if reflection.state in _ENDED:
        raise ReflectionEnded
    for row in _answer_rows(tx, reflection_id):
        decided = Sharing.PRIVATE if row.question in private else sharing
        row.visibility = visibility_when(decided, _answer(tx, row))
    kept_private = sharing is Sharing.PRIVATE
    reflection.state = ReflectionState.PRIVATE if kept_private else ReflectionState.SHARED
    reflection.sharing, reflection.shared_at = sharing, None if kept_private else tx.now
    inbox.touch(tx, reflection)
    tx.session.flush()


@door(Action.ANSWER, of="reflection_id")
def take_back(tx: Tx, reflection_id: str) -> bool:
    """Opens a shared or private reflection again; False once a clinician has opened it."""
    reflection = inbox.lock_reflection(tx, reflection_id)
    if reflection.state not in (ReflectionState.SHARED, ReflectionState.PRIVATE):
        return reflection.state == ReflectionState.OPEN
    if tx.session.scalar(
        select(models.Reading.id).where(models.Reading.reflection_id == reflection_id)
    ):
        return False
    for row in _answer_rows(tx, reflection_id):
        row.visibility = Visibility.UNSHARED
    reflection.state, reflection.sharing, reflection.shared_at = ReflectionState.OPEN, None, None
    inbox.touch(tx, reflection)
    tx.session.flush()
    return True


@door(Action.ANSWER, of="reflection_id")
def erase(tx: Tx, reflection_id: str) -> None:
    """Deletes every answer, version, message and line; the empty row stays, as deleted.

    Alerts stay as facts, without the patient's words. What waits to teach the assistant tells not
    from which reflection it is, so all of the patient's goes.
    """
    reflection = inbox.lock_reflection(tx, reflection_id)
    for table in (models.Answer, models.Reading):
        tx.session.execute(delete(table).where(table.reflection_id == reflection_id))
    inbox.forget_messages(tx, reflection_id)
    alert_rows.forget_words(tx, reflection_id)
    misheard_rows.forget(tx, sealing.owner_of(tx, reflection_id))
    reflection.state, reflection.sharing = ReflectionState.DELETED, None
    reflection.shared_at = None
    inbox.touch(tx, reflection)
    tx.session.flush()


@unguarded("names of question sets")
def versions_in_use(tx: Tx) -> set[tuple[str, int]]:
    """The instruments, by (id, version), that reflections were opened on."""
    rows = tx.session.execute(
        select(models.Reflection.instrument, models.Reflection.instrument_version).distinct()
    )
    return {(row.instrument, row.instrument_version) for row in rows}


def _open_reflection(tx: Tx, reflection_id: str) -> models.Reflection:
    reflection = inbox.lock_reflection(tx, reflection_id)
    if reflection.state in _ENDED:
        raise ReflectionEnded
    return reflection


def _answer_rows(tx: Tx, reflection_id: str) -> list[models.Answer]:
    query = select(models.Answer).where(models.Answer.reflection_id == reflection_id)
    return list(tx.session.scalars(query))


def _answer_row(tx: Tx, reflection_id: str, question: str) -> models.Answer | None:
    return tx.session.scalar(
        select(models.Answer).where(
            models.Answer.reflection_id == reflection_id, models.Answer.question == question
        )
    )


def _version_of(tx: Tx, row: models.Answer) -> models.AnswerVersion:
    sealed = row.sealed_words
    key = new_id()
    return models.AnswerVersion(
        id=key,
        answer_id=row.id,
        version=row.version,
        state=row.state,
        value=row.value,
        # Sealed for its own row: a sealed value never opens anywhere else.
        sealed_words=None
        if sealed is None
        else sealing.seal(
            tx,
            Place(sealing.owner_of(tx, row.reflection_id), "answer_version", "words", key),
            words(tx, row) or "",
        ),
        replaced_at=tx.now,
    )


def words(tx: Tx, row: models.Answer) -> str | None:
    if row.sealed_words is None:
        return None
    return sealing.unseal(tx, _words_of(tx, row), row.sealed_words)


def earlier(tx: Tx, row: models.Answer) -> list[dict[str, object]]:
    """What an answer was before it was changed, oldest first."""
    owner = sealing.owner_of(tx, row.reflection_id)
    versions = tx.session.scalars(
        select(models.AnswerVersion)
        .where(models.AnswerVersion.answer_id == row.id)
        .order_by(models.AnswerVersion.version)
    )
    return [
        {
            "state": one.state,
            "value": one.value,
            "words": one.sealed_words
            and sealing.unseal(
                tx, Place(owner, "answer_version", "words", one.id), one.sealed_words
            ),
            "until": one.replaced_at,
        }
        for one in versions
    ]


def _words_of(tx: Tx, row: models.Answer) -> Place:
    owner = sealing.owner_of(tx, row.reflection_id)
    return Place(owner, "answer", "words", f"{row.id}.{row.version}")


def _answer(tx: Tx, row: models.Answer) -> Answer:
    return Answer(
        question=row.question,
        state=AnswerState(row.state),
        value=row.value,
        words=words(tx, row),
        visibility=Visibility(row.visibility),
    )


def _view(tx: Tx, row: models.Reflection) -> views.Reflection:
    appointment, staff, clinic = tx.session.execute(
        select(models.Appointment, models.Staff, models.Clinic)
        .join(models.Staff, models.Staff.id == models.Appointment.staff_id)
        .join(models.Clinic, models.Clinic.id == models.Staff.clinic_id)
        .where(models.Appointment.id == row.appointment_id)
    ).one()
    reading = tx.session.scalar(
        select(models.Reading)
        .where(models.Reading.reflection_id == row.id)
        .order_by(models.Reading.read_at.is_(None), models.Reading.read_at)
    )
    clinician = people.staff_view(tx, staff)
    read = None
    if reading is not None and reading.read_at is not None:
        read = views.ReadNotice(clinician.name, reading.read_at)
    return views.Reflection(
        id=row.id,
        conversation=row.conversation,
        state=ReflectionState(row.state),
        sharing=None if row.sharing is None else Sharing(row.sharing),
        instrument=row.instrument,
        instrument_version=row.instrument_version,
        language=row.language,
        revision=row.revision,
        appointment_id=row.appointment_id,
        patient_id=appointment.patient_id,
        clinician=clinician,
        clinic=people.clinic_view(clinic),
        session_at=appointment.starts_at,
        next_session_at=_next_session(tx, appointment),
        started_at=row.started_at,
        shared_at=row.shared_at,
        opened=reading is not None,
        read=read,
    )


def _next_session(tx: Tx, appointment: models.Appointment) -> datetime | None:
    return tx.session.scalar(
        select(models.Appointment.starts_at)
        .where(
            models.Appointment.patient_id == appointment.patient_id,
            models.Appointment.staff_id == appointment.staff_id,
            models.Appointment.starts_at > appointment.starts_at,
            models.Appointment.status == "booked",
        )
        .order_by(models.Appointment.starts_at)
        .limit(1)
    )
