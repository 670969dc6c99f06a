"""What the safety model is trained on, in which parts, and its linear half."""

import hashlib
import json
import math
import random
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from afterword.safety.finding import Category
from afterword.screening.ngrams import BUCKETS, Linear, marks
from afterword.screening.reader import Reader
from afterword.screening.scoring import softmax
from afterword.screening.wordpiece import cleaned, unaccented

CATEGORIES = tuple(Category)
PAST, NONE = len(CATEGORIES), len(CATEGORIES) + 1
CLASSES = (*(one.value for one in CATEGORIES), "past", "none")
"""What the model tells apart: each category while it lasts, what is over, and what is harmless."""
LIVE = ("imminent", "active", "passive")
_SHINGLE = 5
_ROUNDING = 1e-9

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Sentence:
    """One line of `safety/sentences/`."""

    text: str
    label: str
    severity: str
    lang: str
    source: str

    @property
    def live(self) -> bool:
        return self.severity in LIVE

    @property
    def target(self) -> int:
        """The number of its class."""
        if self.label == "none":
            return NONE
        return CLASSES.index(self.label) if self.live else PAST


def read_sentences(folder: Path) -> list[Sentence]:
    """All sentences of a folder, in the order of its files."""
    return [
        Sentence(
            **{name: entry[name] for name in ("text", "label", "severity", "lang")},
            source=path.stem,
        )
        for path in sorted(folder.glob("*.jsonl"))
        for entry in map(json.loads, path.read_text(encoding="utf-8").splitlines())
    ]


def shingles(text: str) -> frozenset[str]:
    """The five-letter pieces of a text."""
    plain = " ".join(unaccented(cleaned(text)).split())
    size = max(1, len(plain) - _SHINGLE + 1) if plain else 0
    return frozenset(plain[at : at + _SHINGLE] for at in range(size))


def groups(texts: Sequence[str], alike: float = 0.45) -> list[int]:
    """A number for each text; texts that share much of their wording have the same."""
    parent = list(range(len(texts)))

    def top(one: int) -> int:
        while parent[one] != one:
            parent[one] = parent[parent[one]]
            one = parent[one]
        return one

    for first, second, _ in near(texts, alike):
        parent[top(first)] = top(second)
    return [top(one) for one in range(len(texts))]


def near(texts: Sequence[str], alike: float) -> Iterable[tuple[int, int, float]]:
    """Pairs of texts whose five-letter pieces overlap by at least that share of both together.

    `alike` is above 0. Only the rarest pieces of a text are looked up: two texts that are alike by
    that much share one of them, and are about as long (the prefix filters of Bayardo et al. 2007).
    """
    pieces = [shingles(text) for text in texts]
    common = Counter(piece for own in pieces for piece in own)
    rank = {
        piece: place
        for place, piece in enumerate(sorted(common, key=lambda one: (common[one], one)))
    }
    ranks = [frozenset(rank[piece] for piece in own) for own in pieces]
    where: dict[int, list[int]] = {}
    for number in sorted(range(len(ranks)), key=lambda one: len(ranks[one])):
        own, size = ranks[number], len(ranks[number])
        rarest = sorted(own)
        least = math.ceil(alike * size - _ROUNDING)
        others = {
            other
            for piece in rarest[: size - least + 1]
            for other in where.get(piece, ())
            if len(ranks[other]) >= least
        }
        for other in sorted(others):
            shared = len(own & ranks[other])
            share = shared / (len(own) + len(ranks[other]) - shared)
            if share >= alike:
                yield min(other, number), max(other, number), share
        # Whoever comes later is at least as long, so that it shares a still rarer piece.
        for piece in rarest[: size - math.ceil(2 * alike / (1 + alike) * size - _ROUNDING) + 1]:
            where.setdefault(piece, []).append(number)


def parts(sentences: Sequence[Sentence], count: int) -> NDArray[np.int64]:
    """The part that each sentence is in. Sentences that are alike stay together."""
    of_group: dict[int, int] = {}
    result = []
    for sentence, group in zip(sentences, groups([one.text for one in sentences]), strict=True):
        if group not in of_group:
            digest = hashlib.sha256(sentence.text.encode()).digest()
            of_group[group] = int.from_bytes(digest[:4], "big") % count
        result.append(of_group[group])
    return np.array(result)


def train_linear(sentences: Sequence[Sentence], reader: Reader, epochs: int = 25) -> Linear:
    """A softmax regression over marks (Adagrad), the same each time."""
    rng = np.random.default_rng(5)
    found = [marks(reader.words(one.text)) for one in sentences]
    table = np.zeros((BUCKETS, len(CLASSES)), np.float32)
    squares = np.full((BUCKETS, 1), 1e-4, np.float32)
    bias = np.zeros(len(CLASSES), np.float32)
    goal = np.eye(len(CLASSES), dtype=np.float32)[[one.target for one in sentences]]
    rate, decay = np.float32(0.3), np.float32(2e-4)
    for _ in range(epochs):
        for batch in np.array_split(rng.permutation(len(found)), max(1, len(found) // 32)):
            flat = np.concatenate([found[one] for one in batch])
            row = np.repeat(np.arange(len(batch)), [len(found[one]) for one in batch])
            scale = (1 / np.sqrt(np.bincount(row, minlength=len(batch)).clip(1))).astype(np.float32)
            scores = np.zeros((len(batch), len(CLASSES)), np.float32)
            np.add.at(scores, row, table[flat])
            error = softmax(scores * scale[:, None] + bias) - goal[batch]
            error /= len(batch)
            own, back = np.unique(flat, return_inverse=True)
            step = np.zeros((len(own), len(CLASSES)), np.float32)
            np.add.at(step, back, (error * scale[:, None])[row])
            step += decay * table[own] / len(batch)
            squares[own] += np.square(step).sum(axis=1, keepdims=True)
            table[own] -= rate * step / np.sqrt(squares[own])
            bias -= rate * error.sum(axis=0) * np.float32(0.3)
    return Linear(table, bias)


def disturbed(text: str, rng: random.Random) -> str:
    """The text as a hurried hand may type it: one slip, no capitals or only capitals, a `lol`."""
    kind = rng.random()
    if kind < 0.45:
        return _slip(text, rng)
    if kind < 0.6:
        return f"{text.rstrip('.')} {rng.choice(('lol', 'lol', 'haha', 'jaja', 'idk', ':('))}"
    if kind < 0.8:
        return text.replace("'", "").replace("’", "").replace(",", "").lower()
    return text.rstrip(".!?")


def _slip(text: str, rng: random.Random) -> str:
    words = text.split(" ")
    long = [at for at, word in enumerate(words) if len(word) > 3 and word.isalpha()]
    if not long:
        return text
    at = rng.choice(long)
    word = words[at]
    place = rng.randrange(1, len(word) - 1)
    words[at] = rng.choice(
        (
            word[:place] + word[place + 1] + word[place] + word[place + 2 :],
            word[:place] + word[place + 1 :],
            word[:place] + word[place] + word[place:],
        )
    )
    return " ".join(words)
