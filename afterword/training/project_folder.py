"""A folder to train in: configuration, domain and data of the project, with a clinic's changes."""

import re
import shutil
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path

from afterword.records.data_versions import Change
from afterword.training import corpus
from afterword.training.changeset import Applied, apply
from afterword.training.corpus import Line

_COPIED = ("config.yml", "domain.yml")
_CLINIC = "clinic.yml"
# To Rasa they mark a part of a line; tags of what was taken out are written with them.
_MARKS = re.compile(r"[\[\]{}]")
_HEAD = 'version: "3.1"\n\n# Lines of the clinic, laid over the ones that were shipped.\nnlu:\n'


def lay(project: Path, folder: Path, changes: Sequence[Change]) -> Applied:
    """Writes the data anew into the folder and returns what became of the changes.

    Without changes they are the same bytes as the project's, and so lead to the same model. A log
    of an earlier try stays.
    """
    shutil.rmtree(folder / "data", ignore_errors=True)
    folder.mkdir(parents=True, exist_ok=True)
    for name in _COPIED:
        shutil.copyfile(project / name, folder / name)
    shutil.copytree(project / "data", folder / "data")
    applied = apply(corpus.lines(project), changes)
    _take_out(folder, applied.gone)
    for language in sorted({one.language for one in applied.added}):
        own = [one for one in applied.added if one.language == language]
        path = folder / corpus.NLU / language / _CLINIC
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(written(own), encoding="utf-8")
    return applied


def written(lines: Iterable[Line]) -> str:
    """Lines as a file of training data, by label; the same lines give the same file."""
    by_label: dict[str, list[str]] = defaultdict(list)
    for line in lines:
        by_label[line.label].append(" ".join(_MARKS.sub("", line.text).split()))
    blocks = (
        f"  - intent: {label}\n    examples: |\n"
        + "".join(f"      - {text}\n" for text in sorted(by_label[label]))
        for label in sorted(by_label)
    )
    return _HEAD + "\n".join(blocks)


def _take_out(folder: Path, gone: Iterable[Line]) -> None:
    numbers: dict[str, set[int]] = defaultdict(set)
    for line in gone:
        numbers[line.file].add(line.number)
    for file, out in numbers.items():
        path = folder / file
        kept = [
            raw
            for number, raw in enumerate(
                path.read_text(encoding="utf-8").splitlines(keepends=True), start=1
            )
            if number not in out
        ]
        path.write_text("".join(kept), encoding="utf-8")
