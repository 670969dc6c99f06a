"""What belongs to a patient is sealed with that patient's own key, which is wrapped outside.

Destroying the key makes every copy unreadable, those in other tables too. What is said about a
clinician's conduct has a second key of the patient's, wrapped by another key.
"""

import base64
import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import delete, select

from afterword.records import models
from afterword.records.access_models import PatientKey
from afterword.records.store import Tx
from afterword.records.vault import VaultError

RECORD, CONDUCT = "record", "conduct"
FORMAT = 2
"""The first byte of a value that a patient's own key sealed."""
_VERSION_BYTES, _NONCE_BYTES, _KEY_BYTES = 2, 12, 32
_HEAD = 1 + _VERSION_BYTES


@dataclass(frozen=True)
class Place:
    """Where a sealed value stands: it opens nowhere else."""

    patient_id: str
    table: str
    column: str
    row: str
    purpose: str = RECORD

    def bound(self, version: int) -> bytes:
        parts = (self.table, self.column, self.row, self.patient_id, self.purpose, str(version))
        return "|".join(parts).encode()


def seal(tx: Tx, place: Place, text: str) -> bytes:
    """Encrypts `text` with the patient's newest key."""
    keys = _keys(tx, place.patient_id, place.purpose)
    version = max(keys, default=0)
    if not version:
        version, key = 1, new_key(tx, place.patient_id, place.purpose)
    else:
        key = keys[version]
    nonce = secrets.token_bytes(_NONCE_BYTES)
    body = AESGCM(key).encrypt(nonce, text.encode(), place.bound(version))
    return bytes([FORMAT]) + version.to_bytes(_VERSION_BYTES) + nonce + body


def unseal(tx: Tx, place: Place, sealed: bytes) -> str:
    """Decrypts a value; raises VaultError if it was not sealed for this place or the key is gone.

    Values from before patients had keys are sealed by the key file's own.
    """
    if not is_own(sealed):
        return tx.vault.open(place.table, place.column, place.row, sealed)
    version = int.from_bytes(sealed[1:_HEAD])
    key = _keys(tx, place.patient_id, place.purpose).get(version)
    if key is None:
        raise VaultError("The key of a stored value was destroyed.")
    nonce, body = sealed[_HEAD : _HEAD + _NONCE_BYTES], sealed[_HEAD + _NONCE_BYTES :]
    try:
        return AESGCM(key).decrypt(nonce, body, place.bound(version)).decode()
    except (InvalidTag, ValueError):
        message = f"A value in {place.table}.{place.column} does not belong to its row."
        raise VaultError(message) from None


def is_own(sealed: bytes) -> bool:
    """Whether a value is sealed with a patient's key."""
    return sealed[:1] == bytes([FORMAT])


def new_key(tx: Tx, patient_id: str, purpose: str = RECORD) -> bytes:
    """Gives the patient another key: from now on it seals, the older ones still open."""
    keys = _keys(tx, patient_id, purpose)
    version, key = max(keys, default=0) + 1, secrets.token_bytes(_KEY_BYTES)
    tx.session.add(
        PatientKey(
            patient_id=patient_id,
            purpose=purpose,
            version=version,
            wrapped=wrap(tx, patient_id, purpose, version, key),
            created_at=tx.now,
        )
    )
    keys[version] = key
    return key


def load_keys(tx: Tx, patient_ids: Sequence[str], purpose: str = RECORD) -> None:
    """Reads the keys of many patients in one query, for whoever needs something of each."""
    found: dict[str, dict[int, bytes]] = {one: {} for one in patient_ids}
    with tx.session.no_autoflush:
        for row in tx.session.scalars(select(PatientKey).where(PatientKey.purpose == purpose)):
            if row.patient_id in found:
                found[row.patient_id][row.version] = unwrap(tx, row)
    for patient_id, keys in found.items():
        tx.patient_keys.setdefault((patient_id, purpose), keys)


def destroy_keys(tx: Tx, patient_id: str) -> None:
    """Makes all that was ever sealed for this patient unreadable."""
    tx.session.execute(delete(PatientKey).where(PatientKey.patient_id == patient_id))
    for purpose in (RECORD, CONDUCT):
        tx.patient_keys.pop((patient_id, purpose), None)


def owner_of(tx: Tx, reflection_id: str) -> str:
    """The patient of a reflection. Raises LookupError."""
    if reflection_id not in tx.owners:
        query = (
            select(models.Appointment.patient_id)
            .join(models.Reflection, models.Reflection.appointment_id == models.Appointment.id)
            .where(models.Reflection.id == reflection_id)
        )
        # Whoever asks may be in the middle of making a row.
        with tx.session.no_autoflush:
            found = tx.session.scalar(query)
        if found is None:
            raise LookupError("There is no such reflection.")
        tx.owners[reflection_id] = found
    return tx.owners[reflection_id]


def wrap(tx: Tx, patient_id: str, purpose: str, version: int, key: bytes) -> bytes:
    """The key as it is stored: sealed by one outside the database."""
    if purpose == CONDUCT:
        nonce = secrets.token_bytes(_NONCE_BYTES)
        bound = _wrapped_place(patient_id, version).encode()
        return nonce + AESGCM(tx.vault.derive("conduct")).encrypt(nonce, key, bound)
    text = base64.b64encode(key).decode()
    return tx.vault.seal("patient_key", "wrapped", _wrapped_place(patient_id, version), text)


def unwrap(tx: Tx, row: PatientKey) -> bytes:
    """The key of a row. Raises VaultError."""
    place = _wrapped_place(row.patient_id, row.version)
    if row.purpose != CONDUCT:
        return base64.b64decode(tx.vault.open("patient_key", "wrapped", place, row.wrapped))
    nonce, body = row.wrapped[:_NONCE_BYTES], row.wrapped[_NONCE_BYTES:]
    try:
        return AESGCM(tx.vault.derive("conduct")).decrypt(nonce, body, place.encode())
    except InvalidTag:
        raise VaultError("A patient's key does not belong to its row.") from None


def _wrapped_place(patient_id: str, version: int) -> str:
    return f"{patient_id}.{version}"


def _keys(tx: Tx, patient_id: str, purpose: str) -> dict[int, bytes]:
    """The patient's keys by version; asked for once in a transaction."""
    kept = tx.patient_keys.get((patient_id, purpose))
    if kept is None:
        with tx.session.no_autoflush:
            rows = tx.session.scalars(
                select(PatientKey).where(
                    PatientKey.patient_id == patient_id, PatientKey.purpose == purpose
                )
            ).all()
        kept = tx.patient_keys[patient_id, purpose] = {row.version: unwrap(tx, row) for row in rows}
    return kept
