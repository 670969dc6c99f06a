"""The lines that are kept apart: every model is measured on them, none is trained on them.

They are the product's own, no patient wrote them. `understanding/locked/<language>.jsonl` holds
what is said to the assistant, `safety.jsonl` plain statements of danger, `understanding/dialogues`
conversations with what has to come of each message.
"""

import hashlib
import json
from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from afterword.evaluation.lines import LANGUAGES, Line, read_lines

_LOCKED = Path("understanding") / "locked"
_DIALOGUES = Path("understanding") / "dialogues"
_SAFETY = "safety"


@dataclass(frozen=True)
class Turn:
    """A message of a dialogue, and what has to come of it.

    `line` says what it means and where it is said; `held` that the safety screen holds it; `then`
    names the actions that follow.
    """

    line: Line
    held: bool
    then: tuple[str, ...]
    ends: bool


@dataclass(frozen=True)
class Dialogue:
    """A conversation that every model has to go through as it is written."""

    name: str
    turns: tuple[Turn, ...]


@dataclass(frozen=True)
class Locked:
    """`digest` changes with every line: measurements with another one cannot be compared."""

    lines: tuple[Line, ...]
    safety: tuple[Line, ...]
    dialogues: tuple[Dialogue, ...]
    digest: str

    @cached_property
    def by_place(self) -> dict[str, Line]:
        """The lines and the statements, by their places."""
        return {line.place: line for line in (*self.lines, *self.safety)}

    @cached_property
    def texts(self) -> dict[str, list[str]]:
        """What may not be trained on, by language."""
        found: dict[str, list[str]] = defaultdict(list)
        for line in (*self.lines, *self.safety):
            found[line.language].append(line.text)
        return dict(found)


def load(project: Path) -> Locked:
    """Reads all of it. Raises LinesRefused, OSError: the installation is not whole."""
    names = [*LANGUAGES, _SAFETY]
    files = [project / _LOCKED / f"{name}.jsonl" for name in names]
    *spoken, safety = [read_lines([(one.stem, one.read_text(encoding="utf-8"))]) for one in files]
    scripts = sorted((project / _DIALOGUES).glob("*.yml"))
    digest = hashlib.sha256()
    for path in (*files, *scripts):
        digest.update(path.read_bytes())
    return Locked(
        lines=tuple(line for part in spoken for line in part),
        safety=tuple(safety),
        dialogues=tuple(one for path in scripts for one in _dialogues(path)),
        digest=digest.hexdigest()[:16],
    )


def _dialogues(path: Path) -> list[Dialogue]:
    content = YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))
    return [
        Dialogue(
            str(one["dialogue"]),
            tuple(
                _turn(f"{path.stem}/{one['dialogue']}:{number}", str(one["language"]), turn)
                for number, turn in enumerate(one["turns"], start=1)
            ),
        )
        for one in content
    ]


def _turn(place: str, language: str, data: dict[str, Any]) -> Turn:
    entry = {
        "context": data["at"],
        "text": data["says"],
        "lang": language,
        "expected": data["means"],
    }
    [line] = read_lines([(place, json.dumps(entry))])
    return Turn(line, bool(data.get("held")), _then(data.get("then")), bool(data.get("ends")))


def _then(given: Any) -> tuple[str, ...]:
    if isinstance(given, str):
        return (given,)
    return tuple(str(one) for one in given or ())
