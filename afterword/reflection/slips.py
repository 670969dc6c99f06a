"""Slips of the finger in the words that say how much: "mostky", "compleatly". Pure."""

from collections.abc import Iterable

from afterword.reflection.lexicon import Lexicon, Tokens

# Short words are one letter from too many others, "some" from "same".
_SHORTEST = 6
_LONG = 10
"""From this length on two letters may be wrong."""


def long_words(phrases: Iterable[Tokens]) -> frozenset[str]:
    """The words of phrases that a slip can be told of."""
    return frozenset(word for phrase in phrases for word in phrase if len(word) >= _SHORTEST)


def mended(words: Tokens, known: frozenset[str], lexicon: Lexicon) -> Tokens:
    """The words, each slip put right where only one of the `known` long words can be meant.

    Before that what many write in their own way, "yeh", "alot", is put as it is in the lists.
    """
    words = tuple(one for word in words for one in lexicon.spelled.get(word, (word,)))
    if all(len(word) < _SHORTEST - 1 for word in words):
        return words
    return tuple(
        word if word in known or word in lexicon.vocabulary else _meant(word, known) or word
        for word in words
    )


def _meant(word: str, known: Iterable[str]) -> str | None:
    if len(word) < _SHORTEST - 1 or not word.isalpha():
        return None
    near = {one for one in known if _is_near(word, one)}
    return near.pop() if len(near) == 1 else None


def _is_near(word: str, other: str) -> bool:
    # People seldom miss the first letter, and with it goes most of what could be confused.
    limit = 2 if len(word) >= _LONG else 1
    if word[0] != other[0] or abs(len(word) - len(other)) > limit:
        return False
    return _distance(word, other) <= limit


def _distance(one: str, other: str) -> int:
    """How many letters are missing, too many, wrong, or swapped with their neighbour."""
    before: list[int] = []
    row = list(range(len(other) + 1))
    for at, letter in enumerate(one, 1):
        following = [at]
        for there, wanted in enumerate(other, 1):
            cost = min(row[there] + 1, following[-1] + 1, row[there - 1] + (letter != wanted))
            swapped = at > 1 and there > 1 and one[at - 2 : at] == other[there - 2 : there][::-1]
            following.append(min(cost, before[there - 2] + 1) if swapped else cost)
        before, row = row, following
    return row[-1]
