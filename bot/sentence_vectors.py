"""What a message means as a whole, as two sentence encoders have it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from afterword.screening.artefact import MULTILINGUAL, PIECES
from afterword.screening.artefact import WORDS as ENGLISH_OF
from afterword.screening.embedding import (
    Encoder,
    package_folder,
    read_safetensors,
    read_vocabulary,
    read_weights,
    unpacked,
)
from afterword.screening.reader import Reader
from afterword.screening.spanish import Glossary
from afterword.screening.unigram import Unigram
from afterword.screening.windows import windows
from afterword.screening.wordpiece import cleaned

ROOT = Path(__file__).resolve().parent.parent
SCREEN, OWN = ROOT / "safety" / "model", ROOT / "understanding"
GLOSSARY = SCREEN / ENGLISH_OF
CHANGES = OWN / "encoder.safetensors"
BOTH_WORDS, BOTH_PIECES = SCREEN / MULTILINGUAL, SCREEN / PIECES
BOTH_LAYERS = OWN / "multilingual.safetensors"
FILES = (CHANGES, GLOSSARY, BOTH_LAYERS, BOTH_WORDS, BOTH_PIECES)
"""Everything that a vector depends on, but for the package."""

Floats = NDArray[np.float32]


class SentenceVectors:
    """The vectors of all-MiniLM-L6-v2 and of multilingual-e5-small, side by side.

    The encoders are those of the safety screen, with layers of their own, that were trained on our
    lines (scripts/train_understanding.py). The first has read only English, and reads a Spanish
    message through the screen's word list; the other reads it as it is. Only the first window of a
    message counts, about forty words: what a patient asks of the assistant is shorter.
    """

    def __init__(self) -> None:
        """Reads both, 120 MB. Raises EncoderMissing."""
        folder = package_folder()
        glossary = Glossary(GLOSSARY.read_text(encoding="utf-8"))
        self._reader = Reader(read_vocabulary(folder), glossary)
        self._pieces = Unigram(BOTH_PIECES.read_text(encoding="utf-8"))
        self._english = Encoder(read_weights(folder), read_safetensors(CHANGES.read_bytes()))
        self._both = Encoder(unpacked(BOTH_WORDS.read_bytes()) | unpacked(BOTH_LAYERS.read_bytes()))

    def of(self, texts: Sequence[str]) -> Floats:
        """A row for each text, 2 x 384 numbers; each half has the length one."""
        english = self._english.vectors([self._of_english(text) for text in texts])
        both = self._both.vectors([self._of_both(text) for text in texts])
        return np.hstack([_of_length_one(english), _of_length_one(both)])

    def _of_english(self, text: str) -> list[int]:
        vocabulary, found = self._reader.vocabulary, self._reader.read(text).windows
        return [vocabulary.start, *(found[0].pieces if found else ()), vocabulary.end]

    def _of_both(self, text: str) -> list[int]:
        pieces, found = self._pieces, windows(cleaned(text), self._pieces.pieces)
        return [pieces.start, *(found[0].pieces if found else ()), pieces.end]


def _of_length_one(vectors: Floats) -> Floats:
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.maximum(lengths, 1e-9), np.float32)
