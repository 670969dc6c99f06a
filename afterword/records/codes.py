"""A patient's personal code: given out by the clinic, tried a few times, good for a short while."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select

from afterword.access.policy import Action
from afterword.records import sealing
from afterword.records.doors import door
from afterword.records.rights_models import PatientCode, Unlock
from afterword.records.store import Tx, new_token

DIGITS = 8
TRIES = 5
PAUSE = timedelta(minutes=15)
UNLOCKED_FOR = timedelta(minutes=30)


class NoCode(LookupError):
    """The clinic has given this patient no code yet."""


class Paused(Exception):
    """Too many wrong codes; `until` is when the next one is looked at."""

    def __init__(self, until: datetime) -> None:
        super().__init__()
        self.until = until


@dataclass(frozen=True)
class Standing:
    """Whether a patient has a code, and whether the link alone opens nothing."""

    given: bool = False
    each_time: bool = False


@door(Action.MANAGE_CLINIC, of="patient_id")
def give(tx: Tx, patient_id: str, code_hash: str) -> None:
    """Keeps the hash of a new code. The one before works no more, nor what it has unlocked."""
    row = tx.session.get(PatientCode, patient_id)
    if row is None:
        row = PatientCode(patient_id=patient_id, each_time=False)
        tx.session.add(row)
    row.code_hash, row.made_at = code_hash, tx.now
    row.tries, row.paused_until = 0, None
    tx.session.execute(delete(Unlock).where(Unlock.patient_id == patient_id))
    tx.session.flush()


@door(Action.READ_OWN, of="reflection_id")
def standing(tx: Tx, reflection_id: str) -> Standing:
    row = tx.session.get(PatientCode, sealing.owner_of(tx, reflection_id))
    return Standing() if row is None else Standing(True, row.each_time)


@door(Action.READ_OWN, of="reflection_id")
def begin_try(tx: Tx, reflection_id: str) -> str:
    """Counts a try and returns the hash to compare with. Raises NoCode and Paused.

    Counted before it is compared: of many at once no more than five are looked at.
    """
    query = select(PatientCode).where(PatientCode.patient_id == sealing.owner_of(tx, reflection_id))
    if tx.locks_rows:
        query = query.with_for_update().execution_options(populate_existing=True)
    row = tx.session.scalar(query)
    if row is None:
        raise NoCode
    if row.paused_until is not None:
        if row.paused_until > tx.now:
            raise Paused(row.paused_until)
        row.tries, row.paused_until = 0, None
    row.tries += 1
    if row.tries >= TRIES:
        row.paused_until = tx.now + PAUSE
    return row.code_hash


@door(Action.READ_OWN, of="reflection_id")
def passed(tx: Tx, reflection_id: str) -> str:
    """The code was right: the token of what is now unlocked, for a short while."""
    patient_id = sealing.owner_of(tx, reflection_id)
    row = tx.session.get_one(PatientCode, patient_id)
    row.tries, row.paused_until = 0, None
    token = new_token()
    tx.session.add(
        Unlock(token_hash=_hash(token), patient_id=patient_id, expires_at=tx.now + UNLOCKED_FOR)
    )
    tx.session.flush()
    return token


@door(Action.READ_OWN, of="reflection_id")
def unlocked(tx: Tx, reflection_id: str, token: str) -> str | None:
    """The id of the patient, if the token says that their code was given a short while ago."""
    row = tx.session.get(Unlock, _hash(token)) if token else None
    if row is None or row.expires_at <= tx.now:
        return None
    return row.patient_id if row.patient_id == sealing.owner_of(tx, reflection_id) else None


@door(Action.READ_OWN, of="reflection_id")
def lock(tx: Tx, reflection_id: str) -> None:
    """Ends all that was unlocked, on every device."""
    patient_id = sealing.owner_of(tx, reflection_id)
    tx.session.execute(delete(Unlock).where(Unlock.patient_id == patient_id))


@door(Action.READ_ALL_OWN, of="patient_id")
def ask_each_time(tx: Tx, patient_id: str, wanted: bool) -> None:
    """From now on the link alone opens nothing; or it does again. Raises LookupError."""
    tx.session.get_one(PatientCode, patient_id).each_time = wanted
    tx.session.flush()


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
