"""One slip of the finger: a word that nobody knows becomes the risk word that it nearly is."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from math import log2

from afterword.safety.normal import stretched_readings

_SHORTEST = 3
_STRANGEST = 4
_LONGEST = 24
_LEAST_PARTED = 6
_LEAST_MEAN = 2.5
"""Letters that the words have on average where spaces were left out."""
_STRETCHED = re.compile(r"([a-z])\1\1")
_KEYS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
_PLACE = {key: (row, at) for row, keys in enumerate(_KEYS) for at, key in enumerate(keys)}


class Mender:
    """`risk` are the words of the patterns, `known` all words that must stay as they are.

    `stems` are beginnings in the patterns: what begins so still does when it is mended.
    A word that more patterns name is likelier to be meant: give it more often, or with its count.
    Only unknown words are changed: what is a word by itself is taken as it was written.
    """

    def __init__(
        self,
        risk: Iterable[str] | Mapping[str, int],
        known: Iterable[str],
        stems: Iterable[str] = (),
    ) -> None:
        self._counts = Counter(risk)
        self._stems = tuple(stems)
        self.risk = frozenset(word for word in self._counts if word.isalpha())
        self._known = self.risk | set(known)
        self._by_shorter: dict[str, set[str]] = {}
        for word in self.risk:
            if len(word) > _SHORTEST:
                for shorter in {word, *_shorter(word)}:
                    self._by_shorter.setdefault(shorter, set()).add(word)
        self.mend = lru_cache(maxsize=8192)(self._mend)

    def _mend(self, word: str) -> str:
        if len(word) < _SHORTEST or word in self._known or len(word) > _LONGEST:
            return word
        if "*" in word:
            return self._uncensored(word) or word
        if not word.isalpha():
            return word
        if _STRETCHED.search(word):
            return self._unstretched(word)
        return self._near(word) or (not self._begins(word) and self._parted(word)) or word

    def _unstretched(self, word: str) -> str:
        readings = stretched_readings(word)
        for words in (self.risk, self._known):
            for one in readings:
                if one in words:
                    return one
        mended = [self.mend(one) for one in readings]
        return next((one for one in mended if one in self.risk), mended[-1])

    def _uncensored(self, word: str) -> str | None:
        """`k*ll`: as many letters as stars, or one more or less of them."""
        hidden = re.compile(re.sub(r"\*+", lambda run: f".{{1,{len(run[0]) + 1}}}", word))
        fits = [one for one in self.risk if hidden.fullmatch(one)]
        return min(fits, key=lambda one: (abs(len(one) - len(word)), one), default=None)

    def _near(self, word: str) -> str | None:
        """The risk word that is one slip away: the likeliest slip, then the likeliest word."""
        shorter = _shorter(word)
        found = {one for key in (word, *shorter) for one in self._by_shorter.get(key, ())}
        close = {one for one in found if _one_edit(word, one)}
        close.update(self.risk.intersection(_swaps(word)))
        close.update(self._doubled_in(word))
        begins = self._begins(word)
        # Of three letters too little is left to guess much.
        most = _STRANGEST if len(word) > _SHORTEST else 1
        ranked = [
            (3 * strange - log2(1 + self._counts[one]), one)
            for one in close
            if (strange := _strangeness(word, one)) <= most and one.startswith(begins)
        ]
        return min(ranked, default=(0.0, None))[1]

    def _begins(self, word: str) -> str:
        """The longest stem that the word begins with."""
        return max((stem for stem in self._stems if word.startswith(stem)), key=len, default="")

    def _doubled_in(self, word: str) -> Iterator[str]:
        """Short words of which one letter was typed twice: `diee`."""
        if len(word) == _SHORTEST + 1:
            once = (word[:at] + word[at + 1 :] for at in range(3) if word[at] == word[at + 1])
            yield from self.risk.intersection(once)

    def _parted(self, word: str) -> str | None:
        """Spaces that were missed: `killmyself`, `iwanttodie`."""
        if len(word) < _LEAST_PARTED:
            return None
        most = int(len(word) / _LEAST_MEAN)
        head, rest = ("i ", word[1:]) if word[0] == "i" else ("", word)
        parts = next(self._partings(word, most), None)
        if parts is None and head:
            parts = next(self._partings(rest, most - 1), None)
            return head + " ".join(parts) if parts else None
        return " ".join(parts) if parts else None

    def _partings(self, word: str, most: int) -> Iterator[tuple[str, ...]]:
        """Ways to cut a word into words of the patterns, long ones first."""
        if not word:
            yield ()
        elif most:
            for at in range(len(word), 1, -1):
                if word[:at] in self.risk:
                    for rest in self._partings(word[at:], most - 1):
                        yield (word[:at], *rest)


def _shorter(word: str) -> list[str]:
    return [word[:at] + word[at + 1 :] for at in range(len(word))]


def _swaps(word: str) -> list[str]:
    return [word[:at] + word[at + 1] + word[at] + word[at + 2 :] for at in range(len(word) - 1)]


def _one_edit(one: str, other: str) -> bool:
    """Whether one letter more, less or other makes the words the same."""
    if abs(len(one) - len(other)) > 1:
        return False
    rest, more = _from_difference(one, other)
    if len(rest) == len(more):
        return rest[1:] == more[1:]
    return rest[1:] == more if len(rest) > len(more) else rest == more[1:]


def _from_difference(one: str, other: str) -> tuple[str, str]:
    start = 0
    while start < min(len(one), len(other)) and one[start] == other[start]:
        start += 1
    return one[start:], other[start:]


def _strangeness(word: str, meant: str) -> int:
    """How unlikely this slip is: few miss the first key, or one that is far from the right one."""
    rest, more = _from_difference(word, meant)
    first = 2 if len(rest) == len(word) else 0
    if len(word) < len(meant):
        return first + 1
    if len(word) > len(meant):
        at = len(word) - len(rest)
        if at and word[at] == word[at - 1]:
            return first + (1 if len(meant) == _SHORTEST else 0)
        return first + 2
    if rest[1::-1] == more[:2]:
        return first
    return first + (1 if _beside(rest[0], more[0]) else 2)


def _beside(one: str, other: str) -> bool:
    """Whether two keys lie beside each other."""
    if one not in _PLACE or other not in _PLACE:
        return False
    (row, at), (other_row, other_at) = _PLACE[one], _PLACE[other]
    return abs(row - other_row) <= 1 and abs(at - other_at) <= 1
