"""Guessed tokens and made-up requests at the real application, in one process.

    make setup and then: .venv/app/bin/python bench/fuzz.py [--requests 10000] [--guesses 100000]
                         [--seed 1]

Prints what was answered how often, and what should not have been: a 5xx, words of another patient,
a reply that docs/openapi.json does not describe, a memory that grows. See docs/hardening.md.
"""

import argparse
import resource
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from hardening.fuzzing import OTHERS_WORDS, PRIVATE_WORDS, Fuzz  # noqa: E402
from hardening.guessing import WAYS, guess  # noqa: E402
from hardening.house import open_house  # noqa: E402

_STEPS = 10


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--requests", type=int, default=10_000)
    parser.add_argument("--guesses", type=int, default=100_000)
    parser.add_argument("--senders", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        fuzz = Fuzz(open_house(Path(folder)))
        wrong = guesses(fuzz, wanted.guesses, wanted.senders) if wanted.guesses else 0
        wrong += requests(fuzz, wanted.requests, wanted.seed) if wanted.requests else 0
    return 1 if wrong else 0


def guesses(fuzz: Fuzz, count: int, senders: int) -> int:
    """Returns how much was wrong."""
    start, found, statuses, memory = time.monotonic(), 0, {}, []
    for _ in range(_STEPS):
        done = guess(fuzz.house.app, count // _STEPS, *WAYS, senders=senders)
        for status, times in done.statuses.items():
            statuses[status] = statuses.get(status, 0) + times
        found += sum(len(done.bodies_with(words)) for words in (OTHERS_WORDS, PRIVATE_WORDS))
        found += done.statuses[200] + done.statuses[202] + done.without_retry
        memory.append(round(resident()))
    print(f"{sum(statuses.values())} guessed tokens by {senders} addresses, ", end="")
    print(f"{time.monotonic() - start:.0f} s: answered {statuses}, hits {found}")
    print(f"MB of memory after each tenth: {memory}")
    return found + any(status >= 500 for status in statuses)


def requests(fuzz: Fuzz, count: int, number: int) -> int:
    """Returns how much was wrong."""
    start = time.monotonic()
    outcome = fuzz.run(count, number)
    print(f"{outcome.total} made-up requests on {len(outcome.by_route)} routes, ", end="")
    print(f"{time.monotonic() - start:.0f} s: answered {dict(outcome.statuses)}")
    print(f"{len(outcome.problems)} problems, {resident():.0f} MB of memory")
    for problem in sorted(set(outcome.problems)):
        print(f"  {problem} ({outcome.problems.count(problem)} times)")
    return len(outcome.problems)


def resident() -> float:
    """Memory of this process now, in MB; its highest so far where that is not told."""
    status = Path("/proc/self/statm")
    if status.exists():
        return int(status.read_text().split()[1]) * resource.getpagesize() / 2**20
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    sys.exit(main())
