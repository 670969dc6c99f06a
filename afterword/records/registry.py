"""The models that were trained here: on which data, how well they did, what became of them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import select

from afterword.access.policy import Action
from afterword.records.doors import for_all_clinics, for_processes, unguarded
from afterword.records.store import Tx
from afterword.records.training_models import DataVersion, TrainedModel


class State(StrEnum):
    """What became of a model."""

    READY = "ready"
    """Passed every gate; may be put live."""
    REFUSED = "refused"
    """Failed a gate; may not."""
    LIVE = "live"
    FORMER = "former"
    """Was live, and may be again."""
    REMOVED = "removed"
    """Its archive was deleted."""


@dataclass(frozen=True)
class Model:
    """A model of the registry. `report` is JSON as `training.report` reads it."""

    name: str
    version_id: str | None
    version: int | None
    """The number of the data version; None for the data as shipped."""
    state: State
    report: Mapping[str, Any]
    trained_at: datetime
    promoted_at: datetime | None
    promoted_by: str | None
    tainted_at: datetime | None
    """Somebody was erased whose words it holds: train anew."""


@for_all_clinics(Action.READ_MODELS)
def models(tx: Tx) -> list[Model]:
    """All of them, the newest first."""
    rows = tx.session.execute(
        select(TrainedModel, DataVersion.number)
        .outerjoin(DataVersion, DataVersion.id == TrainedModel.version_id)
        .order_by(TrainedModel.trained_at.desc(), TrainedModel.name)
    )
    return [_view(row, number) for row, number in rows]


@unguarded("what a model measured on lines of our own: no patient")
def by_name(tx: Tx, name: str) -> Model | None:
    """The model of this name, if it is known."""
    row = tx.session.get(TrainedModel, name)
    if row is None:
        return None
    version = tx.session.get(DataVersion, row.version_id) if row.version_id else None
    return _view(row, None if version is None else version.number)


@for_processes
def add(
    tx: Tx,
    name: str,
    version_id: str | None,
    report: Mapping[str, Any],
    *,
    state: State = State.READY,
) -> None:
    """Keeps a model that was trained and measured; one of this name is measured anew.

    What is live or was live stays so: only its report is another one.
    """
    row = tx.session.get(TrainedModel, name)
    if row is None:
        row = TrainedModel(name=name, state=state, report="", trained_at=tx.now)
        tx.session.add(row)
    elif row.state not in (State.LIVE, State.FORMER):
        row.state = state
    row.version_id, row.report = version_id, json.dumps(dict(report))
    tx.session.flush()


@for_processes
def set_state(tx: Tx, name: str, state: State, *, by: str | None = None) -> None:
    """Says what became of a model. Raises LookupError."""
    row = tx.session.get(TrainedModel, name)
    if row is None:
        raise LookupError("There is no such model.")
    if state is State.LIVE and row.state != State.LIVE:
        row.promoted_at, row.promoted_by = tx.now, by
    row.state = state
    tx.session.flush()


def _view(row: TrainedModel, number: int | None) -> Model:
    return Model(
        name=row.name,
        version_id=row.version_id,
        version=number,
        state=State(row.state),
        report=json.loads(row.report or "{}"),
        trained_at=row.trained_at,
        promoted_at=row.promoted_at,
        promoted_by=row.promoted_by,
        tainted_at=row.tainted_at,
    )
