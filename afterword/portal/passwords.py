"""Password hashes of staff: Argon2id."""

import secrets
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

LONGEST = 1024
# 64 MiB, three passes: about a quarter of a second. OWASP's floor is 19 MiB, two passes.
_HASHER = PasswordHasher(time_cost=3, memory_cost=64 * 1024, parallelism=4)


def hash_password(password: str) -> str:
    """The string to store for a new password."""
    return _HASHER.hash(password)


def matches(password: str, stored: str | None) -> bool:
    """Whether the password fits; without an account the same work is done in vain."""
    try:
        fits = _HASHER.verify(stored or _nobody(), password[:LONGEST])
    except (VerificationError, InvalidHashError):
        return False
    return fits and stored is not None


@cache
def _nobody() -> str:
    return hash_password(secrets.token_urlsafe(24))


def prepare() -> None:
    """Makes the hash that stands in for unknown accounts, so that no sign-in waits for it."""
    _nobody()
