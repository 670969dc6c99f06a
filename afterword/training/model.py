"""Trains the assistant's model once for what it is trained on, and remembers it.

A model is named by the hash of everything that decides over it; beside it lies a signed manifest.
A model without one, or with one that does not hold, is trained anew and never used.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tarfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from afterword import components, manifest
from afterword.training.signing_key import SigningKeyUnusable, signing_key

_SOURCES = (
    *("config.yml", "domain.yml", "data", "requirements/rasa.txt"),
    *("bot/answer_gate.py", "bot/sentence_featurizer.py", "bot/degree_reader.py"),
    *("understanding/encoder.safetensors", "safety/model/es-words.txt"),
    "understanding/degrees.safetensors",
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


def find(project: Path, models_dir: Path, key_file: Path) -> Model | None:
    """The model for the present training data, if it was trained, is whole and signed by us.

    Raises:
        ModelRefused: there is one that must not be used; the message says why.
        SigningKeyUnusable: see there.
    """
    name = fingerprint(project)
    archive = models_dir / f"{name}.tar.gz"
    try:
        manifest.check(archive, manifest.public_text(signing_key(key_file)))
    except manifest.ManifestMissing:
        return None
    return Model(archive, name)


def train(
    project: Path, models_dir: Path, key_file: Path, report: Report, *, force: bool = False
) -> Model:
    """Trains in a process of its own; returns the cached model when nothing has changed.

    Raises TrainingFailed; the log of the training stays beside the models.
    """
    config = _config(project)
    try:
        found = None if force else find(project, models_dir, key_file)
    except manifest.ModelRefused as refused:
        report(str(refused).removesuffix(" Run: afterword train"))
        found = None
    except SigningKeyUnusable as unusable:
        raise TrainingFailed(str(unusable)) from None
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
    sign(archive, _facts(project, archive, config, name, seconds), key_file)
    report(f"trained in {seconds:.0f} s")
    return Model(archive, name)


def sign(archive: Path, facts: manifest.Manifest, key_file: Path) -> None:
    """Writes the signed manifest beside an archive that was just trained here."""
    manifest.write(archive, facts, signing_key(key_file))


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


def _config(project: Path) -> dict[str, Any]:
    """The configuration, of which each component is known. Raises TrainingFailed."""
    path = project / "config.yml"
    try:
        config = YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))
    except (OSError, YAMLError):
        raise TrainingFailed(f"{path} cannot be read. Mend it and run: afterword train") from None
    config = config if isinstance(config, dict) else {}
    if wrong := components.problems(config):
        raise TrainingFailed(f"{path}: {' '.join(wrong)}")
    return config


def _facts(
    project: Path, archive: Path, config: dict[str, Any], name: str, seconds: float
) -> manifest.Manifest:
    return manifest.Manifest(
        model=archive.name,
        sha256=manifest.sha256(archive),
        bytes=archive.stat().st_size,
        fingerprint=name,
        config_sha256=manifest.sha256(project / "config.yml"),
        domain_sha256=manifest.sha256(project / "domain.yml"),
        components=tuple(
            one for section in components.SECTIONS for one in components.names(config, section)
        ),
        afterword=manifest.VERSION,
        rasa=_rasa_version(archive),
        python=sys.version.split()[0],
        trained_at=datetime.now(UTC).isoformat(timespec="seconds"),
        seconds=seconds,
    )


def _rasa_version(archive: Path) -> str:
    """The version of Rasa that made an archive, as it says itself."""
    with tarfile.open(archive) as tar:
        file = tar.extractfile("metadata.json")
        assert file is not None
        return str(json.load(file)["rasa_open_source_version"])


def _source_files(project: Path) -> Iterator[Path]:
    for source in _SOURCES:
        path = project / source
        if path.is_dir():
            yield from sorted(file for file in path.rglob("*.yml") if file.is_file())
        elif path.is_file():
            yield path
