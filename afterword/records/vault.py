"""Sealing of words and names: AES-256-GCM with a key that lives outside the database.

A sealed value is bound to its table, column and row, so a value moved to another row does not
open. Each value names the key that sealed it, so that keys can be rotated.
"""

import base64
import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_FORMAT = 1
_NONCE_BYTES = 12
_KEY_BYTES = 32


class VaultError(Exception):
    """A key is missing or a sealed value does not open. Never carries the value."""


@dataclass(frozen=True)
class Vault:
    """A ring of named keys; the current one seals, all of them open.

    `root` never seals: other keys are derived from it, so they outlive a rotation.
    """

    current: str
    keys: dict[str, bytes]
    root: bytes

    def seal(self, table: str, column: str, row: str, text: str) -> bytes:
        """Encrypt `text` for one column of one row."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        name = self.current.encode()
        cipher = AESGCM(self.keys[self.current])
        body = cipher.encrypt(nonce, text.encode(), _place(table, column, row))
        return bytes([_FORMAT, len(name)]) + name + nonce + body

    def open(self, table: str, column: str, row: str, sealed: bytes) -> str:
        """Decrypt a value; raises VaultError if it was not sealed for this place."""
        if len(sealed) < 2 or sealed[0] != _FORMAT:
            raise VaultError("A stored value has an unknown format.")
        start = 2 + sealed[1]
        key = self.keys.get(sealed[2:start].decode(errors="replace"))
        if key is None:
            raise VaultError("A stored value was sealed with a key that the key file lacks.")
        nonce, body = sealed[start : start + _NONCE_BYTES], sealed[start + _NONCE_BYTES :]
        try:
            return AESGCM(key).decrypt(nonce, body, _place(table, column, row)).decode()
        except InvalidTag:
            raise VaultError(f"A value in {table}.{column} does not belong to its row.") from None

    def derive(self, purpose: str) -> bytes:
        """A 32-byte key for another use; each purpose gets its own."""
        kdf = HKDF(hashes.SHA256(), _KEY_BYTES, salt=None, info=f"afterword:{purpose}".encode())
        return kdf.derive(self.root)


def _place(table: str, column: str, row: str) -> bytes:
    return f"{table}|{column}|{row}".encode()


def load_vault(path: Path) -> Vault:
    """Read the key file: `{"root": key, "current": name, "keys": {name: key}}`, keys in base64."""
    try:
        stored = json.loads(path.read_text())
        keys = {name: base64.b64decode(value) for name, value in stored["keys"].items()}
        current, root = stored["current"], base64.b64decode(stored["root"])
    except FileNotFoundError:
        raise VaultError(
            f"The key file {path} is missing. Run: afterword db upgrade (a new installation), "
            "or put the key file of this database back."
        ) from None
    except (ValueError, KeyError, TypeError, AttributeError):
        raise VaultError(
            f"The key file {path} cannot be read. Put the backup of it back."
        ) from None
    if current not in keys or any(len(key) != _KEY_BYTES for key in [root, *keys.values()]):
        raise VaultError(f"The key file {path} is incomplete. Put the backup of it back.")
    return Vault(current, keys, root)


def create_key_file(path: Path) -> None:
    """Make a key file that only its owner can read; an existing one is left alone."""
    path.parent.mkdir(parents=True, exist_ok=True)
    root, key = (base64.b64encode(secrets.token_bytes(_KEY_BYTES)).decode() for _ in range(2))
    content = json.dumps({"root": root, "current": "k1", "keys": {"k1": key}}, indent=2)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return
    with os.fdopen(handle, "w") as file:
        file.write(content + "\n")
