"""Rows of messages that were not understood: whose they are by a keyed hash, and removing them."""

from collections.abc import Iterable

from sqlalchemy import delete, func, select

from afterword.records import data_versions
from afterword.records.keyed import keyed_hash
from afterword.records.store import Tx
from afterword.records.training_models import Misheard, MisheardWord

HIDDEN = "hidden"
"""The state of a message that somebody found to be personal still."""


def owner_hash(tx: Tx, patient_id: str) -> str:
    """The same for a patient for ever, and nothing to anybody without the key."""
    return keyed_hash(tx.vault.derive_all("misheard owner"), patient_id)


def word_hash(tx: Tx, word: str) -> str:
    """The same for a word whoever writes it, and nothing to anybody without the key."""
    return keyed_hash(tx.vault.derive_all("misheard word"), word)


def unseal(tx: Tx, row: Misheard) -> str:
    """The words of a row, as they were stored. Raises VaultError."""
    return tx.vault.open(Misheard.__tablename__, "text", row.id, row.sealed_text)


def seal(tx: Tx, key: str, text: str) -> bytes:
    """Seals by the clinic's key: not by the patient's, to whom nothing leads from here."""
    return tx.vault.seal(Misheard.__tablename__, "text", key, text)


def forget(tx: Tx, patient_id: str) -> int:
    """Removes what waits of a patient, and that words came from them; how many messages.

    Lines of theirs that the assistant was taught go as well: see `data_versions.forget`.
    """
    owner = owner_hash(tx, patient_id)
    mine = Misheard.owner_hash == owner
    count = tx.session.scalar(select(func.count()).select_from(Misheard).where(mine)) or 0
    count += data_versions.forget(tx, owner)
    tx.session.execute(delete(Misheard).where(mine))
    tx.session.execute(delete(MisheardWord).where(MisheardWord.owner_hash == owner))
    return count


def own(tx: Tx, patient_id: str) -> list[dict[str, object]]:
    """What waits of a patient, as they may see it: found by the keyed hash."""
    rows = tx.session.scalars(
        select(Misheard)
        .where(Misheard.owner_hash == owner_hash(tx, patient_id))
        .order_by(Misheard.week, Misheard.id)
    )
    return [
        {
            "week": row.week,
            "language": row.language,
            "question": row.question,
            "text": unseal(tx, row),
            "state": row.state,
        }
        for row in rows
    ]


def forget_rows(tx: Tx, ids: Iterable[str]) -> None:
    """Removes messages; of whoever has none left, also that words came from them."""
    chosen = list(ids)
    owners = tx.session.scalars(
        select(Misheard.owner_hash).where(Misheard.id.in_(chosen)).distinct()
    ).all()
    tx.session.execute(delete(Misheard).where(Misheard.id.in_(chosen)))
    left = select(Misheard.owner_hash).where(Misheard.owner_hash.in_(owners))
    tx.session.execute(
        delete(MisheardWord).where(
            MisheardWord.owner_hash.in_(owners), MisheardWord.owner_hash.not_in(left)
        )
    )
