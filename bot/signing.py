"""Who may speak to the channel: the gateway, which signs every call. Pure."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping

KEY_VARIABLE = "AFTERWORD_CHANNEL_KEY"
KEY_BYTES = 32
WINDOW_SECONDS = 300


class KeyMissing(Exception):
    """The channel key is absent, not hexadecimal or too short; the message says which."""


def read_key(environment: Mapping[str, str]) -> bytes:
    """The channel key from the environment.

    Raises:
        KeyMissing: without a key of at least 32 bytes written in hexadecimal.
    """
    text = environment.get(KEY_VARIABLE, "")
    if not text:
        raise KeyMissing(f"{KEY_VARIABLE} is not set; the channel does not serve without a key")
    try:
        key = bytes.fromhex(text)
    except ValueError:
        raise KeyMissing(f"{KEY_VARIABLE} must be written in hexadecimal") from None
    if len(key) < KEY_BYTES:
        raise KeyMissing(
            f"{KEY_VARIABLE} must hold at least {KEY_BYTES} bytes ({KEY_BYTES * 2} digits)"
        )
    return key


def sign(key: bytes, timestamp: str, body: bytes) -> str:
    """The signature of one call, in hexadecimal."""
    return hmac.new(key, timestamp.encode() + b"\n" + body, hashlib.sha256).hexdigest()


def is_signed(key: bytes, timestamp: str, signature: str, body: bytes, now: float) -> bool:
    """Whether this call was signed with our key, not longer than the window ago or ahead."""
    # The clock is looked at last, so that a forger learns nothing about it.
    genuine = hmac.compare_digest(sign(key, timestamp, body).encode(), signature.lower().encode())
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 12):
        return False
    return genuine and abs(now - int(timestamp)) <= WINDOW_SECONDS
