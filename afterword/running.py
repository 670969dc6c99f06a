"""Whether an installation runs: who serves holds a lock in its data folder, shared with others."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from afterword import locks

_NAME = "running.lock"


class StillRunning(Exception):
    """Something runs that must not; the message says what to do."""


@contextmanager
def while_running(data_dir: Path) -> Iterator[None]:
    """For whoever serves. Raises StillRunning: somebody works alone on it."""
    message = "The root key is being changed. Start again when that command has ended."
    with _locked(data_dir, message, shared=True):
        yield


@contextmanager
def alone(data_dir: Path) -> Iterator[None]:
    """For whoever must be the only one. Raises StillRunning."""
    message = "It is running. Stop it first (Ctrl-C, or your system's service), then try again."
    with _locked(data_dir, message, shared=False):
        yield


@contextmanager
def _locked(data_dir: Path, message: str, *, shared: bool) -> Iterator[None]:
    data_dir.mkdir(parents=True, exist_ok=True)
    with (data_dir / _NAME).open("a") as file:
        if not locks.taken(file, shared=shared):
            raise StillRunning(message)
        yield
