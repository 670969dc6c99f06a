"""Who was erased, kept outside the database as well: a file that only grows.

A backup of the database knows nothing of what was erased after it. This file does, so it belongs
beside the key file and not into the same backup.
"""

import json
import logging
import os
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from afterword.records.keyed import keyed_hash
from afterword.records.vault import Vault, VaultError

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Stone:
    """One erased patient: `patient` is a keyed hash, `conversations` are random numbers.

    `renewals` says how often the root key had been changed when it was hashed.
    """

    patient: str
    conversations: tuple[str, ...]
    at: datetime
    renewals: int = 0


@dataclass(frozen=True)
class Tombstones:
    """The file. Safe to share: each line is written at once, and none is ever changed."""

    path: Path

    def read(self) -> dict[str, Stone]:
        """All stones by hash; none while there is no file. A half line is passed over."""
        try:
            lines = self.path.read_text(encoding="utf-8").splitlines()
        except FileNotFoundError:
            return {}
        found = [stone for line in lines if (stone := _parsed(line)) is not None]
        return {stone.patient: stone for stone in found}

    def append(self, stone: Stone) -> None:
        """Writes one stone to the disk before it returns. Raises OSError."""
        body = {
            "patient": stone.patient,
            "conversations": list(stone.conversations),
            "at": stone.at.isoformat(),
            "renewals": stone.renewals,
        }
        self.path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            # Begun with an end of line: what a crash left half written stays a line of its own.
            os.write(handle, f"\n{json.dumps(body)}\n".encode())
            os.fsync(handle)
        finally:
            os.close(handle)


def hash_of(vault: Vault, patient_id: str) -> str:
    """The same for a patient for ever, and nothing to anybody without the key."""
    return keyed_hash(vault.derive_all("tombstones"), patient_id)


def of_today(vault: Vault, stone: Stone) -> Stone:
    """A stone with the hash that the present keys give. Raises VaultError where they are older."""
    if stone.renewals > vault.renewals:
        raise VaultError("The tombstones are newer than the keys. Put the newer key file back.")
    later = vault.derive_all("tombstones")[stone.renewals + 1 :]
    return replace(stone, patient=keyed_hash(later, stone.patient), renewals=vault.renewals)


def _parsed(line: str) -> Stone | None:
    if not line.strip():
        return None
    try:
        body = json.loads(line)
        at = datetime.fromisoformat(body["at"])
        # Files from before the root key could be changed do not say how often it was.
        renewals = int(body.get("renewals", 0))
        return Stone(str(body["patient"]), tuple(map(str, body["conversations"])), at, renewals)
    except (ValueError, KeyError, TypeError):
        logger.error("a line of the tombstones cannot be read")
        return None
