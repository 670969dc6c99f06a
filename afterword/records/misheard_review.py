"""What people do with messages that were not understood: say what was meant, skip, hide, undo.

A label that touches safety is settled once a second person has said the same.
"""

import json
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

from sqlalchemy import ColumnElement, and_, false, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute

from afterword.access.actors import Kind
from afterword.access.policy import Action, Denied, Role
from afterword.deid.known import Known
from afterword.records import models, trail
from afterword.records.doors import by_admin
from afterword.records.misheard import SECOND_PERSON, State, is_rare, known, shown
from afterword.records.store import Tx
from afterword.records.training_models import DataChange, Misheard

T = TypeVar("T", str, date)
BATCH = 20
LABELLERS = (Role.ADMIN, Role.ANNOTATOR)


class ReviewRefused(Exception):
    """A decision that is not taken. `code` says why, the message what to do."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True)
class Filters:
    """What to look at; empty: all. `week` is the Monday as it is written in ISO."""

    reason: str = ""
    language: str = ""
    week: str = ""


@dataclass(frozen=True)
class Row:
    """A message to decide over. `chosen`: the label that somebody else chose, to be confirmed."""

    id: str
    text: str
    language: str
    question: str
    reason: str
    did: str
    week: date
    guesses: tuple[tuple[str, float], ...]
    rare: bool
    chosen: str


@dataclass(frozen=True)
class Batch:
    """The next messages, how many of how many are decided, and what may be filtered by.

    `own`: those that this person labelled and a second person has not seen yet.
    """

    rows: tuple[Row, ...]
    decided: int
    of: int
    own: int
    reasons: tuple[str, ...]
    languages: tuple[str, ...]
    weeks: tuple[date, ...]


@by_admin(Action.LABEL, "clinic_id")
def batch(
    tx: Tx, staff_id: str, clinic_id: str, filters: Filters = Filters(), most: int = BATCH
) -> Batch:
    """What this person can decide next: what nobody has seen, and what needs a second person."""
    _require(tx, staff_id, clinic_id)
    chosen = and_(Misheard.clinic_id == clinic_id, *_conditions(filters))
    rows = tx.session.scalars(
        select(Misheard)
        .where(chosen, _is_open_to(staff_id))
        .order_by(Misheard.week.desc(), Misheard.id)
        .limit(most)
    ).all()
    everybody = known(tx, clinic_id)
    counts = dict(
        tx.session.execute(
            select(Misheard.state, func.count()).where(chosen).group_by(Misheard.state)
        ).all()
    )
    unsure = _count(tx, chosen, _waits_for_second())
    of = sum(counts.values())
    return Batch(
        rows=tuple(_row(tx, row, everybody) for row in rows),
        decided=of - counts.get(State.WAITING, 0) - unsure,
        of=of,
        own=_count(tx, chosen, _waits_for_second(), Misheard.labelled_by == staff_id),
        reasons=_distinct(tx, clinic_id, Misheard.reason),
        languages=_distinct(tx, clinic_id, Misheard.language),
        weeks=_distinct(tx, clinic_id, Misheard.week),
    )


@by_admin(Action.LABEL, "staff_id")
def clinic_of(tx: Tx, staff_id: str) -> str:
    """The clinic of an account that may label. Raises Denied."""
    staff = tx.session.get(models.Staff, staff_id)
    clinic_id = "" if staff is None else staff.clinic_id
    _require(tx, staff_id, clinic_id)
    return clinic_id


@by_admin(Action.LABEL, "clinic_id")
def waiting(tx: Tx, staff_id: str, clinic_id: str) -> int:
    """How many messages this person can decide over."""
    _require(tx, staff_id, clinic_id)
    return _count(tx, Misheard.clinic_id == clinic_id, _is_open_to(staff_id))


@by_admin(Action.LABEL, "staff_id")
def label(tx: Tx, staff_id: str, misheard_id: str, meant: str) -> bool:
    """Says what a message meant; whether it is settled now. Raises ReviewRefused, Denied."""
    row = _open(tx, staff_id, misheard_id)
    if row.state == State.LABELLED and row.label == meant:
        row.confirmed_by = staff_id
    else:
        row.state, row.label, row.labelled_by = State.LABELLED, meant, staff_id
    _noted(tx, row)
    return meant not in SECOND_PERSON or row.confirmed_by is not None


@by_admin(Action.LABEL, "staff_id")
def skip(tx: Tx, staff_id: str, misheard_id: str) -> None:
    """Leaves a message out; it is not used. Raises ReviewRefused, Denied."""
    _close(tx, staff_id, misheard_id, State.SKIPPED)


@by_admin(Action.LABEL, "staff_id")
def hide(tx: Tx, staff_id: str, misheard_id: str) -> None:
    """It is still personal: nobody sees it again, and it is deleted. Raises ReviewRefused, Denied.

    It stays for a day, so that a slip can be undone.
    """
    _close(tx, staff_id, misheard_id, State.HIDDEN)


@by_admin(Action.LABEL, "clinic_id")
def undo(tx: Tx, staff_id: str, clinic_id: str) -> str | None:
    """Takes back this person's latest decision; the id of the message, None when there is none.

    What has gone into a change set is taken back there.
    """
    _require(tx, staff_id, clinic_id)
    used = select(DataChange.misheard_id).where(DataChange.misheard_id.is_not(None))
    row = tx.session.scalar(
        select(Misheard)
        .where(
            Misheard.clinic_id == clinic_id,
            Misheard.state != State.WAITING,
            Misheard.id.not_in(used),
            or_(
                Misheard.confirmed_by == staff_id,
                and_(Misheard.labelled_by == staff_id, Misheard.confirmed_by.is_(None)),
            ),
        )
        .order_by(Misheard.decided_at.desc(), Misheard.id)
        .limit(1)
    )
    if row is None:
        return None
    if row.confirmed_by == staff_id:
        row.confirmed_by = None
    else:
        row.state, row.label, row.labelled_by, row.decided_at = State.WAITING, None, None, None
    tx.note(Action.LABEL.code, trail.ALLOWED, "misheard", row.id)
    tx.session.flush()
    return row.id


def _close(tx: Tx, staff_id: str, misheard_id: str, state: State) -> None:
    row = _open(tx, staff_id, misheard_id)
    row.state, row.label, row.labelled_by = state, None, staff_id
    _noted(tx, row)


def _noted(tx: Tx, row: Misheard) -> None:
    """Who taught the assistant what has to be found out later: it stands in the audit."""
    row.decided_at = tx.now
    tx.note(Action.LABEL.code, trail.ALLOWED, "misheard", row.id)
    tx.session.flush()


def _open(tx: Tx, staff_id: str, misheard_id: str) -> Misheard:
    """A message that this person may decide over, held until the end of the transaction."""
    row = tx.session.get(Misheard, misheard_id, with_for_update=tx.locks_rows)
    if row is None:
        raise ReviewRefused("gone", "This message is not there any more. Go on with the next one.")
    _require(tx, staff_id, row.clinic_id)
    if row.state == State.WAITING:
        return row
    unsure = row.state == State.LABELLED and row.label in SECOND_PERSON
    if not unsure or row.confirmed_by is not None:
        raise ReviewRefused("gone", "Somebody was quicker. Go on with the next one.")
    if row.labelled_by == staff_id:
        raise ReviewRefused("same_person", "This needs a second person: ask a colleague.")
    return row


def _require(tx: Tx, staff_id: str, clinic_id: str) -> None:
    """The account belongs to the clinic, may label, and is who acts. Raises Denied."""
    staff = tx.session.get(models.Staff, staff_id)
    acts = tx.actor.kind is not Kind.STAFF or tx.actor.id == staff_id
    fits = staff is not None and staff.clinic_id == clinic_id and staff.disabled_at is None
    if not acts or not fits or staff is None or staff.role not in LABELLERS:
        raise Denied(Action.LABEL, "clinic", "")


def _row(tx: Tx, row: Misheard, everybody: Known) -> Row:
    text = shown(tx, row, everybody)
    return Row(
        id=row.id,
        text=text,
        language=row.language,
        question=row.question,
        reason=row.reason,
        did=row.did,
        week=row.week,
        guesses=tuple((str(name), float(sure)) for name, sure in json.loads(row.guesses)),
        rare=is_rare(tx, text, row.language),
        chosen=row.label or "",
    )


def _waits_for_second() -> ColumnElement[bool]:
    return and_(
        Misheard.state == State.LABELLED,
        Misheard.label.in_(SECOND_PERSON),
        Misheard.confirmed_by.is_(None),
    )


def _is_open_to(staff_id: str) -> ColumnElement[bool]:
    return or_(
        Misheard.state == State.WAITING,
        and_(_waits_for_second(), Misheard.labelled_by != staff_id),
    )


def _conditions(filters: Filters) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if filters.reason:
        found.append(Misheard.reason == filters.reason)
    if filters.language:
        found.append(Misheard.language == filters.language)
    if filters.week:
        try:
            found.append(Misheard.week == date.fromisoformat(filters.week))
        except ValueError:
            found.append(false())
    return found


def _count(tx: Tx, *conditions: ColumnElement[bool]) -> int:
    return tx.session.scalar(select(func.count()).select_from(Misheard).where(*conditions)) or 0


def _distinct(tx: Tx, clinic_id: str, column: InstrumentedAttribute[T]) -> tuple[T, ...]:
    found = tx.session.scalars(
        select(column).where(Misheard.clinic_id == clinic_id).distinct()
    ).all()
    return tuple(sorted(found, reverse=column is Misheard.week))
