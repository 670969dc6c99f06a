"""Trains the assistant's model once for what it is trained on, and remembers it.

A model is named by the hash of everything that decides over it; beside it lies a signed manifest.
A model without one, or with one that does not hold, is trained anew and never used.
"""

import hashlib
import json
import os
import re
import shutil
import sys
import tarfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from afterword import children, components, locks, manifest
from afterword.training.signing_key import SigningKeyUnusable, signing_key
from afterword.waiting import wait_for

_DATA = ("config.yml", "domain.yml", "data")
_CODE = (
    "requirements/rasa.txt",
    *("bot/answer_gate.py", "bot/sentence_featurizer.py", "bot/sentence_vectors.py"),
    *("bot/degree_reader.py", "understanding/degrees.safetensors"),
    *("understanding/encoder.safetensors", "safety/model/es-words.txt"),
    *("understanding/multilingual.safetensors", "safety/model/multilingual.safetensors"),
    "safety/model/multilingual-pieces.txt",
)
_STEPS = {
    "Validating": "checking the training data",
    "Starting to train component": "training",
    "Restored component": "reusing",
    "model is saved": "saving the model",
}

LOG = "training.log"
_LOOK_AGAIN, _PATIENCE = 0.2, 1800.0
"""Seconds: between two looks whether another training has ended, and for how many it may last."""
_TOLD = re.compile(r"\S+ \S+ INFO +rasa\.(cli|engine|model|validator|core)\b")
_WARNED = re.compile(r"(\S+ \S+ (?:WARNING|ERROR) +\S+)")

Report = Callable[[str], None]
_INVALID = "validation completed with"
TrainingStopped = children.Stopped


class TrainingFailed(Exception):
    """Training ended without a model; the message says what to do."""


class DataInvalid(TrainingFailed):
    """What `rasa data validate` says no to."""


@dataclass(frozen=True)
class Model:
    """A trained model: its archive and the hash of what it was trained on."""

    path: Path
    fingerprint: str


@dataclass(frozen=True)
class Source:
    """Other data than the project's: a folder as `project_folder.lay` writes it.

    `wanted` is asked all the while; where it says no, training stops and leaves nothing behind.
    """

    folder: Path
    version: int | None = None
    wanted: Callable[[], bool] = lambda: True


def fingerprint(project: Path, folder: Path | None = None) -> str:
    """A hash over the files that training depends on, names and contents.

    Configuration, domain and data are those of `folder`, where one is given.
    """
    digest = hashlib.sha256()
    for root, names in ((folder or project, _DATA), (project, _CODE)):
        for path in _source_files(root, names):
            digest.update(f"{path.relative_to(root)}\0".encode())
            digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:16]


def find(
    project: Path, models_dir: Path, key_file: Path, folder: Path | None = None
) -> Model | None:
    """The model for the present training data, if it was trained, is whole and signed by us.

    The data are those of `folder`, where one is given.

    Raises:
        ModelRefused: there is one that must not be used; the message says why.
        SigningKeyUnusable: see there.
    """
    name = fingerprint(project, folder)
    archive = models_dir / f"{name}.tar.gz"
    try:
        manifest.check(archive, manifest.public_text(signing_key(key_file)))
    except manifest.ManifestMissing:
        return None
    return Model(archive, name)


def train(
    project: Path,
    models_dir: Path,
    key_file: Path,
    report: Report,
    *,
    force: bool = False,
    source: Source | None = None,
) -> Model:
    """Trains in a process of its own; returns the cached model when nothing has changed.

    Raises:
        TrainingFailed: the log of the training stays beside the models, or in the source's folder.
        TrainingStopped: the source was not wanted any more.
    """
    folder = source.folder if source else None
    config = _config(folder or project)

    def present() -> Model | None:
        return None if force else _present(project, models_dir, key_file, folder, report)

    if found := present():
        return found
    models_dir.mkdir(parents=True, exist_ok=True)
    with _alone(models_dir, source.wanted if source else lambda: True, report):
        # Who was waited for may have trained the same.
        return present() or _trained(project, models_dir, key_file, report, source, config)


def _present(
    project: Path, models_dir: Path, key_file: Path, folder: Path | None, report: Report
) -> Model | None:
    """The model that `find` finds; one that must not be used is told of, and trained anew."""
    try:
        return find(project, models_dir, key_file, folder)
    except manifest.ModelRefused as refused:
        report(str(refused).removesuffix(" Run: afterword train"))
        return None
    except SigningKeyUnusable as unusable:
        raise TrainingFailed(str(unusable)) from None


@contextmanager
def _alone(models_dir: Path, wanted: Callable[[], bool], report: Report) -> Iterator[None]:
    """Lets one process at a time train into a folder: two would take each other's files away.

    A process that is killed lets go of the folder. Raises TrainingFailed, TrainingStopped.
    """
    folder = os.open(models_dir, os.O_RDONLY)

    def ours() -> bool:
        if not wanted():
            raise TrainingStopped
        return locks.taken(folder)

    try:
        if not ours():
            report("waiting for another training to end")
            if not wait_for(ours, _PATIENCE, _LOOK_AGAIN):
                raise TrainingFailed("Another training does not end. Stop it, then try again.")
        yield
    finally:
        os.close(folder)


def _trained(
    project: Path,
    models_dir: Path,
    key_file: Path,
    report: Report,
    source: Source | None,
    config: dict[str, Any],
) -> Model:
    folder = source.folder if source else None
    name, started = fingerprint(project, folder), time.monotonic()
    fresh = models_dir / f"{name}.new"
    log = (folder or models_dir) / LOG
    report("training the assistant (some minutes)")
    shutil.rmtree(fresh, ignore_errors=True)
    try:
        code = _run(project, fresh, log, report, source)
        if code != 0 and _INVALID in log.read_text(encoding="utf-8"):
            raise DataInvalid(f"The training data contradict themselves. The reason is in {log}.")
        produced = sorted(fresh.glob("*.tar.gz")) if fresh.is_dir() else []
        if code != 0 or not produced:
            raise TrainingFailed(f"The assistant could not be trained. The reason is in {log}.")
        archive = models_dir / f"{name}.tar.gz"
        produced[-1].replace(archive)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    seconds = round(time.monotonic() - started, 1)
    facts = _facts(folder or project, archive, config, name, seconds)
    if source is not None:
        facts = replace(facts, data_version=source.version)
    sign(archive, facts, key_file)
    report(f"trained in {seconds:.0f} s")
    return Model(archive, name)


def sign(archive: Path, facts: manifest.Manifest, key_file: Path) -> None:
    """Writes the signed manifest beside an archive that was just trained here."""
    manifest.write(archive, facts, signing_key(key_file))


def rasa_command(project: Path) -> list[str]:
    """Rasa's command line, through the launcher that keeps TensorFlow out."""
    return [str(project / "rasa")]


def _run(project: Path, out: Path, log: Path, report: Report, source: Source | None) -> int:
    command = [*rasa_command(project), "train", "--out", str(out)]
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    if source is not None:
        command += [*source_options(source.folder), "--fail-on-validation-warnings"]
        # Rasa's cache keeps every line that it has read, also of who is erased later.
        environment["RASA_MAX_CACHE_SIZE"] = "0"

    with log.open("w", encoding="utf-8") as file:

        def heard(line: str) -> None:
            file.write(line if source is None else without_words(line))
            file.flush()
            if step := _step(line):
                report(step)

        return children.run(
            command,
            folder=project,
            environment=environment,
            heard=heard,
            wanted=source.wanted if source else lambda: True,
            errors_too=True,
        )


def source_options(folder: Path) -> list[str]:
    """What tells Rasa to read another folder than the project."""
    return [
        *("--config", str(folder / "config.yml"), "--domain", str(folder / "domain.yml")),
        *("--data", str(folder / "data")),
    ]


def without_words(line: str) -> str:
    """A line of Rasa's log that can be shown: one that may quote a message says only its kind."""
    if _INVALID in line:
        return f"Project {_INVALID} errors.\n"
    if _TOLD.match(line):
        return line
    found = _WARNED.match(line)
    return f"{found[1]} (the words are left out)\n" if found else ""


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


def _source_files(root: Path, names: Iterable[str]) -> Iterator[Path]:
    for source in names:
        path = root / source
        if path.is_dir():
            yield from sorted(file for file in path.rglob("*.yml") if file.is_file())
        elif path.is_file():
            yield path
