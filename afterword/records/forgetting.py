"""Conversations that Rasa is to forget: kept until it has, however long it is away."""

from collections.abc import Iterable
from datetime import timedelta

from sqlalchemy import select

from afterword.records.doors import for_processes
from afterword.records.rights_models import Forgetting
from afterword.records.store import Tx

PAUSE = timedelta(seconds=30)


def ask(tx: Tx, conversations: Iterable[str], *, anew: bool = False) -> int:
    """Has conversations forgotten, those that were already only with `anew`; how many."""
    asked = 0
    for conversation in conversations:
        row = tx.session.get(Forgetting, conversation)
        if row is not None and not anew:
            continue
        asked += 1
        if row is None:
            row = Forgetting(conversation=conversation, created_at=tx.now)
            tx.session.add(row)
        row.available_at, row.done_at = tx.now, None
    tx.session.flush()
    return asked


@for_processes
def ask_anew(tx: Tx, conversations: Iterable[str]) -> int:
    """As `ask`: a restored copy of Rasa's database may hold them again."""
    return ask(tx, conversations, anew=True)


@for_processes
def claim(tx: Tx) -> str | None:
    """A conversation to be forgotten now; offered again after a pause unless it is `done`."""
    query = (
        select(Forgetting)
        .where(Forgetting.done_at.is_(None), Forgetting.available_at <= tx.now)
        .order_by(Forgetting.available_at, Forgetting.conversation)
        .limit(1)
    )
    if tx.locks_rows:
        query = query.with_for_update(skip_locked=True)
    row = tx.session.scalar(query)
    if row is None:
        return None
    row.available_at = tx.now + PAUSE
    return row.conversation


@for_processes
def done(tx: Tx, conversation: str) -> None:
    """Rasa has forgotten it."""
    row = tx.session.get(Forgetting, conversation)
    if row is not None:
        row.done_at = tx.now
