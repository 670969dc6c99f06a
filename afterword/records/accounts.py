"""Accounts of staff: invited, changed, disabled, given a new second factor."""

import hashlib
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import delete, select, update

from afterword.access.actors import Actor
from afterword.access.policy import Action, Role
from afterword.records import doors, factors, mails, models, people, relations, staff
from afterword.records.factors import Kind
from afterword.records.staff_models import StaffInvitation
from afterword.records.store import Tx, new_token

LINK_LIFE = timedelta(days=7)
CONTACT = "contact"
"""The role of who is told of alerts and has no other task."""
ROLES = (*(str(role) for role in Role), CONTACT)
# No password fits it: it is no hash.
_NO_PASSWORD = ""


class AccountRefused(Exception):
    """A change of an account that is not made. `code` says why, the message what to do."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True)
class Member:
    """A member of staff, as an admin sees them. Without e-mail address: nobody can read it."""

    id: str
    name: str
    role: str
    factors: tuple[Kind, ...]
    disabled: bool


@dataclass(frozen=True)
class Invited:
    """Whom a link is for. `words` are those that their password may not be made of."""

    staff_id: str
    email_hash: str
    password_hash: str
    keeps_password: bool
    words: tuple[str, ...]


@doors.unguarded("asks the policy itself")
def members(tx: Tx, clinic_id: str) -> list[Member]:
    """All accounts of a clinic by name, disabled ones last."""
    _ask(tx, clinic_id, "clinic", clinic_id)
    rows = tx.session.scalars(select(models.Staff).where(models.Staff.clinic_id == clinic_id))
    found = [_member(tx, row) for row in rows]
    return sorted(found, key=lambda one: (one.disabled, one.name.casefold(), one.id))


@doors.unguarded("names of clinics, for the command line")
def clinics(tx: Tx) -> dict[str, str]:
    """The id of each clinic by its name."""
    return {row.name: row.id for row in tx.session.scalars(select(models.Clinic))}


@doors.unguarded("a yes or no")
def is_only_clinic(tx: Tx) -> bool:
    """Whether there is one clinic, so that its admins look after what clinics share."""
    return len(relations.clinics(tx)) == 1


@doors.unguarded("a yes or no")
def has_admin(tx: Tx) -> bool:
    """Whether there is an admin at any clinic who is not disabled."""
    query = select(models.Staff.id).where(
        models.Staff.role == Role.ADMIN, models.Staff.disabled_at.is_(None)
    )
    return tx.session.scalar(query.limit(1)) is not None


@doors.unguarded("an id of an address that one has")
def by_email(tx: Tx, email: str) -> str | None:
    """The id of the account of a sign-in address."""
    query = select(models.Staff.id).where(models.Staff.email_hash == people.email_hash(tx, email))
    return tx.session.scalar(query)


@doors.unguarded("an address that the caller holds already")
def keep_address(tx: Tx, staff_id: str | None, email: str) -> None:
    """Keeps the address of an account that is older than notices to staff: it was just typed.

    Without an account the same work is done in vain.
    """
    key = staff_id or ""
    tx.session.execute(
        update(models.Staff)
        .where(
            models.Staff.id == key,
            models.Staff.email_hash == people.email_hash(tx, email),
            models.Staff.sealed_email.is_(None),
        )
        .values(sealed_email=tx.vault.seal("staff", "email", key, email.strip()))
        .execution_options(synchronize_session=False)
    )


@doors.unguarded("asks the policy itself")
def invite(tx: Tx, clinic_id: str, *, name: str, email: str, role: str) -> str:
    """Makes an account without a password; returns the token of its link. Raises AccountRefused."""
    if role not in ROLES:
        raise AccountRefused("role", f"Choose one of the roles {', '.join(ROLES)}.")
    if not name.strip() or not people.is_address(email):
        raise AccountRefused("empty", "Give a name and an e-mail address.")
    if by_email(tx, email) is not None:
        raise AccountRefused("known", "This address has an account already. Reset its factors.")
    _ask(tx, clinic_id, "clinic", clinic_id)
    staff_id = people.add_staff(
        tx, clinic_id, name=name.strip(), email=email, password_hash=_NO_PASSWORD, role=role
    )
    return _new_link(tx, staff_id, keeps_password=False)


@doors.unguarded("asks the policy itself")
def reset_factors(tx: Tx, staff_id: str, *, keeps_password: bool) -> str:
    """Takes all factors away and ends all sessions; returns the token of a link to set up anew.

    With `keeps_password` the link asks for the present password: who hands it on cannot use it.
    Raises AccountRefused and LookupError.
    """
    row = _changeable(tx, staff_id)
    factors.remove_all(tx, staff_id)
    staff.end_others(tx, staff_id)
    # Who never had a password has to set one.
    return _new_link(tx, staff_id, keeps_password=keeps_password and bool(row.password_hash))


@doors.unguarded("asks the policy itself")
def change_role(tx: Tx, staff_id: str, role: str) -> None:
    """Raises AccountRefused and LookupError."""
    if role not in ROLES:
        raise AccountRefused("role", f"Choose one of the roles {', '.join(ROLES)}.")
    row = _changeable(tx, staff_id)
    if role != Role.ADMIN:
        _not_the_last(tx, row)
    row.role = role
    mails.queue_account(tx, staff_id)
    # Pages that the old role has open are not to be used on.
    staff.end_others(tx, staff_id)


@doors.unguarded("asks the policy itself")
def disable(tx: Tx, staff_id: str) -> None:
    """Nobody comes in by this account from now on. Raises AccountRefused and LookupError."""
    row = _changeable(tx, staff_id)
    _not_the_last(tx, row)
    row.disabled_at = tx.now
    mails.queue_account(tx, staff_id)
    staff.end_others(tx, staff_id)
    tx.session.execute(delete(StaffInvitation).where(StaffInvitation.staff_id == staff_id))


@doors.unguarded("asks the policy itself")
def end_sessions(tx: Tx, staff_id: str) -> None:
    """Signs somebody out everywhere. Raises AccountRefused and LookupError."""
    _changeable(tx, staff_id)
    staff.end_others(tx, staff_id)


@doors.unguarded("asks the policy itself")
def enable(tx: Tx, staff_id: str) -> None:
    """Takes the disabling back. Raises AccountRefused and LookupError."""
    _changeable(tx, staff_id).disabled_at = None
    mails.queue_account(tx, staff_id)


@doors.unguarded("one's own password")
def set_password(tx: Tx, staff_id: str, password_hash: str, *, token: str = "") -> None:
    """Keeps a new password; all sessions end but for that of `token`."""
    tx.session.get_one(models.Staff, staff_id).password_hash = password_hash
    staff.end_others(tx, staff_id, token)
    mails.queue_account(tx, staff_id)


@doors.unguarded("one's own password")
def password_hash_of(tx: Tx, staff_id: str) -> str:
    return tx.session.get_one(models.Staff, staff_id).password_hash


@doors.unguarded("one's own name")
def words_of(tx: Tx, staff_id: str) -> tuple[str, ...]:
    """Words of the person and the clinic, which a password may not be made of."""
    row = tx.session.get_one(models.Staff, staff_id)
    clinic = tx.session.get_one(models.Clinic, row.clinic_id)
    return tuple(f"afterword {clinic.name} {people.staff_view(tx, row).name}".casefold().split())


@doors.unguarded("holds the token of a link")
def invited(tx: Tx, token: str) -> Invited | None:
    """Whom a link is for; None once it was used, is too old, or never was."""
    link = tx.session.get(StaffInvitation, _hash(token))
    if link is None or link.used_at is not None or link.expires_at < tx.now:
        return None
    row = tx.session.get_one(models.Staff, link.staff_id)
    if row.disabled_at is not None:
        return None
    return Invited(
        row.id, row.email_hash, row.password_hash, link.keeps_password, words_of(tx, row.id)
    )


@doors.unguarded("one's own link")
def invitation_used(tx: Tx, staff_id: str) -> None:
    """The links of an account work no more: a second factor is enrolled."""
    tx.session.execute(
        update(StaffInvitation)
        .where(StaffInvitation.staff_id == staff_id, StaffInvitation.used_at.is_(None))
        .values(used_at=tx.now)
    )


def _new_link(tx: Tx, staff_id: str, *, keeps_password: bool) -> str:
    """A link takes the place of those before it."""
    tx.session.execute(delete(StaffInvitation).where(StaffInvitation.staff_id == staff_id))
    token = new_token()
    tx.session.add(
        StaffInvitation(
            token_hash=_hash(token),
            staff_id=staff_id,
            keeps_password=keeps_password,
            expires_at=tx.now + LINK_LIFE,
        )
    )
    tx.session.flush()
    return token


def _changeable(tx: Tx, staff_id: str) -> models.Staff:
    """The account, with its clinic held: two admins must not take each other's role away."""
    row = tx.session.get(models.Staff, staff_id)
    if row is None:
        raise LookupError("There is no such account.")
    if tx.locks_rows:
        clinic = select(models.Clinic.id).where(models.Clinic.id == row.clinic_id)
        tx.session.execute(clinic.with_for_update(key_share=True))
        tx.session.expire_all()
    _ask(tx, row.clinic_id, "staff", staff_id)
    if tx.actor == Actor.staff(staff_id):
        raise AccountRefused("own", "Ask another admin: nobody changes their own account here.")
    return row


def _not_the_last(tx: Tx, row: models.Staff) -> None:
    others = select(models.Staff.id).where(
        models.Staff.role == Role.ADMIN,
        models.Staff.disabled_at.is_(None),
        models.Staff.clinic_id == row.clinic_id,
        models.Staff.id != row.id,
    )
    if row.role == Role.ADMIN and tx.session.scalar(others.limit(1)) is None:
        raise AccountRefused("last", "Make somebody else admin first: this is the last one.")


def _member(tx: Tx, row: models.Staff) -> Member:
    return Member(
        id=row.id,
        name=people.staff_view(tx, row).name,
        role=row.role if row.role in ROLES else CONTACT,
        factors=tuple(one.kind for one in factors.factors_of(tx, row.id)),
        disabled=row.disabled_at is not None,
    )


def _ask(tx: Tx, clinic_id: str, kind: str, key: str) -> None:
    """Asks the policy, which leaves a row in the audit. Raises Denied."""
    held = relations.to_clinic(tx, clinic_id)
    doors.decide(tx, Action.MANAGE_PEOPLE, held, kind=kind, key=key, patient_id=None)


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
