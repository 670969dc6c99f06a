"""Reading the audit, and proving that nothing of it was changed."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice

from sqlalchemy import ColumnElement, Select, or_, select
from sqlalchemy.orm import Session

from afterword.access import chain
from afterword.access.actors import Kind
from afterword.access.chain import Broken, Entry, Head
from afterword.access.policy import Action
from afterword.records import models, people, relations, trail
from afterword.records.access_models import AuditRow
from afterword.records.alert_desk import CONCERN
from afterword.records.doors import decide, for_processes, unguarded
from afterword.records.store import Tx

_BATCH = 1000


@dataclass(frozen=True)
class Read(Entry):
    """An entry as it stands in the chain: `seq` orders them."""

    seq: int = field(kw_only=True)


@for_processes
def head(tx: Tx) -> Head:
    """The end of the chain, to be kept outside the database."""
    return trail.head_of(tx.session)


@for_processes
def verify(tx: Tx, anchors: Iterable[Head] = ()) -> Head | Broken:
    """Walks the whole chain; `anchors` are heads that were kept outside."""
    return chain.check(trail.keys_of(tx.vault), _walk(tx.session), anchors)


@unguarded("asks the policy itself")
def of_patient(tx: Tx, patient_id: str, *, after: int = 0, limit: int = 500) -> list[Read]:
    """The rows about one patient, newest first. Raises Denied."""
    _ask(tx, "patient", patient_id)
    query = select(AuditRow).where(AuditRow.patient_id == patient_id, AuditRow.seq > after)
    return _newest(tx, query, limit)


@unguarded("asks the policy itself")
def of_staff(tx: Tx, staff_id: str, *, limit: int = 500) -> list[Read]:
    """What one member of staff did or tried, newest first. Raises Denied."""
    _ask(tx, "staff", staff_id)
    return _newest(tx, select(AuditRow).where(AuditRow.actor_id == staff_id), limit)


@unguarded("asks the policy itself")
def of_clinic(tx: Tx, clinic_id: str, *, before: int | None = None, limit: int = 100) -> list[Read]:
    """Rows about a clinic's patients or by its staff, newest first; `before` is a seq to go on at.

    Raises Denied.
    """
    _ask(tx, "clinic", clinic_id)
    query = select(AuditRow).where(
        or_(
            AuditRow.patient_id.in_(
                select(models.Patient.id).where(models.Patient.clinic_id == clinic_id)
            ),
            AuditRow.actor_id.in_(
                select(models.Staff.id).where(models.Staff.clinic_id == clinic_id)
            ),
        )
    )
    if before is not None:
        query = query.where(AuditRow.seq < before)
    return _newest(tx, query, limit)


@unguarded("names of those who stand in rows that one has read")
def names_in(tx: Tx, clinic_id: str, rows: Iterable[Read]) -> dict[str, str]:
    """The names of the clinic's own patients and staff in these rows, by id."""
    ids = {key for row in rows for key in (row.patient_id, row.actor_id) if key}
    patients = select(models.Patient).where(
        models.Patient.clinic_id == clinic_id, models.Patient.id.in_(ids)
    )
    staff = select(models.Staff).where(
        models.Staff.clinic_id == clinic_id, models.Staff.id.in_(ids)
    )
    names = {row.id: people.patient_view(tx, row).name for row in tx.session.scalars(patients)}
    return names | {row.id: people.staff_view(tx, row).name for row in tx.session.scalars(staff)}


@for_processes
def latest(tx: Tx, *, limit: int = 100) -> list[Read]:
    """Rows of everybody, newest first."""
    return _newest(tx, select(AuditRow), limit)


def _ask(tx: Tx, kind: str, key: str) -> None:
    """Privacy contacts read about their own clinic only. Within another door nothing is asked."""
    if tx.doors:
        return
    held = relations.to_clinic(tx, relations.clinic_of(tx, kind, key))
    owner = key if kind == "patient" else None
    decide(tx, Action.READ_AUDIT, held, kind=kind, key=key, patient_id=owner)


def _newest(tx: Tx, query: Select[AuditRow], limit: int) -> list[Read]:
    wanted: list[ColumnElement[bool]] = []
    if tx.actor.kind is Kind.STAFF:
        # The privacy contact may be the very clinician whom a concern is about.
        wanted.append(AuditRow.object_kind != CONCERN)
    query = query.where(*wanted).order_by(AuditRow.seq.desc()).limit(limit)
    return [_read(row) for row in tx.session.scalars(query)]


def _walk(session: Session) -> Iterator[tuple[int, Entry, str]]:
    query = select(AuditRow).order_by(AuditRow.seq).execution_options(yield_per=_BATCH)
    rows = session.scalars(query)
    while batch := list(islice(rows, _BATCH)):
        for row in batch:
            yield row.seq, _read(row), row.link


def _read(row: AuditRow) -> Read:
    return Read(
        seq=row.seq,
        at=row.at,
        actor_kind=row.actor_kind,
        actor_id=row.actor_id,
        action=row.action,
        purpose=row.purpose,
        outcome=row.outcome,
        object_kind=row.object_kind,
        object_id=row.object_id,
        patient_id=row.patient_id or "",
    )
