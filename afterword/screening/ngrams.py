"""Letters and words of a text as numbered marks: what a linear model reads besides the encoder."""

import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from afterword.screening.wordpiece import unaccented

BUCKETS = 1 << 16
_WORD = re.compile(r"[a-z0-9]+|[?!]")


Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Linear:
    """A linear model over marks: a row of weights for each bucket."""

    weights: Floats
    bias: Floats

    def logits(self, text: str) -> Floats:
        """Of a cleaned text, one for each class."""
        found = marks(text)
        if not len(found):
            return self.bias
        total = self.weights[found].sum(axis=0) / np.float32(np.sqrt(len(found)))
        return np.asarray(total + self.bias, np.float32)


def marks(text: str) -> NDArray[np.int64]:
    """The numbers of a cleaned text's marks, each once: words alone, in pairs and threes, and
    three to five letters within a word."""
    words = _WORD.findall(unaccented(text).replace("'", ""))
    found = {_number(mark) for mark in (*_of_words(words), *_of_letters(words))}
    return np.fromiter(sorted(found), np.int64, len(found))


def _of_words(words: Sequence[str]) -> list[str]:
    framed = ["^", *words, "$"]
    return [
        "w " + " ".join(framed[at : at + size])
        for size in (1, 2, 3)
        for at in range(len(framed) - size + 1)
    ]


def _of_letters(words: Sequence[str]) -> list[str]:
    return [
        framed[at : at + size]
        for framed in (f"<{word}>" for word in dict.fromkeys(words))
        for size in (3, 4, 5)
        for at in range(len(framed) - size + 1)
    ]


def _number(mark: str) -> int:
    return zlib.crc32(mark.encode()) % BUCKETS
