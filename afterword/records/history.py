"""What a patient was asked and answered before, and the packs that were chosen for them."""

import json
from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import timedelta

from sqlalchemy import ColumnElement, select

from afterword.access.policy import Action
from afterword.records import models, people, views
from afterword.records.doors import door, for_processes
from afterword.records.store import Tx
from afterword.reflection.answers import Answer, Answers, AnswerState, Visibility
from afterword.reflection.editions import is_same_question
from afterword.reflection.history import History, Past, past_of
from afterword.reflection.instrument import Instrument, Item

Instruments = Mapping[tuple[str, int], Instrument]
_DAY = timedelta(days=1)


@door(Action.READ_OWN, of="reflection.id")
def history_of(tx: Tx, reflection: views.Reflection, instruments: Instruments) -> History:
    """The reflections on earlier appointments that were begun before this one.

    It stays as it is while this one goes on: what an earlier one is told later does not count.
    """
    begun_before: list[ColumnElement[bool]] = [models.Reflection.started_at.is_not(None)]
    if reflection.started_at is not None:
        begun_before.append(models.Reflection.started_at <= reflection.started_at)
    rows = tx.session.execute(
        select(models.Reflection, models.Appointment.starts_at)
        .join(models.Appointment, models.Appointment.id == models.Reflection.appointment_id)
        .where(
            models.Appointment.patient_id == reflection.patient_id,
            models.Appointment.starts_at < reflection.session_at,
            *begun_before,
        )
        .order_by(models.Appointment.starts_at.desc(), models.Reflection.id)
    ).all()
    answers = _answers(tx, [row.id for row, _ in rows], reflection)
    now = instruments.get((reflection.instrument, reflection.instrument_version))
    return History(
        tuple(
            _past(
                round((reflection.session_at - session_at) / _DAY),
                instruments.get((row.instrument, row.instrument_version)),
                answers[row.id],
                now,
                {row.language, reflection.language},
            )
            for row, session_at in rows
        ),
        packs_of(tx, reflection.patient_id),
    )


@door(Action.CHOOSE_PACKS, of="appointment_id")
def patient_at(tx: Tx, appointment_id: str) -> views.Person:
    """Whose packs are chosen on the page of this appointment. Raises Denied."""
    appointment = tx.session.get_one(models.Appointment, appointment_id)
    return people.patient_view(tx, tx.session.get_one(models.Patient, appointment.patient_id))


@door(Action.CHOOSE_PACKS, of="patient_id")
def packs_of(tx: Tx, patient_id: str) -> frozenset[str]:
    """The packs that a clinician has chosen for this patient."""
    packs = tx.session.scalar(select(models.Patient.packs).where(models.Patient.id == patient_id))
    return frozenset(json.loads(packs or "[]"))


@door(Action.CHOOSE_PACKS, of="patient_id")
def choose_packs(tx: Tx, patient_id: str, packs: Collection[str]) -> None:
    """From the next reflection on these packs join the questions that take turns."""
    patient = tx.session.get_one(models.Patient, patient_id)
    patient.packs = json.dumps(sorted(packs))
    tx.session.flush()


@for_processes
def patients_called(tx: Tx, name: str) -> list[str]:
    """The ids of the patients of this name."""
    wanted = " ".join(name.split()).casefold()
    found = (people.patient_view(tx, row) for row in tx.session.scalars(select(models.Patient)))
    return [one.id for one in found if " ".join(one.name.split()).casefold() == wanted]


def _past(
    days: int,
    then: Instrument | None,
    answers: Answers,
    now: Instrument | None,
    languages: Collection[str],
) -> Past:
    if then is None:
        return Past(days)

    def same(item: Item) -> bool:
        if now is None or now.version == then.version:
            return True
        asked = now.items.get(item.id)
        return asked is not None and is_same_question(now, then, asked, languages)

    return past_of(days, then, answers, same)


def _answers(
    tx: Tx, reflections: Collection[str], now: views.Reflection
) -> dict[str, dict[str, Answer]]:
    """Ratings by reflection; words stay sealed."""
    query = select(models.Answer).where(models.Answer.reflection_id.in_(reflections))
    if now.started_at is not None:
        query = query.where(models.Answer.created_at <= now.started_at)
    found: dict[str, dict[str, Answer]] = defaultdict(dict)
    for row in tx.session.scalars(query.order_by(models.Answer.created_at, models.Answer.id)):
        found[row.reflection_id][row.question] = Answer(
            question=row.question,
            state=AnswerState(row.state),
            value=row.value,
            visibility=Visibility(row.visibility),
        )
    return found
