"""A new root key in the key file: beside the present one at first, and in its place at the end.

As long as both are there `load_vault` refuses the file, so nothing runs on what is half changed.
"""

import base64
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from afterword.records.vault import NEXT, Vault, VaultError, new_key, parse_keys, write_keys


def propose(path: Path) -> None:
    """Puts a new root beside the present one; where there is one already it stays."""
    stored = _stored(path)
    if NEXT not in stored:
        write_keys(path, stored | {NEXT: new_key()})


def is_proposed(path: Path) -> bool:
    """Whether a change was begun and has not ended. Raises VaultError."""
    return NEXT in _stored(path)


def proposed(path: Path) -> Vault:
    """The ring as it will be once the new root has its place. Raises VaultError."""
    return parse_keys(json.dumps(_renewed(_stored(path))), f"The key file {path}")


def settle(path: Path) -> None:
    """The new root takes the place of the present one, which stays as a former one."""
    write_keys(path, _renewed(_stored(path)))


def write_renewed(vault: Vault, path: Path) -> None:
    """Writes a ring with a new root to a file of its own, for keys that come from elsewhere."""
    stored = {
        "root": _text(vault.root),
        "former": [_text(one) for one in vault.former],
        "current": vault.current,
        "keys": {name: _text(key) for name, key in vault.keys.items()},
        NEXT: new_key(),
    }
    write_keys(path, _renewed(stored))


def _renewed(stored: Mapping[str, Any]) -> dict[str, Any]:
    kept = {name: value for name, value in stored.items() if name != NEXT}
    former = [*stored.get("former", ()), stored["root"]]
    return kept | {"root": stored[NEXT], "former": former}


def _stored(path: Path) -> dict[str, Any]:
    try:
        return dict(json.loads(path.read_text()))
    except (OSError, ValueError, TypeError):
        message = f"The key file {path} is missing or cannot be read. Put the backup of it back."
        raise VaultError(message) from None


def _text(key: bytes) -> str:
    return base64.b64encode(key).decode()
