"""Reading the data files that a clinic may edit, so that an error names file and line."""

from functools import lru_cache
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedBase
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from afterword.problems import DataProblem
from afterword.reflection.instrument import Instrument, build_instrument
from afterword.reflection.lexicon import Lexicon, build_lexicon

UNDERSTANDING = Path(__file__).resolve().parent.parent / "understanding"


class DataFileError(Exception):
    """A data file is wrong; the message holds the file, the line and what to do."""


def read_yaml(path: Path) -> Any:
    """The file as mappings and lists; `line_of` says where each part of it is.

    Raises DataFileError.
    """
    try:
        return _parsed(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise DataFileError(f"{path}: this file is missing.") from None
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise DataFileError(f"{path}:{line}: {error.problem}") from None
    except (YAMLError, UnicodeDecodeError) as error:
        raise DataFileError(f"{path}: {error}") from None


def _parsed(text: str) -> Any:
    try:
        return YAML(typ="safe").load(text)
    except YAMLError:
        # libyaml is ten times as fast, and refuses some of YAML 1.2, such as {en: Again?, es: 4}.
        return YAML(typ="safe", pure=True).load(text)


def stamp_of(path: Path) -> tuple[int, int] | None:
    """Changes when a file does: what was read of it is read again only then."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size


def load_instrument(path: Path) -> Instrument:
    """Reads and checks an instrument file. Raises DataFileError."""
    return _instrument(path, stamp_of(path))


@lru_cache(maxsize=32)
def _instrument(path: Path, stamp: tuple[int, int] | None) -> Instrument:
    data = read_yaml(path)
    try:
        return build_instrument(data)
    except DataProblem as problem:
        line = line_of(path, problem.path)
        raise DataFileError(f"{path}:{line}: {problem}") from None


def load_instruments(current: Path) -> dict[tuple[str, int], Instrument]:
    """All instruments of a folder by (id, version), the one in the file `current` first.

    Earlier versions stay in the folder, under other names: what was begun on one is finished and
    read on it. Raises DataFileError, also when two files are the same version.
    """
    others = sorted(path for path in current.parent.glob("*.yml") if path != current)
    loaded: dict[tuple[str, int], Instrument] = {}
    for path in [current, *others]:
        instrument = load_instrument(path)
        key = (instrument.id, instrument.version)
        if key in loaded:
            raise DataFileError(f"{path}: version {key[1]} of {key[0]} is in another file too.")
        loaded[key] = instrument
    return loaded


def load_lexicon(language: str) -> Lexicon:
    """What people of a language type. Raises DataFileError."""
    path = UNDERSTANDING / f"{language}.yml"
    return _lexicon(path, stamp_of(path))


@lru_cache(maxsize=32)
def _lexicon(path: Path, stamp: tuple[int, int] | None) -> Lexicon:
    data = read_yaml(path)
    try:
        return build_lexicon(data)
    except DataProblem as problem:
        raise DataFileError(f"{path}:{line_of(path, problem.path)}: {problem}") from None


def line_of(file: Path, path: tuple[str | int, ...]) -> int:
    """The line (from 1) of the deepest part of `path` that exists in a file of YAML.

    Reading with lines takes ten times as long, so that it is done once something is wrong.
    """
    data = YAML(typ="rt").load(file.read_text(encoding="utf-8"))
    line = 1
    for key in path:
        if not isinstance(data, CommentedBase):
            break
        try:
            position = data.lc.item(key) if isinstance(key, int) else data.lc.key(key)
            line, data = position[0] + 1, data[key]  # type: ignore[index]
        except (KeyError, IndexError, TypeError):
            break
    return line
