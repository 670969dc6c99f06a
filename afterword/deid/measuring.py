"""How much of what leads to somebody is taken out of marked lines, and how much else with it."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from afterword.deid.spans import TAGGED, Tag
from afterword.deid.vocabulary import fold

_MARKED = re.compile(rf"\[({'|'.join(Tag)}):([^\]]*)\]")
_PIECE = re.compile(r"[^\W_]+")

Masker = Callable[[str, str], str]
"""A text and its language, to the text without what leads to somebody."""


@dataclass
class Score:
    """What came of lines. `missed` and `lost` hold the lines, for whoever mends it."""

    pieces: Counter[str] = field(default_factory=Counter)
    found: Counter[str] = field(default_factory=Counter)
    words: int = 0
    kept: int = 0
    missed: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)

    @property
    def recall(self) -> float:
        """The share of marked pieces of which no word is left."""
        return self.found.total() / max(1, self.pieces.total())

    @property
    def over_masking(self) -> float:
        """The share of unmarked words that were taken out as well."""
        return 1 - self.kept / max(1, self.words)

    def recall_of(self, tag: str) -> float:
        return self.found[tag] / max(1, self.pieces[tag])


def measure(lines: Iterable[Mapping[str, str]], mask: Masker) -> Score:
    """Lines have `language` and `text`, in which `[name:Ada]` marks what must go."""
    score = Score()
    for line in lines:
        _add(score, line["text"], mask(_MARKED.sub(r"\2", line["text"]), line["language"]))
    return score


def _add(score: Score, marked: str, masked: str) -> None:
    left = Counter(_words(TAGGED.sub(" ", masked)))
    plain = Counter(_words(_MARKED.sub(" ", marked)))
    kept = sum((plain & left).values())
    score.words, score.kept = score.words + plain.total(), score.kept + kept
    if kept < plain.total():
        score.lost.append(f"{marked}  ->  {masked}")
    beyond = left - plain
    for match in _MARKED.finditer(marked):
        score.pieces[match[1]] += 1
        if set(_words(match[2])) & set(beyond):
            score.missed.append(f"{marked}  ->  {masked}")
        else:
            score.found[match[1]] += 1


def _words(text: str) -> Iterator[str]:
    yield from _PIECE.findall(fold(text))
