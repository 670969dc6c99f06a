"""Second factors of staff: authenticator apps, passkeys, recovery codes."""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import pyotp
from sqlalchemy import delete, func, or_, select, update

from afterword.records import doors, mails
from afterword.records.keyed import keyed_hash
from afterword.records.staff_models import Factor, RecoveryCode
from afterword.records.store import Tx, new_id
from afterword.records.vault import VaultError

RECOVERY_CODES = 10
# 120 bits, so a keyed hash keeps a code as well as a slow one would (ASVS 6.5.2).
_CODE_BYTES, _GROUP = 15, 4
# For an account that there is not: the same work in vain.
_NOBODYS_SECRET = "AFTERWORDAFTERWORDAFTERWORDAFTER"  # noqa: S105
_NEIGHBOURS = (-1, 0, 1)


class Kind(StrEnum):
    """What a second factor is."""

    TOTP = "totp"
    PASSKEY = "passkey"


@dataclass(frozen=True)
class View:
    """A second factor, as its owner and admins see it."""

    id: str
    kind: Kind
    created_at: datetime
    used_at: datetime | None


@dataclass(frozen=True)
class Passkey:
    """What is needed to check what a passkey has signed."""

    id: str
    staff_id: str
    credential: bytes
    public_key: bytes
    sign_count: int


@doors.unguarded("one's own second factor")
def factors_of(tx: Tx, staff_id: str) -> list[View]:
    """Somebody's second factors, the oldest first."""
    query = select(Factor).where(Factor.staff_id == staff_id).order_by(Factor.created_at, Factor.id)
    return [
        View(row.id, Kind(row.kind), row.created_at, row.used_at)
        for row in tx.session.scalars(query)
    ]


@doors.unguarded("one's own second factor")
def new_secret(tx: Tx, staff_id: str) -> tuple[str, str]:
    """A secret for an app that is being set up, and the same sealed, to go through a form."""
    secret = pyotp.random_base32()
    sealed = tx.vault.seal("factor", "new secret", staff_id, secret)
    return secret, base64.urlsafe_b64encode(sealed).decode()


def address_of(secret: str, name: str, issuer: str) -> str:
    """The `otpauth:` address that an app reads out of a QR code."""
    return pyotp.TOTP(secret).provisioning_uri(name=name, issuer_name=issuer)


@doors.unguarded("one's own second factor")
def secret_in(tx: Tx, staff_id: str, sealed: str) -> str | None:
    """The secret that `new_secret` has sealed for this account; None for anything else."""
    try:
        return tx.vault.open("factor", "new secret", staff_id, base64.urlsafe_b64decode(sealed))
    except (ValueError, VaultError):
        return None


@doors.unguarded("one's own second factor")
def add_totp(tx: Tx, staff_id: str, secret: str, code: str | None = None) -> bool:
    """Enrols an app in place of an earlier one. False if a code is given and does not fit.

    Without a code nobody was there: then nobody gets a notice.
    """
    counter = None if code is None else _counter_of(tx, secret, code)
    if code is not None and counter is None:
        return False
    tx.session.execute(delete(Factor).where(Factor.staff_id == staff_id, Factor.kind == Kind.TOTP))
    key = new_id()
    tx.session.add(
        Factor(
            id=key,
            staff_id=staff_id,
            kind=Kind.TOTP,
            sealed_secret=tx.vault.seal("factor", "secret", key, secret),
            last_counter=counter,
            sign_count=0,
            created_at=tx.now,
        )
    )
    tx.session.flush()
    if code is not None:
        mails.queue_account(tx, staff_id)
    return True


@doors.unguarded("one's own second factor")
def accept_code(tx: Tx, staff_id: str | None, code: str) -> bool:
    """Whether this is the app's code of now, or of half a minute before or after; it works once.

    Without an account the same work is done in vain.
    """
    row = tx.session.scalar(
        select(Factor).where(Factor.staff_id == (staff_id or ""), Factor.kind == Kind.TOTP)
    )
    counter = _counter_of(tx, _NOBODYS_SECRET if row is None else _secret(tx, row), code)
    if row is None or counter is None:
        return False
    taken = tx.session.scalar(
        update(Factor)
        .where(
            Factor.id == row.id, or_(Factor.last_counter.is_(None), Factor.last_counter < counter)
        )
        .values(last_counter=counter, used_at=tx.now)
        .returning(Factor.id)
        .execution_options(synchronize_session=False)
    )
    return taken is not None


@doors.unguarded("one's own second factor")
def code_now(tx: Tx, staff_id: str) -> str | None:
    """The code that an app would show and that still works: for the demo only."""
    row = tx.session.scalar(
        select(Factor).where(Factor.staff_id == staff_id, Factor.kind == Kind.TOTP)
    )
    if row is None:
        return None
    app = pyotp.TOTP(_secret(tx, row))
    present = app.timecode(tx.now)
    used = present - 1 if row.last_counter is None else row.last_counter
    return app.generate_otp(min(max(present, used + 1), present + 1))


@doors.unguarded("one's own second factor")
def add_passkey(
    tx: Tx, staff_id: str, *, credential: bytes, public_key: bytes, sign_count: int
) -> bool:
    """Enrols a passkey; False if it is enrolled already."""
    credential_hash = _credential_hash(credential)
    if tx.session.scalar(select(Factor.id).where(Factor.credential_hash == credential_hash)):
        return False
    tx.session.add(
        Factor(
            id=new_id(),
            staff_id=staff_id,
            kind=Kind.PASSKEY,
            credential=credential,
            credential_hash=credential_hash,
            public_key=public_key,
            sign_count=sign_count,
            created_at=tx.now,
        )
    )
    tx.session.flush()
    mails.queue_account(tx, staff_id)
    return True


@doors.unguarded("one's own second factor")
def passkey(tx: Tx, credential: bytes) -> Passkey | None:
    """The passkey with this credential id."""
    query = select(Factor).where(Factor.credential_hash == _credential_hash(credential))
    return next(_passkeys(tx.session.scalars(query)), None)


@doors.unguarded("one's own second factor")
def passkeys_of(tx: Tx, staff_id: str) -> list[Passkey]:
    """All passkeys of an account."""
    return list(_passkeys(tx.session.scalars(select(Factor).where(Factor.staff_id == staff_id))))


@doors.unguarded("one's own second factor")
def passkey_used(tx: Tx, factor_id: str, sign_count: int) -> None:
    """Keeps the counter of a passkey that has signed."""
    row = tx.session.get_one(Factor, factor_id)
    row.sign_count, row.used_at = sign_count, tx.now


@doors.unguarded("one's own second factor")
def remove(tx: Tx, staff_id: str, factor_id: str) -> bool:
    """Takes one of somebody's own factors away; False for the last one: it has to stay."""
    own = factors_of(tx, staff_id)
    if len(own) < 2 or factor_id not in {one.id for one in own}:
        return False
    tx.session.execute(delete(Factor).where(Factor.id == factor_id))
    mails.queue_account(tx, staff_id)
    return True


@doors.unguarded("one's own second factor")
def remove_all(tx: Tx, staff_id: str) -> None:
    """Takes every factor and recovery code of an account away."""
    tx.session.execute(delete(Factor).where(Factor.staff_id == staff_id))
    tx.session.execute(delete(RecoveryCode).where(RecoveryCode.staff_id == staff_id))
    mails.queue_account(tx, staff_id)


@doors.unguarded("one's own second factor")
def new_recovery_codes(tx: Tx, staff_id: str) -> list[str]:
    """Ten new codes in place of all earlier ones. Only their keyed hashes are stored."""
    tx.session.execute(delete(RecoveryCode).where(RecoveryCode.staff_id == staff_id))
    codes = [_new_code() for _ in range(RECOVERY_CODES)]
    tx.session.add_all(
        RecoveryCode(code_hash=_code_hash(tx, code), staff_id=staff_id) for code in codes
    )
    tx.session.flush()
    mails.queue_account(tx, staff_id)
    return codes


@doors.unguarded("one's own second factor")
def accept_recovery_code(tx: Tx, staff_id: str | None, code: str) -> bool:
    """Whether this is an unused recovery code of the account; it works once."""
    taken = tx.session.scalar(
        update(RecoveryCode)
        .where(
            RecoveryCode.code_hash == _code_hash(tx, code),
            RecoveryCode.staff_id == (staff_id or ""),
            RecoveryCode.used_at.is_(None),
        )
        .values(used_at=tx.now)
        .returning(RecoveryCode.code_hash)
    )
    return taken is not None


@doors.unguarded("one's own second factor")
def recovery_codes_left(tx: Tx, staff_id: str) -> int:
    """How many recovery codes have not been used."""
    query = select(func.count()).where(
        RecoveryCode.staff_id == staff_id, RecoveryCode.used_at.is_(None)
    )
    return tx.session.scalar(query) or 0


def _counter_of(tx: Tx, secret: str, code: str) -> int | None:
    """The counter whose code this is; all neighbours are looked at, whichever fits."""
    app = pyotp.TOTP(secret)
    present = app.timecode(tx.now)
    given = "".join(code.split()).encode()
    fitting = [
        present + by
        for by in _NEIGHBOURS
        if hmac.compare_digest(app.generate_otp(present + by).encode(), given)
    ]
    return fitting[-1] if fitting else None


def _secret(tx: Tx, row: Factor) -> str:
    return tx.vault.open("factor", "secret", row.id, row.sealed_secret or b"")


def _passkeys(rows: Iterator[Factor]) -> Iterator[Passkey]:
    for row in rows:
        if row.credential is not None and row.public_key is not None:
            yield Passkey(row.id, row.staff_id, row.credential, row.public_key, row.sign_count)


def _credential_hash(credential: bytes) -> str:
    return hashlib.sha256(credential).hexdigest()


def _new_code() -> str:
    text = base64.b32encode(secrets.token_bytes(_CODE_BYTES)).decode()
    return "-".join(text[at : at + _GROUP] for at in range(0, len(text), _GROUP))


def _code_hash(tx: Tx, code: str) -> str:
    plain = "".join(sign for sign in code.upper() if sign.isalnum())
    return keyed_hash(tx.vault.derive_all("recovery codes"), plain)
