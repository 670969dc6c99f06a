"""The words of a text with where they stand and whether their capital letter says anything."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from afterword.deid.spans import TAGGED
from afterword.deid.vocabulary import fold

_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_POSSESSIVE = re.compile(r"['’]s?$", re.IGNORECASE)
_ENDS = frozenset('.!?:;"“”«»(—\n¿¡')
_MOST_CAPITALS = 0.6


@dataclass(frozen=True)
class Token:
    """A word; `said` is it folded and without its possessive. `capital`: in mid-sentence."""

    start: int
    end: int
    said: str
    capital: bool
    begins: bool
    after: str = ""
    """The signs between the word before and this one."""


def tokens(text: str) -> list[Token]:
    """All words in order, tags left out; the text is `plain`."""
    found = list(_words(text))
    shouted = _shouts([word for word, _, _ in found])
    made: list[Token] = []
    for at, (word, start, end) in enumerate(found):
        between = text[found[at - 1][2] : start] if at else ""
        begins = at == 0 or bool(_ENDS & set(between))
        capital = word[0].isupper() and not begins and not shouted
        made.append(Token(start, end, fold(word), capital, begins, between))
    return made


def _words(text: str) -> Iterator[tuple[str, int, int]]:
    tagged = [match.span() for match in TAGGED.finditer(text)]
    for match in _WORD.finditer(text):
        if any(start <= match.start() < end for start, end in tagged):
            continue
        word = _POSSESSIVE.sub("", match[0])
        yield word, match.start(), match.start() + len(word)


def _shouts(words: list[str]) -> bool:
    """Where nearly all words have one, a capital letter says nothing."""
    capitals = sum(word[0].isupper() for word in words)
    loud = len(words) > 1 and all(word.isupper() for word in words)
    return loud or (len(words) > 2 and capitals > _MOST_CAPITALS * len(words))
