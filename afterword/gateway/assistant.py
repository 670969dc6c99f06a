"""Whether the assistant can answer: asked every two seconds, so that no page waits for it."""

import asyncio
import time
from collections.abc import Callable

import httpx

READY, WAKING, AWAY = "ready", "waking", "away"
READY_PATH = "/webhooks/afterword/ready"
_ASK_EVERY = 2.0


class Assistant:
    """`state`: ready, waking (not ready for a short while) or away (longer than `patience`)."""

    def __init__(
        self, url: str, patience: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._url = url
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
        """Asks until cancelled. Without an address the assistant stays away."""
        if not self._url:
            return
        async with httpx.AsyncClient(timeout=_ASK_EVERY, trust_env=False) as client:
            while True:
                self.note(await _is_ready(client, self._url + READY_PATH))
                await asyncio.sleep(_ASK_EVERY)


async def _is_ready(client: httpx.AsyncClient, url: str) -> bool:
    try:
        return (await client.get(url)).status_code == 200
    except httpx.HTTPError:
        return False
