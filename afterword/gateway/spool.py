"""What cannot be stored because the database is away: sealed files, played in when it is back.

Only messages that may mean danger are kept so. The page sends every message again by itself; this
is for the patient who leaves.
"""

import json
import logging
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from afterword.records.vault import Vault, VaultError

_MOST = 2_000
"""Files. A flood of made-up links must not fill the disk."""

logger = logging.getLogger(__name__)


class SpoolFull(Exception):
    """The message could not be kept, and that must be said."""


@dataclass(frozen=True)
class Spooled:
    """One message that waits: its link, its id and its words."""

    file: Path
    token: str
    client_id: str
    text: str
    channel: str


@dataclass(frozen=True)
class Spool:
    """A folder of sealed messages, one file each. Files are written whole and never changed."""

    folder: Path
    vault: Vault

    def keep(self, token: str, client_id: str, text: str, channel: str) -> None:
        """Keeps a message on the disk before it returns. Raises SpoolFull, also when it cannot."""
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            if sum(1 for _ in self.folder.iterdir()) >= _MOST:
                raise SpoolFull
            body = {"token": token, "client_id": client_id, "text": text, "channel": channel}
            sealed = self.vault.seal("spool", "message", client_id, json.dumps(body))
            self._write(client_id, sealed)
        except OSError as error:
            logger.error("the spool cannot be written", extra={"error": error})
            raise SpoolFull from None

    def waiting(self) -> Iterator[Spooled]:
        """The messages that wait, oldest first; a file that cannot be read is left alone."""
        if not self.folder.is_dir():
            return
        for file in sorted(self.folder.glob("*.sealed"), key=lambda one: one.stat().st_mtime):
            try:
                sealed = file.read_bytes()
                body = json.loads(self.vault.open("spool", "message", file.stem, sealed))
                message = Spooled(file, **body)
            except (OSError, ValueError, TypeError, VaultError) as error:
                logger.error("a spooled message cannot be read", extra={"error": error})
                continue
            yield message

    def done(self, message: Spooled) -> None:
        """Removes a message that is stored now."""
        message.file.unlink(missing_ok=True)

    def _write(self, name: str, sealed: bytes) -> None:
        half, whole = self.folder / f"{name}.half", self.folder / f"{name}.sealed"
        with half.open("wb") as file:
            file.write(sealed)
            file.flush()
            os.fsync(file.fileno())
        half.rename(whole)
        folder = os.open(self.folder, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
