"""Staff accounts, the steps of a sign-in, and sessions on the server."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import delete, select

from afterword.records import doors, models, people, views
from afterword.records.staff_models import SignInStep, StaffSession
from afterword.records.store import Tx, new_id, new_token

IDLE_LIMIT = timedelta(minutes=15)
ABSOLUTE_LIMIT = timedelta(hours=12)
FRESH_LIMIT = timedelta(minutes=5)
"""How long a second factor counts for what asks for it anew."""
STEP_LIMIT = timedelta(minutes=10)
STEP_TRIES = 5
_SEEN_STEP = timedelta(seconds=30)
_CHALLENGE_BYTES = 32


class Stage(StrEnum):
    """How far somebody has come."""

    FULL = "full"
    ENROL = "enrol"


@dataclass(frozen=True)
class Credentials:
    """What sign-in compares; None of it leaves the room but to the password check."""

    staff_id: str
    password_hash: str


@dataclass(frozen=True)
class Step:
    """A sign-in that waits for its second factor; `staff_id` only if the password fitted."""

    account: str
    staff_id: str | None
    challenge: bytes


@dataclass(frozen=True)
class Standing:
    """A session by its own number, which outlives its tokens, and whether its factor is fresh."""

    session: str
    fresh: bool


@dataclass(frozen=True)
class OpenSession:
    """One of somebody's own sessions, as they see it in their list."""

    id: str
    browser: str
    started_at: datetime
    last_seen_at: datetime
    present: bool


@doors.unguarded("signing in: it decides who acts")
def credentials(tx: Tx, email: str) -> Credentials | None:
    """The account of an address, if it exists and is not disabled."""
    row = tx.session.scalar(
        select(models.Staff).where(models.Staff.email_hash == people.email_hash(tx, email))
    )
    if row is None or row.disabled_at is not None:
        return None
    return Credentials(row.id, row.password_hash)


@doors.unguarded("signing in: it decides who acts")
def may_enter(tx: Tx, staff_id: str) -> bool:
    """Whether an account is not disabled."""
    row = tx.session.get(models.Staff, staff_id)
    return row is not None and row.disabled_at is None


@doors.unguarded("signing in: it decides who acts")
def begin_step(tx: Tx, account: str = "", staff_id: str | None = None) -> str:
    """Starts the second half of a sign-in and returns its secret token."""
    tx.session.execute(delete(SignInStep).where(SignInStep.expires_at < tx.now))
    token = new_token()
    tx.session.add(
        SignInStep(
            token_hash=_hash(token),
            account=account,
            staff_id=staff_id,
            challenge=secrets.token_bytes(_CHALLENGE_BYTES),
            tries=0,
            expires_at=tx.now + STEP_LIMIT,
        )
    )
    tx.session.flush()
    return token


@doors.unguarded("signing in: it decides who acts")
def step(tx: Tx, token: str) -> Step | None:
    """The step of a token; None once it is over or was tried too often."""
    row = tx.session.get(SignInStep, _hash(token))
    if row is None or row.expires_at < tx.now or row.tries >= STEP_TRIES:
        return None
    return Step(row.account, row.staff_id, row.challenge)


@doors.unguarded("signing in: it decides who acts")
def try_step(tx: Tx, token: str) -> Step | None:
    """As `step`, and counts a try."""
    query = select(SignInStep).where(SignInStep.token_hash == _hash(token))
    row = tx.session.scalar(query.with_for_update() if tx.locks_rows else query)
    found = step(tx, token)
    if found is not None and row is not None:
        row.tries += 1
    return found


@doors.unguarded("signing in: it decides who acts")
def end_step(tx: Tx, token: str) -> None:
    tx.session.execute(delete(SignInStep).where(SignInStep.token_hash == _hash(token)))


@doors.unguarded("signing in: it decides who acts")
def open_session(tx: Tx, staff_id: str, browser: str = "", stage: Stage = Stage.FULL) -> str:
    """Starts a session and returns its secret token; only the token's hash is stored."""
    token = new_token()
    tx.session.execute(
        delete(StaffSession).where(
            StaffSession.staff_id == staff_id, StaffSession.created_at < tx.now - ABSOLUTE_LIMIT
        )
    )
    tx.session.add(
        StaffSession(
            token_hash=_hash(token),
            id=new_id(),
            staff_id=staff_id,
            stage=stage,
            browser=browser,
            created_at=tx.now,
            last_seen_at=tx.now,
            fresh_at=tx.now if stage is Stage.FULL else None,
        )
    )
    tx.session.flush()
    return token


@doors.unguarded("signing in: it decides who acts")
def account(tx: Tx, token: str, stage: Stage = Stage.FULL) -> views.Account | None:
    """Who is signed in with this token; None once it is idle, old, closed or disabled.

    A session that has not come as far as `stage`, or further, is nobody's.
    """
    found = tx.session.execute(
        select(StaffSession, models.Staff, models.Clinic)
        .join(models.Staff, models.Staff.id == StaffSession.staff_id)
        .join(models.Clinic, models.Clinic.id == models.Staff.clinic_id)
        .where(StaffSession.token_hash == _hash(token), StaffSession.stage == stage)
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


@doors.unguarded("signing in: it decides who acts")
def standing(tx: Tx, token: str) -> Standing:
    """Fresh: the second factor was given within the last five minutes."""
    row = tx.session.get_one(StaffSession, _hash(token))
    return Standing(row.id, row.fresh_at is not None and tx.now - row.fresh_at <= FRESH_LIMIT)


@doors.unguarded("signing in: it decides who acts")
def renew(tx: Tx, token: str) -> str:
    """A new token for a session whose second factor was just given; the old one is dead."""
    row = tx.session.get_one(StaffSession, _hash(token))
    renewed = new_token()
    row.token_hash = _hash(renewed)
    row.stage = Stage.FULL
    row.fresh_at = tx.now
    tx.session.flush()
    return renewed


@doors.unguarded("signing in: it decides who acts")
def new_challenge(tx: Tx, token: str) -> bytes:
    """What a passkey has to sign for this session."""
    row = tx.session.get_one(StaffSession, _hash(token))
    row.challenge = secrets.token_bytes(_CHALLENGE_BYTES)
    return row.challenge


@doors.unguarded("signing in: it decides who acts")
def take_challenge(tx: Tx, token: str) -> bytes | None:
    """The challenge of this session, once."""
    row = tx.session.get_one(StaffSession, _hash(token))
    challenge, row.challenge = row.challenge, None
    return challenge


@doors.unguarded("signing in: it decides who acts")
def close_session(tx: Tx, token: str) -> None:
    row = tx.session.get(StaffSession, _hash(token))
    if row is not None:
        tx.session.delete(row)


@doors.unguarded("signing in: it decides who acts")
def sessions_of(tx: Tx, staff_id: str, token: str) -> list[OpenSession]:
    """Somebody's own sessions that have not ended; the one of `token` first."""
    query = (
        select(StaffSession)
        .where(
            StaffSession.staff_id == staff_id,
            StaffSession.stage == Stage.FULL,
            StaffSession.last_seen_at >= tx.now - IDLE_LIMIT,
            StaffSession.created_at >= tx.now - ABSOLUTE_LIMIT,
        )
        .order_by(StaffSession.last_seen_at.desc(), StaffSession.id)
    )
    found = [
        OpenSession(
            row.id, row.browser, row.created_at, row.last_seen_at, row.token_hash == _hash(token)
        )
        for row in tx.session.scalars(query)
    ]
    return sorted(found, key=lambda one: not one.present)


@doors.unguarded("signing in: it decides who acts")
def end_session(tx: Tx, staff_id: str, session_id: str) -> None:
    """Ends one of somebody's own sessions; nothing happens for one of somebody else's."""
    tx.session.execute(
        delete(StaffSession).where(StaffSession.staff_id == staff_id, StaffSession.id == session_id)
    )


@doors.unguarded("signing in: it decides who acts")
def end_others(tx: Tx, staff_id: str, token: str = "") -> None:
    """Ends all sessions and half sign-ins of an account, but for that of `token`."""
    tx.session.execute(
        delete(StaffSession).where(
            StaffSession.staff_id == staff_id, StaffSession.token_hash != _hash(token)
        )
    )
    tx.session.execute(delete(SignInStep).where(SignInStep.staff_id == staff_id))


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
