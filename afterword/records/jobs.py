"""Work of the trainer: asked for, taken by one process at a time, reported on, ended.

Whoever has a job beats while it works. A beat that is older than the lease means that the process
is gone: the next one takes the job over and does its step again.
"""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import Select, func, select

from afterword.access.policy import Action
from afterword.records.doors import for_all_clinics, for_processes, unguarded
from afterword.records.store import Tx, new_id
from afterword.records.training_models import TrainingJob

LEASE = timedelta(seconds=30)
"""How long a process may be silent before its job is given to another one."""
_SHOWN = 20
_LOOKED_AT = 5


class Kind(StrEnum):
    """What a job does."""

    TRAIN = "train"
    """Train, measure, compare with what is live, judge."""
    PROMOTE = "promote"


class State(StrEnum):
    """Where a job is; the last three are its end."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


OPEN = (State.QUEUED, State.RUNNING)


@dataclass(frozen=True)
class Job:
    """A job as it was when it was read. `outcome` holds codes and numbers, never words."""

    id: str
    kind: Kind
    state: State
    version_id: str | None
    model: str | None
    asked_by: str | None
    step: str
    at: int
    of: int
    percent: int
    outcome: Mapping[str, object]
    wants_cancel: bool
    created_at: datetime
    started_at: datetime | None
    beat_at: datetime | None
    ended_at: datetime | None

    @property
    def open(self) -> bool:
        """Whether it still has to be done, or is being done."""
        return self.state in OPEN

    def cut_off(self, now: datetime) -> bool:
        """Whether the process that had it is gone, so that the next one takes it over."""
        silent = self.beat_at is None or self.beat_at + LEASE < now
        return self.state is State.RUNNING and silent


class JobLost(Exception):
    """The job was cancelled, or another process has taken it over: stop working on it."""


@for_all_clinics(Action.TEACH)
def ask(
    tx: Tx,
    kind: Kind,
    *,
    version_id: str | None = None,
    model: str | None = None,
    by: str | None = None,
) -> str:
    """Puts a job in the queue and returns its id; the one that waits already for the same."""
    waiting = tx.session.scalar(
        select(TrainingJob.id).where(
            TrainingJob.kind == kind,
            TrainingJob.version_id.is_(None)
            if version_id is None
            else TrainingJob.version_id == version_id,
            TrainingJob.model.is_(None) if model is None else TrainingJob.model == model,
            TrainingJob.state.in_(OPEN),
            TrainingJob.wants_cancel.is_(False),
        )
    )
    if waiting is not None:
        return waiting
    key = new_id()
    tx.session.add(
        TrainingJob(
            id=key,
            kind=kind,
            state=State.QUEUED,
            version_id=version_id,
            model=model,
            asked_by=by,
            step="",
            at=0,
            of=0,
            percent=0,
            outcome="{}",
            wants_cancel=False,
            created_at=tx.now,
        )
    )
    tx.session.flush()
    return key


@for_processes
def claim(tx: Tx, kinds: Collection[Kind] = tuple(Kind)) -> Job | None:
    """The next job to work on: one whose process died first, then the oldest that waits.

    None while another one of these kinds is being worked on.
    """
    running = tx.session.scalars(_oldest(tx, kinds, State.RUNNING)).first()
    if running is not None and not _is_dead(tx, running):
        return None
    row = running or tx.session.scalars(_oldest(tx, kinds, State.QUEUED)).first()
    if row is None:
        return None
    row.state, row.beat_at = State.RUNNING, tx.now
    row.started_at = row.started_at or tx.now
    tx.session.flush()
    return _view(row)


@for_processes
def beat(
    tx: Tx,
    job: Job,
    *,
    step: str | None = None,
    at: int | None = None,
    of: int | None = None,
    percent: int | None = None,
) -> Job:
    """Says that the job is being worked on, and how far it is; returns it as it is now.

    Raises:
        JobLost: see there.
    """
    row = _held(tx, job)
    if row.wants_cancel:
        raise JobLost
    row.beat_at = tx.now
    row.step = row.step if step is None else step
    row.at = row.at if at is None else at
    row.of = row.of if of is None else of
    row.percent = row.percent if percent is None else max(0, min(100, percent))
    tx.session.flush()
    return _view(row)


@for_processes
def finish(
    tx: Tx,
    job: Job,
    state: State = State.DONE,
    outcome: Mapping[str, object] | None = None,
    *,
    model: str | None = None,
) -> None:
    """Ends a job. Raises JobLost when another process has it."""
    row = _held(tx, job)
    row.state, row.ended_at = state, tx.now
    row.outcome = json.dumps(dict(outcome or {}))
    row.model = model or row.model
    tx.session.flush()


@for_all_clinics(Action.TEACH)
def cancel(tx: Tx, job_id: str) -> None:
    """Ends a job that waits, and asks the process of one that runs to stop. Raises LookupError."""
    row = tx.session.get(TrainingJob, job_id, with_for_update=tx.locks_rows)
    if row is None:
        raise LookupError("There is no such job.")
    if row.state == State.QUEUED:
        row.state, row.ended_at = State.CANCELLED, tx.now
    elif row.state == State.RUNNING:
        row.wants_cancel = True
    tx.session.flush()


@unguarded("how far a job is: codes and numbers")
def one(tx: Tx, job_id: str) -> Job:
    """Raises LookupError."""
    row = tx.session.get(TrainingJob, job_id)
    if row is None:
        raise LookupError("There is no such job.")
    return _view(row)


@unguarded("how far a job is: codes and numbers")
def current(tx: Tx, kind: Kind | None = None) -> Job | None:
    """The job that runs; None when none does."""
    query = select(TrainingJob).where(TrainingJob.state == State.RUNNING)
    if kind is not None:
        query = query.where(TrainingJob.kind == kind)
    row = tx.session.scalars(query.order_by(TrainingJob.started_at)).first()
    return None if row is None else _view(row)


@unguarded("how far jobs are: codes and numbers")
def latest(tx: Tx, *, open_only: bool = False) -> list[Job]:
    """The newest jobs, those that are under way first."""
    query = select(TrainingJob)
    if open_only:
        query = query.where(TrainingJob.state.in_(OPEN))
    rows = tx.session.scalars(
        query.order_by(
            TrainingJob.ended_at.is_not(None), TrainingJob.created_at.desc(), TrainingJob.id
        ).limit(_SHOWN)
    )
    return [_view(row) for row in rows]


@unguarded("how long jobs took: numbers")
def durations(tx: Tx, kind: Kind) -> list[Mapping[str, float]]:
    """The seconds of each step of the last jobs that were done, newest first."""
    rows = tx.session.scalars(
        select(TrainingJob)
        .where(TrainingJob.kind == kind, TrainingJob.state == State.DONE)
        .order_by(TrainingJob.ended_at.desc())
        .limit(_LOOKED_AT)
    )
    found = [_view(row).outcome.get("seconds") for row in rows]
    return [
        {str(step): float(seconds) for step, seconds in one.items()}
        for one in found
        if isinstance(one, dict)
    ]


@unguarded("a number")
def waiting(tx: Tx) -> int:
    """How many jobs wait."""
    query = select(func.count()).select_from(TrainingJob)
    return tx.session.scalar(query.where(TrainingJob.state == State.QUEUED)) or 0


def _oldest(tx: Tx, kinds: Collection[Kind], state: State) -> Select[TrainingJob]:
    query = (
        select(TrainingJob)
        .where(TrainingJob.kind.in_(list(kinds)), TrainingJob.state == state)
        .order_by(TrainingJob.created_at, TrainingJob.id)
    )
    return query.with_for_update() if tx.locks_rows else query


def _is_dead(tx: Tx, row: TrainingJob) -> bool:
    return row.beat_at is None or row.beat_at + LEASE < tx.now


def _held(tx: Tx, job: Job) -> TrainingJob:
    """The row of a job that is still ours: nobody else has beaten in between."""
    row = tx.session.get(TrainingJob, job.id, with_for_update=tx.locks_rows)
    if row is None or row.state != State.RUNNING or row.beat_at != job.beat_at:
        raise JobLost
    return row


def _view(row: TrainingJob) -> Job:
    return Job(
        id=row.id,
        kind=Kind(row.kind),
        state=State(row.state),
        version_id=row.version_id,
        model=row.model,
        asked_by=row.asked_by,
        step=row.step,
        at=row.at,
        of=row.of,
        percent=row.percent,
        outcome=json.loads(row.outcome or "{}"),
        wants_cancel=row.wants_cancel,
        created_at=row.created_at,
        started_at=row.started_at,
        beat_at=row.beat_at,
        ended_at=row.ended_at,
    )
