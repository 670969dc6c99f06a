"""Reading the rules of `safety/<language>/`, so that an error names file and line."""

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from afterword.datafiles import DataFileError, line_of, read_yaml, stamp_of
from afterword.problems import DataProblem
from afterword.safety.phrases import Groups, PhraseError
from afterword.safety.rules import Part, RuleSet, build_part, join_parts
from afterword.safety.screen import Rules
from afterword.settings import PROJECT

FOLDER = PROJECT / "safety"
_GROUPS = "groups.yml"
_WORDS = "*.txt"
_BARE = "bare.txt"


def load_rules(folder: Path = FOLDER) -> Rules:
    """The rules of every language in the folder. Raises DataFileError."""
    return _rules(folder, tuple((path, stamp_of(path)) for path in sorted(folder.glob("*/*"))))


@lru_cache(maxsize=8)
def _rules(folder: Path, _files: tuple[tuple[Path, tuple[int, int] | None], ...]) -> Rules:
    languages = sorted(path.parent for path in folder.glob(f"*/{_GROUPS}"))
    if not languages:
        raise DataFileError(f"{folder}: there are no rules. Restore the folder from the release.")
    known = frozenset().union(*(_words(language) for language in languages))
    bare = tuple(_words(language, _BARE) for language in languages)
    return Rules(tuple(_rule_set(language) for language in languages), known, bare)


def _rule_set(folder: Path) -> RuleSet:
    groups = _groups(folder / _GROUPS)
    files = [path for path in sorted(folder.glob("*.yml")) if path.name != _GROUPS]
    if not files:
        raise DataFileError(f"{folder}: there are no rules for this language.")
    parts = [_part(path, groups) for path in files]
    try:
        return join_parts(folder.name, parts)
    except DataProblem as problem:
        raise DataFileError(f"{folder}: {problem}") from None


def _part(path: Path, groups: Groups) -> Part:
    data = read_yaml(path)
    try:
        return build_part(data, groups)
    except DataProblem as problem:
        raise DataFileError(f"{path}:{line_of(path, problem.path)}: {problem}") from None


def _groups(path: Path) -> Groups:
    data = read_yaml(path)
    if not isinstance(data, Mapping):
        raise DataFileError(f"{path}:1: write name: and words divided by | here.")
    for name, words in data.items():
        if not isinstance(words, str):
            raise DataFileError(f"{path}:{line_of(path, (name,))}: {name} must be a text.")
    groups = Groups({str(name): " ".join(words.split()) for name, words in data.items()})
    for name in groups:
        try:
            groups[name]
        except PhraseError as error:
            raise DataFileError(f"{path}:{line_of(path, (name,))}: {name} {error}") from None
    return groups


def _words(folder: Path, lists_of: str = _WORDS) -> frozenset[str]:
    """The words of some lists of a language, all of them together no slip of the finger.

    A missing list only makes mending bolder, and leaves messages that name nothing to the model.
    """
    lists = [path.read_text(encoding="utf-8").split() for path in sorted(folder.glob(lists_of))]
    return frozenset(word for words in lists for word in words)
