"""Keyed hashes: the same for a value for ever, and nothing to anybody without the key.

When the root key is changed, what was hashed may be known to nobody any more. So the hash itself
is hashed once more with the new key, and whoever looks something up does the same: one layer for
each root key that there ever was.
"""

import hashlib
import hmac
from collections.abc import Iterable


def keyed_hash(keys: Iterable[bytes], value: str) -> str:
    """The hash under keys as `Vault.derive_all` gives them, the oldest first; 64 digits."""
    for key in keys:
        value = hmac.new(key, value.encode(), hashlib.sha256).hexdigest()
    return value
