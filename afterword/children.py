"""Processes that belong to ours: they end with it, also when it is killed, and when it says so."""

import contextlib
import ctypes
import os
import queue
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO

_PR_SET_PDEATHSIG = 1
_LOOK_EVERY = 0.5
_GOODBYE = 5.0


class Stopped(Exception):
    """A process was ended because it was not wanted any more."""


class TooLong(Exception):
    """A process was ended because it took longer than it may."""


def run(
    command: Sequence[str],
    *,
    folder: Path,
    environment: Mapping[str, str],
    heard: Callable[[str], object],
    wanted: Callable[[], bool] = lambda: True,
    given: str = "",
    patience: float = float("inf"),
    errors_too: bool = False,
) -> int:
    """Runs a process to its end and returns its code; `heard` gets each line that it prints.

    Args:
        wanted: asked every half second at least; where it says no, the process is ended.
        given: what it reads.
        patience: seconds that it may take.
        errors_too: `heard` gets what it says as errors, too; else that goes nowhere.

    Raises:
        Stopped, TooLong: see there.
    """
    deadline = time.monotonic() + patience
    process = _started(command, folder, environment, given, errors_too)
    assert process.stdout is not None
    lines: queue.Queue[str | None] = queue.Queue()
    threading.Thread(target=_read, args=(process.stdout, lines), daemon=True).start()
    try:
        while True:
            with contextlib.suppress(queue.Empty):
                line = lines.get(timeout=_LOOK_EVERY)
                if line is None:
                    return process.wait()
                heard(line)
            if not wanted():
                raise Stopped
            if time.monotonic() > deadline:
                raise TooLong
    finally:
        _end(process)


def dying_with(parent: int) -> Callable[[], None]:
    """For `preexec_fn`: on Linux a child ends also when its parent is killed outright.

    It dies with the thread that made it.
    """

    def prepare() -> None:
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:
            os._exit(1)  # it was killed before we could ask to be told

    return prepare


def _started(
    command: Sequence[str],
    folder: Path,
    environment: Mapping[str, str],
    given: str,
    errors_too: bool,
) -> subprocess.Popen[str]:
    with tempfile.TemporaryFile("w+", encoding="utf-8") as file:
        file.write(given)
        file.seek(0)
        return subprocess.Popen(
            command,
            cwd=folder,
            env=dict(environment),
            stdin=file,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT if errors_too else subprocess.DEVNULL,
            encoding="utf-8",
            errors="replace",
            preexec_fn=dying_with(os.getpid()),
        )


def _read(source: IO[str], lines: "queue.Queue[str | None]") -> None:
    # Of a process that was ended in between, the pipe is closed.
    with contextlib.suppress(ValueError, OSError):
        for line in source:
            lines.put(line)
    lines.put(None)


def _end(process: subprocess.Popen[str]) -> None:
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(_GOODBYE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    if process.stdout is not None:
        process.stdout.close()
