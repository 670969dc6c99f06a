"""The small language in which patterns are written, and the search for them.

    i {want} to (die|be dead)      words; one of several; one of a named group
    kill* [all] of them            a word that begins so; something that may be left out
    i ... hurt myself              up to four other words of the same sentence
    too many ~(pills|of|*pam)      one word of the sentence that begins, or ends, as none of these
    ^ goodbye $                    the message's first and last word

Words are compared in their normal form (normal.py): lower case, no accents, no apostrophes. A comma
may stand between any two of them.
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

_PIECE = re.compile(r"\s*(\.\.\.|~(?=[({])|[()|\[\]^$]|\{[a-z0-9_]+\}|[^\s()|\[\]{}^$~]+)")
_GAP = 4
_DEEPEST = 8
COMMA, STOP = ",", "."

Tokens = Sequence[str]
Ends = Collection[int]


class PhraseError(ValueError):
    """A phrase is not well formed; the message says how."""


class Node:
    """A part of a phrase. `starts` are keys of which one must open it; None when any may.

    Of each set in `needs` one key must be in the text. A key is a word, or the beginning of one
    with a * behind it.
    """

    starts: frozenset[str] | None = None
    needs: tuple[frozenset[str], ...] = ()
    words: frozenset[str] = frozenset()
    stems: frozenset[str] = frozenset()

    def ends(self, tokens: Tokens, at: int) -> Ends:
        """Where this part may end when it begins at `at`."""
        raise NotImplementedError


class _Words(Node):
    """One word out of a set, or one with such a beginning."""

    def __init__(self, words: Collection[str], stems: Collection[str]) -> None:
        self.words = frozenset(words)
        self.stems = frozenset(stems)
        self._stems = tuple(stems)
        self.starts = self.words | {f"{stem}*" for stem in stems}
        self.needs = (self.starts,)

    def ends(self, tokens: Tokens, at: int) -> Ends:
        if at < len(tokens) and tokens[at] == COMMA and COMMA not in self.words:
            at += 1
        if at >= len(tokens):
            return ()
        word = tokens[at]
        if word in self.words or (self._stems and word.startswith(self._stems)):
            return (at + 1,)
        return ()


class _Edge(Node):
    """The beginning or the end of the message."""

    def __init__(self, *, first: bool) -> None:
        self._first = first

    def ends(self, tokens: Tokens, at: int) -> Ends:
        if self._first:
            return (at,) if at == 0 else ()
        return (at,) if all(token in (COMMA, STOP) for token in tokens[at:]) else ()


class _Gap(Node):
    """Up to four other words of the same sentence."""

    def ends(self, tokens: Tokens, at: int) -> Ends:
        last, words = at, 0
        while last < len(tokens) and words < _GAP and tokens[last] != STOP:
            words += tokens[last] != COMMA
            last += 1
        return range(at, last + 1)


class _Tail(Node):
    """A word that ends so."""

    def __init__(self, tail: str) -> None:
        self._tail = tail

    def ends(self, tokens: Tokens, at: int) -> Ends:
        return (at + 1,) if at < len(tokens) and tokens[at].endswith(self._tail) else ()


class _Other(Node):
    """One word with which none of these begins: an object that is no pill, say."""

    def __init__(self, none_of: Node) -> None:
        self._none_of = none_of
        # Slips in these are mended too, and a change in them is a change of the rule.
        self.words = none_of.words
        self.stems = none_of.stems

    def ends(self, tokens: Tokens, at: int) -> Ends:
        if at >= len(tokens) or tokens[at] in (COMMA, STOP) or self._none_of.ends(tokens, at):
            return ()
        return (at + 1,)


class _Optional(Node):
    def __init__(self, inner: Node) -> None:
        self._inner = inner
        self.words = inner.words
        self.stems = inner.stems

    def ends(self, tokens: Tokens, at: int) -> Ends:
        return (at, *self._inner.ends(tokens, at))


class _Either(Node):
    """One of several ways; a look at the next word leaves few of them to try."""

    def __init__(self, ways: Sequence[Node]) -> None:
        starts = [way.starts for way in ways]
        known = [one for one in starts if one is not None]
        self.starts = frozenset().union(*known) if len(known) == len(starts) else None
        if all(way.needs for way in ways):
            self.needs = (frozenset().union(*(rarest(way) for way in ways)),)
        self.words = frozenset().union(*(way.words for way in ways))
        self.stems = frozenset().union(*(way.stems for way in ways))
        self._any = tuple(way for way in ways if way.starts is None)
        self._by_word: dict[str, tuple[Node, ...]] = {}
        self._by_stem: dict[str, tuple[Node, ...]] = {}
        for way in ways:
            for key in way.starts or ():
                index = self._by_stem if key.endswith("*") else self._by_word
                index[key.rstrip("*")] = (*index.get(key.rstrip("*"), ()), way)
        self._stems = tuple(self._by_stem)

    def ends(self, tokens: Tokens, at: int) -> Ends:
        ways = self._any
        for word in tokens[at : at + 2]:
            ways += self._by_word.get(word, ())
            if self._stems and word.startswith(self._stems):
                for stem in self._stems:
                    if word.startswith(stem):
                        ways += self._by_stem[stem]
            if word != COMMA:
                break
        if not ways:
            return ()
        return {end for way in ways for end in way.ends(tokens, at)}


class _Sequence(Node):
    def __init__(self, parts: Sequence[Node]) -> None:
        self._parts = parts
        self.words = frozenset().union(*(part.words for part in parts))
        self.stems = frozenset().union(*(part.stems for part in parts))
        self.starts = self._first_starts()
        self.needs = tuple(need for part in parts for need in part.needs)

    def _first_starts(self) -> frozenset[str] | None:
        """What may stand first; what may be left out leads on to what follows it."""
        found: frozenset[str] = frozenset()
        for part in self._parts:
            inner = part._inner if isinstance(part, _Optional) else part
            if isinstance(inner, _Edge):
                continue
            if inner.starts is None:
                return None
            found |= inner.starts
            if inner is part:
                return found
        return None

    def ends(self, tokens: Tokens, at: int) -> Ends:
        ends: Ends = (at,)
        for part in self._parts:
            if len(ends) == 1:
                (start,) = ends
                ends = part.ends(tokens, start)
            else:
                ends = {end for start in ends for end in part.ends(tokens, start)}
            if not ends:
                return ()
        return ends


@dataclass(frozen=True, eq=False)
class Phrase:
    """A phrase that can be searched for."""

    source: str
    root: Node

    @property
    def rarest(self) -> frozenset[str]:
        """Keys of which one is in every text that matches: the fewest texts have one of these."""
        return rarest(self.root)

    @property
    def needs(self) -> tuple[frozenset[str], ...]:
        """Sets of keys; a text that matches has one key of each."""
        return self.root.needs

    @property
    def words(self) -> frozenset[str]:
        """All words that it can match, also those of its groups."""
        return self.root.words

    @property
    def written(self) -> list[str]:
        """The words that stand in the phrase itself, as often as they do."""
        return [piece for piece in _split(self.source) if piece in self.root.words]

    @property
    def stems(self) -> frozenset[str]:
        return self.root.stems

    def places(self, text: "Text") -> Iterator[tuple[int, int]]:
        """Where it is found, as the first token and the one after the last."""
        for start in text.positions(self.root.starts):
            ends = self.root.ends(text.tokens, start)
            if ends:
                yield start, max(ends)


class Text:
    """A text in normal form, ready to be searched."""

    def __init__(self, normal: str) -> None:
        self.tokens = normal.split()
        self._at: dict[str, list[int]] = {}
        for at, token in enumerate(self.tokens):
            for key in _keys(token):
                self._at.setdefault(key, []).append(at)
        self.keys: frozenset[str] = frozenset(self._at)
        """Every word, and every beginning of one with a * behind it."""

    def positions(self, starts: frozenset[str] | None) -> Collection[int]:
        """Where a phrase with these starts may begin."""
        if starts is None:
            return range(len(self.tokens))
        found = self.keys & starts
        return {at for key in found for at in self._at[key]}


@lru_cache(maxsize=4096)
def _keys(token: str) -> tuple[str, ...]:
    if token in (COMMA, STOP):
        return (token,)
    return (token, *(f"{token[:length]}*" for length in range(1, len(token) + 1)))


def compile_phrase(source: str, groups: Mapping[str, Node]) -> Phrase:
    """Compiles a phrase. Raises PhraseError."""
    root = _Reader(source, groups).whole()
    if not root.needs:
        raise PhraseError("needs at least one word that must be there")
    return Phrase(source, root)


class Groups(Mapping[str, Node]):
    """The named groups of a language; each is compiled once, when it is first named."""

    def __init__(self, sources: Mapping[str, str]) -> None:
        self._sources = sources
        self._ready: dict[str, Node] = {}
        self._open: list[str] = []

    def __getitem__(self, name: str) -> Node:
        """Raises KeyError for an unknown name and PhraseError for a circle."""
        if name not in self._ready:
            source = self._sources[name]
            if name in self._open or len(self._open) > _DEEPEST:
                raise PhraseError(f"the group {name} names itself")
            self._open.append(name)
            try:
                self._ready[name] = _Reader(source, self).whole()
            finally:
                self._open.pop()
        return self._ready[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._sources)

    def __len__(self) -> int:
        return len(self._sources)


class _Reader:
    def __init__(self, source: str, groups: Mapping[str, Node]) -> None:
        self._groups = groups
        self._pieces = _split(source)
        self._at = 0

    def whole(self) -> Node:
        node = self._choice()
        if self._at < len(self._pieces):
            raise PhraseError(f"has a {self._pieces[self._at]} too many")
        return node

    def _choice(self) -> Node:
        ways = [self._sequence()]
        while self._peek() == "|":
            self._at += 1
            ways.append(self._sequence())
        return _either(ways)

    def _sequence(self) -> Node:
        parts = []
        while (piece := self._peek()) not in (None, "|", ")", "]"):
            self._at += 1
            parts.append(self._one(str(piece)))
        if not parts:
            raise PhraseError("has an empty part")
        return parts[0] if len(parts) == 1 else _Sequence(parts)

    def _one(self, piece: str) -> Node:
        if piece in "([":
            inner = self._choice()
            if self._peek() != (")" if piece == "(" else "]"):
                raise PhraseError(f"has a {piece} that is not closed")
            self._at += 1
            return inner if piece == "(" else _Optional(inner)
        if piece == "...":
            return _Gap()
        if piece in "^$":
            return _Edge(first=piece == "^")
        if piece == "~":
            return self._other()
        return self._group(piece[1:-1]) if piece.startswith("{") else _word(piece)

    def _other(self) -> Node:
        piece = str(self._peek())
        self._at += 1
        return _Other(self._one(piece))

    def _group(self, name: str) -> Node:
        try:
            return self._groups[name]
        except KeyError:
            raise PhraseError(f"names the group {name}, which does not exist") from None

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


@cache  # The rules name one word ten times.
def _word(piece: str) -> Node:
    stem = piece.rstrip("*")
    if piece == f"*{stem[1:]}" and len(stem) > 1 and "*" not in stem[1:]:
        return _Tail(stem[1:])
    if not stem or "*" in stem:
        raise PhraseError(f"{piece}: a * stands at the end of a word")
    return _Words((), (stem,)) if piece.endswith("*") else _Words((stem,), ())


def _either(ways: Sequence[Node]) -> Node:
    """One of several ways; single words are looked up together."""
    if len(ways) == 1:
        return ways[0]
    single = [way for way in ways if isinstance(way, _Words)]
    others = [way for way in ways if not isinstance(way, _Words)]
    if len(single) > 1:
        words = frozenset().union(*(way.words for way in single))
        stems = [stem for way in single for stem in way._stems]
        others.append(_Words(words, stems))
        single = []
    ways = [*single, *others]
    return ways[0] if len(ways) == 1 else _Either(ways)


def rarest(node: Node) -> frozenset[str]:
    """Of the needs of a node the one with long words, and few of them."""
    return max(node.needs, key=_rarity)


def _rarity(keys: frozenset[str]) -> float:
    return min(len(key) for key in keys) - 0.2 * len(keys)
