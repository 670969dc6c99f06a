"""What patients agreed to: in which words, when, by which page; and that they took it back."""

import hashlib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from afterword.access.policy import Action
from afterword.records import inbox, misheard_rows, models, sealing
from afterword.records.doors import door, for_processes
from afterword.records.rights_models import Consent, ConsentText
from afterword.records.store import Tx, new_id
from afterword.reflection.answers import ReflectionState, Visibility


class Subject(StrEnum):
    """What somebody may agree to."""

    REFLECTION = "reflection"
    TRAINING = "training"
    """That messages which were not understood help to understand others better."""


class ConsentWithdrawn(Exception):
    """The patient wants to be asked nothing any more. Ask them in person first."""


@dataclass(frozen=True)
class Wording:
    """The words that were shown: the version counts up with each change of them."""

    subject: Subject
    version: int
    language: str
    text: str

    @classmethod
    def of(cls, subject: Subject, language: str, say: Callable[[str], str]) -> "Wording":
        """The present words; `say` knows the texts of the patient's page in that language."""
        version = int(say(f"consent_{subject}_version"))
        words = [say(f"consent_{subject}")]
        if subject is Subject.REFLECTION:
            # They stand above it, on the first page and on the form.
            words = [say("landing_share"), say("landing_live"), *words]
        return cls(subject, version, language, " ".join(words))


@dataclass(frozen=True)
class Agreed:
    """One consent as the patient may see it."""

    subject: str
    version: int
    language: str
    text: str
    channel: str
    given_at: datetime
    withdrawn_at: datetime | None


@door(Action.ANSWER, of="reflection_id")
def give(tx: Tx, reflection_id: str, wording: Wording, channel: str) -> None:
    """Notes that the patient agreed; the same words again change nothing while they hold."""
    patient_id = sealing.owner_of(tx, reflection_id)
    digest = _keep(tx, wording)
    for row in _standing(tx, patient_id, wording.subject):
        if row.text_hash == digest:
            return
        row.withdrawn_at = tx.now
    tx.session.add(
        Consent(
            id=new_id(),
            patient_id=patient_id,
            kind=wording.subject,
            text_hash=digest,
            channel=channel,
            given_at=tx.now,
        )
    )
    tx.session.flush()


@door(Action.ANSWER, of="reflection_id")
def withdraw(tx: Tx, reflection_id: str, subject: Subject) -> None:
    """The patient takes it back. With *reflection* nothing is asked or shown any more.

    What was given stays until it is deleted, and is private from now on. With either, what waits
    of theirs to teach the assistant is deleted.
    """
    patient_id = sealing.owner_of(tx, reflection_id)
    for row in _standing(tx, patient_id, subject):
        row.withdrawn_at = tx.now
    if subject is Subject.REFLECTION:
        _hide_all(tx, patient_id)
    tx.session.flush()
    misheard_rows.forget(tx, patient_id)


@door(Action.READ_OWN, of="reflection_id")
def holds(tx: Tx, reflection_id: str, subject: Subject) -> bool:
    """Whether the patient has agreed and not taken it back."""
    return bool(_standing(tx, sealing.owner_of(tx, reflection_id), subject))


@for_processes
def training_allowed(tx: Tx, patient_id: str) -> bool:
    """Whether messages that were not understood may be used to train. No, unless they said yes."""
    return bool(_standing(tx, patient_id, Subject.TRAINING))


def is_withdrawn(tx: Tx, patient_id: str) -> bool:
    """Whether the patient took back that they are asked, and has not agreed anew since."""
    rows = tx.session.scalars(
        select(Consent.withdrawn_at).where(
            Consent.patient_id == patient_id, Consent.kind == Subject.REFLECTION
        )
    ).all()
    return bool(rows) and None not in rows


def of_patient(tx: Tx, patient_id: str) -> list[Agreed]:
    """Every consent, oldest first, with its words."""
    rows = tx.session.execute(
        select(Consent, ConsentText)
        .join(ConsentText, ConsentText.hash == Consent.text_hash)
        .where(Consent.patient_id == patient_id)
        .order_by(Consent.given_at, Consent.id)
    )
    return [
        Agreed(
            subject=consent.kind,
            version=words.version,
            language=words.language,
            text=words.text,
            channel=consent.channel,
            given_at=consent.given_at,
            withdrawn_at=consent.withdrawn_at,
        )
        for consent, words in rows
    ]


def _keep(tx: Tx, wording: Wording) -> str:
    """Keeps the words once, under their hash."""
    parts = (wording.subject, str(wording.version), wording.language, wording.text)
    digest = hashlib.sha256("\0".join(parts).encode()).hexdigest()
    if tx.session.get(ConsentText, digest) is None:
        # Two who agree to new words at once both write them.
        with suppress(IntegrityError), tx.session.begin_nested():
            tx.session.add(
                ConsentText(
                    hash=digest,
                    kind=wording.subject,
                    version=wording.version,
                    language=wording.language,
                    text=wording.text,
                )
            )
    return digest


def _standing(tx: Tx, patient_id: str, subject: Subject) -> list[Consent]:
    query = select(Consent).where(
        Consent.patient_id == patient_id,
        Consent.kind == subject,
        Consent.withdrawn_at.is_(None),
    )
    return list(tx.session.scalars(query))


def _hide_all(tx: Tx, patient_id: str) -> None:
    """Ends what is open and makes private what was shared: no digest shows it from now on."""
    ids = tx.session.scalars(
        select(models.Reflection.id)
        .join(models.Appointment, models.Appointment.id == models.Reflection.appointment_id)
        .where(
            models.Appointment.patient_id == patient_id,
            models.Reflection.state.in_([ReflectionState.OPEN, ReflectionState.SHARED]),
        )
        .order_by(models.Reflection.id)
    ).all()
    for reflection_id in ids:
        row = inbox.lock_reflection(tx, reflection_id)
        row.state, row.sharing, row.shared_at = ReflectionState.PRIVATE, "private", None
        for answer in tx.session.scalars(
            select(models.Answer).where(models.Answer.reflection_id == reflection_id)
        ):
            answer.visibility = Visibility.PRIVATE
        inbox.touch(tx, row)
