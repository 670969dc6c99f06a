"""Carrying the database over from one root key to the next: all that is derived from a root.

It happens in one transaction, whose last step is a row of the audit. So the audit says how far a
database is, also one that came back with an older backup.
"""

from dataclasses import replace
from typing import Any

from sqlalchemy import Column, func, select, text, update

from afterword.access.chain import RENEWED, Entry
from afterword.records import sealing, trail
from afterword.records.access_models import AuditRow, PatientKey
from afterword.records.doors import for_processes
from afterword.records.keyed import keyed_hash
from afterword.records.models import Staff
from afterword.records.rights_models import Tombstone
from afterword.records.staff_models import RecoveryCode, SignInStep
from afterword.records.store import Tx
from afterword.records.training_models import DataChange, Misheard, MisheardWord
from afterword.records.vault import Vault, VaultError

HASHES: dict[str, tuple[Any, ...]] = {
    "staff e-mail": (Staff.email_hash, SignInStep.account),
    "recovery codes": (RecoveryCode.code_hash,),
    "misheard owner": (Misheard.owner_hash, MisheardWord.owner_hash, DataChange.owner_hash),
    "misheard word": (MisheardWord.word_hash,),
    "tombstones": (Tombstone.patient_hash,),
}
"""What each of the keys has hashed; an empty value is no hash."""
_BEHIND = (
    "This database is from before the root key was changed. Stop everything and run: "
    "afterword keys renew-root --carry-over"
)
_AHEAD = (
    "The root key of this database was changed, and these keys are from before that. "
    "Put the newer key file back."
)


class RootUnfit(VaultError):
    """The database was written under another root key than the present one."""


@for_processes
def require_fitting(tx: Tx) -> None:
    """Raises RootUnfit, unless the database was carried over to the present root."""
    if (done := _renewals(tx)) != tx.vault.renewals:
        raise RootUnfit(_BEHIND if done < tx.vault.renewals else _AHEAD)


@for_processes
def carry_over(tx: Tx) -> int:
    """Brings the database to the present root; returns how many roots later that is.

    Raises RootUnfit: it is ahead of the keys already.
    """
    done = _renewals(tx)
    if done > tx.vault.renewals:
        raise RootUnfit(_AHEAD)
    for renewals in range(done, tx.vault.renewals):
        _carry(tx, tx.vault.at(renewals), tx.vault.at(renewals + 1))
    return tx.vault.renewals - done


@for_processes
def others_connected(tx: Tx) -> int:
    """How many others of ours are connected to the database; PostgreSQL alone can tell."""
    if not tx.locks_rows:
        return 0
    query = (
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
        "AND pid <> pg_backend_pid() "
        "AND (usename = current_user OR application_name = 'afterword-trackers')"
    )
    return int(tx.session.scalar(text(query)) or 0)


def _renewals(tx: Tx) -> int:
    query = select(func.count()).select_from(AuditRow).where(AuditRow.action == RENEWED)
    return tx.session.scalar(query) or 0


def _carry(tx: Tx, before: Vault, after: Vault) -> None:
    _wrap_again(replace(tx, vault=before), replace(tx, vault=after))
    for purpose, columns in HASHES.items():
        key = after.derive_all(purpose)[-1]
        for column in columns:
            _hash_again(tx, column, key)
    _begin_anew(tx, after)


def _wrap_again(before: Tx, after: Tx) -> None:
    """The second keys of patients: what they have sealed stays as it is.

    Each gets another one for what comes: whoever had the old root may know the one before.
    """
    rows = before.session.scalars(select(PatientKey).where(PatientKey.purpose == sealing.CONDUCT))
    owners = set()
    for row in rows.all():
        key = sealing.unwrap(before, row)
        row.wrapped = sealing.wrap(after, row.patient_id, row.purpose, row.version, key)
        owners.add(row.patient_id)
    before.session.flush()
    for patient_id in sorted(owners):
        sealing.new_key(after, patient_id, sealing.CONDUCT)


def _hash_again(tx: Tx, column: Column[Any], key: bytes) -> None:
    for stored in tx.session.scalars(select(column).where(column != "").distinct()).all():
        again = keyed_hash([key], stored)
        tx.session.execute(
            update(column.class_).where(column == stored).values({column.key: again})
        )


def _begin_anew(tx: Tx, vault: Vault) -> None:
    """The row of the audit that the new key links first; it names the end of what was before."""
    entry = Entry(
        at=tx.now,
        actor_kind=tx.actor.kind,
        actor_id=tx.actor.id,
        action=RENEWED,
        purpose=tx.purpose,
        outcome=trail.ALLOWED,
        object_kind="audit",
        object_id=trail.head_of(tx.session).link,
    )
    trail.append(tx.session, vault, [entry])
