"""Trains the assistant's model once for what it is trained on, and remembers it.

A model is named by the hash of everything that decides over it; beside it lies a manifest.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

_SOURCES = (
    *("config.yml", "domain.yml", "data", "requirements/rasa.txt"),
    *("bot/answer_gate.py", "bot/sentence_featurizer.py"),
    *("understanding/encoder.safetensors", "safety/model/es-words.txt"),
)
_STEPS = {
    "Validating": "checking the training data",
    "Starting to train component": "training",
    "Restored component": "reusing",
    "model is saved": "saving the model",
}

Report = Callable[[str], None]


class TrainingFailed(Exception):
    """Training ended without a model; the message says what to do."""


@dataclass(frozen=True)
class Model:
    """A trained model: its archive and the hash of what it was trained on."""

    path: Path
    fingerprint: str


def fingerprint(project: Path) -> str:
    """A hash over the files that training depends on, names and contents."""
    digest = hashlib.sha256()
    for path in _source_files(project):
        digest.update(f"{path.relative_to(project)}\0".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:16]


def find(project: Path, models_dir: Path) -> Model | None:
    """The model for the present training data, if it was trained and is whole."""
    name = fingerprint(project)
    archive, manifest = models_dir / f"{name}.tar.gz", models_dir / f"{name}.json"
    try:
        expected = json.loads(manifest.read_text())["sha256"]
    except (OSError, ValueError, KeyError):
        return None
    if not archive.is_file() or _sha256(archive) != expected:
        return None
    return Model(archive, name)


def train(project: Path, models_dir: Path, report: Report, *, force: bool = False) -> Model:
    """Trains in a process of its own; returns the cached model when nothing has changed.

    Raises TrainingFailed; the log of the training stays beside the models.
    """
    found = None if force else find(project, models_dir)
    if found is not None:
        return found
    models_dir.mkdir(parents=True, exist_ok=True)
    name, started = fingerprint(project), time.monotonic()
    fresh = models_dir / f"{name}.new"
    log = models_dir / "training.log"
    report("training the assistant (some minutes)")
    shutil.rmtree(fresh, ignore_errors=True)
    code = _run(project, fresh, log, report)
    produced = sorted(fresh.glob("*.tar.gz")) if fresh.is_dir() else []
    if code != 0 or not produced:
        raise TrainingFailed(f"The assistant could not be trained. The reason is in {log}.")
    archive = models_dir / f"{name}.tar.gz"
    produced[-1].replace(archive)
    shutil.rmtree(fresh)
    seconds = round(time.monotonic() - started, 1)
    _write_manifest(models_dir / f"{name}.json", archive, name, seconds)
    report(f"trained in {seconds:.0f} s")
    return Model(archive, name)


def rasa_command(project: Path) -> list[str]:
    """Rasa's command line, through the launcher that keeps TensorFlow out."""
    return [str(project / "rasa")]


def _run(project: Path, out: Path, log: Path, report: Report) -> int:
    command = [*rasa_command(project), "train", "--out", str(out)]
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    with (
        log.open("w") as file,
        subprocess.Popen(
            command,
            cwd=project,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        ) as process,
    ):
        assert process.stdout is not None
        for line in process.stdout:
            file.write(line)
            if step := _step(line):
                report(step)
        return process.wait()


def _step(line: str) -> str | None:
    for mark, text in _STEPS.items():
        if mark in line:
            part = line.split("'")[1] if "'" in line and text in ("training", "reusing") else ""
            return f"{text} {part}".strip()
    return None


def _write_manifest(path: Path, archive: Path, name: str, seconds: float) -> None:
    manifest = {
        "model": archive.name,
        "sha256": _sha256(archive),
        "trained_on": name,
        "sources": list(_SOURCES),
        "trained_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "seconds": seconds,
        "python": sys.version.split()[0],
        "bytes": archive.stat().st_size,
    }
    path.write_text(json.dumps(manifest, indent=2) + "\n")


def _source_files(project: Path) -> Iterator[Path]:
    for source in _SOURCES:
        path = project / source
        if path.is_dir():
            yield from sorted(file for file in path.rglob("*.yml") if file.is_file())
        elif path.is_file():
            yield path


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
