"""Whether the assistant can answer: asked every two seconds, so that no page waits for it."""

import asyncio
import logging
import time
from collections.abc import Callable

import httpx

from afterword import readiness

READY, WAKING, AWAY = "ready", "waking", "away"
_ASK_EVERY = 2.0

logger = logging.getLogger(__name__)

Find = Callable[[], str]
"""Where the model is served that new reflections get; empty while nobody knows. It may raise."""


class Assistant:
    """`state`: ready, waking (not ready for a short while) or away (longer than `patience`).

    `url` is asked as long as `find` knows of no other; without either it stays away.
    """

    def __init__(
        self,
        url: str,
        patience: float,
        clock: Callable[[], float] = time.monotonic,
        find: Find = str,
    ) -> None:
        self._url = url
        self._find = find
        self._patience = patience
        self._clock = clock
        self._ready = False
        self._since = clock()

    @property
    def state(self) -> str:
        if self._ready:
            return READY
        return WAKING if self._clock() - self._since < self._patience else AWAY

    def note(self, ready: bool) -> None:
        """Takes in what the last question brought."""
        if ready != self._ready:
            self._ready, self._since = ready, self._clock()

    async def watch(self) -> None:
        """Asks until cancelled."""
        async with httpx.AsyncClient(timeout=_ASK_EVERY, trust_env=False) as client:
            while True:
                url = await asyncio.to_thread(self._where)
                if url:
                    self.note(await _is_ready(client, url + readiness.RASA))
                await asyncio.sleep(_ASK_EVERY)

    def _where(self) -> str:
        try:
            self._url = self._find() or self._url
        except Exception as error:  # the database is away: who served last is asked
            logger.warning("it is not known who serves", extra={"error": error})
        return self._url


async def _is_ready(client: httpx.AsyncClient, url: str) -> bool:
    try:
        return (await client.get(url)).status_code == 200
    except httpx.HTTPError:
        return False
