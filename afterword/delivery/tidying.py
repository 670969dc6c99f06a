"""The round that makes gone what is to be gone: erased patients, forgotten talks, old data."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from afterword.records import erasure, forgetting, retention
from afterword.records.retention import Terms
from afterword.records.store import Records
from afterword.records.tombstones import Tombstones

_EVERY, _SOON = 60.0, 2.0
_MOST_ROUNDS = 50

logger = logging.getLogger(__name__)

Forget = Callable[[str], Awaitable[None]]
"""Has Rasa forget a conversation; raises whatever keeps it from that."""


@dataclass(frozen=True)
class Tidying:
    """Works on one database; several may run, each step is taken by one."""

    records: Records
    tombstones: Tombstones
    terms: Terms
    forget: Forget
    most: int = retention.MOST
    """Rows of one kind that go in one transaction."""

    async def run(self) -> None:
        """Works until cancelled. What fails is tried again in the next round."""
        await _tried(self.start)
        # Who deletes does not wait a minute for the assistant's copy to go.
        await asyncio.gather(_repeated(self.once, _EVERY), _repeated(self.forget_talks, _SOON))

    async def start(self) -> None:
        """What a restored backup of Rasa's database may have brought back is forgotten again."""
        await asyncio.to_thread(self._forget_anew)

    async def once(self) -> None:
        """One round: who was erased, what is too old, what Rasa is to forget."""
        await asyncio.to_thread(self.bury)
        await asyncio.to_thread(self.keep_terms)
        await self.forget_talks()
        await asyncio.to_thread(self.records.forget_log)

    def bury(self) -> None:
        """Erases again whom an older backup has brought back, and completes the file."""
        kept = self.tombstones.read()
        with self.records.begin() as tx:
            missing, back = erasure.agree_with(tx, kept)
        for stone in missing:
            self.tombstones.append(stone)
        for patient_id in back:
            with self.records.begin(purpose="restored backup") as tx:
                erasure.erase_again(tx, patient_id)
            logger.warning("an erased patient was back and is erased again")

    def keep_terms(self) -> None:
        """Deletes what is older than the terms say."""
        for _ in range(_MOST_ROUNDS):
            with self.records.begin() as tx:
                gone = retention.apply(tx, self.terms, self.most)
            if max(gone.values(), default=0) < self.most:
                return

    async def forget_talks(self) -> None:
        """Has Rasa forget; while it is away all that waits stays kept."""
        while (conversation := await asyncio.to_thread(self._next)) is not None:
            try:
                await self.forget(conversation)
            except Exception as error:
                logger.warning("a conversation was not forgotten", extra={"error": error})
                return
            await asyncio.to_thread(self._done, conversation)

    def _forget_anew(self) -> None:
        stones = self.tombstones.read().values()
        with self.records.begin() as tx:
            forgetting.ask_anew(tx, [one for stone in stones for one in stone.conversations])

    def _next(self) -> str | None:
        with self.records.begin() as tx:
            return forgetting.claim(tx)

    def _done(self, conversation: str) -> None:
        with self.records.begin() as tx:
            forgetting.done(tx, conversation)


async def _repeated(work: Callable[[], Awaitable[None]], pause: float) -> None:
    while True:
        await _tried(work)
        await asyncio.sleep(pause)


async def _tried(work: Callable[[], Awaitable[None]]) -> None:
    try:
        await work()
    except Exception as error:  # the database is away
        logger.error("a round failed", extra={"error": error})
