"""Compares pipelines on the held-out lines: what is understood, and what it costs.

    python3.11 bench/pipelines.py                                 ours
    python3.11 bench/pipelines.py --stock .venv/rasa-tensorflow   ours and Rasa's default

Needs nothing but the standard library here; models are trained and loaded in the environments
that are named. Both are trained on `data/`, with the same domain and rules, and both run with the
changes of `bot/install.py`, so that only pipeline and policies differ.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
HELD_OUT = ROOT / "tests/data/understanding_en.jsonl"
ANSWER = "answer"
UNDERSTANDING = (
    "understanding",
    "accuracy",
    "macro-F1",
    "open question: answers lost",
    "open question: others found",
    "choice: answers lost",
    "choice: others found",
)
COST = (
    "cost",
    "training, s",
    "training, CPU s",
    "start to first message, s",
    "memory, MB",
    "model, MB",
    "CPU ms a message",
)


@dataclass(frozen=True)
class Pipeline:
    name: str
    config: Path
    environment: Path


@dataclass(frozen=True)
class Line:
    """A held-out line; `expects` is "text" at an open question, else "choice"."""

    text: str
    intent: str
    expects: str


@dataclass(frozen=True)
class Costs:
    """Seconds, but for `rss_mb`, `model_mb` and `parse_ms` (median CPU milliseconds a message)."""

    train_seconds: float
    train_cpu_seconds: float
    ready_seconds: float
    rss_mb: float
    model_mb: float
    parse_ms: float


@dataclass(frozen=True)
class Scores:
    """`accuracy` and `macro_f1` from 0 to 1, the others as (count, out of)."""

    accuracy: float
    macro_f1: float
    open_answers_lost: tuple[int, int]
    open_others_right: tuple[int, int]
    choice_answers_lost: tuple[int, int]
    choice_others_right: tuple[int, int]


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print."""
    options = _options(arguments)
    lines = read_lines(HELD_OUT)
    pipelines = [Pipeline("sparse + LogisticRegression", ROOT / "config.yml", options.ours)]
    if options.stock:
        stock = ROOT / "bench/configs/stock.yml"
        pipelines.append(Pipeline("Rasa's default (DIET)", stock, options.stock))
    results = []
    for pipeline in pipelines:
        print(f"{pipeline.name}: training ...", file=sys.stderr)
        results.append((pipeline, *measure(pipeline, lines)))
    report(results, lines, show_errors=options.errors)
    return 0


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument(
        "--ours", type=Path, default=ROOT / ".venv/rasa", help="environment without TensorFlow"
    )
    parser.add_argument(
        "--stock", type=Path, help="environment with TensorFlow; left out: ours only"
    )
    parser.add_argument("--errors", action="store_true", help="list every line that is wrong")
    return parser.parse_args(arguments)


def read_lines(path: Path) -> list[Line]:
    """The held-out lines."""
    with path.open(encoding="utf-8") as file:
        return [Line(**json.loads(row)) for row in file]


def measure(pipeline: Pipeline, lines: list[Line]) -> tuple[Costs, dict[str, list[str]]]:
    """Train, load, understand every line. The intents come by row: "plain" and "gated"."""
    with tempfile.TemporaryDirectory() as folder:
        started, cpu_before = time.time(), _children_cpu()
        _train(pipeline, Path(folder))
        trained, cpu_after = time.time(), _children_cpu()
        archive = Path(folder) / "bench.tar.gz"
        found = _understand(pipeline, archive, lines)
        costs = Costs(
            train_seconds=trained - started,
            train_cpu_seconds=cpu_after - cpu_before,
            ready_seconds=found["ready_seconds"],
            rss_mb=found["rss_mb"],
            model_mb=archive.stat().st_size / 1e6,
            parse_ms=median(found["parse_ms"]),
        )
    return costs, {"plain": found["plain"], "gated": found["gated"]}


def _children_cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _train(pipeline: Pipeline, folder: Path) -> None:
    # From an empty folder: Rasa would otherwise reuse what an earlier training left in .rasa/cache.
    command = [str(pipeline.environment / "bin/python"), "-m", "bot.launcher", "train"]
    command += ["--config", str(pipeline.config), "--domain", str(ROOT / "domain.yml")]
    command += ["--data", str(ROOT / "data"), "--out", str(folder)]
    command += ["--fixed-model-name", "bench", "--force"]
    done = subprocess.run(
        command, cwd=folder, env=_environment(), capture_output=True, text=True, check=False
    )
    if done.returncode or not (folder / "bench.tar.gz").is_file():
        raise SystemExit(f"{pipeline.name}: training failed\n{done.stderr[-2000:]}")


def _understand(pipeline: Pipeline, archive: Path, lines: list[Line]) -> dict[str, Any]:
    python = str(pipeline.environment / "bin/python")
    request = {
        "started": time.time(),
        "model": str(archive),
        "config": str(ROOT / "config.yml"),
        "lines": [[line.text, line.expects] for line in lines],
    }
    done = subprocess.run(
        [python, str(ROOT / "bench/understand.py")],
        input=json.dumps(request),
        env=_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(f"{pipeline.name}: loading failed\n{done.stderr[-2000:]}")
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer


def _environment() -> dict[str, str]:
    return {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "RASA_TELEMETRY_ENABLED": "false",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "CUDA_VISIBLE_DEVICES": "-1",
        "PYTHONWARNINGS": "ignore",
    }


def score(lines: list[Line], intents: list[str]) -> Scores:
    """How well the intents fit the lines."""
    pairs = list(zip(lines, intents, strict=True))
    names = sorted({line.intent for line in lines})
    return Scores(
        accuracy=sum(line.intent == intent for line, intent in pairs) / len(pairs),
        macro_f1=sum(_f1(pairs, name) for name in names) / len(names),
        open_answers_lost=_count(pairs, "text", answers=True, right=False),
        open_others_right=_count(pairs, "text", answers=False, right=True),
        choice_answers_lost=_count(pairs, "choice", answers=True, right=False),
        choice_others_right=_count(pairs, "choice", answers=False, right=True),
    )


def _f1(pairs: list[tuple[Line, str]], name: str) -> float:
    both = sum(line.intent == intent == name for line, intent in pairs)
    either = sum((line.intent == name) + (intent == name) for line, intent in pairs)
    return 2 * both / either if either else 0.0


def _count(
    pairs: list[tuple[Line, str]], expects: str, *, answers: bool, right: bool
) -> tuple[int, int]:
    of = [
        (line, intent)
        for line, intent in pairs
        if line.expects == expects and (line.intent == ANSWER) == answers
    ]
    return sum((line.intent == intent) == right for line, intent in of), len(of)


Results = list[tuple[Pipeline, Costs, dict[str, list[str]]]]


def report(results: Results, lines: list[Line], *, show_errors: bool) -> None:
    """Print two tables in Markdown, and on request what went wrong."""
    print(f"{len(lines)} held-out lines\n")
    _header(UNDERSTANDING)
    for pipeline, _, rows in results:
        for row, intents in rows.items():
            found = score(lines, intents)
            print(
                f"| {pipeline.name}, {'with' if row == 'gated' else 'without'} AnswerGate "
                f"| {found.accuracy:.3f} | {found.macro_f1:.3f} "
                + "".join(
                    f"| {count} of {of} "
                    for count, of in (
                        found.open_answers_lost,
                        found.open_others_right,
                        found.choice_answers_lost,
                        found.choice_others_right,
                    )
                )
                + "|"
            )
    print()
    _header(COST)
    for pipeline, costs, _ in results:
        print(
            f"| {pipeline.name} | {costs.train_seconds:.1f} | {costs.train_cpu_seconds:.1f} "
            f"| {costs.ready_seconds:.1f} | {costs.rss_mb:.0f} "
            f"| {costs.model_mb:.2f} | {costs.parse_ms:.2f} |"
        )
    if show_errors:
        _report_errors(results, lines)


def _header(columns: Sequence[str]) -> None:
    print(f"| {' | '.join(columns)} |")
    print("|---" * len(columns) + "|")


def _report_errors(results: Results, lines: list[Line]) -> None:
    for pipeline, _, rows in results:
        print(f"\n{pipeline.name}, with AnswerGate:")
        for line, intent in zip(lines, rows["gated"], strict=True):
            if line.intent != intent:
                print(f"  {line.expects:6} {line.intent:14} -> {intent:14} {line.text}")


if __name__ == "__main__":
    sys.exit(main())
