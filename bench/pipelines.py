"""Compares pipelines on the held-out lines: what is understood, and what it costs.

    .venv/app/bin/python bench/pipelines.py       ours, and without the encoder
    ... --stock .venv/rasa-tensorflow             and Rasa's default

Models are trained and loaded in the environments that are named, on `data/`, with the same domain
and rules, the same gate, and the changes of `bot/install.py`. They are judged as `afterword
understanding evaluate` judges: by what a turn would do.
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
from statistics import fmean, median
from typing import Any

from ruamel.yaml import YAML

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from afterword.evaluation.lines import Line, read_lines  # noqa: E402
from afterword.evaluation.running import Evaluation, evaluate  # noqa: E402
from afterword.evaluation.sheet import headlines  # noqa: E402

FILES = sorted((ROOT / "tests/data").glob("understanding_*.jsonl"))
FEATURIZER, GATE = "SentenceFeaturizer", "AnswerGate"
COSTS = ("training, s", "CPU s", "start to first message, s", "memory, MB", "model, MB", "CPU ms")


@dataclass(frozen=True)
class Pipeline:
    name: str
    config: Path
    environment: Path


@dataclass(frozen=True)
class Costs:
    """Seconds, but for `rss_mb`, `model_mb` and `parse_ms` (median CPU milliseconds a message)."""

    train_seconds: float
    train_cpu_seconds: float
    ready_seconds: float
    rss_mb: float
    model_mb: float
    parse_ms: float


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print."""
    options = _options(arguments)
    lines = read_lines([(path.name, path.read_text(encoding="utf-8")) for path in FILES])
    with tempfile.TemporaryDirectory() as folder:
        results = []
        for pipeline in pipelines(Path(folder), options):
            print(f"{pipeline.name}: training ...", file=sys.stderr)
            results.append((pipeline.name, *measure(pipeline, lines)))
    report(results)
    return 0


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument(
        "--ours", type=_folder, default=ROOT / ".venv/rasa", help="environment without TensorFlow"
    )
    parser.add_argument("--stock", type=_folder, help="environment with TensorFlow")
    return parser.parse_args(arguments)


def _folder(given: str) -> Path:
    """Not relative: the programs in it are started from elsewhere."""
    return Path(given).absolute()


def pipelines(folder: Path, options: argparse.Namespace) -> list[Pipeline]:
    """Ours, the same without the sentence encoder, and Rasa's default with our gate."""
    ours = _read(ROOT / "config.yml")
    gate = next(one for one in ours["pipeline"] if one["name"].endswith(GATE))
    sparse = [one for one in ours["pipeline"] if not one["name"].endswith(FEATURIZER)]
    found = [
        Pipeline("words and encoder", ROOT / "config.yml", options.ours),
        Pipeline("words", _write(folder, "sparse", ours | {"pipeline": sparse}), options.ours),
    ]
    if options.stock:
        stock = _read(ROOT / "bench/configs/stock.yml")
        config = _write(folder, "stock", stock | {"pipeline": [*stock["pipeline"], gate]})
        found.append(Pipeline("Rasa's default (DIET)", config, options.stock))
    return found


def _read(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))
    return found


def _write(folder: Path, name: str, config: dict[str, Any]) -> Path:
    path = folder / f"{name}.yml"
    with path.open("w", encoding="utf-8") as file:
        YAML(typ="safe", pure=True).dump(config, file)
    return path


def measure(pipeline: Pipeline, lines: list[Line]) -> tuple[Costs, Evaluation]:
    """Train, load, understand every line."""
    with tempfile.TemporaryDirectory() as folder:
        started, cpu_before = time.time(), _children_cpu()
        _train(pipeline, Path(folder))
        trained, cpu_after = time.time(), _children_cpu()
        archive = Path(folder) / "bench.tar.gz"
        python = pipeline.environment / "bin/python"
        found = _load(python, archive, lines)
        costs = Costs(
            train_seconds=trained - started,
            train_cpu_seconds=cpu_after - cpu_before,
            ready_seconds=found["ready_seconds"],
            rss_mb=found["rss_mb"],
            model_mb=archive.stat().st_size / 1e6,
            parse_ms=median(found["parse_ms"]),
        )
        return costs, evaluate(lines, archive, python)


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


def _load(python: Path, archive: Path, lines: list[Line]) -> dict[str, Any]:
    request = {
        "started": time.time(),
        "model": str(archive),
        "lines": [line.text for line in lines],
    }
    done = subprocess.run(
        [str(python), str(ROOT / "bench/understand.py")],
        input=json.dumps(request),
        env=_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(f"loading failed\n{done.stderr[-2000:]}")
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


def report(results: list[tuple[str, Costs, Evaluation]]) -> None:
    """Print a table of what is understood for each language, and one of costs, in Markdown."""
    for language in ("en", "es"):
        parts = {
            name: [one for one in found.judged if one.line.language == language]
            for name, _, found in results
        }
        titles = list(headlines(next(iter(parts.values()))))
        _header((language, *titles, "mean over requests"))
        for name, judged in parts.items():
            shares = [share.rate or 0.0 for share in headlines(judged).values()]
            cells = [f"{share:.3f}" for share in (*shares, _mean_over_requests(judged))]
            print(f"| {name} | {' | '.join(cells)} |")
        print()
    _header(("cost", *COSTS))
    for name, costs, _ in results:
        cells = [f"{value:.2f}" for value in vars(costs).values()]
        print(f"| {name} | {' | '.join(cells)} |")


def _mean_over_requests(judged: Sequence[Any]) -> float:
    """Each kind of request counts alike, however many lines it has."""
    names = sorted({one.line.expected.name for one in judged if one.line.expected.name})
    return fmean(
        fmean(one.verdict == "right" for one in judged if one.line.expected.name == name)
        for name in names
    )


def _header(columns: Sequence[str]) -> None:
    print(f"| {' | '.join(columns)} |")
    print("|---" * len(columns) + "|")


if __name__ == "__main__":
    sys.exit(main())
