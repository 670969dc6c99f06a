"""What a message may have meant: three labels, each with lines that are like it. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from afterword.training.corpus import Line, lines
from afterword.training.nearness import plain

SUGGESTIONS, EXAMPLES = 3, 3
ANSWER = "answer"
"""It has a button of its own and is never suggested."""
# From here on the model's own guess is worth more than likeness to lines.
_SURE = 0.25
_SIZES = (2, 3)


@dataclass(frozen=True)
class Suggestion:
    """A label and lines of it, the most alike first."""

    label: str
    examples: tuple[str, ...]


class Suggester:
    """Compares messages with the lines that the assistant is taught with."""

    def __init__(self, taught: Iterable[Line]) -> None:
        self._lines: dict[str, list[Line]] = defaultdict(list)
        places: dict[str, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
        sizes: dict[str, list[int]] = defaultdict(list)
        for line in taught:
            at, pieces = len(self._lines[line.language]), _pieces(line.text)
            self._lines[line.language].append(line)
            sizes[line.language].append(len(pieces))
            for piece in pieces:
                places[line.language][piece].append(at)
        self._sizes = {language: np.array(own) for language, own in sizes.items()}
        self._places = {
            language: {piece: np.array(own) for piece, own in known.items()}
            for language, known in places.items()
        }

    def suggest(
        self, text: str, language: str, guesses: Sequence[tuple[str, float]], chosen: str = ""
    ) -> list[Suggestion]:
        """Three labels: what somebody chose already, then the likeliest, then the most alike."""
        alike = self._alike(text, language)
        near: dict[str, list[str]] = defaultdict(list)
        for line in alike:
            if line.text not in near[line.label]:
                near[line.label].append(line.text)
        wanted = [chosen, *(name for name, sure in guesses if sure >= _SURE)]
        wanted += [*near, *(name for name, _ in guesses), *self._all(language)]
        labels = [one for one in dict.fromkeys(wanted) if one and one != ANSWER]
        return [
            Suggestion(label, tuple(self._examples(label, language, near[label])))
            for label in labels[:SUGGESTIONS]
        ]

    def _examples(self, label: str, language: str, near: list[str]) -> list[str]:
        every = (line.text for line in self._lines[language] if line.label == label)
        return list(dict.fromkeys([*near[:EXAMPLES], *every]))[:EXAMPLES]

    def _alike(self, text: str, language: str) -> list[Line]:
        """Lines that share pieces of words, the most alike first."""
        pieces, known = _pieces(text), self._places.get(language, {})
        found = [known[piece] for piece in pieces if piece in known]
        if not found:
            return []
        sizes = self._sizes[language]
        shared = np.bincount(np.concatenate(found), minlength=len(sizes))
        places = np.flatnonzero(shared)
        likeness = shared[places] / (len(pieces) + sizes[places])
        ranked = places[np.argsort(-likeness, kind="stable")]
        return [self._lines[language][at] for at in ranked[: 20 * SUGGESTIONS]]

    def _all(self, language: str) -> Iterator[str]:
        yield from dict.fromkeys(line.label for line in self._lines[language])


@cache
def suggester(project: Path) -> Suggester:
    """Of the lines as they are shipped; made once, which takes half a second."""
    return Suggester(lines(project))


def _pieces(text: str) -> set[str]:
    """Words, and runs of letters in them: so that a slip does not hide what is alike."""
    said = plain(text).split()
    runs = {
        f"{word[at : at + size]}"
        for word in (f"^{one}$" for one in said)
        for size in _SIZES
        for at in range(len(word) - size + 1)
    }
    return runs | {f"={word}" for word in said}
