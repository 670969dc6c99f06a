"""Waiting for something, so long and no longer."""

import time
from collections.abc import Callable
from typing import TypeVar

Found = TypeVar("Found")


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
