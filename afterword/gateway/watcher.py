"""Waiting for news: one task asks the database for everybody who waits."""

import asyncio
import contextlib
import logging
from collections import Counter
from collections.abc import Callable, Collection, Mapping

from anyio import to_thread

_log = logging.getLogger(__name__)

Look = Callable[[Collection[str]], Mapping[str, int]]


class Watcher:
    """`look` gives the present revision of each reflection; it runs in a thread."""

    def __init__(self, look: Look, every: float = 0.1) -> None:
        self._look = look
        self._every = every
        self._waiting: Counter[str] = Counter()
        self._seen: dict[str, int] = {}
        self._news = asyncio.Condition()
        self._bell = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def ring(self) -> None:
        """A hint to look at once. Losing one costs `every` seconds at most."""
        self._bell.set()

    async def wait(self, reflection_id: str, revision: int, timeout: float) -> None:
        """Returns when the reflection is past `revision`, or after `timeout` seconds."""
        self._waiting[reflection_id] += 1
        self._start()
        try:
            async with asyncio.timeout(timeout), self._news:
                await self._news.wait_for(
                    lambda: self._seen.get(reflection_id, revision) > revision
                )
        except TimeoutError:
            pass
        finally:
            self._waiting[reflection_id] -= 1
            if not self._waiting[reflection_id]:
                del self._waiting[reflection_id]
                self._seen.pop(reflection_id, None)

    def _start(self) -> None:
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._watch())

    async def _watch(self) -> None:
        while self._waiting:
            self._bell.clear()
            seen = await self._look_once()
            changed = any(self._seen.get(key) != revision for key, revision in seen.items())
            self._seen.update({key: seen[key] for key in seen if key in self._waiting})
            if changed:
                async with self._news:
                    self._news.notify_all()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._every):
                    await self._bell.wait()

    async def _look_once(self) -> Mapping[str, int]:
        try:
            return await to_thread.run_sync(self._look, list(self._waiting))
        except Exception as error:
            # Whoever waits gets an answer at the end of their time and asks again.
            _log.warning("looking for news failed", extra={"error": error})
            return {}
