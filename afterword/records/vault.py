"""Sealing of words and names: AES-256-GCM with a key that lives outside the database.

A sealed value is bound to its table, column and row, so a value moved to another row does not
open. Each value names the key that sealed it, so that keys can be rotated.
"""

import base64
import json
import os
import secrets
import shlex
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_FORMAT = 1
_NONCE_BYTES = 12
_KEY_BYTES = 32
NEXT = "next"
"""Where the key file holds a root key that is not in use yet: see `root_file`."""
_UNFINISHED = (
    "The root key is being changed, and that was broken off. Nothing is lost. "
    "Run: afterword keys renew-root"
)


class VaultError(Exception):
    """A key is missing or a sealed value does not open. Never carries the value."""


@dataclass
class Vault:
    """A ring of named keys; the current one seals, all of them open.

    `root` never seals: other keys are derived from it, so they outlive a rotation. `former` are
    the roots before it, the oldest first. `path` is the file that the ring came from: `refresh`
    reads it again when it has changed.
    """

    current: str
    keys: dict[str, bytes] = field(repr=False)
    root: bytes = field(repr=False)
    path: Path | None = None
    stamp: int = 0
    former: tuple[bytes, ...] = field(default=(), repr=False)

    def refresh(self) -> None:
        """Takes over what a rotation has done to the key file since it was read.

        Raises VaultError, also when the root key was changed: that is for processes that start.
        """
        if self.path is None or _stamp(self.path) == self.stamp:
            return
        found = load_vault(self.path)
        if found.root != self.root:
            raise VaultError("The root key was changed. Start this process anew.")
        self.keys, self.current, self.stamp = found.keys, found.current, found.stamp

    def seal(self, table: str, column: str, row: str, text: str) -> bytes:
        """Encrypt `text` for one column of one row."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        cipher = AESGCM(self.keys[self.current])
        body = cipher.encrypt(nonce, text.encode(), _place(table, column, row))
        return sealed_by(self.current) + nonce + body

    def open(self, table: str, column: str, row: str, sealed: bytes) -> str:
        """Decrypt a value; raises VaultError if it was not sealed for this place."""
        if len(sealed) < 2 or sealed[0] != _FORMAT:
            raise VaultError("A stored value has an unknown format.")
        start = 2 + sealed[1]
        name = sealed[2:start].decode(errors="replace")
        if name not in self.keys:
            self.refresh()
        key = self.keys.get(name)
        if key is None:
            raise VaultError("A stored value was sealed with a key that the key file lacks.")
        nonce, body = sealed[start : start + _NONCE_BYTES], sealed[start + _NONCE_BYTES :]
        try:
            return AESGCM(key).decrypt(nonce, body, _place(table, column, row)).decode()
        except InvalidTag:
            raise VaultError(f"A value in {table}.{column} does not belong to its row.") from None

    def derive(self, purpose: str) -> bytes:
        """A 32-byte key for another use; each purpose gets its own."""
        return _derived(self.root, purpose)

    def derive_all(self, purpose: str) -> list[bytes]:
        """That key from each root there ever was, the oldest first: the last one is in use."""
        return [_derived(root, purpose) for root in (*self.former, self.root)]

    @property
    def renewals(self) -> int:
        """How often the root was changed."""
        return len(self.former)

    def at(self, renewals: int) -> "Vault":
        """The ring as it was after so many changes of the root."""
        roots = (*self.former, self.root)
        return replace(self, root=roots[renewals], former=roots[:renewals], path=None)


def _derived(root: bytes, purpose: str) -> bytes:
    info = f"afterword:{purpose}".encode()
    return HKDF(hashes.SHA256(), _KEY_BYTES, salt=None, info=info).derive(root)


def sealed_by(name: str) -> bytes:
    """How every value begins that the key of this name has sealed."""
    return bytes([_FORMAT, len(name.encode())]) + name.encode()


def _place(table: str, column: str, row: str) -> bytes:
    return f"{table}|{column}|{row}".encode()


def load_vault(place: Path | str) -> Vault:
    """Reads the keys: `{"root": key, "current": name, "keys": {name: key}}`, keys in base64.

    With them may be `"former"`, a list of the roots before, the oldest first.
    `place` is a file, `env:NAME` for an environment variable, or `command:PROGRAM ARGUMENTS` for
    what a program prints: that of a key management service. Raises VaultError.
    """
    given = str(place)
    if given.startswith("env:"):
        return parse_keys(os.environ.get(given.removeprefix("env:"), ""), f"The keys of {given}")
    if given.startswith("command:"):
        return parse_keys(_printed(given), "What the key command prints")
    path = Path(place)
    try:
        # The stamp first: a change between the two is then seen the next time.
        stamp, stored = _stamp(path), path.read_text()
    except FileNotFoundError:
        raise VaultError(
            f"The key file {path} is missing. Run: afterword db upgrade (a new installation), "
            "or put the key file of this database back."
        ) from None
    vault = parse_keys(stored, f"The key file {path}")
    vault.path, vault.stamp = path, stamp
    return vault


def parse_keys(stored: str, what: str) -> Vault:
    """The ring in a text, see `load_vault`; `what` is where it comes from. Raises VaultError."""
    try:
        kept = json.loads(stored)
        keys = {name: base64.b64decode(value) for name, value in kept["keys"].items()}
        current, root = kept["current"], base64.b64decode(kept["root"])
        former = tuple(base64.b64decode(one) for one in kept.get("former", ()))
    except (ValueError, KeyError, TypeError, AttributeError):
        raise VaultError(f"{what} cannot be read. Put the backup of it back.") from None
    if current not in keys or any(
        len(key) != _KEY_BYTES for key in [root, *former, *keys.values()]
    ):
        raise VaultError(f"{what} is incomplete. Put the backup of it back.")
    if NEXT in kept:
        raise VaultError(_UNFINISHED)
    return Vault(current, keys, root, former=former)


def _printed(command: str) -> str:
    words = shlex.split(command.removeprefix("command:"))
    try:
        done = subprocess.run(words, capture_output=True, text=True, timeout=30, check=True)
    except (OSError, subprocess.SubprocessError, IndexError):
        # What it printed may be a key.
        raise VaultError("The key command failed. Run it by hand to see why.") from None
    return done.stdout


def _stamp(path: Path) -> int:
    return path.stat().st_mtime_ns


def add_key(path: Path) -> str:
    """Puts a new key into the key file and makes it the current one; returns its name.

    Processes that run read the file again when it has changed, or when they meet the new name.
    """
    stored = json.loads(path.read_text())
    name = f"k{max(map(_number, stored['keys'])) + 1}"
    stored["keys"][name] = new_key()
    stored["current"] = name
    write_keys(path, stored)
    return name


def retire_keys(path: Path) -> list[str]:
    """Takes all but the current key out of the file; returns their names."""
    stored = json.loads(path.read_text())
    retired = [name for name in stored["keys"] if name != stored["current"]]
    stored["keys"] = {stored["current"]: stored["keys"][stored["current"]]}
    write_keys(path, stored)
    return retired


def _number(name: str) -> int:
    digits = name.removeprefix("k")
    return int(digits) if digits.isdigit() else 0


def new_key() -> str:
    """A random key, as the file holds it."""
    return base64.b64encode(secrets.token_bytes(_KEY_BYTES)).decode()


def write_keys(path: Path, stored: Mapping[str, object]) -> None:
    """Replaces the file at once: a reader finds the old one or the new one, whole.

    It is on the disk before this returns: what is sealed next must not outlive its key.
    """
    beside = path.with_suffix(".new")
    handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w") as file:
        file.write(json.dumps(stored, indent=2) + "\n")
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def create_key_file(place: Path | str) -> None:
    """Make a key file that only its owner can read; an existing one is left alone.

    Keys that come from elsewhere are made there.
    """
    if str(place).startswith(("env:", "command:")):
        return
    path = Path(place)
    path.parent.mkdir(parents=True, exist_ok=True)
    kept = {"root": new_key(), "current": "k1", "keys": {"k1": new_key()}}
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return
    with os.fdopen(handle, "w") as file:
        file.write(json.dumps(kept, indent=2) + "\n")
