"""The lines that the assistant is taught with: data/nlu/<language>/*.yml, by label."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

NLU = Path("data") / "nlu"
_INTENT = re.compile(r"\s*-\s+intent:\s*([\w]+)\s*$")
_LINE = re.compile(r"\s+-\s(.*\S)\s*$")
_KEY = re.compile(r"\s*(-\s+)?[a-z_]+:")


@dataclass(frozen=True)
class Line:
    """A line under a label. `place` is the file in the project and the number in it."""

    language: str
    label: str
    text: str
    place: str

    @property
    def file(self) -> str:
        return self.place.rpartition(":")[0]

    @property
    def number(self) -> int:
        return int(self.place.rpartition(":")[2])


def lines(project: Path) -> list[Line]:
    """All lines of all labels, in the order of files. Synonyms and patterns are none."""
    return [
        line
        for path in sorted((project / NLU).glob("*/*.yml"))
        for line in _lines_of(path, path.relative_to(project).as_posix())
    ]


def labels(project: Path) -> tuple[str, ...]:
    """The labels that a line may have: those of the domain."""
    found, inside = [], False
    for raw in (project / "domain.yml").read_text(encoding="utf-8").splitlines():
        if raw.startswith("intents:"):
            inside = True
        elif inside and raw.lstrip().startswith("- "):
            found.append(raw.lstrip().removeprefix("- ").strip())
        elif inside and raw.strip() and not raw.lstrip().startswith("#"):
            break
    return tuple(found)


def _lines_of(path: Path, name: str) -> Iterator[Line]:
    """Read line by line and not as YAML: the number of a line is needed, and speed."""
    label, inside = "", False
    for number, raw in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if found := _INTENT.match(raw):
            label, inside = found[1], False
        elif raw.strip().startswith("examples:"):
            inside = bool(label)
        elif inside and (found := _LINE.match(raw)):
            yield Line(path.parent.name, label, found[1], f"{name}:{number}")
        elif _KEY.match(raw):
            label, inside = "", False
