"""What is shown to people, per language: every `locales/<language>/*.yml` in one catalogue.

English is the measure: a language that lacks one of its texts is refused when it is loaded.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from afterword.datafiles import DataFileError, line_of, read_yaml, stamp_of

LOCALES = Path(__file__).resolve().parent.parent / "locales"
MEASURE = "en"
_BRACES = re.compile(r"\{(\w+)\}")


class MissingText(KeyError):
    """A text that the catalogue does not have; the key says which."""


@dataclass(frozen=True)
class Catalogue:
    """The texts of one language as `section.key`."""

    language: str
    texts: Mapping[str, str]

    def __call__(self, key: str, **values: Any) -> str:
        """The text of `section.key`, braces filled in. Raises MissingText, or KeyError for a
        value that the text needs and was not given."""
        text = self.texts.get(key)
        if text is None:
            raise MissingText(f"{key} ({self.language})")
        return text.format(**values)

    def section(self, name: str) -> Callable[..., str]:
        """A callable that knows the keys of one section by their short names."""

        def say(key: str, **values: Any) -> str:
            return self(f"{name}.{key}", **values)

        return say

    def keys(self, section: str) -> list[str]:
        """The short names of all keys of a section."""
        start = f"{section}."
        return [key.removeprefix(start) for key in self.texts if key.startswith(start)]


def languages() -> list[str]:
    """The languages that there is a folder for."""
    return sorted(folder.name for folder in LOCALES.iterdir() if folder.is_dir())


def load(language: str) -> Catalogue:
    """All texts of a language. Raises DataFileError with file and line, or file and key."""
    texts = _read(language)
    for problem in problems_of(language):
        raise DataFileError(problem)
    return Catalogue(language, {key: text for file in texts.values() for key, text in file.items()})


def problems_of(language: str) -> list[str]:
    """What a language lacks of English, a sentence each. What it has beyond English is no harm."""
    if language == MEASURE:
        return []
    here, english = _read(language), _read(MEASURE)
    found = []
    for name, measure in sorted(english.items()):
        path, texts = LOCALES / language / name, here.get(name, {})
        found += [f"{path}: {key} is missing." for key in measure if key not in texts]
        found += [
            f"{path}: {key} must have the same names in braces as in English."
            for key in texts
            if key in measure and _names_in(texts[key]) != _names_in(measure[key])
        ]
    return found


def _names_in(text: str) -> set[str]:
    return set(_BRACES.findall(text))


def _read(language: str) -> dict[str, Mapping[str, str]]:
    """The texts of a language by the name of their file."""
    folder = LOCALES / language
    files = sorted(folder.glob("*.yml"))
    if not files:
        raise DataFileError(f"{folder}: there are no texts for the language {language}.")
    return {path.name: _texts_in(path, stamp_of(path)) for path in files}


@lru_cache(maxsize=64)
def _texts_in(path: Path, stamp: tuple[int, int] | None) -> Mapping[str, str]:
    data = read_yaml(path)
    if not isinstance(data, Mapping):
        raise DataFileError(f"{path}:1: write a section name and below it key: text.")
    texts = {}
    for section, entries in data.items():
        if not isinstance(entries, Mapping):
            raise DataFileError(f"{path}:{line_of(path, (section,))}: {section} has no texts.")
        for key, text in entries.items():
            if not isinstance(text, str):
                line = line_of(path, (section, key))
                raise DataFileError(f"{path}:{line}: {key} must be a text; put it in quotes.")
            texts[f"{section}.{key}"] = str(text).strip()
    return texts
