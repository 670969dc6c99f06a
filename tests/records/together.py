"""Several threads that do something at the same moment."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

TOGETHER = 8


def at_once(*work: Callable[[], object]) -> list[object]:
    """Runs everything at the same moment, each on a thread of its own; errors are results."""
    barrier = Barrier(len(work))

    def run(one: Callable[[], object]) -> object:
        barrier.wait(timeout=10)
        try:
            return one()
        except Exception as error:
            return error

    with ThreadPoolExecutor(len(work)) as pool:
        return list(pool.map(run, work))
