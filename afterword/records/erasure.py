"""Erasing a patient: their keys are destroyed, all rows go, and they do not come back.

What stays is a keyed hash (`tombstones`) and rows of the audit, which hold ids and codes only.
"""

import hashlib
import json
import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Table, delete, func, or_, select

from afterword.access.actors import Actor
from afterword.access.policy import Action
from afterword.records import (
    access_models,
    certificates,
    forgetting,
    inbox,
    misheard_rows,
    models,
    rights_models,
    sealing,
    staff_models,
    trail,
)
from afterword.records.doors import door, for_processes
from afterword.records.store import Records, Tx
from afterword.records.tombstones import Stone, Tombstones, hash_of, of_today
from afterword.records.vault import VaultError

# Imported so that no table is forgotten here.
_TABLES_OF = (access_models, rights_models, staff_models)
logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Erased:
    """What went: rows by table, fingerprints of the keys, and the mark that is left."""

    patient_id: str
    counts: Mapping[str, int]
    keys: tuple[str, ...]
    stone: Stone


def carry_out(
    records: Records, file: Tombstones, patient_id: str, *, by: Actor, purpose: str
) -> dict[str, Any]:
    """Erases a patient for good and returns the signed certificate.

    Rasa's copy follows as soon as it answers the worker. Raises Denied and LookupError.
    """
    with records.begin(by=by, purpose=purpose) as tx:
        erased = erase(tx, patient_id)
    kept = _keep_apart(file, erased.stone)
    records.forget_log()
    with records.read() as tx:
        head = trail.head_of(tx.session)
    return certificates.make(
        records.vault,
        patient=erased.patient_id,
        at=erased.stone.at,
        deleted=erased.counts,
        keys=erased.keys,
        conversations=len(erased.stone.conversations),
        tombstone=erased.stone.patient,
        tombstone_in_file=kept,
        audit=head,
    )


@door(Action.ERASE_PATIENT, of="patient_id")
def erase(tx: Tx, patient_id: str) -> Erased:
    """Destroys the keys, deletes every row and leaves the tombstone, in this transaction."""
    return _erase(tx, patient_id)


@for_processes
def erase_again(tx: Tx, patient_id: str) -> Erased:
    """As `erase`, for who came back with an older backup."""
    tx.note(Action.ERASE_PATIENT.code, trail.ALLOWED, "patient", patient_id, patient_id)
    return _erase(tx, patient_id)


@for_processes
def agree_with(tx: Tx, kept: Mapping[str, Stone]) -> tuple[list[Stone], list[str]]:
    """Brings database and file together after either was restored.

    Returns the stones that the file lacks, and the patients who are there but were erased.
    Raises VaultError.
    """
    kept = {one.patient: one for one in (of_today(tx.vault, stone) for stone in kept.values())}
    for stone in kept.values():
        _mark(tx, stone)
    rows = tx.session.scalars(select(rights_models.Tombstone)).all()
    known = {row.patient_hash for row in rows}
    missing = [_stone(tx, row) for row in rows if row.patient_hash not in kept]
    back = []
    if known:
        present = tx.session.scalars(select(models.Patient.id)).all()
        back = [one for one in present if hash_of(tx.vault, one) in known]
    return missing, back


def rows_of(patient_id: str) -> dict[Table, ColumnElement[bool]]:
    """For each table which rows go with a patient: those that refer to one that goes."""
    patient = models.Base.metadata.tables["patient"]
    found: dict[Table, ColumnElement[bool]] = {patient: patient.c.id == patient_id}
    for table in models.Base.metadata.sorted_tables:
        within = [
            key.parent.in_(select(key.column).where(found[key.column.table]))
            for key in table.foreign_keys
            if key.ondelete == "CASCADE" and key.column.table in found
        ]
        if within:
            found[table] = or_(*within)
    return found


def _erase(tx: Tx, patient_id: str) -> Erased:
    if tx.session.get(models.Patient, patient_id) is None:
        raise LookupError("There is no such patient.")
    conversations = _held(tx, patient_id)
    tx.session.flush()
    counts = {
        table.name: tx.session.scalar(select(func.count()).select_from(table).where(condition)) or 0
        for table, condition in rows_of(patient_id).items()
    }
    keys = tuple(_fingerprints(tx, patient_id))
    sealing.destroy_keys(tx, patient_id)
    # Everything else refers to this row, near or far, and goes with it.
    tx.session.execute(delete(models.Patient).where(models.Patient.id == patient_id))
    tx.session.expunge_all()
    # Nothing leads from these to the patient, and still they are found.
    counts["misheard"] = misheard_rows.forget(tx, patient_id)
    forgetting.ask(tx, conversations, anew=True)
    stone = Stone(hash_of(tx.vault, patient_id), tuple(conversations), tx.now, tx.vault.renewals)
    _mark(tx, stone)
    return Erased(patient_id, {name: n for name, n in counts.items() if n}, keys, stone)


def _held(tx: Tx, patient_id: str) -> list[str]:
    """The conversations of a patient; whoever writes to one of them waits from now on."""
    query = (
        select(models.Reflection.id)
        .join(models.Appointment, models.Appointment.id == models.Reflection.appointment_id)
        .where(models.Appointment.patient_id == patient_id)
        .order_by(models.Reflection.id)
    )
    ids = tx.session.scalars(query).all()
    return [inbox.lock_reflection(tx, one).conversation for one in ids]


def _fingerprints(tx: Tx, patient_id: str) -> Iterable[str]:
    rows = tx.session.scalars(
        select(access_models.PatientKey)
        .where(access_models.PatientKey.patient_id == patient_id)
        .order_by(access_models.PatientKey.purpose, access_models.PatientKey.version)
    )
    for row in rows:
        try:
            key = sealing.unwrap(tx, row)
        except VaultError:
            # Lost before: it opens nothing, and is no reason to keep the rest.
            yield f"{row.purpose}.{row.version}:unreadable"
        else:
            digest = hashlib.sha256(b"afterword patient key\0" + key).hexdigest()
            yield f"{row.purpose}.{row.version}:{digest}"


def _mark(tx: Tx, stone: Stone) -> None:
    if tx.session.get(rights_models.Tombstone, stone.patient) is None:
        tx.session.add(
            rights_models.Tombstone(
                patient_hash=stone.patient,
                conversations=json.dumps(stone.conversations),
                erased_at=stone.at,
            )
        )
        tx.session.flush()


def _stone(tx: Tx, row: rights_models.Tombstone) -> Stone:
    at: datetime = row.erased_at
    return Stone(row.patient_hash, tuple(json.loads(row.conversations)), at, tx.vault.renewals)


def _keep_apart(file: Tombstones, stone: Stone) -> bool:
    try:
        file.append(stone)
    except OSError as error:
        # It is erased all the same, and the worker tries again: see `agree_with`.
        logger.error("the tombstones cannot be written", extra={"error": error})
        return False
    return True
