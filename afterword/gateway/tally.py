"""How turns went with each model, kept in memory until a transaction comes by that takes it along.

A worker that is killed loses the last seconds: the watch over a new model does not hang on those.
"""

import threading
import time
from collections.abc import Callable, Mapping

from afterword.records import serving
from afterword.records.serving import Counts
from afterword.records.store import Tx

_EVERY = 2.0
TURN, MISS, FAILURE = Counts(turns=1), Counts(turns=1, misses=1), Counts(failures=1)


class Tally:
    """Safe to share between threads."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._counts: dict[str, Counts] = {}
        self._written = clock()

    def add(self, model: str, counts: Counts) -> None:
        """Counts for a model; where nobody has said which one it was, there is nothing to watch."""
        if model:
            with self._lock:
                self._counts[model] = self._counts.get(model, Counts()) + counts

    def take(self) -> dict[str, Counts]:
        """What is to be written now; mostly nothing."""
        with self._lock:
            if not self._counts or self._clock() - self._written < _EVERY:
                return {}
            taken, self._counts, self._written = self._counts, {}, self._clock()
            return taken

    def put_back(self, taken: Mapping[str, Counts]) -> None:
        """It was not written after all."""
        for model, counts in taken.items():
            self.add(model, counts)


def write(tx: Tx, taken: Mapping[str, Counts]) -> None:
    """Always in the same order: two workers must not wait for each other."""
    for model in sorted(taken):
        serving.note_turns(tx, model, taken[model])
