"""Checking plain data that a clinic may have written: the first breach is told with its place."""

import re
from collections.abc import Collection, Mapping
from string import Formatter
from typing import Any

from afterword.problems import DataProblem

Path = tuple[str | int, ...]

_PLACEHOLDERS = frozenset({"clinician", "goal"})


def wording_of(
    data: Mapping[str, Any], key: str, path: Path, languages: tuple[str, ...]
) -> dict[str, str]:
    here = (*path, key)
    value = mapping(get(data, key, path), here)
    wording = {str(language): text(one, (*here, language)) for language, one in value.items()}
    missing = [language for language in languages if language not in wording]
    if missing:
        raise DataProblem(here, f"the wording in {', '.join(missing)} is missing.")
    for language, one in wording.items():
        _check_placeholders(one, (*here, language))
    return wording


def _check_placeholders(wording: str, path: Path) -> None:
    try:
        fields = [field[1:] for field in Formatter().parse(wording) if field[1] is not None]
    except ValueError:
        raise DataProblem(path, "has a brace that is not closed.") from None
    # A conversion or a format, {goal!r} or {goal:9}, could fail while a patient waits.
    if any(name not in _PLACEHOLDERS or spec or conversion for name, spec, conversion in fields):
        raise DataProblem(path, "only {clinician} and {goal} may stand in braces.")


def word_lists(value: Any, path: Path) -> dict[str, tuple[str, ...]]:
    return {
        str(language): tuple(texts(words, (*path, language)))
        for language, words in mapping(value, path).items()
    }


def known(value: Any, path: Path, names: Collection[str]) -> str:
    if value not in names:
        raise DataProblem(path, f"there is no item {value}.")
    return str(value)


def get(data: Mapping[str, Any], key: str, path: Path) -> Any:
    if key not in data:
        raise DataProblem(path, f"{key} is missing.")
    return data[key]


def only(data: Mapping[str, Any], path: Path, names: Collection[str]) -> None:
    for key in data:
        if key not in names:
            raise DataProblem((*path, str(key)), "is not known here.")


def mapping(value: Any, path: Path) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise DataProblem(path, "must be a list of names with values.")
    return value


def list_of(value: Any, path: Path) -> list[Any]:
    if not isinstance(value, list):
        raise DataProblem(path, "must be a list.")
    return value


def texts(value: Any, path: Path) -> list[str]:
    return [text(one, (*path, at)) for at, one in enumerate(list_of(value, path))]


def text(value: Any, path: Path) -> str:
    if not isinstance(value, str) or not value.strip():
        # YAML reads a bare yes, no or number as something else than a text.
        raise DataProblem(path, "must be a text; put it in quotes.")
    return str(value)


def matching(value: Any, path: Path, pattern: re.Pattern[str]) -> str:
    found = text(value, path)
    if not pattern.fullmatch(found):
        raise DataProblem(path, "may hold small letters, digits and _ only.")
    return found


def whole(value: Any, path: Path) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise DataProblem(path, "must be a whole number from 1.")
    return int(value)
