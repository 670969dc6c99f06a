"""The words that a clinic has changed: appended, never overwritten, with who, when and why."""

from sqlalchemy import func, select

from afterword.access.actors import Kind
from afterword.access.policy import Action
from afterword.records import models, people
from afterword.records.doors import by_admin, unguarded
from afterword.records.store import Tx, new_id
from afterword.records.training_models import Wording
from afterword.reflection.editions import MOST_CHANGES
from afterword.wording.changes import Change, holding

LONGEST_REASON = 1000


class NoMoreChanges(Exception):
    """A clinic has changed its words as often as there are numbers for."""


@unguarded("numbers of changes, nothing of a patient")
def revisions(tx: Tx) -> dict[str, int]:
    """The number of the last change of each clinic that has made one."""
    last = func.max(Wording.number).label("last")
    rows = tx.session.execute(select(Wording.clinic_id, last).group_by(Wording.clinic_id))
    return {row.clinic_id: row.last for row in rows}


@by_admin(Action.READ_WORDING, "clinic_id")
def changes(tx: Tx, clinic_id: str) -> list[Change]:
    """All changes of a clinic in their order, without the names of who made them."""
    return [_change(row) for row in _rows(tx, clinic_id)]


@by_admin(Action.READ_WORDING, "clinic_id")
def history(tx: Tx, clinic_id: str, language: str, key: str) -> list[Change]:
    """The changes of one text, the newest first."""
    rows = [row for row in _rows(tx, clinic_id) if (row.language, row.key) == (language, key)]
    return [_change(row, _name(tx, row.author_id)) for row in reversed(rows)]


@by_admin(Action.EDIT_WORDING, "clinic_id")
def change(tx: Tx, clinic_id: str, *, language: str, key: str, text: str, reason: str = "") -> int:
    """Has a text say this from now on.

    Returns the number of the change. Raises NoMoreChanges and Denied.
    """
    lock = select(models.Clinic.id).where(models.Clinic.id == clinic_id)
    if tx.locks_rows:
        # Two who change at once would else get the same number.
        lock = lock.with_for_update()
    tx.session.execute(lock)
    last = tx.session.scalar(select(func.max(Wording.number)).where(Wording.clinic_id == clinic_id))
    number = (last or 0) + 1
    if number > MOST_CHANGES:
        raise NoMoreChanges
    tx.session.add(
        Wording(
            id=new_id(),
            clinic_id=clinic_id,
            language=language,
            key=key,
            number=number,
            text=text,
            author_id=tx.actor.id if tx.actor.kind is Kind.STAFF else None,
            reason=reason.strip()[:LONGEST_REASON],
            created_at=tx.now,
        )
    )
    tx.session.flush()
    return number


@by_admin(Action.EDIT_WORDING, "clinic_id")
def take_back(tx: Tx, clinic_id: str, *, language: str, key: str, reason: str = "") -> bool:
    """Has a text say again what is shipped; False where it does already.

    Raises NoMoreChanges and Denied.
    """
    if (language, key) not in holding(changes(tx, clinic_id)):
        return False
    change(tx, clinic_id, language=language, key=key, text="", reason=reason)
    return True


def _rows(tx: Tx, clinic_id: str) -> list[Wording]:
    query = select(Wording).where(Wording.clinic_id == clinic_id).order_by(Wording.number)
    return list(tx.session.scalars(query))


def _name(tx: Tx, staff_id: str | None) -> str:
    """Empty for the command line."""
    row = None if staff_id is None else tx.session.get(models.Staff, staff_id)
    return "" if row is None else people.staff_view(tx, row).name


def _change(row: Wording, author: str = "") -> Change:
    return Change(row.language, row.key, row.number, row.text, row.created_at, row.reason, author)
