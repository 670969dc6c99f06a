"""A small assistant, trained in some seconds: the product's own, with few lines of each label."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from ruamel.yaml import YAML

from afterword.records.store import Records
from afterword.screening.rulefiles import load_rules
from afterword.screening.screener import Screener
from afterword.settings import PROJECT, Settings
from afterword.training import corpus, locked, model, project_folder
from afterword.training.locked import Locked
from afterword.training.measuring import measure
from afterword.training.report import Measured
from afterword.training.trainer import Trainer

LINES_OF_EACH = 12
HELD_OF_EACH = 3
STATEMENTS = 20
_KEPT_BACK = {".git", "models", "results", "tests", "var"}


@dataclass(frozen=True)
class Small:
    """A project of few lines, the settings to train it with, and the model that came of it."""

    project: Path
    settings: Settings
    model: model.Model
    measured: Measured

    def trainer(self, records: Records, data_dir: Path) -> Trainer:
        """One that works on these records, in another folder."""
        settings = self.settings.model_copy(update={"data_dir": data_dir})
        return Trainer(records, settings, screener, self.project)


@cache
def screener() -> Screener:
    """By rules alone: the model of the screen takes seconds to load."""
    return Screener(load_rules())


def make_small(folder: Path, *, program: bool = False) -> Small:
    """What it understands is what is kept apart: then whatever is lost was taught wrongly.

    `program`: with a copy of the program in the project, which can be run from there.
    """
    project = make_project(folder / "project")
    if program:
        _add_program(project)
    settings = Settings(
        data_dir=folder / "var", models_dir=folder / "models", model_key_file=folder / "sign.key"
    )
    trained = model.train(project, settings.models_dir, settings.model_key, lambda text: None)
    found = measure(trained.path, locked.load(project), screener())
    moved: dict[str, str] = {}
    for path in (project / "understanding" / "locked").glob("*.jsonl"):
        kept = []
        for number, row in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            place = f"{path.stem}:{number}"
            if place not in found.misread and (
                place not in found.lines or found.lines[place].right
            ):
                kept.append(row)
                moved[place] = f"{path.stem}:{len(kept)}"
        path.write_text("\n".join(kept), encoding="utf-8")
    broken = {one.dialogue for one in found.broken}
    for path in (project / "understanding" / "dialogues").glob("*.yml"):
        yaml = YAML()
        yaml.dump(
            [one for one in yaml.load(path.read_text("utf-8")) if one["dialogue"] not in broken],
            path,
        )
    return Small(project, settings, trained, _measured_again(found, moved, locked.load(project)))


def _measured_again(found: Measured, moved: dict[str, str], kept: Locked) -> Measured:
    """What measuring on the lines that are left would find: `moved` says where they are now."""
    return replace(
        found,
        digest=kept.digest,
        lines={moved[place]: read for place, read in found.lines.items() if place in moved},
        not_held=tuple(moved[place] for place in found.not_held if place in moved),
        misread={},
        leaning={moved[place]: name for place, name in found.leaning.items() if place in moved},
        broken=(),
        dialogues=len(kept.dialogues),
    )


def make_project(folder: Path) -> Path:
    """The product with every label, fewer lines of each and no sentence encoder."""
    kept: Counter[tuple[str, str]] = Counter()
    lines = []
    for line in corpus.lines(PROJECT):
        kept[line.language, line.label] += 1
        if kept[line.language, line.label] <= LINES_OF_EACH:
            lines.append(line)
    folder.mkdir()
    shutil.copyfile(PROJECT / "domain.yml", folder / "domain.yml")
    for part in ("rules", "stories"):
        shutil.copytree(PROJECT / "data" / part, folder / "data" / part)
    for language in ("en", "es"):
        path = folder / corpus.NLU / language / "lines.yml"
        path.parent.mkdir(parents=True)
        text = project_folder.written([one for one in lines if one.language == language])
        path.write_text(text, encoding="utf-8")
    config = (PROJECT / "config.yml").read_text(encoding="utf-8")
    encoder = "  - name: bot.sentence_featurizer.SentenceFeaturizer\n    scale: 6.0\n"
    assert encoder in config
    (folder / "config.yml").write_text(config.replace(encoder, ""), encoding="utf-8")
    rasa = folder / "rasa"
    rasa.write_text(f'#!/bin/sh\nexec "{PROJECT / "rasa"}" "$@"\n')
    rasa.chmod(0o755)
    _keep_apart(folder / "understanding")
    return folder


def _add_program(project: Path) -> None:
    for part in ("actions", "afterword", "bot"):
        # Copies: a program finds its project by where its own files are.
        shutil.copytree(
            PROJECT / part, project / part, ignore=shutil.ignore_patterns("__pycache__")
        )
    (project / "rasa").unlink()
    shutil.copy(PROJECT / "rasa", project / "rasa")
    for folder in (Path(), Path("understanding")):
        for path in (PROJECT / folder).iterdir():
            if path.name not in _KEPT_BACK and not (project / folder / path.name).exists():
                (project / folder / path.name).symlink_to(path)


def _keep_apart(folder: Path) -> None:
    shutil.copytree(PROJECT / "understanding" / "dialogues", folder / "dialogues")
    (folder / "locked").mkdir()
    for name in ("en", "es", "safety"):
        seen: Counter[str] = Counter()
        rows = (PROJECT / "understanding" / "locked" / f"{name}.jsonl").read_text("utf-8")
        chosen = []
        for row in rows.splitlines():
            expected = json.loads(row)["expected"]
            kind = "safety" if name == "safety" else json.dumps(_kind(expected))
            seen[kind] += 1
            if seen[kind] <= (STATEMENTS if name == "safety" else HELD_OF_EACH):
                chosen.append(row)
        (folder / "locked" / f"{name}.jsonl").write_text("\n".join(chosen), encoding="utf-8")


def _kind(expected: object) -> object:
    if isinstance(expected, dict):
        return expected.get("name") or expected["kind"]
    return expected
