"""Hashes of secrets that people type: Argon2id, the same for passwords and codes."""

import secrets
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

# What may be typed; more is cut off, so that no check costs more than another.
LONGEST_TYPED = 1024
# 64 MiB, three passes: about a quarter of a second. OWASP's floor is 19 MiB, two passes.
_HASHER = PasswordHasher(time_cost=3, memory_cost=64 * 1024, parallelism=4)


def hash_secret(secret: str) -> str:
    """The string to store for a new password or code."""
    return _HASHER.hash(secret)


def matches(typed: str, stored: str | None) -> bool:
    """Whether it fits; where nothing is stored the same work is done in vain."""
    try:
        fits = _HASHER.verify(stored or _nothing(), typed[:LONGEST_TYPED])
    except (VerificationError, InvalidHashError):
        return False
    return fits and bool(stored)


def prepare() -> None:
    """Makes the hash that stands in for what is not stored, so that no first check waits."""
    _nothing()


@cache
def _nothing() -> str:
    return hash_secret(secrets.token_urlsafe(24))
