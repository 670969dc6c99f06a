"""Whether lines of safety reached the patient. The page says with each look what it has by now.

A line that nobody has fetched raises the alert by one tier, once. A channel that sends lines by
itself calls `seen` when its provider confirms.
"""

from sqlalchemy import ColumnElement, Select, func, select

from afterword.access.policy import Action
from afterword.records import alerts, inbox, models
from afterword.records.doors import door, for_processes
from afterword.records.store import Tx
from afterword.safety.clock import DELIVERY_PATIENCE


@door(Action.READ_OWN, of="reflection_id")
def is_news(tx: Tx, reflection_id: str, revision: int) -> bool:
    """Whether the page has lines of safety at this revision that it had not said it has."""
    query = _unseen().where(
        models.Outbox.reflection_id == reflection_id, models.Outbox.revision <= revision
    )
    return tx.session.scalar(query.limit(1)) is not None


@door(Action.READ_OWN, of="reflection_id")
def seen(tx: Tx, reflection_id: str, revision: int | None = None) -> None:
    """The patient has all lines up to this revision, or all that there are."""
    reflection = inbox.lock_reflection(tx, reflection_id)
    known = reflection.revision if revision is None else min(revision, reflection.revision)
    reflection.seen_revision = max(reflection.seen_revision, known)


@for_processes
def overdue(tx: Tx) -> list[str]:
    """Reflections with lines of safety that nobody has fetched in time."""
    return list(tx.session.scalars(_unseen().where(_is_late(tx)).distinct()))


@for_processes
def give_up(tx: Tx, reflection_id: str) -> bool:
    """Raises what is open by one tier; False when the lines were fetched meanwhile."""
    reflection = inbox.lock_reflection(tx, reflection_id)
    late = select(func.max(models.Outbox.revision)).where(
        models.Outbox.reflection_id == reflection_id,
        models.Outbox.kind == inbox.SAFETY,
        models.Outbox.revision > reflection.seen_revision,
        _is_late(tx),
    )
    newest = tx.session.scalar(late)
    if newest is None:
        return False
    reflection.seen_revision = newest
    alerts.undelivered(tx, reflection_id)
    return True


def _unseen() -> Select[str]:
    return (
        select(models.Outbox.reflection_id)
        .join(models.Reflection, models.Reflection.id == models.Outbox.reflection_id)
        .where(
            models.Outbox.kind == inbox.SAFETY,
            models.Outbox.revision > models.Reflection.seen_revision,
        )
    )


def _is_late(tx: Tx) -> ColumnElement[bool]:
    return models.Outbox.created_at <= tx.now - DELIVERY_PATIENCE
