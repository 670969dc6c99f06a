"""Staff accounts and their sessions on the server."""

import hashlib
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select

from afterword.records import models, people, views
from afterword.records.store import Tx, new_token

IDLE_LIMIT = timedelta(minutes=15)
ABSOLUTE_LIMIT = timedelta(hours=12)
_SEEN_STEP = timedelta(seconds=30)


@dataclass(frozen=True)
class Credentials:
    """What sign-in compares; None of it leaves the room but to the password check."""

    staff_id: str
    password_hash: str


def credentials(tx: Tx, email: str) -> Credentials | None:
    """The account of an address, if it exists and is not disabled."""
    row = tx.session.scalar(
        select(models.Staff).where(models.Staff.email_hash == people.email_hash(tx, email))
    )
    if row is None or row.disabled_at is not None:
        return None
    return Credentials(row.id, row.password_hash)


def open_session(tx: Tx, staff_id: str) -> str:
    """Starts a session and returns its secret token; only the token's hash is stored."""
    token = new_token()
    tx.session.add(
        models.StaffSession(
            token_hash=_hash(token), staff_id=staff_id, created_at=tx.now, last_seen_at=tx.now
        )
    )
    tx.session.flush()
    return token


def account(tx: Tx, token: str) -> views.Account | None:
    """Who is signed in with this token; None once it is idle, old, closed or disabled."""
    found = tx.session.execute(
        select(models.StaffSession, models.Staff, models.Clinic)
        .join(models.Staff, models.Staff.id == models.StaffSession.staff_id)
        .join(models.Clinic, models.Clinic.id == models.Staff.clinic_id)
        .where(models.StaffSession.token_hash == _hash(token))
    ).first()
    if found is None:
        return None
    session, staff, clinic = found
    idle = tx.now - session.last_seen_at > IDLE_LIMIT
    old = tx.now - session.created_at > ABSOLUTE_LIMIT
    if idle or old or staff.disabled_at is not None:
        tx.session.delete(session)
        return None
    if tx.now - session.last_seen_at > _SEEN_STEP:
        session.last_seen_at = tx.now
    name = people.staff_view(tx, staff).name
    return views.Account(staff.id, name, staff.role, people.clinic_view(clinic))


def close_session(tx: Tx, token: str) -> None:
    row = tx.session.get(models.StaffSession, _hash(token))
    if row is not None:
        tx.session.delete(row)


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
