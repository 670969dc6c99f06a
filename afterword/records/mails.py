"""Notices to contacts and staff: queued with what they tell of, then sent by a worker."""

from collections.abc import Iterable
from datetime import timedelta

from sqlalchemy import select, update

from afterword.records import alert_rows, contacts, models
from afterword.records.alert_views import Mail
from afterword.records.doors import for_processes
from afterword.records.store import Tx, new_id
from afterword.records.vault import VaultError
from afterword.safety.clock import AlertState
from afterword.safety.finding import Tier
from afterword.safety.recipients import Kind, Recipient, may_know, recipients

ALERT, REMINDER, PRIVACY, ACCOUNT = "alert", "reminder", "privacy", "account"
"""Templates. Both routes have the same ones: who looks over a shoulder learns nothing."""

WAITING, SENT, FAILED, DROPPED = "waiting", "sent", "failed", "dropped"
BACKOFF = (timedelta(seconds=15), timedelta(minutes=1), timedelta(minutes=2))
"""Pauses between attempts: given up within a few minutes, while it still matters."""
Addressee = models.Contact | models.Staff


def tell(tx: Tx, alert: models.Alert, template: str, *, backup: bool) -> tuple[str, ...]:
    """Queues a round of notices to all who are to be told now; returns their kinds.

    The caller holds the alert's lock.
    """
    case = alert_rows.case_of(tx, alert)
    return _round(
        tx, alert, template, recipients(_contacts(tx, alert), case, backup=backup), "told"
    )


def reachable(tx: Tx, alert: models.Alert) -> bool:
    """Whether there is anybody who may be told."""
    case = alert_rows.case_of(tx, alert)
    return any(may_know(one, case) for one in _contacts(tx, alert))


def told(tx: Tx, alert: models.Alert) -> tuple[str, ...]:
    """The kinds of contacts that have a notice, sent or on its way, and may still know of it."""
    case = alert_rows.case_of(tx, alert)
    have = set(
        tx.session.scalars(
            select(models.Mail.contact_id).where(
                models.Mail.alert_id == alert.id, models.Mail.state.in_([WAITING, SENT])
            )
        )
    )
    return _kinds(one for one in _contacts(tx, alert) if one.id in have and may_know(one, case))


def queue(tx: Tx, alert: models.Alert, contact_id: str, template: str) -> None:
    """Puts one notice of the alert's present round in the queue.

    Not beside one that is still on its way: after an outage nobody gets all of them at once.
    """
    on_its_way = select(models.Mail.id).where(
        models.Mail.alert_id == alert.id,
        models.Mail.contact_id == contact_id,
        models.Mail.state == WAITING,
    )
    if tx.session.scalar(on_its_way) is not None:
        return
    tx.session.add(
        models.Mail(
            id=new_id(),
            clinic_id=alert.clinic_id,
            alert_id=alert.id,
            contact_id=contact_id,
            template=template,
            step=alert.step,
            state=WAITING,
            attempts=0,
            available_at=tx.now,
            created_at=tx.now,
        )
    )


def queue_privacy(tx: Tx, clinic_id: str, contact_id: str) -> None:
    """Puts a notice in the queue that a record was opened in an emergency; it says no more."""
    _queue_plain(tx, clinic_id, PRIVACY, contact_id=contact_id)


def queue_account(tx: Tx, staff_id: str) -> None:
    """Puts a notice in the queue that somebody's own account was changed; it says no more.

    What changes within one visit is one notice. Without a known address there is none.
    """
    staff = tx.session.get_one(models.Staff, staff_id)
    on_its_way = select(models.Mail.id).where(
        models.Mail.staff_id == staff_id, models.Mail.state == WAITING
    )
    if staff.sealed_email is not None and tx.session.scalar(on_its_way.limit(1)) is None:
        _queue_plain(tx, staff.clinic_id, ACCOUNT, staff_id=staff_id)


def _queue_plain(
    tx: Tx,
    clinic_id: str,
    template: str,
    *,
    contact_id: str | None = None,
    staff_id: str | None = None,
) -> None:
    tx.session.add(
        models.Mail(
            id=new_id(),
            clinic_id=clinic_id,
            alert_id=None,
            contact_id=contact_id,
            staff_id=staff_id,
            template=template,
            step=0,
            state=WAITING,
            attempts=0,
            available_at=tx.now,
            created_at=tx.now,
        )
    )


@for_processes
def claim(tx: Tx, lease: timedelta) -> Mail | None:
    """The next notice to send, leased to the caller; those that are no longer due are dropped."""
    while (row := _next(tx)) is not None:
        alert = tx.session.get(models.Alert, row.alert_id) if row.alert_id else None
        to = _addressee(tx, row)
        if not _still_due(tx, alert, to):
            row.state = DROPPED
            tx.session.flush()
            continue
        row.attempts += 1
        row.available_at = tx.now + lease
        try:
            return _view(tx, row, alert, to)
        except VaultError:
            # An address that does not open must not hold up the notices behind it.
            row.state = FAILED
            _log_failure(tx, alert, to)
    return None


@for_processes
def release(tx: Tx) -> None:
    """Ends all leases: for a worker that starts, so that nobody waits for one that was killed."""
    tx.session.execute(
        update(models.Mail).where(models.Mail.state == WAITING).values(available_at=tx.now)
    )


@for_processes
def sent(tx: Tx, mail_id: str) -> None:
    """The mail server has taken it; a second call changes nothing."""
    row = _locked(tx, mail_id)
    if row is not None:
        row.state, row.sent_at = SENT, tx.now


@for_processes
def failed(tx: Tx, mail_id: str) -> None:
    """It is tried again after a pause; after the last attempt the alert goes on to the backup."""
    found = tx.session.get(models.Mail, mail_id)
    # The alert before the notice, as everywhere.
    alert = alert_rows.lock(tx, found.alert_id) if found and found.alert_id else None
    row = _locked(tx, mail_id)
    if row is None:
        return
    if row.attempts <= len(BACKOFF):
        row.available_at = tx.now + BACKOFF[max(row.attempts - 1, 0)]
        return
    row.state = FAILED
    to = _addressee(tx, row)
    _log_failure(tx, alert, to)
    if alert and alert.state == AlertState.OPEN and _kind(to) == Kind.DUTY:
        _tell_backup(tx, alert)


def _addressee(tx: Tx, row: models.Mail) -> Addressee:
    if row.staff_id is not None:
        return tx.session.get_one(models.Staff, row.staff_id)
    return tx.session.get_one(models.Contact, row.contact_id)


def _kind(to: Addressee) -> str:
    return to.kind if isinstance(to, models.Contact) else ""


def _log_failure(tx: Tx, alert: models.Alert | None, to: Addressee) -> None:
    if alert is not None:
        alert_rows.log(tx, alert, "delivery_failed", detail=_kind(to))


def _tell_backup(tx: Tx, alert: models.Alert) -> None:
    case = alert_rows.case_of(tx, alert)
    backups = [
        one for one in _contacts(tx, alert) if one.kind is Kind.BACKUP and may_know(one, case)
    ]
    _round(tx, alert, ALERT, backups, "escalated")


def _round(
    tx: Tx, alert: models.Alert, template: str, found: Iterable[Recipient], event: str
) -> tuple[str, ...]:
    found = list(found)
    alert.step += 1
    for one in found:
        queue(tx, alert, one.id, template)
    kinds = _kinds(found)
    alert_rows.log(tx, alert, event if found else "nobody_told", detail=",".join(kinds))
    return kinds


def _contacts(tx: Tx, alert: models.Alert) -> list[Recipient]:
    return contacts.recipients_of(tx, alert.clinic_id)


def _kinds(found: Iterable[Recipient]) -> tuple[str, ...]:
    kinds = {one.kind for one in found}
    return tuple(kind.value for kind in Kind if kind in kinds)


def _next(tx: Tx) -> models.Mail | None:
    query = (
        select(models.Mail)
        .where(models.Mail.state == WAITING, models.Mail.available_at <= tx.now)
        .order_by(models.Mail.available_at, models.Mail.created_at, models.Mail.id)
        .limit(1)
    )
    if tx.locks_rows:
        query = query.with_for_update(skip_locked=True)
    return tx.session.scalar(query)


def _still_due(tx: Tx, alert: models.Alert | None, to: Addressee) -> bool:
    """Somebody may have acknowledged the alert, or the contact may not know of it any more.

    Whose account was changed is told in any case: that it was disabled may be what has changed.
    """
    if isinstance(to, models.Staff):
        return True
    if alert is None:
        return to.removed_at is None
    if alert.state != AlertState.OPEN:
        return False
    present = {one.id: one for one in _contacts(tx, alert)}
    one = present.get(to.id)
    return one is not None and may_know(one, alert_rows.case_of(tx, alert))


def _locked(tx: Tx, mail_id: str) -> models.Mail | None:
    """A notice that is not settled yet."""
    query = select(models.Mail).where(models.Mail.id == mail_id, models.Mail.state == WAITING)
    if tx.locks_rows:
        query = query.with_for_update().execution_options(populate_existing=True)
    return tx.session.scalar(query)


def _view(tx: Tx, row: models.Mail, alert: models.Alert | None, to: Addressee) -> Mail:
    table = "staff" if isinstance(to, models.Staff) else "contact"
    clinic = tx.session.get_one(models.Clinic, row.clinic_id)
    return Mail(
        id=row.id,
        template=row.template,
        urgent=alert is not None and Tier.of(alert.tier) is Tier.NOW,
        name=tx.vault.open(table, "name", to.id, to.sealed_name),
        address=tx.vault.open(table, "email", to.id, to.sealed_email or b""),
        clinic=clinic.name,
        attempts=row.attempts,
        clinic_id=row.clinic_id,
    )
