"""Measures the screen on labelled lines: reads them, and screens each as a message is screened."""

import json
import logging
import multiprocessing
import os
import re
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from functools import cached_property
from itertools import chain

from afterword.safety.finding import Category, Finding, Route, Tier
from afterword.safety.scores import (
    LABELS,
    LANGUAGES,
    NOT_GIVEN,
    Cell,
    Kind,
    Level,
    Outcome,
    Scores,
    Severity,
)
from afterword.screening.screener import Screener

TEXT_LIMIT = 10_000
"""Characters of one line, as of one message."""
MUCH, MUCH_WITH_MODEL = 1_000_000, 100_000
"""Characters from which on it is worth to start further processes; each takes seconds to start."""
_CHUNK = 25
_BOM = b"\xef\xbb\xbf"
# What the gateway replaces before it screens: it could not be stored.
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")

Progress = Callable[[int], None]


class LinesRefused(Exception):
    """Lines that cannot be measured with; `problems` names each by place and reason.

    No problem holds any part of a line.
    """

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = tuple(problems)


class MeasuringFailed(Exception):
    """The screen did not work to the end; the message says what to do."""


@dataclass(frozen=True)
class Line:
    """One labelled line, and where it stands."""

    file: str
    number: int
    text: str
    language: str = "en"
    label: str = NOT_GIVEN
    severity: str = NOT_GIVEN


@dataclass(frozen=True)
class Screened:
    """What a clinic would have done about one line."""

    line: Line
    tier: Tier
    duty: bool
    safeguarding: bool
    evidence: tuple[str, ...]
    failed: bool

    @property
    def outcome(self) -> Outcome:
        line = self.line
        cell = Cell(line.language, line.label, line.severity, self.tier)
        return Outcome(cell, self.duty, self.safeguarding, self.failed)

    @property
    def is_missed(self) -> bool:
        """No reaction to live danger, or conduct that safeguarding does not hear of."""
        if self.line.label == Category.ABUSE_BY_CLINICIAN:
            return not self.safeguarding
        return self.outcome.cell.kind is Kind.LIVE and self.tier < Level.REACTION.tier

    @property
    def is_false_alarm(self) -> bool:
        return self.outcome.cell.kind is Kind.HARMLESS and self.tier >= Level.REACTION.tier


@dataclass(frozen=True)
class Measurement:
    """All that came out of one run. `layers` are in use; `missing` are off or do not work."""

    screened: tuple[Screened, ...]
    version: str
    layers: tuple[str, ...]
    missing: tuple[str, ...]
    seconds: float

    @cached_property
    def scores(self) -> Scores:
        return Scores(tuple(one.outcome for one in self.screened))


def read_lines(files: Iterable[tuple[str, bytes]]) -> list[Line]:
    """The lines of all files, given as name and content. Raises LinesRefused."""
    lines: list[Line] = []
    problems: list[str] = []
    for name, content in files:
        # Not splitlines(): a text may hold other line ends than these.
        for number, raw in enumerate(content.removeprefix(_BOM).split(b"\n"), start=1):
            if not raw.strip():
                continue
            try:
                lines.append(_line(name, number, raw))
            except ValueError as problem:
                problems.append(f"{name}:{number}: {problem}")
    if problems:
        raise LinesRefused(problems)
    if not lines:
        raise LinesRefused(["there are no lines to screen"])
    return lines


def measure(
    lines: Sequence[Line], screener: Screener, *, workers: int = 1, progress: Progress | None = None
) -> Measurement:
    """Screens every line. With several workers each of them loads the screener of the installation.

    Raises MeasuringFailed.
    """
    began = time.monotonic()
    parts = _in_processes(lines, screener, workers) if workers > 1 else _here(lines, screener)
    screened: list[Screened] = []
    for one in parts:
        screened.append(one)
        if progress is not None:
            progress(len(screened))
    return Measurement(
        tuple(screened),
        screener.screen("").version,
        tuple(sorted(screener.layers - set(screener.missing))),
        tuple(sorted(screener.missing)),
        time.monotonic() - began,
    )


def workers_for(lines: Sequence[Line], screener: Screener) -> int:
    """How many processes these lines are worth."""
    much = MUCH_WITH_MODEL if screener.model else MUCH
    return (os.cpu_count() or 1) if sum(len(line.text) for line in lines) >= much else 1


def _line(name: str, number: int, raw: bytes) -> Line:
    """Raises ValueError with the reason; it never repeats what stands in the line."""
    entry = _object(raw)
    text = entry.get("text")
    if not isinstance(text, str) or not text.strip():
        raise ValueError("has no text")
    if len(text) > TEXT_LIMIT:
        raise ValueError(f"the text is longer than {TEXT_LIMIT} characters")
    return Line(
        name,
        number,
        _UNSTORABLE.sub("\ufffd", text),
        _one_of(entry, "lang", LANGUAGES, "en"),
        _one_of(entry, "label", LABELS, NOT_GIVEN),
        _one_of(entry, "severity", tuple(Severity), NOT_GIVEN),
    )


def _object(raw: bytes) -> dict[str, object]:
    try:
        entry = json.loads(raw.decode("utf-8"))
    except UnicodeDecodeError:
        raise ValueError("is not UTF-8") from None
    except (ValueError, RecursionError):
        raise ValueError("is not JSON") from None
    if not isinstance(entry, dict):
        raise ValueError("is not a JSON object")
    return entry


def _one_of(entry: dict[str, object], key: str, known: Sequence[str], missing: str) -> str:
    value = entry.get(key)
    if value is None:
        return missing
    if not isinstance(value, str) or value not in known:
        raise ValueError(f"unknown {key}: it must be one of {', '.join(known)}")
    return str(value)


def _screened(line: Line, finding: Finding, *, asks: bool) -> Screened:
    danger = finding.part(Route.DUTY).tier
    concern = finding.part(Route.SAFEGUARDING).tier
    if danger is Tier.CHECK and not asks:
        # Nobody is asked then, and nobody told: the gateway only keeps a note.
        danger = Tier.NOTE
    return Screened(
        line,
        max(danger, concern),
        duty=danger >= Tier.CHECK,
        safeguarding=concern >= Tier.CHECK,
        evidence=finding.evidence_ids,
        failed=finding.failed,
    )


def _here(lines: Iterable[Line], screener: Screener) -> Iterator[Screened]:
    return (_screened(line, screener.screen(line.text), asks=screener.asks) for line in lines)


def _in_processes(lines: Sequence[Line], screener: Screener, workers: int) -> Iterator[Screened]:
    chunks = [lines[at : at + _CHUNK] for at in range(0, len(lines), _CHUNK)]
    # Started anew, not forked: a forked matrix library may hang.
    context = multiprocessing.get_context("spawn")
    setting = (screener.layers, screener.missing)
    try:
        with ProcessPoolExecutor(workers, context, _start_worker, setting) as pool:
            yield from chain.from_iterable(pool.map(_work, chunks))
    except BrokenProcessPool:
        raise MeasuringFailed(
            "a process of the screen ended too early; is there enough memory?"
        ) from None


_worker: list[Screener] = []


def _start_worker(layers: frozenset[str], missing: tuple[str, ...]) -> None:
    from afterword.screening.loading import load_screener

    # The report says what is missing and what has failed; each process need not say it again.
    logging.disable(logging.CRITICAL)
    screener = load_screener(layers)
    if screener.missing != missing:
        raise MeasuringFailed("not every process has the same layers")
    _worker.append(screener)


def _work(lines: Sequence[Line]) -> list[Screened]:
    return list(_here(lines, _worker[0]))
