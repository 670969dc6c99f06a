"""Waiting for what another process or thread does, so long and no longer."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import httpx

from afterword import waiting

PATIENCE = 40.0
START = 120.0
"""Seconds for processes to start, each of which loads a model while others do the same."""


def wait_for(what: str, check: Callable[[], Any], seconds: float = PATIENCE) -> Any:
    """The first true value of `check`; fails with `what` when there is none in time.

    A server that does not answer yet is asked again.
    """

    def look() -> Any:
        with suppress(httpx.HTTPError):
            return check()

    if found := waiting.wait_for(look, seconds, every=0.02):
        return found
    raise AssertionError(f"{what}: not within {seconds:.0f} s")
