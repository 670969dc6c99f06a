"""Messages that were not understood: kept without names and detached from who wrote them.

Only with the patient's consent to training, never at an open question. What is done with them by
people is in `misheard_review`.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from sqlalchemy import func, select

from afterword.access.policy import Action
from afterword.deid.known import Known
from afterword.deid.masking import mask, telling
from afterword.deid.spans import TAGGED
from afterword.records import consents, misheard_rows, models, people, reflections, sealing
from afterword.records.doors import by_admin, for_processes
from afterword.records.misheard_rows import owner_hash, word_hash
from afterword.records.sealing import RECORD
from afterword.records.store import Tx, new_id
from afterword.records.training_models import DataChange, Misheard, MisheardWord

ANSWER = "answer"
"""The label of what was an answer after all."""
SECOND_PERSON = frozenset({"stop", "stop_delete", "ask_human"})
"""Labels that touch safety: who wants to leave, or a person, must be heard."""
LONGEST = 16
"""Words. Longer messages are no commands: they tell something, and are not kept here."""
_MOST_OF_ONE = 40
"""Messages of one patient that may wait at a time."""
_FEWEST_PEOPLE = 2


class Reason(StrEnum):
    """Why a message is taken for misunderstood."""

    FALLBACK = "fallback"
    MARGIN = "margin"
    CORRECTED = "corrected"
    NOT_MEANT = "not_meant"


class State(StrEnum):
    """What became of it. `labelled` waits for a second person where the label touches safety."""

    WAITING = "waiting"
    LABELLED = "labelled"
    SKIPPED = "skipped"
    HIDDEN = misheard_rows.HIDDEN


@dataclass(frozen=True)
class Labelled:
    """A line that people have decided on. `rare`: it has words of one person alone."""

    id: str
    text: str
    language: str
    label: str
    owner_hash: str
    rare: bool


@for_processes
def note(
    tx: Tx,
    reflection_id: str,
    *,
    question: str,
    language: str,
    text: str,
    reason: str,
    did: str,
    guesses: Sequence[tuple[str, float]],
    model: str,
) -> None:
    """Keeps a message that was not understood, if its patient allowed that.

    Names and numbers are taken out before it is stored. The caller sees to it that the question is
    no open one; words that are kept as an answer are passed over here as well. The same words of a
    patient at the same question are kept once.
    """
    patient_id = sealing.owner_of(tx, reflection_id)
    if not consents.training_allowed(tx, patient_id) or len(text.split()) > LONGEST:
        return
    if _is_answer(tx, reflection_id, text):
        return
    clinic_id = tx.session.get_one(models.Patient, patient_id).clinic_id
    safe = mask(text, language, known(tx, clinic_id))
    owner = owner_hash(tx, patient_id)
    if not _says_something(safe) or not _has_room(tx, owner, question, safe):
        return
    key = new_id()
    tx.session.add(
        Misheard(
            id=key,
            clinic_id=clinic_id,
            owner_hash=owner,
            week=week_of(tx.now.date()),
            language=language,
            question=question,
            reason=Reason(reason),
            did=did,
            guesses=json.dumps([[name, round(sure, 3)] for name, sure in guesses]),
            model=model or tx.session.get_one(models.Reflection, reflection_id).model,
            sealed_text=misheard_rows.seal(tx, key, safe),
            state=State.WAITING,
        )
    )
    _count_words(tx, owner, safe, language)
    tx.session.flush()


@for_processes
def was_answer(tx: Tx, reflection_id: str, question: str, text: str) -> None:
    """The patient has kept these words as their answer: they no longer wait here."""
    patient_id = sealing.owner_of(tx, reflection_id)
    clinic_id = tx.session.get_one(models.Patient, patient_id).clinic_id
    lines = [line for line in text.splitlines() if line.strip()]
    rows = _of_owner(tx, owner_hash(tx, patient_id), question)
    if not rows:
        return
    everybody = known(tx, clinic_id)
    gone = [
        row.id
        for row in rows
        if misheard_rows.unseal(tx, row) in {mask(line, row.language, everybody) for line in lines}
    ]
    misheard_rows.forget_rows(tx, gone)


@by_admin(Action.LABEL, "clinic_id")
def labelled(tx: Tx, clinic_id: str) -> list[Labelled]:
    """What is decided and in no change set yet, by language and label.

    A label that touches safety counts once a second person has said the same.
    """
    used = select(DataChange.misheard_id).where(DataChange.misheard_id.is_not(None))
    rows = tx.session.scalars(
        select(Misheard)
        .where(
            Misheard.clinic_id == clinic_id,
            Misheard.state == State.LABELLED,
            Misheard.id.not_in(used),
        )
        .order_by(Misheard.language, Misheard.label, Misheard.id)
    ).all()
    everybody = known(tx, clinic_id)
    return [
        Labelled(
            row.id,
            text := shown(tx, row, everybody),
            row.language,
            str(row.label),
            row.owner_hash,
            is_rare(tx, text, row.language),
        )
        for row in rows
        if row.label not in SECOND_PERSON or row.confirmed_by is not None
    ]


@by_admin(Action.LABEL, "misheard_id")
def reopen(tx: Tx, misheard_id: str) -> None:
    """Has a message wait for a meaning again. Raises LookupError."""
    row = tx.session.get(Misheard, misheard_id, with_for_update=tx.locks_rows)
    if row is None:
        raise LookupError("There is no such message.")
    row.state, row.label, row.decided_at = State.WAITING, None, None
    row.labelled_by = row.confirmed_by = None
    tx.session.flush()


def known(tx: Tx, clinic_id: str) -> Known:
    """The names of all staff, contacts and patients of the clinic, and what it is called itself."""
    clinic = tx.session.get_one(models.Clinic, clinic_id)
    staff = tx.session.scalars(select(models.Staff).where(models.Staff.clinic_id == clinic_id))
    contacts = tx.session.scalars(
        select(models.Contact).where(models.Contact.clinic_id == clinic_id)
    )
    patients = tx.session.scalars(
        select(models.Patient).where(models.Patient.clinic_id == clinic_id)
    ).all()
    # All keys at once: one query each would make a turn wait.
    sealing.load_keys(tx, [row.id for row in patients], RECORD)
    names = [people.staff_view(tx, row).name for row in staff]
    names += [tx.vault.open("contact", "name", row.id, row.sealed_name) for row in contacts]
    names += [people.patient_view(tx, row).name for row in patients]
    return Known.of(names, [clinic.name])


def shown(tx: Tx, row: Misheard, everybody: Known) -> str:
    """The words of a row without the names that are known today: there may be more by now."""
    return mask(misheard_rows.unseal(tx, row), row.language, everybody)


def is_rare(tx: Tx, text: str, language: str) -> bool:
    """Whether a word of it stems from fewer than two people. Words that we ship tell nothing."""
    words = {word_hash(tx, word) for word in telling(text, language)}
    if not words:
        return False
    people_of = dict(
        tx.session.execute(
            select(MisheardWord.word_hash, func.count())
            .where(MisheardWord.word_hash.in_(words))
            .group_by(MisheardWord.word_hash)
        ).all()
    )
    return any(people_of.get(word, 0) < _FEWEST_PEOPLE for word in words)


def week_of(day: date) -> date:
    """The Monday of a day's week."""
    return day - timedelta(days=day.weekday())


def _says_something(text: str) -> bool:
    """Whether anything is left to be understood once the tags are taken away."""
    return any(sign.isalpha() for sign in TAGGED.sub("", text))


def _is_answer(tx: Tx, reflection_id: str, text: str) -> bool:
    given = reflections.answers_of(tx, reflection_id).values()
    said = text.strip().casefold()
    return any(said in (answer.words or "").casefold() for answer in given)


def _has_room(tx: Tx, owner: str, question: str, text: str) -> bool:
    waiting = select(func.count()).where(
        Misheard.owner_hash == owner, Misheard.state == State.WAITING
    )
    if (tx.session.scalar(waiting) or 0) >= _MOST_OF_ONE:
        return False
    return all(misheard_rows.unseal(tx, row) != text for row in _of_owner(tx, owner, question))


def _of_owner(tx: Tx, owner: str, question: str) -> Sequence[Misheard]:
    return tx.session.scalars(
        select(Misheard).where(Misheard.owner_hash == owner, Misheard.question == question)
    ).all()


def _count_words(tx: Tx, owner: str, text: str, language: str) -> None:
    for word in telling(text, language):
        key = (word_hash(tx, word), owner)
        if tx.session.get(MisheardWord, key) is None:
            tx.session.add(MisheardWord(word_hash=key[0], owner_hash=owner))
