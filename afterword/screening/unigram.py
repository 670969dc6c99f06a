"""A message as the numbers that the multilingual encoder reads: the likeliest pieces of its words.

A piece is a part of a word with a score, the logarithm of how often it is met; of all ways to cut a
word the one with the greatest sum is taken (Kudo 2018, arXiv 1804.10959).
"""

from collections.abc import Iterable
from functools import lru_cache

START, PAD, END, UNKNOWN = range(4)
"""Their numbers; the pieces come after them, in their order."""
_LONGEST_WORD = 40
_BEGIN = "\u2581"
_NEVER = float("-inf")
_UNKNOWN_COSTS = 10.0


class Unigram:
    """Pieces of words and their numbers."""

    def __init__(self, content: str) -> None:
        """Reads a line for each piece: the piece, a tab, its score. Raises ValueError."""
        self._pieces = dict(_entries(content.removesuffix("\n").split("\n")))
        self._longest = max(map(len, self._pieces))
        self._unknown = min(score for _, score in self._pieces.values()) - _UNKNOWN_COSTS
        self.start, self.pad, self.end = START, PAD, END
        # Its own sign for a hidden piece is not among those that were kept.
        self.hidden = START
        self._of_word = lru_cache(maxsize=20_000)(self._word)

    def pieces(self, text: str) -> list[int]:
        """The numbers of a cleaned text, without start and end."""
        return [piece for word in text.split() for piece in self._of_word(word[:_LONGEST_WORD])]

    def _word(self, word: str) -> tuple[int, ...]:
        signs = _BEGIN + word
        best = [0.0, *[_NEVER] * len(signs)]
        last = [(0, UNKNOWN)] * len(best)
        for start in range(len(signs)):
            for end in range(start + 1, min(len(signs), start + self._longest) + 1):
                number, score = self._pieces.get(signs[start:end], (UNKNOWN, _NEVER))
                if number == UNKNOWN and end == start + 1:
                    score = self._unknown
                if best[start] + score > best[end]:
                    best[end], last[end] = best[start] + score, (start, number)
        found = []
        at = len(signs)
        while at:
            at, number = last[at]
            found.append(number)
        return tuple(reversed(found))


def _entries(lines: Iterable[str]) -> Iterable[tuple[str, tuple[int, float]]]:
    for number, line in enumerate(lines, start=UNKNOWN + 1):
        piece, _, score = line.partition("\t")
        yield piece, (number, float(score))
