"""How long things are kept, and deleting what is older: a little at a time, by the worker.

Rows of the audit are not among them: none can be removed without breaking the chain.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Select, and_, delete, exists, or_, select, update

from afterword.records import alert_rows, forgetting, inbox, mails, misheard_rows, models
from afterword.records.doors import for_processes
from afterword.records.rights_models import Forgetting, Unlock
from afterword.records.staff_models import SignInStep, StaffInvitation, StaffSession
from afterword.records.store import Tx
from afterword.records.training_models import Misheard
from afterword.reflection.answers import AnswerState, ReflectionState
from afterword.safety.clock import AlertState

MOST = 200
"""Rows of one kind in one transaction, so that nobody waits for a long one."""


class Kept(StrEnum):
    """What has a term of its own."""

    MESSAGES = "messages"
    WORDS = "words"
    RATINGS = "ratings"
    LINKS = "links"
    ALERT_WORDS = "alert_words"
    DRAFTS = "drafts"
    SESSIONS = "sessions"
    MISHEARD = "misheard"
    NOTICES = "notices"


_UNDONE_WITHIN = timedelta(days=1)
Terms = Mapping[str, int]
"""Days by kind; 0 means that it is never deleted by itself."""


@for_processes
def apply(tx: Tx, terms: Terms, most: int = MOST) -> dict[Kept, int]:
    """Deletes what is too old, at most `most` of each kind; how many of each went.

    A kind that came to `most` has more: call it again in another transaction.
    """
    gone = {}
    for kind, drop in _DROP.items():
        days = terms.get(kind, 0)
        if days:
            count = drop(tx, tx.now - timedelta(days=days), most)
            if count:
                gone[kind] = count
    tx.session.flush()
    return gone


def _drop_drafts(tx: Tx, before: datetime, most: int) -> int:
    """Reflections that were begun and never finished; what alerts hold has its own term."""
    rows = tx.session.scalars(
        select(models.Reflection)
        .where(
            models.Reflection.state.in_([ReflectionState.OPEN, ReflectionState.INVITED]),
            models.Reflection.revision > 0,
            models.Reflection.updated_at < before,
        )
        .order_by(models.Reflection.id)
        .limit(most)
    ).all()
    for row in rows:
        inbox.lock_reflection(tx, row.id)
        tx.session.execute(delete(models.Answer).where(models.Answer.reflection_id == row.id))
        inbox.forget_messages(tx, row.id)
        row.state, row.sharing = ReflectionState.DELETED, None
        inbox.touch(tx, row)
    forgetting.ask(tx, [row.conversation for row in rows])
    return len(rows)


def _drop_messages(tx: Tx, before: datetime, most: int) -> int:
    """Messages with their lines, and Rasa's copy of conversations that cannot go on."""
    open_link = exists().where(
        models.Invitation.reflection_id == models.Reflection.id,
        models.Invitation.revoked_at.is_(None),
        models.Invitation.expires_at > tx.now,
    )
    asked = exists().where(Forgetting.conversation == models.Reflection.conversation)
    silent = select(models.Reflection.conversation).where(
        models.Reflection.revision > 0, models.Reflection.updated_at < before, ~open_link, ~asked
    )
    count = forgetting.ask(tx, tx.session.scalars(silent.limit(most)).all())
    old = select(models.Inbox.id).where(
        models.Inbox.state != inbox.RECEIVED, models.Inbox.created_at < before
    )
    return max(count, _delete(tx, models.Inbox, models.Inbox.id, old.limit(most)))


def _drop_words(tx: Tx, before: datetime, most: int) -> int:
    """Own words of answers, in earlier versions too. An answer of words alone was skipped then."""
    versions = (
        select(models.AnswerVersion.id)
        .where(
            models.AnswerVersion.sealed_words.is_not(None),
            models.AnswerVersion.replaced_at < before,
        )
        .limit(most)
    )
    rows = tx.session.scalars(
        select(models.Answer)
        .where(models.Answer.sealed_words.is_not(None), models.Answer.updated_at < before)
        .limit(most)
    ).all()
    for row in rows:
        row.sealed_words = None
        if row.value is None:
            row.state = AnswerState.SKIPPED
    tx.session.flush()
    ids = tx.session.scalars(versions).all()
    tx.session.execute(
        update(models.AnswerVersion)
        .where(models.AnswerVersion.id.in_(ids))
        .values(sealed_words=None)
    )
    return max(len(rows), len(ids))


def _drop_ratings(tx: Tx, before: datetime, most: int) -> int:
    """Whole appointments, with the reflection, its ratings and that there were alerts."""
    used = exists().where(
        models.Reflection.appointment_id == models.Appointment.id,
        models.Reflection.updated_at >= before,
    )
    old = select(models.Appointment.id).where(models.Appointment.ends_at < before, ~used)
    ids = tx.session.scalars(old.order_by(models.Appointment.id).limit(most)).all()
    held = select(models.Reflection.conversation).where(models.Reflection.appointment_id.in_(ids))
    forgetting.ask(tx, tx.session.scalars(held).all())
    tx.session.execute(delete(models.Appointment).where(models.Appointment.id.in_(ids)))
    goals = select(models.Goal.id).where(models.Goal.retired_on < before.date()).limit(most)
    tx.session.expire_all()
    return max(len(ids), _delete(tx, models.Goal, models.Goal.id, goals))


def _drop_links(tx: Tx, before: datetime, most: int) -> int:
    """Links that have ended; they were of no use any more."""
    old = select(models.Invitation.id).where(
        or_(models.Invitation.revoked_at < before, models.Invitation.expires_at < before)
    )
    return _delete(tx, models.Invitation, models.Invitation.id, old.limit(most))


def _drop_alert_words(tx: Tx, before: datetime, most: int) -> int:
    """The patient's words and the staff's note in alerts that are closed; the alert stays."""
    forgotten = exists().where(
        models.AlertEvent.alert_id == models.Alert.id,
        models.AlertEvent.kind == alert_rows.WORDS_GONE,
    )
    rows = tx.session.scalars(
        select(models.Alert)
        .where(
            models.Alert.state.in_([AlertState.CLOSED, AlertState.NOTED]),
            models.Alert.updated_at < before,
            ~forgotten,
        )
        .order_by(models.Alert.id)
        .limit(most)
    ).all()
    for row in rows:
        alert_rows.forget(tx, row)
    return len(rows)


def _drop_sessions(tx: Tx, before: datetime, most: int) -> int:
    """Sign-ins of staff, their unfinished steps and their links, and patients' unlocked pages."""
    found = (
        (StaffSession, StaffSession.token_hash, StaffSession.last_seen_at),
        (SignInStep, SignInStep.token_hash, SignInStep.expires_at),
        (StaffInvitation, StaffInvitation.token_hash, StaffInvitation.expires_at),
        (Unlock, Unlock.token_hash, Unlock.expires_at),
    )
    return max(
        _delete(tx, table, key, select(key).where(moment < before).limit(most))
        for table, key, moment in found
    )


def _drop_misheard(tx: Tx, before: datetime, most: int) -> int:
    """Messages that were not understood; those found to be personal after a day."""
    hidden = and_(
        Misheard.state == misheard_rows.HIDDEN, Misheard.decided_at < tx.now - _UNDONE_WITHIN
    )
    ids = tx.session.scalars(
        select(Misheard.id).where(or_(Misheard.week < before.date(), hidden)).limit(most)
    ).all()
    misheard_rows.forget_rows(tx, ids)
    return len(ids)


def _drop_notices(tx: Tx, before: datetime, most: int) -> int:
    """Notices to staff about no alert, those too that no mail server has taken until now."""
    old = select(models.Mail.id).where(
        models.Mail.template.in_([mails.ACCOUNT, mails.PRIVACY]), models.Mail.created_at < before
    )
    return _delete(tx, models.Mail, models.Mail.id, old.limit(most))


def _delete(tx: Tx, table: type[models.Base], key: Any, chosen: Select[Any]) -> int:
    ids = tx.session.scalars(chosen).all()
    if ids:
        tx.session.execute(delete(table).where(key.in_(ids)))
    return len(ids)


_Drop = Callable[[Tx, datetime, int], int]
# Drafts first: what they give up is not looked at twice.
_DROP: Mapping[Kept, _Drop] = {
    Kept.DRAFTS: _drop_drafts,
    Kept.MESSAGES: _drop_messages,
    Kept.WORDS: _drop_words,
    Kept.RATINGS: _drop_ratings,
    Kept.LINKS: _drop_links,
    Kept.ALERT_WORDS: _drop_alert_words,
    Kept.SESSIONS: _drop_sessions,
    Kept.MISHEARD: _drop_misheard,
    Kept.NOTICES: _drop_notices,
}
