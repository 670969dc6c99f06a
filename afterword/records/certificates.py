"""Certificates of erasure: what was deleted and when, signed, without a word of anybody's."""

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from afterword.access.chain import Head
from afterword.records.vault import Vault

KIND = "afterword erasure"
_STILL_THERE = (
    "Rows of the audit stay: who read what and when, in ids and codes, without words or names. "
    "A keyed hash of the patient's number stays, so that no backup brings the data back."
)


@dataclass(frozen=True)
class Signed:
    """What a genuine certificate says: of which patient, and where the audit ended then.

    `formerly`: it was signed before the root key was changed. Whoever knows the old one can make
    such a certificate, so it counts only with the row of the erasure in the audit.
    """

    patient: str
    head: Head
    formerly: bool


class CertificateRefused(Exception):
    """A certificate that this installation did not make, or that was changed."""


def make(
    vault: Vault,
    *,
    patient: str,
    at: datetime,
    deleted: Mapping[str, int],
    keys: Sequence[str],
    conversations: int,
    tombstone: str,
    tombstone_in_file: bool,
    audit: Head,
) -> dict[str, Any]:
    """`patient` is the number in the records; `audit` the end of the chain after the erasure."""
    body: dict[str, Any] = {
        "kind": KIND,
        "version": 1,
        "patient": patient,
        "erased_at": at.astimezone(UTC).isoformat(timespec="seconds"),
        "rows_deleted": dict(sorted(deleted.items())),
        "keys_destroyed": list(keys),
        "conversations_to_forget": conversations,
        "tombstone": tombstone,
        "tombstone_in_file": tombstone_in_file,
        "audit": {"seq": audit.seq, "link": audit.link},
        "what_stays": _STILL_THERE,
    }
    key = _keys(vault)[-1]
    public = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    signature = key.sign(_signed(body))
    return body | {
        "public_key": base64.b64encode(public).decode(),
        "signature": base64.b64encode(signature).decode(),
    }


def check(vault: Vault, certificate: object) -> Signed:
    """What a genuine certificate says. Raises CertificateRefused.

    The key that stands in the certificate is for others to compare: ours comes from the key file.
    """
    if not isinstance(certificate, dict) or certificate.get("kind") != KIND:
        raise CertificateRefused("This is no certificate of an erasure.")
    body = {k: v for k, v in certificate.items() if k not in ("public_key", "signature")}
    *former, present = _keys(vault)
    try:
        signature = base64.b64decode(str(certificate["signature"]), validate=True)
        key = next(key for key in (present, *former) if _fits(key, signature, body))
        head = Head(int(body["audit"]["seq"]), str(body["audit"]["link"]))
        return Signed(str(body["patient"]), head, formerly=key is not present)
    except (KeyError, TypeError, ValueError, StopIteration):
        raise CertificateRefused(
            "It was changed, or made by another installation. Ask for the original."
        ) from None


def _signed(body: Mapping[str, Any]) -> bytes:
    return json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def _fits(key: Ed25519PrivateKey, signature: bytes, body: Mapping[str, Any]) -> bool:
    try:
        key.public_key().verify(signature, _signed(body))
    except InvalidSignature:
        return False
    return True


def _keys(vault: Vault) -> list[Ed25519PrivateKey]:
    found = vault.derive_all("certificates")
    return [Ed25519PrivateKey.from_private_bytes(one) for one in found]
