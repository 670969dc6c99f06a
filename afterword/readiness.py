"""Whether a process of ours can work yet, and waiting for something, so long and no longer."""

import time
from collections.abc import Callable
from typing import TypeVar

import httpx

from afterword.services import LOOPBACK

RASA = "/webhooks/afterword/ready"
"""Where Rasa says that it has loaded its model."""
PAGES = "/health"
"""Where the pages say that they are up."""
_LOOK_EVERY = 0.2

Found = TypeVar("Found")


def answers(client: httpx.Client, url: str) -> bool:
    """Whether the process at this address says that it can work."""
    try:
        return client.get(url).status_code == 200
    except httpx.HTTPError:
        return False


def wait_until_up(port: int, path: str, seconds: float = 120) -> bool:
    """Waits until what listens at a port of this machine can work; False when that is too late."""
    url = f"http://{LOOPBACK}:{port}{path}"
    with httpx.Client(timeout=2, trust_env=False) as client:
        return bool(wait_for(lambda: answers(client, url), seconds, _LOOK_EVERY))


def wait_for(check: Callable[[], Found], seconds: float, every: float) -> Found | None:
    """The first true value of `check`; None when there is none in time.

    Args:
        check: asked again and again; what it raises ends the waiting.
        seconds: how long it is waited for.
        every: seconds between two looks.
    """
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := check():
            return found
        time.sleep(every)
    return None
