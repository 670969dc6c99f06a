"""Sealing of stored turns: AES-256-GCM, bound to the place where they are stored. Pure."""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_VARIABLE = "AFTERWORD_TRACKER_KEY"
OLD_KEYS_VARIABLE = "AFTERWORD_TRACKER_OLD_KEYS"
KEY_BYTES = 32
CLOSING = 0
"""The number of what was said when a conversation was erased; turns begin with 1."""
_NONCE_BYTES = 12


class KeyUnusable(Exception):
    """A key is missing or malformed; the message names the variable, never the key."""


class CannotOpen(Exception):
    """Stored bytes were sealed with a key we do not have, for another place, or were changed."""


@dataclass(frozen=True)
class Sealed:
    """Bytes as they are stored, and which key opens them."""

    data: bytes
    key_id: str


class Sealer:
    """Seals with the first key, opens with any."""

    def __init__(self, key: bytes, *old_keys: bytes) -> None:
        """Keys are 32 bytes each."""
        self._ciphers = {key_id(each): AESGCM(each) for each in (*old_keys, key)}
        self._current = key_id(key)

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Sealer:
        """The key in AFTERWORD_TRACKER_KEY, and former ones in AFTERWORD_TRACKER_OLD_KEYS.

        Each is 32 bytes in base64; old keys are separated by commas.

        Raises:
            KeyUnusable: the key is not set, or one of them is malformed.
        """
        if not environment.get(KEY_VARIABLE):
            raise KeyUnusable(f"{KEY_VARIABLE} is not set; conversations are never stored in clear")
        old = environment.get(OLD_KEYS_VARIABLE, "").split(",")
        return cls(
            _read_key(KEY_VARIABLE, environment[KEY_VARIABLE]),
            *(_read_key(OLD_KEYS_VARIABLE, text) for text in old if text.strip()),
        )

    @property
    def current(self) -> str:
        """Which key seals: see `key_id`."""
        return self._current

    def seal(self, clear: bytes, place: str) -> Sealed:
        """Seal bytes so that they open only at the same place."""
        nonce = os.urandom(_NONCE_BYTES)
        data = nonce + self._ciphers[self._current].encrypt(nonce, clear, place.encode())
        return Sealed(data, self._current)

    def open(self, sealed: Sealed, place: str) -> bytes:
        """The bytes that were sealed.

        Raises:
            CannotOpen: see there.
        """
        cipher = self._ciphers.get(sealed.key_id)
        if cipher is None:
            raise CannotOpen(f"no key {sealed.key_id}; is it missing in {OLD_KEYS_VARIABLE}?")
        nonce, body = sealed.data[:_NONCE_BYTES], sealed.data[_NONCE_BYTES:]
        try:
            return cipher.decrypt(nonce, body, place.encode())
        except InvalidTag:
            raise CannotOpen("changed, or moved from another place") from None


def place_of(conversation: str, turn: int) -> str:
    """The place of a turn, or of the closing lines, for `Sealer.seal`."""
    return f"{conversation}|{turn or 'closing'}"


def key_id(key: bytes) -> str:
    """Which key it is, without telling anything about it: eight hexadecimal digits."""
    return hashlib.blake2b(key, digest_size=4, person=b"afterword-key-id").hexdigest()


def _read_key(variable: str, text: str) -> bytes:
    try:
        key = base64.b64decode(text.strip(), validate=True)
    except (binascii.Error, ValueError):
        raise KeyUnusable(f"{variable} is not base64") from None
    if len(key) != KEY_BYTES:
        raise KeyUnusable(f"{variable} must hold {KEY_BYTES} bytes, not {len(key)}")
    return key
