"""A file of earlier heads of the audit, one a day: what was cut off at the end shows by them."""

import asyncio
import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from afterword.access.chain import Head
from afterword.records import audit
from afterword.records.store import Records

_EVERY = timedelta(days=1)
_LOOK = 600.0
_LINK = 64

logger = logging.getLogger(__name__)


class AnchorsUnreadable(Exception):
    """A line that holds no head. Names file and line, and ends in what to do."""


@dataclass(frozen=True)
class Anchoring:
    """Adds the head of the day to a file. Several may run: a head twice does no harm."""

    records: Records
    file: Path

    async def run(self) -> None:
        """Works until cancelled. What fails is tried again."""
        while True:
            try:
                await asyncio.to_thread(self.once)
            except Exception as error:  # the database is away, the disk is full
                logger.error("a round failed", extra={"error": error})
            await asyncio.sleep(_LOOK)

    def once(self) -> bool:
        """Adds the present head if the last one is a day old; whether it did."""
        with self.records.read(purpose="anchor") as tx:
            head, now = audit.head(tx), tx.now
        if not head.seq or not _is_due(self.file, now):
            return False
        with self.file.open("a", encoding="utf-8") as lines:
            lines.write(f"{head.seq} {head.link} {now.isoformat(timespec='seconds')}\n")
        return True


def anchor_file(data_dir: Path) -> Path:
    """Where the worker keeps them."""
    return data_dir / "audit-anchors.txt"


def read_anchors(file: Path) -> list[Head]:
    """All heads of a file, the oldest first; none where there is no file.

    A line is seq, link and, if it is known, the time. Raises AnchorsUnreadable.
    """
    return [_head(file, number, line) for number, line in enumerate(_lines(file), 1)]


def _lines(file: Path) -> list[str]:
    return file.read_text(encoding="utf-8").splitlines() if file.exists() else []


def _is_due(file: Path, now: datetime) -> bool:
    words = [line.split() for line in _lines(file)[-1:]]
    try:
        return now - datetime.fromisoformat(words[0][2]) >= _EVERY
    except (ValueError, IndexError):
        return True


def _head(file: Path, number: int, line: str) -> Head:
    seq, link, *_ = [*line.split(), "", ""]
    if not seq.isdigit() or len(link) != _LINK:
        raise AnchorsUnreadable(
            f"{file}, line {number} is no head of the audit. Give the file that the worker wrote."
        )
    return Head(int(seq), link)
