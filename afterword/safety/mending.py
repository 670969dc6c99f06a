"""One slip of the finger: a word that nobody knows becomes the risk word that it nearly is."""

from collections.abc import Iterable
from functools import lru_cache

_SHORTEST = 4
_LETTERS = 3


class Mender:
    """`risk` are the words of the patterns, `known` all words that must stay as they are."""

    def __init__(self, risk: Iterable[str], known: Iterable[str]) -> None:
        self._risk = {word for word in risk if word.isalpha()}
        self._known = self._risk | set(known)
        self._by_shorter: dict[str, set[str]] = {}
        for word in self._risk:
            if len(word) >= _SHORTEST:
                for shorter in {word, *_shorter(word)}:
                    self._by_shorter.setdefault(shorter, set()).add(word)
        self.mend = lru_cache(maxsize=8192)(self._mend)

    def _mend(self, word: str) -> str:
        if len(word) < _LETTERS or word in self._known or not word.isalpha():
            return word
        swapped = sorted(self._risk & set(_swaps(word)))
        if swapped:
            return swapped[0]
        if len(word) >= _SHORTEST:
            near = self._near(word)
            if near:
                return near
        return self._parted(word) or word

    def _near(self, word: str) -> str | None:
        found: set[str] = set()
        for shorter in {word, *_shorter(word)}:
            found |= self._by_shorter.get(shorter, set())
        close = [one for one in found if _one_edit(word, one)]
        # The same first letter is likelier: few miss the first key.
        close.sort(key=lambda one: (one[0] != word[0], abs(len(one) - len(word)), one))
        return close[0] if close else None

    def _parted(self, word: str) -> str | None:
        """A space that was missed: `killmyself`."""
        for at in range(len(word) - 2, 1, -1):
            head, tail = word[:at], word[at:]
            if tail in self._risk and head in self._risk and len(head) + len(tail) > 5:
                return f"{head} {tail}"
        return None


def _shorter(word: str) -> list[str]:
    return [word[:at] + word[at + 1 :] for at in range(len(word))]


def _swaps(word: str) -> list[str]:
    return [word[:at] + word[at + 1] + word[at] + word[at + 2 :] for at in range(len(word) - 1)]


def _one_edit(one: str, other: str) -> bool:
    """Whether one letter more, less or other makes the words the same."""
    if abs(len(one) - len(other)) > 1:
        return False
    start = 0
    while start < min(len(one), len(other)) and one[start] == other[start]:
        start += 1
    rest, more = one[start:], other[start:]
    if len(rest) == len(more):
        return rest[1:] == more[1:]
    return rest[1:] == more if len(rest) > len(more) else rest == more[1:]
