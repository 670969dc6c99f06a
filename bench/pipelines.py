"""Compares pipelines on the held-out lines: what is understood, and what it costs.

    .venv/app/bin/python bench/pipelines.py       ours, and without the encoder
    ... --stock .venv/rasa-tensorflow             and Rasa's default
    ... --every 3                                 all of them trained on each third line only
    ... --epochs 40                               what has epochs is trained for so many
    ... --on tests/data/third_en.jsonl            judged on other lines

Models are trained and loaded in the environments that are named, on `data/`, with the same domain
and rules, the same gate, and the changes of `bot/install.py`. They are judged as `afterword
understanding evaluate` judges: by what a turn would do. Beside it stands what the classifier alone
makes of them, before the gate: accuracy, macro-F1, and by how much its confidence is off.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
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

from afterword.evaluation.lines import DIGRESSIONS, Expected, Line, read_lines  # noqa: E402
from afterword.evaluation.running import Evaluation, evaluate  # noqa: E402
from afterword.evaluation.sheet import headlines  # noqa: E402

FILES = sorted((ROOT / "tests/data").glob("understanding_*.jsonl"))
FEATURIZER, GATE = "SentenceFeaturizer", "AnswerGate"
BINS = 10
INTENTS = {
    "decline": "rather_not_say",
    "skip": "skip",
    "share": "share_all",
    "share_ratings": "share_ratings",
    "keep_private": "keep_private",
}
"""The intent that stands for a kind of line; of a digression its own, of all others *answer*."""
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


@dataclass(frozen=True)
class Classified:
    """What the classifier alone makes of lines that mean `meant`: `said`, and how sure it is."""

    language: str
    meant: tuple[str, ...]
    said: str
    confidence: float


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print."""
    options = _options(arguments)
    files = options.on or FILES
    lines = read_lines([(path.name, path.read_text(encoding="utf-8")) for path in files])
    with tempfile.TemporaryDirectory() as folder:
        data = thinned(Path(folder) / "data", options.every)
        results = []
        for pipeline in pipelines(Path(folder), options):
            print(f"{pipeline.name}: training ...", file=sys.stderr)
            results.append((pipeline.name, *measure(pipeline, data, lines)))
    report(results)
    return 0


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument(
        "--ours", type=_folder, default=ROOT / ".venv/rasa", help="environment without TensorFlow"
    )
    parser.add_argument("--stock", type=_folder, help="environment with TensorFlow")
    parser.add_argument("--every", type=int, default=1, help="train on each so-manieth line")
    parser.add_argument("--epochs", type=int, help="instead of the 100 of Rasa's default")
    parser.add_argument("--on", type=Path, nargs="+", help="lines to judge on")
    return parser.parse_args(arguments)


def _folder(given: str) -> Path:
    """Not relative: the programs in it are started from elsewhere."""
    return Path(given).absolute()


def thinned(folder: Path, every: int) -> Path:
    """The project's training data, with each `every`-th line of each intent."""
    shutil.copytree(ROOT / "data", folder)
    for path in sorted((folder / "nlu").rglob("*.yml")):
        content = _read(path)
        for block in content["nlu"]:
            if "intent" in block:
                kept = block["examples"].splitlines()[::every]
                block["examples"] = "\n".join(kept) + "\n"
        _dump(path, content)
    return folder


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
        for part in (*stock["pipeline"], *stock["policies"]) if options.epochs else ():
            if "epochs" in part:
                part["epochs"] = options.epochs
        config = _write(folder, "stock", stock | {"pipeline": [*stock["pipeline"], gate]})
        found.append(Pipeline("Rasa's default (DIET)", config, options.stock))
    return found


def _read(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))
    return found


def _write(folder: Path, name: str, config: dict[str, Any]) -> Path:
    path = folder / f"{name}.yml"
    _dump(path, config)
    return path


def _dump(path: Path, content: dict[str, Any]) -> None:
    with path.open("w", encoding="utf-8") as file:
        YAML(typ="safe", pure=True).dump(content, file)


def measure(
    pipeline: Pipeline, data: Path, lines: list[Line]
) -> tuple[Costs, Evaluation, list[Classified]]:
    """Train, load, understand every line."""
    with tempfile.TemporaryDirectory() as folder:
        started, cpu_before = time.time(), _children_cpu()
        _train(pipeline, data, Path(folder))
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
        classified = [
            Classified(line.language, tuple(map(_intent, line.outcomes)), _plain(said), confidence)
            for line, (said, confidence) in zip(lines, found["classified"], strict=True)
        ]
        return costs, evaluate(lines, archive, python), classified


def _intent(expected: Expected) -> str:
    if expected.name:
        return DIGRESSIONS[expected.name]
    return INTENTS.get(expected.kind, "answer")


def _plain(intent: str) -> str:
    """How much, a yes and what is not understood are answers to what was asked."""
    if intent.startswith("rated_") or intent in ("start", "nlu_fallback"):
        return "answer"
    return intent


def _children_cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _train(pipeline: Pipeline, data: Path, folder: Path) -> None:
    # From an empty folder: Rasa would otherwise reuse what an earlier training left in .rasa/cache.
    command = [str(pipeline.environment / "bin/python"), "-m", "bot.launcher", "train"]
    command += ["--config", str(pipeline.config), "--domain", str(ROOT / "domain.yml")]
    command += ["--data", str(data), "--out", str(folder)]
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


def report(results: list[tuple[str, Costs, Evaluation, list[Classified]]]) -> None:
    """Print a table of what is understood for each language, and one of costs, in Markdown."""
    for language in ("en", "es"):
        parts = {
            name: [one for one in found.judged if one.line.language == language]
            for name, _, found, _ in results
        }
        titles = list(headlines(next(iter(parts.values()))))
        _header((language, *titles, "mean over requests"))
        for name, judged in parts.items():
            shares = [share.rate or 0.0 for share in headlines(judged).values()]
            cells = [f"{share:.3f}" for share in (*shares, _mean_over_requests(judged))]
            print(f"| {name} | {' | '.join(cells)} |")
        print()
    _header(("classifier alone", "accuracy", "macro-F1", "calibration error"))
    for name, _, _, classified in results:
        for language in ("en", "es"):
            own = [one for one in classified if one.language == language]
            if own:
                cells = [f"{value:.3f}" for value in (accuracy(own), macro_f1(own), off(own))]
                print(f"| {name}, {language} | {' | '.join(cells)} |")
    print()
    _header(("cost", *COSTS))
    for name, costs, *_ in results:
        cells = [f"{value:.2f}" for value in vars(costs).values()]
        print(f"| {name} | {' | '.join(cells)} |")


def accuracy(found: Sequence[Classified]) -> float:
    return fmean(one.said in one.meant for one in found)


def macro_f1(found: Sequence[Classified]) -> float:
    """The mean of F1 over all intents that are meant, each counting alike."""
    scores = []
    for intent in sorted({one.meant[0] for one in found}):
        hit = sum(intent in one.meant and one.said == intent for one in found)
        said = sum(one.said == intent for one in found)
        meant = sum(one.meant[0] == intent for one in found)
        scores.append(2 * hit / (said + meant))
    return fmean(scores)


def off(found: Sequence[Classified]) -> float:
    """Expected calibration error: mean distance of confidence and accuracy, in `BINS` bins."""
    total = 0.0
    for number in range(BINS):
        own = [one for one in found if min(int(one.confidence * BINS), BINS - 1) == number]
        if own:
            sure = fmean(one.confidence for one in own)
            total += abs(sure - accuracy(own)) * len(own) / len(found)
    return total


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
