#!/usr/bin/env python3
"""Lint, types, tests: in this order, up to the first that fails, with a summary at the end.

The assistant is trained from the start, beside all that needs no model: a training keeps one core
busy. Its outcome is told before the tests of the whole product.

Tests of parts share the cores, one more than there are, as they often wait for a process or a
page; those of the whole product come after them, as many at a time as there are cores, and at last,
one at a time, those that watch how long an answer takes. `--lint` leaves the tests out. Everything
else on the command line goes to one pytest, which then runs what is named there.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import IO

ROOT = Path(__file__).resolve().parent.parent
LINTED = ("actions", "afterword", "bench", "bot", "scripts", "tests")
WHOLE = ("tests/stack", "tests/bot/test_safe_messages.py")
SLOW = ("training", "access", "hardening", "portal", "gateway", "bot")
"""The folders that take longest. Those of `bot` come last of them: they need the trained model."""
ALONE = tuple(f"tests/stack/test_{name}.py" for name in ("many_at_once", "promoting"))
TRAINING = "model"
SLOWEST = ("--durations=40", "--durations-min=4")
TYPED = ("actions", "afterword", "bot", "scripts")

# Each process reckons on one core: more threads than cores only wait for each other.
ENVIRONMENT = os.environ | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}


def main(arguments: list[str]) -> int:
    stages = stages_for(arguments)
    outcomes: dict[str, str] = dict.fromkeys(stages, "not run")
    code = 0
    with tempfile.TemporaryFile() as log, ExitStack() as left:
        beside = {}
        if TRAINING in stages:
            beside[TRAINING] = begun(stages[TRAINING], log)
            left.callback(beside[TRAINING].terminate)
        for name, command in stages.items():
            print(f"== {name}", flush=True)
            start = time.monotonic()
            code = (beside.get(name) or begun(command)).wait()
            if name in beside:
                log.seek(0)
                print(log.read().decode(errors="replace"), end="")
            outcome = "passed" if code == 0 else "FAILED"
            outcomes[name] = f"{outcome} in {time.monotonic() - start:.1f} s"
            if code:
                break
    print("== summary")
    for name, outcome in outcomes.items():
        print(f"{name:<8}{outcome}")
    return code


def begun(command: list[str], output: IO[bytes] | None = None) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", *command], cwd=ROOT, env=ENVIRONMENT, stdout=output, stderr=output
    )


def stages_for(arguments: list[str]) -> dict[str, list[str]]:
    stages = {
        "lint": ["ruff", "check", *existing(LINTED)],
        "format": ["ruff", "format", "--check", *existing(LINTED)],
        "types": ["mypy", *existing(TYPED)],
    }
    if "--lint" in arguments:
        return stages
    if arguments:
        return stages | {"tests": ["pytest", *arguments]}
    cores = os.cpu_count() or 1
    return stages | {
        "tests": ["pytest", *SLOWEST, *shared_by(cores + 1), *parts(), *without(WHOLE)],
        TRAINING: ["afterword", "train"],
        "stack": ["pytest", *SLOWEST, *shared_by(cores), *WHOLE, *without(ALONE)],
        "pace": ["pytest", *SLOWEST, *ALONE],
    }


def shared_by(processes: int) -> list[str]:
    """The tests of one file stay together: they share what takes long to make."""
    return ["-n", str(processes), "--dist", "loadfile", "--no-loadscope-reorder"]


def parts() -> list[str]:
    """The folders of tests but the whole product's, slow ones first: no core waits at the end."""
    found = {path.parent.name for path in (ROOT / "tests").glob("*/test_*.py")} - {"stack"}
    return [f"tests/{name}" for name in (*SLOW, *sorted(found.difference(SLOW)))]


def without(places: tuple[str, ...]) -> list[str]:
    return [f"--ignore={place}" for place in places]


def existing(folders: tuple[str, ...]) -> list[str]:
    """Folders with Python in them: mypy and ruff stop at one without."""
    return [folder for folder in folders if any((ROOT / folder).rglob("*.py"))]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
