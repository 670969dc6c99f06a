"""After a promotion: whether turns go as well as before, and taking the model back where not."""

import asyncio
import logging
import math
from dataclasses import dataclass
from datetime import timedelta

from afterword.records import serving
from afterword.records.serving import Counts, Notice, Serving
from afterword.records.store import Records, Tx

_EVERY = 5.0
# How far back it is looked at how turns went with the model before.
_BEFORE = timedelta(days=14)
# Fewer say nothing, however few turns there were in all.
_FEWEST = 5
# One in forty: of many looks in a day hardly one is wrong.
_SURE = 1.96

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Limits:
    """By how many in a hundred the failed turns, and those not understood, may rise."""

    failed: float
    missed: float


def judge(before: Counts, now: Counts, limits: Limits) -> Notice:
    """Why a model is to be taken back; empty while there is no good reason.

    A rise counts only as far as it is beyond chance: what is sure of so few turns is compared, and
    not what they look like.
    """
    tried = now.turns + now.failures
    if _rose(before.failures, before.turns + before.failures, now.failures, tried, limits.failed):
        return Notice.ERRORS
    if _rose(before.misses, before.turns, now.misses, now.turns, limits.missed):
        return Notice.MISSES
    return Notice.NONE


def _rose(before: int, of_before: int, now: int, of_now: int, points: float) -> bool:
    if now < _FEWEST:
        return False
    usual = before / of_before if of_before else 0.0
    return _at_least(now, of_now) > usual + points / 100


def _at_least(count: int, of: int) -> float:
    """The lower end of Wilson's interval: the share is hardly below it."""
    share, square = count / of, _SURE**2 / of
    middle = share + square / 2
    spread = _SURE * math.sqrt((share * (1 - share) + square / 4) / of)
    return (middle - spread) / (1 + square)


@dataclass(frozen=True)
class Watching:
    """Looks every few seconds, in the worker; several may look, one of them acts."""

    records: Records
    limits: Limits

    async def run(self) -> None:
        """Works until cancelled."""
        while True:
            await asyncio.sleep(_EVERY)
            try:
                await asyncio.to_thread(self.once)
            except Exception as error:  # the database is away
                logger.error("nobody watches the new model", extra={"error": error})

    def once(self) -> Notice:
        """One look; what it found, and acted upon."""
        with self.records.read() as tx:
            state = serving.state(tx)
            found = self._found(tx, state)
            over = state.watch_until is not None and not state.watched(tx.now)
        if found or over:
            with self.records.begin(purpose="watch") as tx:
                self._act(tx, state, found)
        return found

    def _found(self, tx: Tx, state: Serving) -> Notice:
        if not state.watched(tx.now) or state.changed_at is None or not state.previous:
            return Notice.NONE
        before = serving.counted(tx, state.previous, tx.now - _BEFORE)
        return judge(before, serving.counted(tx, state.live, state.changed_at), self.limits)

    def _act(self, tx: Tx, seen: Serving, found: Notice) -> None:
        if serving.state(tx) != seen:
            # Somebody has promoted or gone back in between.
            return
        if found:
            serving.roll_back(tx, None, found)
            logger.warning("a model was taken back", extra={"code": str(found)})
        else:
            serving.end_watch(tx)
