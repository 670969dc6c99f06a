"""What a clinic taught the assistant: lines added, moved, removed, collected into versions.

Changes are collected in the draft, which has no number. Closing it makes a version of it, that
never changes again, except that an erased person's lines go out of it.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from sqlalchemy import delete, func, select, update

from afterword.access.policy import Action
from afterword.records import models, people
from afterword.records.doors import by_admin, for_processes, unguarded
from afterword.records.keyed import keyed_hash
from afterword.records.store import Tx, new_id
from afterword.records.training_models import DataChange, DataVersion, TrainedModel

LONGEST_TEXT, LONGEST_REASON = 300, 1000
_TABLE, _COLUMN = "data_change", "text"


class Kind(StrEnum):
    """What a change does with a line."""

    ADD = "add"
    MOVE = "move"
    REMOVE = "remove"


class ChangeRefused(Exception):
    """A change that is not made. `code` says why, the message what to do."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True)
class Change:
    """One line added under `label`, moved there from `was`, or removed from `was`.

    `owner_hash` is empty for a line that somebody of the staff thought of.
    """

    id: str
    kind: Kind
    language: str
    label: str
    was: str
    text: str
    owner_hash: str = ""
    misheard_id: str | None = None


@dataclass(frozen=True)
class Version:
    """A version; the draft has no number."""

    id: str
    clinic_id: str
    number: int | None
    author: str | None
    """Their name; None for one that was brought in from files."""
    reason: str
    created_at: datetime
    closed_at: datetime | None
    changes: int


@by_admin(Action.TEACH, "clinic_id")
def draft(tx: Tx, clinic_id: str) -> str:
    """The id of the clinic's draft, which is made if there is none."""
    found = _draft(tx, clinic_id)
    if found is not None:
        return found.id
    row = DataVersion(id=new_id(), clinic_id=clinic_id, number=None, reason="", created_at=tx.now)
    row.parent_id = tx.session.scalar(
        select(DataVersion.id)
        .where(DataVersion.clinic_id == clinic_id, DataVersion.number.is_not(None))
        .order_by(DataVersion.number.desc())
        .limit(1)
    )
    tx.session.add(row)
    tx.session.flush()
    return row.id


@by_admin(Action.TEACH, "clinic_id")
def add(
    tx: Tx,
    clinic_id: str,
    *,
    language: str,
    label: str,
    text: str,
    owner_hash: str = "",
    misheard_id: str | None = None,
) -> str:
    """Adds a line to the draft; returns the change's id. Raises ChangeRefused."""
    given = Change("", Kind.ADD, language, label, "", text, owner_hash, misheard_id)
    return _append(tx, clinic_id, given)


@by_admin(Action.TEACH, "clinic_id")
def move(tx: Tx, clinic_id: str, *, language: str, text: str, was: str, label: str) -> str:
    """Puts a line that is there under another label. Raises ChangeRefused."""
    if was == label:
        raise ChangeRefused("same", "The line is there already; choose another meaning.")
    return _append(tx, clinic_id, Change("", Kind.MOVE, language, label, was, text))


@by_admin(Action.TEACH, "clinic_id")
def remove(tx: Tx, clinic_id: str, *, language: str, text: str, was: str) -> str:
    """Takes out a line that is there. Raises ChangeRefused."""
    return _append(tx, clinic_id, Change("", Kind.REMOVE, language, was, was, text))


@by_admin(Action.TEACH, "clinic_id")
def drop(tx: Tx, clinic_id: str, change_id: str) -> None:
    """Takes a change out of the draft again. Raises LookupError."""
    found = _draft(tx, clinic_id)
    row = tx.session.get(DataChange, change_id)
    if found is None or row is None or row.version_id != found.id:
        raise LookupError("There is no such change in the draft.")
    tx.session.delete(row)
    tx.session.flush()


@by_admin(Action.TEACH, "draft_id")
def close(tx: Tx, draft_id: str, author: str | None, reason: str) -> int:
    """Makes the draft a version and returns its number. Raises ChangeRefused, LookupError."""
    row = tx.session.get(DataVersion, draft_id, with_for_update=tx.locks_rows)
    if row is None or row.number is not None:
        raise LookupError("There is no such draft.")
    if not reason.strip() or len(reason) > LONGEST_REASON:
        raise ChangeRefused("reason", "Say in a sentence why this is changed.")
    if not _count(tx, row.id):
        raise ChangeRefused("empty", "Nothing was changed yet.")
    row.number = _next_number(tx, row.clinic_id)
    row.author_id, row.reason, row.closed_at = author, reason.strip(), tx.now
    tx.session.flush()
    return row.number


@by_admin(Action.TEACH, "clinic_id")
def restore(
    tx: Tx,
    clinic_id: str,
    number: int,
    *,
    reason: str,
    closed_at: datetime,
    changes: Iterable[Change],
    renewals: int = 0,
) -> str:
    """Brings a version back from files, with its number and time; returns its id.

    `renewals` says how often the root key had been changed when they were written: an erasure
    finds lines by what the present one makes of their owners.

    Raises:
        ChangeRefused: the number is not the next one, or they were written with newer keys.
    """
    if renewals > tx.vault.renewals:
        raise ChangeRefused("keys", "The files are newer than the keys. Put the newer keys here.")
    if number != _next_number(tx, clinic_id):
        raise ChangeRefused("number", f"Version {number} is not the next one of this clinic.")
    row = DataVersion(
        id=new_id(),
        clinic_id=clinic_id,
        number=number,
        reason=reason,
        created_at=closed_at,
        closed_at=closed_at,
    )
    tx.session.add(row)
    tx.session.flush()
    later = tx.vault.derive_all("misheard owner")[renewals + 1 :]
    for position, change in enumerate(changes):
        owner = change.owner_hash and keyed_hash(later, change.owner_hash)
        _insert(tx, row.id, position, replace(change, owner_hash=owner))
    return row.id


@by_admin(Action.READ_MODELS, "clinic_id")
def versions(tx: Tx, clinic_id: str) -> list[Version]:
    """The clinic's versions, newest first, without the draft."""
    rows = tx.session.scalars(
        select(DataVersion)
        .where(DataVersion.clinic_id == clinic_id, DataVersion.number.is_not(None))
        .order_by(DataVersion.number.desc())
    )
    return [_view(tx, row) for row in rows]


@by_admin(Action.READ_MODELS, "version_id")
def version(tx: Tx, version_id: str) -> Version:
    """Raises LookupError."""
    row = tx.session.get(DataVersion, version_id)
    if row is None:
        raise LookupError("There is no such version.")
    return _view(tx, row)


@by_admin(Action.READ_MODELS, "version_id")
def changes_of(tx: Tx, version_id: str) -> list[Change]:
    """The changes of one version, or of the draft, in order."""
    return list(_changes(tx, [version(tx, version_id).id]))


@by_admin(Action.READ_MODELS, "version_id")
def changes_upto(tx: Tx, version_id: str) -> list[Change]:
    """The changes of all versions so far, this one included, in order. Raises LookupError."""
    return list(_changes(tx, _upto(tx, version_id)))


@unguarded("an id")
def draft_of(tx: Tx, clinic_id: str) -> str | None:
    """The id of the clinic's draft, if there is one."""
    found = _draft(tx, clinic_id)
    return None if found is None else found.id


@unguarded("ids")
def used(tx: Tx, clinic_id: str) -> set[str]:
    """The ids of the messages that the clinic's versions and its draft were made from."""
    rows = tx.session.scalars(
        select(DataChange.misheard_id)
        .join(DataVersion, DataVersion.id == DataChange.version_id)
        .where(DataVersion.clinic_id == clinic_id, DataChange.misheard_id.is_not(None))
    )
    return {one for one in rows if one}


@for_processes
def forget(tx: Tx, owner_hash: str) -> int:
    """Takes an erased person's lines out of all versions; returns how many there were.

    Models that were trained on them are marked: they are to be trained anew.
    """
    if not owner_hash:
        return 0
    rows = tx.session.execute(
        select(DataVersion.clinic_id, DataVersion.number)
        .join(DataChange, DataChange.version_id == DataVersion.id)
        .where(DataChange.owner_hash == owner_hash)
    ).all()
    for clinic_id, number in {tuple(row) for row in rows if row.number is not None}:
        trained_on = select(DataVersion.id).where(
            DataVersion.clinic_id == clinic_id, DataVersion.number >= number
        )
        tx.session.execute(
            update(TrainedModel)
            .where(TrainedModel.version_id.in_(trained_on), TrainedModel.tainted_at.is_(None))
            .values(tainted_at=tx.now)
        )
    tx.session.execute(delete(DataChange).where(DataChange.owner_hash == owner_hash))
    tx.session.flush()
    return len(rows)


def _draft(tx: Tx, clinic_id: str) -> DataVersion | None:
    query = select(DataVersion).where(
        DataVersion.clinic_id == clinic_id, DataVersion.number.is_(None)
    )
    return tx.session.scalars(query.order_by(DataVersion.created_at).limit(1)).first()


def _append(tx: Tx, clinic_id: str, given: Change) -> str:
    text = " ".join(given.text.split())
    if not text or len(text) > LONGEST_TEXT:
        raise ChangeRefused("text", f"Write one line of at most {LONGEST_TEXT} characters.")
    if not given.language or not given.label:
        raise ChangeRefused("label", "Choose what the line means, and its language.")
    version_id = draft(tx, clinic_id)
    last = tx.session.scalar(
        select(func.max(DataChange.position)).where(DataChange.version_id == version_id)
    )
    change = Change(**{**vars(given), "text": text})
    return _insert(tx, version_id, 0 if last is None else last + 1, change)


def _insert(tx: Tx, version_id: str, position: int, change: Change) -> str:
    key = new_id()
    tx.session.add(
        DataChange(
            id=key,
            version_id=version_id,
            position=position,
            kind=change.kind,
            language=change.language,
            label=change.label,
            was=change.was,
            sealed_text=tx.vault.seal(_TABLE, _COLUMN, key, change.text),
            owner_hash=change.owner_hash,
            misheard_id=change.misheard_id,
        )
    )
    tx.session.flush()
    return key


def _next_number(tx: Tx, clinic_id: str) -> int:
    query = select(func.max(DataVersion.number)).where(DataVersion.clinic_id == clinic_id)
    return (tx.session.scalar(query) or 0) + 1


def _upto(tx: Tx, version_id: str) -> list[str]:
    row = tx.session.get(DataVersion, version_id)
    if row is None:
        raise LookupError("There is no such version.")
    query = select(DataVersion.id).where(
        DataVersion.clinic_id == row.clinic_id, DataVersion.number.is_not(None)
    )
    if row.number is not None:
        query = query.where(DataVersion.number <= row.number)
    found = list(tx.session.scalars(query.order_by(DataVersion.number)))
    return found if row.number is not None else [*found, row.id]


def _changes(tx: Tx, version_ids: list[str]) -> Iterable[Change]:
    for version_id in version_ids:
        rows = tx.session.scalars(
            select(DataChange)
            .where(DataChange.version_id == version_id)
            .order_by(DataChange.position)
        )
        for row in rows:
            yield Change(
                id=row.id,
                kind=Kind(row.kind),
                language=row.language,
                label=row.label,
                was=row.was,
                text=tx.vault.open(_TABLE, _COLUMN, row.id, row.sealed_text),
                owner_hash=row.owner_hash,
                misheard_id=row.misheard_id,
            )


def _count(tx: Tx, version_id: str) -> int:
    query = select(func.count()).select_from(DataChange)
    return tx.session.scalar(query.where(DataChange.version_id == version_id)) or 0


def _view(tx: Tx, row: DataVersion) -> Version:
    author = tx.session.get(models.Staff, row.author_id) if row.author_id else None
    return Version(
        id=row.id,
        clinic_id=row.clinic_id,
        number=row.number,
        author=None if author is None else people.staff_view(tx, author).name,
        reason=row.reason,
        created_at=row.created_at,
        closed_at=row.closed_at,
        changes=_count(tx, row.id),
    )
