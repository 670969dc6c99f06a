"""Everything that is kept about a patient, as plain values: for their page, and to take along.

Times are datetimes and codes are codes: the pages and the export put them into words.
"""

import json
from collections.abc import Sequence
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, ScalarResult, select
from sqlalchemy.orm import InstrumentedAttribute

from afterword.access.actors import Kind
from afterword.access.policy import Action
from afterword.records import (
    audit,
    consents,
    inbox,
    misheard_rows,
    models,
    people,
    reflections,
    sealing,
)
from afterword.records.access_models import BrokenGlass, Handover
from afterword.records.doors import by_admin, door
from afterword.records.models import Base
from afterword.records.rights_models import PatientCode
from afterword.records.store import Tx

Own = dict[str, Any]
"""Plain values by name, nested; see `everything`."""
_MOST_ROWS = 5_000

Row = TypeVar("Row", bound=Base)


@door(Action.READ_OWN, of="reflection_id")
def one_reflection(tx: Tx, reflection_id: str) -> Own:
    """What a link reaches: this reflection, and who has opened it."""
    row = tx.session.get_one(models.Reflection, reflection_id)
    patient_id = sealing.owner_of(tx, reflection_id)
    return {
        "goals": _goals(tx, patient_id),
        "reflections": [_reflection(tx, row)],
        "consents": _consents(tx, patient_id),
    }


@door(Action.READ_ALL_OWN, of="patient_id")
def everything(tx: Tx, patient_id: str) -> Own:
    """`person`, `goals`, `appointments`, `reflections`, `alerts`, `consents`, `reads`,
    `misheard`."""
    return _everything(tx, patient_id)


@door(Action.EXPORT_PATIENT, of="patient_id")
def export_for(tx: Tx, patient_id: str) -> Own:
    """The same, for a patient who asks the clinic for it."""
    return _everything(tx, patient_id)


@by_admin(Action.MANAGE_CLINIC)
def patients(tx: Tx) -> list[tuple[str, str, str]]:
    """Id, name and clinic of every patient, by name."""
    rows = tx.session.execute(
        select(models.Patient, models.Clinic.name).join(
            models.Clinic, models.Clinic.id == models.Patient.clinic_id
        )
    )
    found = [(row.id, people.patient_view(tx, row).name, clinic) for row, clinic in rows]
    return sorted(found, key=lambda one: (one[1].casefold(), one[0]))


@by_admin(Action.MANAGE_CLINIC)
def who_is(tx: Tx, name_or_id: str) -> list[str]:
    """The ids of the patients of this name, or the one of this id."""
    if tx.session.get(models.Patient, name_or_id) is not None:
        return [name_or_id]
    wanted = " ".join(name_or_id.split()).casefold()
    return [key for key, name, _ in patients(tx) if " ".join(name.split()).casefold() == wanted]


def _everything(tx: Tx, patient_id: str) -> Own:
    patient = tx.session.get_one(models.Patient, patient_id)
    clinic = tx.session.get_one(models.Clinic, patient.clinic_id)
    return {
        "person": {
            "id": patient_id,
            "name": people.patient_view(tx, patient).name,
            "clinic": clinic.name,
            "language": patient.language,
            "packs": json.loads(patient.packs),
            "since": patient.created_at,
            "clinicians": _clinicians(tx, patient_id),
            "code": _code(tx, patient_id),
        },
        "goals": _goals(tx, patient_id),
        "appointments": _appointments(tx, patient_id),
        "reflections": [_reflection(tx, row) for row in _reflections(tx, patient_id)],
        "alerts": _alerts(tx, patient_id),
        "emergency_access": _broken_glass(tx, patient_id),
        "consents": _consents(tx, patient_id),
        "reads": _reads(tx, patient_id),
        "misheard": misheard_rows.own(tx, patient_id),
    }


def _rows(
    tx: Tx, table: type[Row], whose: ColumnElement[bool], *order: InstrumentedAttribute[Any]
) -> ScalarResult[Row]:
    """What one table holds of somebody, in order."""
    return tx.session.scalars(select(table).where(whose).order_by(*order))


def _clinicians(tx: Tx, patient_id: str) -> list[Own]:
    rows = _rows(
        tx, models.Caseload, models.Caseload.patient_id == patient_id, models.Caseload.starts_on
    )
    return [
        {"name": _staff(tx, row.staff_id), "from": row.starts_on, "until": row.ends_on}
        for row in rows
    ]


def _code(tx: Tx, patient_id: str) -> Own | None:
    row = tx.session.get(PatientCode, patient_id)
    return None if row is None else {"made_at": row.made_at, "asked_each_time": row.each_time}


def _goals(tx: Tx, patient_id: str) -> list[Own]:
    rows = _rows(
        tx, models.Goal, models.Goal.patient_id == patient_id, models.Goal.agreed_on, models.Goal.id
    )
    return [
        {
            "id": row.id,
            "text": people.goal_text(tx, row),
            "from": row.agreed_on,
            "until": row.retired_on,
        }
        for row in rows
    ]


def _appointments(tx: Tx, patient_id: str) -> list[Own]:
    rows = _rows(
        tx,
        models.Appointment,
        models.Appointment.patient_id == patient_id,
        models.Appointment.starts_at,
    )
    return [
        {
            "starts_at": row.starts_at,
            "ends_at": row.ends_at,
            "with": _staff(tx, row.staff_id),
            "status": row.status,
        }
        for row in rows
    ]


def _reflections(tx: Tx, patient_id: str) -> Sequence[models.Reflection]:
    return tx.session.scalars(
        select(models.Reflection)
        .join(models.Appointment, models.Appointment.id == models.Reflection.appointment_id)
        .where(models.Appointment.patient_id == patient_id)
        .order_by(models.Appointment.starts_at)
    ).all()


def _reflection(tx: Tx, row: models.Reflection) -> Own:
    appointment = tx.session.get_one(models.Appointment, row.appointment_id)
    return {
        "session_at": appointment.starts_at,
        "with": _staff(tx, appointment.staff_id),
        "instrument": [row.instrument, row.instrument_version],
        "language": row.language,
        "state": row.state,
        "sharing": row.sharing,
        "started_at": row.started_at,
        "shared_at": row.shared_at,
        "answers": _answers(tx, row.id),
        "messages": _messages(tx, row.id),
        "opened": _readings(tx, row.id),
        "handed_over": _handovers(tx, row.id),
        "links": _links(tx, row.id),
    }


def _answers(tx: Tx, reflection_id: str) -> list[Own]:
    rows = _rows(
        tx,
        models.Answer,
        models.Answer.reflection_id == reflection_id,
        models.Answer.created_at,
        models.Answer.id,
    )
    return [
        {
            "question": row.question,
            "state": row.state,
            "value": row.value,
            "words": reflections.words(tx, row),
            "visibility": row.visibility,
            "given_at": row.created_at,
            "changed_at": row.updated_at,
            "before": reflections.earlier(tx, row),
        }
        for row in rows
    ]


def _messages(tx: Tx, reflection_id: str) -> list[Own]:
    """What was written and said, in order; a tap as what stood on the button."""
    found = inbox.conversation_since(tx, reflection_id, 0)
    titles = {
        choice["token"]: choice["title"]
        for message in found
        for choice in message.body.get("choices") or ()
    }
    lines = []
    for message in found:
        choice = message.body.get("choice")
        text = message.body.get("text") or titles.get(choice, choice)
        if text:
            lines.append({"from": message.sender, "text": text})
    return lines


def _readings(tx: Tx, reflection_id: str) -> list[Own]:
    rows = _rows(
        tx, models.Reading, models.Reading.reflection_id == reflection_id, models.Reading.opened_at
    )
    return [
        {"by": _staff(tx, row.staff_id), "opened_at": row.opened_at, "read_at": row.read_at}
        for row in rows
    ]


def _handovers(tx: Tx, reflection_id: str) -> list[Own]:
    rows = _rows(tx, Handover, Handover.reflection_id == reflection_id, Handover.created_at)
    return [
        {
            "by": _staff(tx, row.from_staff_id),
            "to": _staff(tx, row.to_staff_id),
            "at": row.created_at,
            "until": row.ends_at,
        }
        for row in rows
    ]


def _links(tx: Tx, reflection_id: str) -> list[Own]:
    rows = _rows(
        tx,
        models.Invitation,
        models.Invitation.reflection_id == reflection_id,
        models.Invitation.created_at,
    )
    return [
        {"made_at": row.created_at, "ends_at": row.expires_at, "ended_at": row.revoked_at}
        for row in rows
    ]


def _alerts(tx: Tx, patient_id: str) -> list[Own]:
    """As facts: that there was one and what became of it. The words stand in the messages."""
    rows = _rows(tx, models.Alert, models.Alert.patient_id == patient_id, models.Alert.opened_at)
    return [
        {
            "route": row.route,
            "tier": row.tier,
            "state": row.state,
            "opened_at": row.opened_at,
            "acknowledged_at": row.acknowledged_at,
            "closed_at": row.closed_at,
            "outcome": row.outcome,
        }
        for row in rows
    ]


def _broken_glass(tx: Tx, patient_id: str) -> list[Own]:
    rows = _rows(tx, BrokenGlass, BrokenGlass.patient_id == patient_id, BrokenGlass.opened_at)
    return [
        {"by": _staff(tx, row.staff_id), "from": row.opened_at, "until": row.ends_at}
        for row in rows
    ]


def _consents(tx: Tx, patient_id: str) -> list[Own]:
    return [vars(one) for one in consents.of_patient(tx, patient_id)]


def _reads(tx: Tx, patient_id: str) -> list[Own]:
    """Who read or changed what, newest first, and who tried to and was not let."""
    return [
        {
            "at": row.at,
            "who": row.actor_kind,
            "name": _staff(tx, row.actor_id) if row.actor_kind == Kind.STAFF else "",
            "did": row.action,
            "outcome": row.outcome,
            "what": row.object_kind,
            "what_id": row.object_id,
        }
        for row in audit.of_patient(tx, patient_id, limit=_MOST_ROWS)
    ]


def _staff(tx: Tx, staff_id: str) -> str:
    row = tx.session.get(models.Staff, staff_id)
    return "" if row is None else people.staff_view(tx, row).name
