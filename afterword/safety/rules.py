"""The rules of one language, built from data that a clinician can read and diff."""

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Any, TypeVar

from afterword.problems import DataProblem
from afterword.safety.finding import Category, Tier
from afterword.safety.normal import normal_form
from afterword.safety.phrases import Groups, Phrase, PhraseError, Text, compile_phrase

_Path = tuple[str | int, ...]
_Kind = TypeVar("_Kind", bound=StrEnum)
_NEAR = 5
_KEYS = {
    *("id", "owner", "kind", "layer", "category", "tier", "questions", "match", "test", "not"),
    *("categories", "cancels", "scope", "to", "near"),
}


class Layer(StrEnum):
    """How sure a pattern is: no context lowers an explicit hit to nothing."""

    EXPLICIT = "explicit"
    COMPOSED = "composed"


class Scope(StrEnum):
    """Where a mitigation must stand for it to bear on a hit."""

    BEFORE = "before"
    AFTER = "after"
    OVER = "over"
    SENTENCE = "sentence"
    MESSAGE = "message"


@dataclass(frozen=True)
class Pattern:
    """Words that call for something. `questions`: only as an answer to one of these."""

    id: str
    layer: Layer
    category: Category
    tier: Tier
    phrases: tuple[Phrase, ...]
    questions: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Cue:
    """Words that make it urgent: a hit of these categories in the same message rises one tier."""

    id: str
    categories: frozenset[Category]
    phrases: tuple[Phrase, ...]


@dataclass(frozen=True)
class Mitigation:
    """Words around a hit that lower it to at most `to`. `near`: words between the two."""

    id: str
    kind: str
    scope: Scope
    to: Tier
    categories: frozenset[Category]
    phrases: tuple[Phrase, ...]
    near: int = _NEAR


@dataclass(frozen=True)
class Retraction:
    """Words that take a lowering back: *that was a lie*, *but now it is back*."""

    id: str
    cancels: frozenset[str]
    phrases: tuple[Phrase, ...]


Entry = Pattern | Cue | Mitigation | Retraction


@dataclass(frozen=True)
class RuleSet:
    """All rules of one language."""

    language: str
    patterns: tuple[Pattern, ...]
    cues: tuple[Cue, ...] = ()
    mitigations: tuple[Mitigation, ...] = ()
    retractions: tuple[Retraction, ...] = ()

    @cached_property
    def vocabulary(self) -> frozenset[str]:
        """All words of the phrases."""
        return frozenset().union(*(phrase.words for phrase in self.phrases.values()))

    @cached_property
    def needs(self) -> "Needs":
        """What a text must have in it for a phrase to be tried on it."""
        return Needs(self.phrases)

    @cached_property
    def phrases(self) -> Mapping[int, Phrase]:
        """Every phrase by its identity."""
        return {id(phrase): phrase for entry in self.entries for phrase in entry.phrases}

    @cached_property
    def pattern_of(self) -> Mapping[int, Pattern]:
        """The pattern that a phrase belongs to, where it belongs to one."""
        return {id(phrase): one for one in self.patterns for phrase in one.phrases}

    @property
    def entries(self) -> tuple[Entry, ...]:
        return (*self.patterns, *self.cues, *self.mitigations, *self.retractions)

    @property
    def ids(self) -> tuple[str, ...]:
        return tuple(entry.id for entry in self.entries)


class Needs:
    """Which phrases a text can match at all, by the words in it.

    Every set of keys of which one must be there is a bit; phrases share most of them.
    """

    def __init__(self, phrases: Mapping[int, Phrase]) -> None:
        bits: dict[frozenset[str], int] = {}
        self._met_by: dict[str, int] = {}
        self._lead_to: dict[str, list[tuple[int, int]]] = {}
        for name, phrase in phrases.items():
            all_of = 0
            for need in phrase.needs:
                all_of |= bits.setdefault(need, 1 << len(bits))
            for key in phrase.rarest:
                self._lead_to.setdefault(key, []).append((name, all_of))
        for need, bit in bits.items():
            for key in need:
                self._met_by[key] = self._met_by.get(key, 0) | bit

    def met_by(self, keys: Set[str]) -> frozenset[int]:
        """The phrases of which each part has a word among the keys: few, only these are tried."""
        met = 0
        for key in self._met_by.keys() & keys:
            met |= self._met_by[key]
        return frozenset(
            name
            for key in self._lead_to.keys() & keys
            for name, all_of in self._lead_to[key]
            if all_of & met == all_of
        )


@dataclass(frozen=True)
class Part:
    """One data file as far as it was built, and its lines: what must and must not match."""

    entries: tuple[Entry, ...]
    lines: tuple["TestLine", ...]


@dataclass(frozen=True)
class TestLine:
    """A sentence that belongs to an entry; `path` leads to it in the data."""

    __test__ = False

    entry: str
    text: str
    hits: bool
    path: _Path


def build_part(data: Any, groups: Groups) -> Part:
    """Builds the entries of one file. Raises DataProblem with the place of what is wrong."""
    if not isinstance(data, Mapping):
        raise DataProblem((), "write owner: and entries: here")
    owner = data.get("owner")
    entries: list[Entry] = []
    lines: list[TestLine] = []
    listed = data.get("entries")
    if not isinstance(listed, Sequence) or isinstance(listed, str) or not listed:
        raise DataProblem((), "has no entries")
    for at, raw in enumerate(listed):
        path: _Path = ("entries", at)
        if not isinstance(raw, Mapping):
            raise DataProblem(path, "must be id:, match: and test:")
        if not (raw.get("owner") or owner):
            raise DataProblem(path, "has no owner: say who answers for it")
        entry = _entry(raw, {**_defaults(data), **raw}, path, groups)
        if any(one.id == entry.id for one in entries):
            raise DataProblem((*path, "id"), f"the id {entry.id} is used twice")
        entries.append(entry)
        lines += _lines(raw, entry.id, path)
    check_lines(entries, lines)
    return Part(tuple(entries), tuple(lines))


def join_parts(language: str, parts: Iterable[Part]) -> RuleSet:
    """All parts of a language together. Raises DataProblem when an id is used twice."""
    entries = [entry for part in parts for entry in part.entries]
    ids: set[str] = set()
    for entry in entries:
        if entry.id in ids:
            raise DataProblem((), f"the id {entry.id} is used twice")
        ids.add(entry.id)
    return RuleSet(
        language,
        tuple(entry for entry in entries if isinstance(entry, Pattern)),
        tuple(entry for entry in entries if isinstance(entry, Cue)),
        tuple(entry for entry in entries if isinstance(entry, Mitigation)),
        tuple(entry for entry in entries if isinstance(entry, Retraction)),
    )


def check_lines(entries: Sequence[Entry], lines: Sequence[TestLine]) -> None:
    """Holds each entry to its own lines. Raises DataProblem."""
    known = {entry.id: entry for entry in entries}
    for line in lines:
        text = Text(normal_form(line.text))
        found = any(True for one in known[line.entry].phrases for _ in one.places(text))
        if found != line.hits:
            wanted = "is not matched" if line.hits else "is matched, and must not be"
            raise DataProblem(line.path, f"this line of {line.entry} {wanted}")


def _defaults(data: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in data.items() if key not in {"entries", "owner", "groups"}}


def _entry(raw: Mapping[str, Any], filled: Mapping[str, Any], path: _Path, groups: Groups) -> Entry:
    key = _text(raw, "id", path)
    for name in raw:
        if name not in _KEYS:
            raise DataProblem(
                (*path, name), f"{name}: is not known; use {', '.join(sorted(_KEYS))}"
            )
    phrases = _phrases(raw, path, groups)
    kind = str(filled.get("kind", "pattern"))
    if kind == "pattern":
        return Pattern(
            key,
            _one_of(Layer, filled, "layer", path),
            _one_of(Category, filled, "category", path),
            _tier(filled, "tier", path, least=Tier.NOTE),
            phrases,
            frozenset(_texts(filled, "questions", path)),
        )
    if kind == "cue":
        return Cue(key, _categories(filled, path), phrases)
    if kind == "retraction":
        cancels = frozenset(_texts(filled, "cancels", path))
        if not cancels:
            raise DataProblem(path, "cancels: must name the kinds that are taken back")
        return Retraction(key, cancels, phrases)
    return Mitigation(
        key,
        kind,
        _one_of(Scope, filled, "scope", path),
        _tier(filled, "to", path),
        _categories(filled, path),
        phrases,
        _count(filled, "near", path),
    )


def _phrases(raw: Mapping[str, Any], path: _Path, groups: Groups) -> tuple[Phrase, ...]:
    sources = _texts(raw, "match", path)
    if not sources:
        raise DataProblem(path, "has no match:")
    phrases = []
    for at, source in enumerate(sources):
        try:
            phrases.append(compile_phrase(source, groups))
        except PhraseError as error:
            raise DataProblem((*path, "match", at), f"{source}: {error}") from None
    return tuple(phrases)


def _lines(raw: Mapping[str, Any], entry: str, path: _Path) -> list[TestLine]:
    lines = []
    for key, hits in (("test", True), ("not", False)):
        for at, text in enumerate(_texts(raw, key, path)):
            lines.append(TestLine(entry, text, hits, (*path, key, at)))
    if not any(line.hits for line in lines):
        raise DataProblem(path, f"{entry} has no test: line")
    return lines


def _text(raw: Mapping[str, Any], key: str, path: _Path) -> str:
    value = raw.get(key)
    if not isinstance(value, str) or not value:
        raise DataProblem(path, f"has no {key}:")
    return value


def _texts(raw: Mapping[str, Any], key: str, path: _Path) -> list[str]:
    """A text, or a list of them; nothing when the key is not there."""
    given = raw.get(key, ())
    texts = [given] if isinstance(given, str) else given
    if not isinstance(texts, Sequence) or not all(isinstance(one, str) for one in texts):
        raise DataProblem((*path, key), f"{key}: must be a text or a list of texts")
    return list(texts)


def _count(raw: Mapping[str, Any], key: str, path: _Path) -> int:
    value = raw.get(key, _NEAR)
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise DataProblem((*path, key), f"{key}: must be a number of words")
    return int(value)


def _one_of(kind: type[_Kind], raw: Mapping[str, Any], key: str, path: _Path) -> _Kind:
    try:
        return kind(str(raw.get(key)))
    except ValueError:
        raise DataProblem(path, f"{key}: must be one of {', '.join(kind)}") from None


def _tier(raw: Mapping[str, Any], key: str, path: _Path, least: Tier = Tier.NONE) -> Tier:
    words = {tier.word: tier for tier in Tier if tier >= least}
    try:
        return words[str(raw.get(key))]
    except KeyError:
        raise DataProblem(path, f"{key}: must be one of {', '.join(words)}") from None


def _categories(raw: Mapping[str, Any], path: _Path) -> frozenset[Category]:
    if "categories" not in raw:
        return frozenset(Category)
    try:
        return frozenset(map(Category, _texts(raw, "categories", path)))
    except ValueError:
        raise DataProblem(path, f"categories: must be of {', '.join(Category)}") from None
