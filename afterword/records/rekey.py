"""Changing the keys while everything runs: what the old key sealed is sealed with the new one.

Patients' own values are not touched: only the keys that wrap them are, so this is quick.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, ColumnElement, LargeBinary, Table, and_, func, select, update

from afterword.records import sealing
from afterword.records.access_models import PatientKey
from afterword.records.doors import for_processes
from afterword.records.models import Base
from afterword.records.store import Records, Tx
from afterword.records.vault import VaultError, sealed_by

_BATCH = 500
_SEALED = "sealed_"
_KEYS = Base.metadata.tables[PatientKey.__tablename__]


@dataclass(frozen=True)
class Left:
    """Values that still need an older key, by table and column."""

    table: str
    column: str
    count: int


def reseal(records: Records) -> int:
    """Seals with the current key whatever an older one sealed; returns how many values.

    Each batch is a transaction of its own: nobody waits. Safe to repeat and to break off.
    """
    done = 0
    for table, column in _columns():
        while changed := _reseal_batch(records, table, column):
            done += changed
    while changed := _rewrap_batch(records):
        done += changed
    return done


@for_processes
def left(tx: Tx) -> list[Left]:
    """What an older key still holds: while there is any, that key must stay."""
    found = []
    for table, column in [*_columns(), (_KEYS, _KEYS.c.wrapped)]:
        query = select(func.count()).select_from(table).where(_is_older(tx, column))
        if count := tx.session.scalar(query):
            found.append(Left(table.name, column.name, count))
    return found


def _columns() -> Iterator[tuple[Table, Column[Any]]]:
    """The columns that the key file's own keys may have sealed: one row, one place."""
    for table in Base.metadata.sorted_tables:
        for column in table.columns:
            if isinstance(column.type, LargeBinary) and column.name.startswith(_SEALED):
                yield table, column


def _is_older(tx: Tx, column: Column[Any]) -> ColumnElement[bool]:
    start = sealed_by(tx.vault.current)
    older = and_(
        func.length(column) > len(start),
        func.substr(column, 1, len(start)) != start,
        func.substr(column, 1, 1) != bytes([sealing.FORMAT]),
    )
    # The keys of the other store are wrapped by one that does not change.
    return and_(older, PatientKey.purpose == sealing.RECORD) if column.table is _KEYS else older


def _reseal_batch(records: Records, table: Table, column: Column[Any]) -> int:
    key = next(iter(table.primary_key.columns))
    changed = 0
    with records.begin() as tx:
        rows = tx.session.execute(
            select(key, column).where(_is_older(tx, column)).limit(_BATCH)
        ).all()
        for row, sealed in rows:
            place = (table.name, column.name.removeprefix(_SEALED).replace("_", " "), str(row))
            try:
                again = tx.vault.seal(*place, tx.vault.open(*place, sealed))
            except VaultError:
                # Not sealed for a place that can be told from the row; `left` names the table.
                return 0
            tx.session.execute(update(table).where(key == row).values({column.name: again}))
            changed += 1
    return changed


def _rewrap_batch(records: Records) -> int:
    with records.begin() as tx:
        rows = tx.session.scalars(
            select(PatientKey).where(_is_older(tx, _KEYS.c.wrapped)).limit(_BATCH)
        ).all()
        for row in rows:
            key = sealing.unwrap(tx, row)
            row.wrapped = sealing.wrap(tx, row.patient_id, row.purpose, row.version, key)
        return len(rows)
