"""The small language in which patterns are written, and its way to a regular expression.

    i {want} to (die|be dead)      words; one of several; one of a named group
    kill* [all] of them            a word that begins so; something that may be left out
    i ... hurt myself              up to four other words of the same sentence
    ^ goodbye $                    the message's first and last word

Words are compared in their normal form (normal.py): lower case, no accents, no apostrophes.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

_PIECE = re.compile(r"\s*(\.\.\.|[()|\[\]^$]|\{[a-z0-9_]+\}|[^\s()|\[\]{}^$]+)")
_JOIN = " (?:, )?"
_GAP = "(?:[^ .]+ ){0,4}?"
_DEEPEST = 6


class PhraseError(ValueError):
    """A phrase is not well formed; the message says how."""


@dataclass(frozen=True)
class Phrase:
    """A compiled phrase. A text without one of the `anchors` cannot match."""

    expression: re.Pattern[str]
    anchors: frozenset[str]
    words: frozenset[str]


@dataclass(frozen=True)
class _Part:
    """A piece of the expression; `anchors` is None when it may be empty or match anything."""

    text: str
    anchors: frozenset[str] | None
    words: frozenset[str] = frozenset()
    optional: bool = False
    gap: bool = False


def compile_phrase(source: str, groups: Mapping[str, str]) -> Phrase:
    """Compiles a phrase. Raises PhraseError."""
    part = _Reader(source, groups).whole()
    if not part.anchors:
        raise PhraseError("needs at least one word that must be there")
    expression = re.compile(rf"(?<![^ ]){part.text}(?![^ ])")
    return Phrase(expression, part.anchors, part.words)


class _Reader:
    def __init__(self, source: str, groups: Mapping[str, str], depth: int = 0) -> None:
        if depth > _DEEPEST:
            raise PhraseError("groups name each other in a circle")
        self._groups = groups
        self._depth = depth
        self._pieces = _split(source)
        self._at = 0

    def whole(self) -> _Part:
        part = self._choice()
        if self._at < len(self._pieces):
            raise PhraseError(f"has a {self._pieces[self._at]} too many")
        return part

    def _choice(self) -> _Part:
        ways = [self._sequence()]
        while self._peek() == "|":
            self._at += 1
            ways.append(self._sequence())
        return _either(ways)

    def _sequence(self) -> _Part:
        parts = []
        while (piece := self._peek()) not in (None, "|", ")", "]"):
            self._at += 1
            parts.append(self._one(str(piece)))
        if not parts:
            raise PhraseError("has an empty part")
        return _joined(parts)

    def _one(self, piece: str) -> _Part:
        if piece in "([":
            inner = self._choice()
            if self._peek() != (")" if piece == "(" else "]"):
                raise PhraseError(f"has a {piece} that is not closed")
            self._at += 1
            if piece == "(":
                return inner
            return _Part(inner.text, None, inner.words, optional=True)
        if piece == "...":
            return _Part(_GAP, None, gap=True)
        if piece == "^":
            return _Part("^", None, optional=True)
        if piece == "$":
            return _Part("$", None, optional=True)
        if piece.startswith("{"):
            return self._group(piece[1:-1])
        return _word(piece)

    def _group(self, name: str) -> _Part:
        if name not in self._groups:
            raise PhraseError(f"names the group {name}, which does not exist")
        return _Reader(self._groups[name], self._groups, self._depth + 1).whole()

    def _peek(self) -> str | None:
        return self._pieces[self._at] if self._at < len(self._pieces) else None


def _split(source: str) -> list[str]:
    pieces, at = [], 0
    while source[at:].strip():
        found = _PIECE.match(source, at)
        if found is None:
            raise PhraseError(f"cannot be read from {source[at : at + 12]!r} on")
        pieces.append(found[1])
        at = found.end()
    return pieces


def _word(piece: str) -> _Part:
    stem = piece.rstrip("*")
    if not stem or "*" in stem:
        raise PhraseError(f"{piece}: a * stands at the end of a word")
    if piece.endswith("*"):
        return _Part(re.escape(stem) + "[^ .,]*", frozenset({stem}))
    return _Part(re.escape(stem), frozenset({stem}), frozenset({stem}))


def _either(ways: list[_Part]) -> _Part:
    if len(ways) == 1:
        return ways[0]
    words = frozenset().union(*(way.words for way in ways))
    anchors: frozenset[str] | None = frozenset()
    for way in ways:
        anchors = None if anchors is None or way.anchors is None else anchors | way.anchors
    return _Part("(?:" + "|".join(way.text for way in ways) + ")", anchors, words)


def _joined(parts: list[_Part]) -> _Part:
    """The parts one after the other; what may be left out takes its space along."""
    text, space = "", ""
    for part in parts:
        if part.text == "^":
            text += "^"
        elif part.text == "$":
            text += "$"
        elif part.gap:
            text += space + _GAP
            space = ""
        elif part.optional:
            text += f"(?:{space}{part.text})?" if space else f"(?:{part.text}{_JOIN})?"
        else:
            text += space + part.text
            space = _JOIN
    known = [part.anchors for part in parts if part.anchors]
    # The rarest must be there: long words, few of them.
    best = max(known, key=_rarity) if known else None
    return _Part(text, best, frozenset().union(*(part.words for part in parts)))


def _rarity(anchors: frozenset[str]) -> float:
    return min(len(word) for word in anchors) - 0.2 * len(anchors)
