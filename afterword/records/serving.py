"""Which model serves whom: the pointer, Rasa's processes, and how turns go with each model.

Until the first process has started there is no row, and whoever asks for a model gets an empty
name: then the one Rasa that `settings.assistant_url` names has everybody.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import delete, exists, func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from afterword.access.policy import Action
from afterword.records import jobs, models, registry, trail
from afterword.records import training_models as tables
from afterword.records.doors import for_all_clinics, for_processes, unguarded
from afterword.records.store import Tx
from afterword.reflection.answers import ReflectionState

ROW = 1
"""The id of the one row that says who serves."""
_MAY_GO_LIVE = (registry.State.READY, registry.State.FORMER)
RECEIVED = "received"
"""As in `inbox`, which imports this."""


class Notice(StrEnum):
    """What happened to the live model without anybody asking for it."""

    NONE = ""
    ERRORS = "errors"
    """Taken back: more turns failed than before."""
    MISSES = "misses"
    """Taken back: more messages were not understood than before."""
    UNUSABLE = "unusable"
    """Its archive is gone, was refused, or fits another version of the program."""


@dataclass(frozen=True)
class Serving:
    """Who serves. Names are fingerprints of models, empty where there is none."""

    live: str = ""
    previous: str = ""
    candidate: str = ""
    watch_until: datetime | None = None
    changed_at: datetime | None = None
    changed_by: str | None = None
    notice: Notice = Notice.NONE
    notice_model: str = ""

    def watched(self, now: datetime) -> bool:
        """Whether the last promotion is still being watched, and can be taken back at once."""
        return self.watch_until is not None and now < self.watch_until


@dataclass(frozen=True)
class Replica:
    """A Rasa process: what it serves, where, and since when it answers."""

    model: str
    url: str
    ready_at: datetime | None


@dataclass(frozen=True)
class Counts:
    """How turns went. `failures` were tried again; of `turns`, `misses` were not understood."""

    turns: int = 0
    failures: int = 0
    misses: int = 0

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(
            self.turns + other.turns,
            self.failures + other.failures,
            self.misses + other.misses,
        )


class NotPromotable(Exception):
    """This model may not go live; `code` says why: unknown, refused, tainted or live."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class NothingBefore(Exception):
    """No model was live before this one, so there is nothing to go back to."""


@unguarded("names of models")
def state(tx: Tx) -> Serving:
    row = tx.session.get(tables.Serving, ROW)
    if row is None:
        return Serving()
    return Serving(
        live=row.live,
        previous=row.previous,
        candidate=row.candidate,
        watch_until=row.watch_until,
        changed_at=row.changed_at,
        changed_by=row.changed_by,
        notice=Notice(row.notice),
        notice_model=row.notice_model,
    )


@for_processes
def settle(tx: Tx, live: str, notice: Notice = Notice.NONE) -> None:
    """Says what is live after a start, with nothing before it; the same again changes nothing.

    `notice` says why it is another one than before.
    """
    row = _held(tx)
    if row.live == live:
        return
    if notice:
        row.notice, row.notice_model = notice, row.live
        tx.note(Action.PROMOTE.code, trail.ALLOWED, "model", live)
    row.live, row.previous, row.watch_until = live, "", None
    row.changed_at, row.changed_by = tx.now, None
    tx.session.flush()


@for_all_clinics(Action.PROMOTE)
def ask_promotion(tx: Tx, model: str, by: str | None) -> str:
    """Has a model be tried out and put live; returns the id of the job.

    Raises NotPromotable.
    """
    require_promotable(tx, model)
    return jobs.ask(tx, jobs.Kind.PROMOTE, model=model, by=by)


@unguarded("names of models")
def require_promotable(tx: Tx, model: str) -> None:
    """Raises NotPromotable. What it measured is asked again by whoever carries it out."""
    known = registry.by_name(tx, model)
    now = state(tx)
    if model == now.live:
        raise NotPromotable("live")
    if model == now.previous:
        return
    if known is None:
        raise NotPromotable("unknown")
    if known.state not in _MAY_GO_LIVE:
        raise NotPromotable("refused")
    if known.tainted_at is not None:
        raise NotPromotable("tainted")


@for_processes
def try_out(tx: Tx, model: str) -> None:
    """Has a process be started for a model that nobody talks to yet; empty ends that."""
    _held(tx).candidate = model
    tx.session.flush()


@for_all_clinics(Action.PROMOTE)
def promote(tx: Tx, model: str, by: str | None, watch: timedelta) -> None:
    """New reflections get this model from now on; what was live stays warm for `watch`."""
    row = _held(tx)
    if row.live == model:
        return
    row.live, row.previous, row.candidate = model, row.live, ""
    row.watch_until = tx.now + watch
    _changed(tx, row, by, Notice.NONE)
    _mark(tx, row.previous, row.live, by)


@for_all_clinics(Action.PROMOTE)
def roll_back(tx: Tx, by: str | None, notice: Notice = Notice.NONE) -> Serving:
    """New reflections get again what was live before; those that began meanwhile finish on theirs.

    Where its turns failed they go over as well. The other way round is a promotion. Raises
    NothingBefore.
    """
    row = _held(tx)
    if not row.previous:
        raise NothingBefore
    taken_back = row.live
    row.live, row.previous, row.candidate, row.watch_until = row.previous, "", "", None
    _changed(tx, row, by, notice)
    row.notice_model = taken_back if notice else ""
    _mark(tx, taken_back, row.live, by)
    if notice is Notice.ERRORS:
        unpin(tx, taken_back)
    return state(tx)


@for_all_clinics(Action.PROMOTE)
def take_back(tx: Tx, by: str | None) -> str | None:
    """Goes back at once where the process of what was live before still answers, or none runs.

    Else it has that one be started first, and returns the id of the job. Raises NothingBefore.
    """
    before = state(tx).previous
    if not before:
        raise NothingBefore
    running = {one.model: one.ready_at for one in replicas(tx)}
    if running and not running.get(before):
        return jobs.ask(tx, jobs.Kind.PROMOTE, model=before, by=by)
    roll_back(tx, by)
    return None


@for_processes
def end_watch(tx: Tx) -> None:
    """The promotion has proved itself: what was live before need not be kept warm."""
    _held(tx).watch_until = None
    tx.session.flush()


@for_processes
def pin(tx: Tx, reflection_id: str, model: str) -> None:
    """A reflection is held with this model from now on."""
    tx.session.execute(
        update(models.Reflection)
        .where(models.Reflection.id == reflection_id)
        .values(model=model)
        .execution_options(synchronize_session=False)
    )


@unguarded("an address on this machine")
def route(tx: Tx, model: str) -> str | None:
    """Where a model is served. Empty: nobody has said so for any; None: for this one not yet."""
    url = tx.session.scalar(select(tables.Replica.url).where(tables.Replica.model == model))
    if url:
        return url
    return None if tx.session.scalar(select(exists(select(tables.Replica.model)))) else ""


@unguarded("addresses on this machine")
def replicas(tx: Tx) -> list[Replica]:
    rows = tx.session.scalars(select(tables.Replica).order_by(tables.Replica.model))
    return [Replica(row.model, row.url, row.ready_at) for row in rows]


@unguarded("an address on this machine")
def live_url(tx: Tx) -> str:
    """Where new reflections are held; empty while that is not known."""
    url = tx.session.scalar(
        select(tables.Replica.url).join(tables.Serving, tables.Serving.live == tables.Replica.model)
    )
    return url or ""


@for_processes
def set_replica(tx: Tx, model: str, url: str, *, ready: bool = False) -> None:
    """Says where a model is served, and whether it answers."""
    row = tx.session.get(tables.Replica, model)
    if row is None:
        row = tables.Replica(model=model, url=url)
        tx.session.add(row)
    row.url, row.ready_at = url, tx.now if ready else None
    tx.session.flush()


@for_processes
def drop_replica(tx: Tx, model: str) -> None:
    tx.session.execute(delete(tables.Replica).where(tables.Replica.model == model))


@for_processes
def forget_replicas(tx: Tx) -> None:
    """For a start: no process of an earlier one is there any more, whoever listens there now."""
    tx.session.execute(delete(tables.Replica))
    tx.session.execute(update(tables.Serving).values(candidate=""))


@unguarded("names of models")
def in_use(tx: Tx, since: datetime) -> set[str]:
    """The models of reflections in which something has happened since."""
    rows = tx.session.scalars(
        select(models.Reflection.model)
        .where(models.Reflection.model != "", models.Reflection.updated_at >= since)
        .distinct()
    )
    return set(rows)


@unguarded("names of models")
def waited_for(tx: Tx) -> set[str]:
    """The models of reflections whose messages wait."""
    rows = tx.session.scalars(
        select(models.Reflection.model)
        .join(models.Inbox, models.Inbox.reflection_id == models.Reflection.id)
        .where(models.Inbox.state == RECEIVED, models.Reflection.model != "")
        .distinct()
    )
    return set(rows)


@unguarded("names of models")
def pinned(tx: Tx) -> set[str]:
    """The models of reflections that are not finished: their archives are kept."""
    rows = tx.session.scalars(
        select(models.Reflection.model)
        .where(
            models.Reflection.model != "",
            models.Reflection.state.in_([ReflectionState.INVITED, ReflectionState.OPEN]),
        )
        .distinct()
    )
    return set(rows)


@for_processes
def unpin(tx: Tx, model: str) -> None:
    """A model is gone for good: its reflections go on with what is live at their next message."""
    tx.session.execute(
        update(models.Reflection).where(models.Reflection.model == model).values(model="")
    )


@for_processes
def note_turns(tx: Tx, model: str, counts: Counts) -> None:
    """Adds to how turns went with a model in this hour."""
    table = tables.TurnCount
    added = (postgresql.insert if tx.locks_rows else sqlite.insert)(table).values(
        model=model,
        hour=tx.now.replace(minute=0, second=0, microsecond=0),
        turns=counts.turns,
        failures=counts.failures,
        misses=counts.misses,
    )
    tx.session.execute(
        added.on_conflict_do_update(
            index_elements=[table.model, table.hour],
            set_={
                name: getattr(table, name) + getattr(added.excluded, name)
                for name in ("turns", "failures", "misses")
            },
        )
    )


@unguarded("numbers")
def counted(tx: Tx, model: str, since: datetime) -> Counts:
    """How turns went with a model from the hour of `since` on."""
    table = tables.TurnCount
    hour = since.replace(minute=0, second=0, microsecond=0)
    row = tx.session.execute(
        select(func.sum(table.turns), func.sum(table.failures), func.sum(table.misses)).where(
            table.model == model, table.hour >= hour
        )
    ).one()
    return Counts(*(int(one or 0) for one in row))


def _held(tx: Tx) -> tables.Serving:
    """The row, made when missing, held against others who change it until the end."""
    row = tx.session.get(tables.Serving, ROW, with_for_update=tx.locks_rows)
    if row is None:
        row = tables.Serving(
            id=ROW,
            live="",
            previous="",
            candidate="",
            changed_at=tx.now,
            notice="",
            notice_model="",
        )
        tx.session.add(row)
        tx.session.flush()
    return row


def _changed(tx: Tx, row: tables.Serving, by: str | None, notice: Notice) -> None:
    row.changed_at, row.changed_by = tx.now, by
    row.notice, row.notice_model = notice, ""
    tx.note(Action.PROMOTE.code, trail.ALLOWED, "model", row.live)
    tx.session.flush()


def _mark(tx: Tx, former: str, live: str, by: str | None) -> None:
    """The registry says the same of the models that it knows; the shipped one may not be there."""
    for name, state_ in ((former, registry.State.FORMER), (live, registry.State.LIVE)):
        if registry.by_name(tx, name) is not None:
            registry.set_state(tx, name, state_, by=by)
