"""A reflection that its clinician shows to a supervisor for some days; it can be taken back."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select

from afterword.access.policy import Action, Role
from afterword.records import digests, models, people, views
from afterword.records.access_models import Handover
from afterword.records.digests import DigestSource
from afterword.records.doors import door, own_only
from afterword.records.store import Tx, new_id
from afterword.reflection.answers import ReflectionState

LONGEST = 28
"""Days for which a reflection may be handed over at once."""


class HandoverRefused(Exception):
    """What cannot be handed over so. `code` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(f"The reflection was not handed over ({code}).")
        self.code = code


@dataclass(frozen=True)
class Handed:
    """One handover; `to` is the supervisor, `by` the clinician."""

    id: str
    by: views.Person
    to: views.Person
    patient: views.Person
    session_at: datetime
    ends_at: datetime


@dataclass(frozen=True)
class Desk:
    """What a clinician sees who hands a reflection over: to whom it is now, who there is."""

    patient: views.Person
    reflection_id: str
    present: tuple[Handed, ...]
    supervisors: tuple[views.Person, ...]


@door(Action.READ_DIGEST, of="appointment_id")
def desk(tx: Tx, staff_id: str, appointment_id: str) -> Desk | None:
    """For the reflection that the digest of this appointment shows; None if it shows none."""
    source = digests.digest_source(tx, staff_id, appointment_id)
    latest = None if source is None else source.latest
    if source is None or latest is None or latest.state is not ReflectionState.SHARED:
        return None
    rows = tx.session.scalars(
        select(Handover)
        .where(
            Handover.reflection_id == latest.reflection_id,
            Handover.from_staff_id == staff_id,
            Handover.ends_at > tx.now,
        )
        .order_by(Handover.ends_at, Handover.id)
    )
    clinic_id = tx.session.get_one(models.Staff, staff_id).clinic_id
    return Desk(
        source.patient,
        latest.reflection_id,
        tuple(_handed(tx, row) for row in rows),
        tuple(_supervisors(tx, clinic_id)),
    )


@door(Action.HAND_OVER, of="reflection_id")
def hand_over(tx: Tx, staff_id: str, reflection_id: str, *, to_staff_id: str, days: int) -> None:
    """Shows a shared reflection to a supervisor of the clinic. Raises HandoverRefused and Denied.

    The same supervisor again gets the new time.
    """
    reflection = tx.session.get_one(models.Reflection, reflection_id)
    if reflection.state != ReflectionState.SHARED:
        raise HandoverRefused("not_shared")
    if not 1 <= days <= LONGEST:
        raise HandoverRefused("days")
    clinic_id = tx.session.get_one(models.Staff, staff_id).clinic_id
    if to_staff_id not in {one.id for one in _supervisors(tx, clinic_id)}:
        raise HandoverRefused("supervisor")
    for row in _present(tx, staff_id, reflection_id, to_staff_id):
        row.ends_at = tx.now
    tx.session.add(
        Handover(
            id=new_id(),
            reflection_id=reflection_id,
            from_staff_id=staff_id,
            to_staff_id=to_staff_id,
            created_at=tx.now,
            ends_at=tx.now + timedelta(days=days),
        )
    )
    tx.session.flush()


@door(Action.HAND_OVER, of="reflection_id")
def take_back(tx: Tx, staff_id: str, reflection_id: str, *, to_staff_id: str) -> None:
    """From now on this supervisor does not see it any more. Raises Denied."""
    for row in _present(tx, staff_id, reflection_id, to_staff_id):
        row.ends_at = tx.now


@own_only(Action.READ_LIST)
def handed_to(tx: Tx, staff_id: str) -> list[Handed]:
    """What a supervisor may read now, by the end of it."""
    query = (
        select(Handover)
        .join(models.Reflection, models.Reflection.id == Handover.reflection_id)
        .where(
            Handover.to_staff_id == staff_id,
            Handover.ends_at > tx.now,
            models.Reflection.state == ReflectionState.SHARED,
        )
        .order_by(Handover.ends_at, Handover.id)
    )
    return [_handed(tx, row) for row in tx.session.scalars(query)]


@door(Action.READ_HANDED_OVER, of="handover_id")
def source_of(tx: Tx, staff_id: str, handover_id: str) -> tuple[Handed, DigestSource]:
    """The material of the digest of one reflection, without those before it. Raises Denied."""
    row = tx.session.get_one(Handover, handover_id)
    return _handed(tx, row), digests.source_of_one(tx, row.reflection_id)


def _present(tx: Tx, by: str, reflection_id: str, to: str) -> list[Handover]:
    query = select(Handover).where(
        Handover.reflection_id == reflection_id,
        Handover.from_staff_id == by,
        Handover.to_staff_id == to,
        Handover.ends_at > tx.now,
    )
    return list(tx.session.scalars(query))


def _supervisors(tx: Tx, clinic_id: str) -> list[views.Person]:
    rows = tx.session.scalars(
        select(models.Staff).where(
            models.Staff.clinic_id == clinic_id,
            models.Staff.role == Role.SUPERVISOR,
            models.Staff.disabled_at.is_(None),
        )
    )
    found = [people.staff_view(tx, row) for row in rows]
    return sorted(found, key=lambda one: (one.name.casefold(), one.id))


def _handed(tx: Tx, row: Handover) -> Handed:
    reflection = tx.session.get_one(models.Reflection, row.reflection_id)
    session = tx.session.get_one(models.Appointment, reflection.appointment_id)
    by, to = (
        people.staff_view(tx, tx.session.get_one(models.Staff, key))
        for key in (row.from_staff_id, row.to_staff_id)
    )
    patient = tx.session.get_one(models.Patient, session.patient_id)
    return Handed(row.id, by, to, people.patient_view(tx, patient), session.starts_at, row.ends_at)
