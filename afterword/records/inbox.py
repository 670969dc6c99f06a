"""A patient's messages and the assistant's lines: kept first, worked on afterwards."""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import case, func, select, update
from sqlalchemy.orm import aliased

from afterword.access.policy import Action
from afterword.records import models, sealing, serving, views
from afterword.records.doors import door, for_processes, unguarded
from afterword.records.sealing import Place
from afterword.records.store import Tx
from afterword.records.training_models import Replica, Serving
from afterword.reflection.answers import ReflectionState

RECEIVED, DONE, REFUSED = "received", "done", "refused"
TEXT, CHOICE, FORM, UNREADABLE = "text", "choice", "form", "unreadable"
CHAT, SAFETY = "chat", "safety"
_ORDER_STEP = 1000
# With the pauses between, about ten seconds: a process that was killed is back in three.
_STUBBORN = 6


@door(Action.ANSWER, of="reflection_id")
def accept(
    tx: Tx, reflection_id: str, client_id: str, kind: str, body: dict[str, Any]
) -> views.Accepted:
    """Keeps a message; a second one with the same client id changes nothing.

    `kind` is text, choice, form or unreadable. Raises LookupError when the reflection was deleted.
    """
    reflection = lock_reflection(tx, reflection_id)
    known = tx.session.scalar(
        select(models.Inbox.id).where(
            models.Inbox.reflection_id == reflection_id, models.Inbox.client_id == client_id
        )
    )
    if known is not None:
        return views.Accepted(known, repeat=True)
    if reflection.state == ReflectionState.DELETED:
        raise LookupError("This reflection was deleted.")
    row = models.Inbox(
        reflection_id=reflection_id,
        client_id=client_id,
        kind=kind,
        sealed_body=_seal_in(tx, reflection_id, client_id, body),
        state=RECEIVED,
        attempts=0,
        available_at=tx.now,
        revision=touch(tx, reflection),
        created_at=tx.now,
    )
    tx.session.add(row)
    tx.session.flush()
    return views.Accepted(row.id, repeat=False)


@for_processes
def claim(tx: Tx, lease: timedelta) -> views.Claim | None:
    """The oldest message that may be worked on, leased to the caller, and where it goes.

    At most one message of a conversation is out at a time: a message waits while an earlier
    one of its reflection is not finished. A reflection stays with the model of its first message,
    unless that one does not get through and is not what is live.
    """
    earlier = aliased(models.Inbox)
    own = case((models.Reflection.model == "", Serving.live), else_=models.Reflection.model)
    query = (
        select(
            models.Inbox,
            models.Reflection.conversation,
            models.Reflection.model,
            Serving.live,
            Replica.url,
        )
        .join(models.Reflection, models.Reflection.id == models.Inbox.reflection_id)
        .outerjoin(Serving, Serving.id == serving.ROW)
        .outerjoin(Replica, Replica.model == own)
        .where(
            models.Inbox.state == RECEIVED,
            models.Inbox.available_at <= tx.now,
            ~select(earlier.id)
            .where(
                earlier.reflection_id == models.Inbox.reflection_id,
                earlier.state == RECEIVED,
                earlier.id < models.Inbox.id,
            )
            .exists(),
        )
        .order_by(models.Inbox.available_at, models.Inbox.id)
        .limit(1)
    )
    if tx.locks_rows:
        query = query.with_for_update(skip_locked=True, of=models.Inbox)
    found = tx.session.execute(query).first()
    if found is None:
        return None
    row, conversation, model, live, own_url = found
    url: str | None = own_url
    row.attempts += 1
    row.available_at = tx.now + lease
    if live and model != live and (not model or row.attempts > _STUBBORN):
        serving.pin(tx, row.reflection_id, live)
        url = None if model else url
        model = live
    return views.Claim(
        inbox_id=row.id,
        reflection_id=row.reflection_id,
        conversation=conversation,
        client_id=row.client_id,
        kind=row.kind,
        body=_open_in(tx, row),
        attempts=row.attempts,
        model=model,
        url=url or serving.route(tx, model),
    )


@for_processes
def release(tx: Tx) -> None:
    """Ends all leases: for a worker that starts, so that nobody waits for one that was killed.

    A turn that another worker is still at may run twice then; a repeat is harmless.
    """
    tx.session.execute(
        update(models.Inbox).where(models.Inbox.state == RECEIVED).values(available_at=tx.now)
    )


@door(Action.ANSWER, of="inbox_id")
def finish(tx: Tx, inbox_id: int, replies: Sequence[dict[str, Any]], state: str = DONE) -> None:
    """Stores the assistant's replies and closes the message; a second call changes nothing."""
    row = tx.session.get(models.Inbox, inbox_id)
    if row is None or row.state != RECEIVED:
        return
    reflection = lock_reflection(tx, row.reflection_id)
    tx.session.refresh(row)
    if row.state != RECEIVED:
        return
    revision = touch(tx, reflection)
    row.state, row.done_at, row.revision = state, tx.now, revision
    _say(tx, row, replies, CHAT, revision)


@door(Action.ANSWER, of="inbox_id")
def answer_at_once(
    tx: Tx, inbox_id: int, lines: Sequence[dict[str, Any]], mark: dict[str, Any]
) -> None:
    """Puts lines of safety under a message in the transaction that accepts it.

    `mark` rides along to Rasa as `safety` in the message's body.
    """
    row = tx.session.get_one(models.Inbox, inbox_id)
    body = _open_in(tx, row) | {"safety": mark}
    row.sealed_body = _seal_in(tx, row.reflection_id, row.client_id, body)
    _say(tx, row, lines, SAFETY, row.revision)


def _say(
    tx: Tx, row: models.Inbox, lines: Sequence[dict[str, Any]], kind: str, revision: int
) -> None:
    said = select(func.count()).where(models.Outbox.inbox_id == row.id)
    start = tx.session.scalar(said) or 0
    for seq, body in enumerate(lines, start):
        tx.session.add(
            models.Outbox(
                reflection_id=row.reflection_id,
                inbox_id=row.id,
                seq=seq,
                kind=kind,
                sealed_body=sealing.seal(
                    tx, _line_of(tx, row.reflection_id, row.id, seq), json.dumps(body)
                ),
                revision=revision,
                created_at=tx.now,
            )
        )
    tx.session.flush()


@door(Action.READ_OWN, of="reflection_id")
def last_texts(tx: Tx, reflection_id: str, count: int) -> tuple[str, ...]:
    """The patient's last typed messages, oldest first; choices and forms are left out."""
    rows = tx.session.scalars(
        select(models.Inbox)
        .where(models.Inbox.reflection_id == reflection_id, models.Inbox.kind == TEXT)
        .order_by(models.Inbox.id.desc())
        .limit(count)
    )
    texts = [str(_open_in(tx, row).get("text", "")) for row in rows]
    return tuple(text for text in reversed(texts) if text)


@door(Action.READ_OWN, of="reflection_id")
def last_question(tx: Tx, reflection_id: str) -> str:
    """The id of the question that was asked last; empty when none was."""
    line = tx.session.scalar(
        select(models.Outbox)
        .where(models.Outbox.reflection_id == reflection_id, models.Outbox.kind == CHAT)
        .order_by(models.Outbox.id.desc())
        .limit(1)
    )
    if line is None:
        return ""
    return str(_open_out(tx, line).get("question") or "")


@door(Action.READ_OWN, of="reflection_id")
def last_choices(tx: Tx, reflection_id: str) -> tuple[str, ...]:
    """The tokens of the choices under the line that was said last, of whatever kind."""
    line = tx.session.scalar(
        select(models.Outbox)
        .where(models.Outbox.reflection_id == reflection_id)
        .order_by(models.Outbox.id.desc())
        .limit(1)
    )
    choices = _open_out(tx, line).get("choices") if line is not None else None
    return tuple(str(one["token"]) for one in choices or ())


@for_processes
def postpone(tx: Tx, inbox_id: int, until: datetime) -> None:
    """Gives a message back to be tried again later."""
    row = tx.session.get(models.Inbox, inbox_id)
    if row is not None and row.state == RECEIVED:
        row.available_at = until


@door(Action.READ_OWN, of="reflection_id")
def conversation_since(tx: Tx, reflection_id: str, revision: int) -> list[views.Message]:
    """The lines that are new or changed since `revision`, in the order of the conversation."""
    messages = []
    for row in tx.session.scalars(
        select(models.Inbox).where(
            models.Inbox.reflection_id == reflection_id, models.Inbox.revision > revision
        )
    ):
        body = _open_in(tx, row)
        order = row.id * _ORDER_STEP
        messages.append(views.Message(order, "patient", row.client_id, row.state, body))
    for line in tx.session.scalars(
        select(models.Outbox).where(
            models.Outbox.reflection_id == reflection_id, models.Outbox.revision > revision
        )
    ):
        body = _open_out(tx, line)
        order = line.inbox_id * _ORDER_STEP + 1 + line.seq
        messages.append(views.Message(order, "assistant", None, DONE, body))
    return sorted(messages, key=lambda message: message.order)


@unguarded("numbers of changes")
def revisions(tx: Tx, reflection_ids: Iterable[str]) -> dict[str, int]:
    """The present revision of each reflection: one cheap query for all who wait."""
    query = select(models.Reflection.id, models.Reflection.revision).where(
        models.Reflection.id.in_(list(reflection_ids))
    )
    return {row.id: row.revision for row in tx.session.execute(query)}


@door(Action.READ_OWN, of="reflection_id")
def waiting_since(tx: Tx, reflection_id: str) -> datetime | None:
    """When the oldest message without any answer came; None if there is none."""
    answered = select(models.Outbox.id).where(models.Outbox.inbox_id == models.Inbox.id).exists()
    return tx.session.scalar(
        select(func.min(models.Inbox.created_at)).where(
            models.Inbox.reflection_id == reflection_id,
            models.Inbox.state == RECEIVED,
            ~answered,
        )
    )


def lock_reflection(tx: Tx, reflection_id: str) -> models.Reflection:
    """The reflection's row, held against other writers until the transaction ends."""
    query = select(models.Reflection).where(models.Reflection.id == reflection_id)
    if tx.locks_rows:
        # The key stays as it is: rows that refer to it may be written by others meanwhile.
        query = query.with_for_update(key_share=True).execution_options(populate_existing=True)
    row = tx.session.scalar(query)
    if row is None:
        raise LookupError("There is no such reflection.")
    return row


def touch(tx: Tx, reflection: models.Reflection) -> int:
    """Marks a visible change and returns its revision."""
    reflection.revision += 1
    reflection.updated_at = tx.now
    return reflection.revision


def forget_messages(tx: Tx, reflection_id: str) -> None:
    """Removes every message and line; of a message that is still in work only its text."""
    for line in tx.session.scalars(
        select(models.Outbox).where(models.Outbox.reflection_id == reflection_id)
    ):
        tx.session.delete(line)
    tx.session.flush()
    for row in tx.session.scalars(
        select(models.Inbox).where(models.Inbox.reflection_id == reflection_id)
    ):
        if row.state == RECEIVED:
            row.sealed_body = _seal_in(tx, reflection_id, row.client_id, {})
        else:
            tx.session.delete(row)
    tx.session.flush()


def _seal_in(tx: Tx, reflection_id: str, client_id: str, body: dict[str, Any]) -> bytes:
    return sealing.seal(tx, _message_of(tx, reflection_id, client_id), json.dumps(body))


def _open_in(tx: Tx, row: models.Inbox) -> dict[str, Any]:
    place = _message_of(tx, row.reflection_id, row.client_id)
    body: dict[str, Any] = json.loads(sealing.unseal(tx, place, row.sealed_body))
    return body


def _open_out(tx: Tx, line: models.Outbox) -> dict[str, Any]:
    place = _line_of(tx, line.reflection_id, line.inbox_id, line.seq)
    body: dict[str, Any] = json.loads(sealing.unseal(tx, place, line.sealed_body))
    return body


def _message_of(tx: Tx, reflection_id: str, client_id: str) -> Place:
    owner = sealing.owner_of(tx, reflection_id)
    return Place(owner, "inbox", "body", f"{reflection_id}.{client_id}")


def _line_of(tx: Tx, reflection_id: str, inbox_id: int, seq: int) -> Place:
    return Place(sealing.owner_of(tx, reflection_id), "outbox", "body", f"{inbox_id}.{seq}")
