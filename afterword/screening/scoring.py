"""The statistical layer: sentences that no rule foresaw (docs/safety-model.md).

Two models give each window of a message a share for each class, and their weighted mean counts:
the sentence encoder with what it has learnt here, and a linear model over letters and words. Where
they leave it in doubt, a second encoder is asked, one that has read Spanish as well.
"""

import hashlib
import os
import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from afterword.safety.finding import Category, Tier
from afterword.safety.screen import Opinion
from afterword.screening.artefact import CHANGES, MARKS, MULTILINGUAL, PIECES, WORDS
from afterword.screening.embedding import (
    Encoder,
    package_folder,
    read_safetensors,
    read_vocabulary,
    read_weights,
    unpacked,
)
from afterword.screening.ngrams import Linear
from afterword.screening.reader import Reader, Reading
from afterword.screening.spanish import Glossary
from afterword.screening.unigram import Unigram
from afterword.screening.wordpiece import Vocabulary

MOST_WINDOWS = 8
"""Windows that an encoder reads in one message. The linear model reads all, and chooses them."""
LIVE = len(Category)
"""The first classes are the categories; after them come what is over, and what is harmless."""
_REMEMBERED = 512
_AT_ONCE = 4
_SECOND = 0.5
"""How much the second encoder weighs where it is asked."""
_MOST_PIECES = 120
"""Pieces that it reads of a window: its places are no more."""
_FURTHER = 0.3
"""A further category counts when its share is this part of the greatest."""

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Bounds:
    """From which share of danger on a tier is meant."""

    check: float
    same_day: float
    unsure: float = 0.12
    """Below it a composed hit of the rules asks the patient instead of telling staff."""
    doubtful: float = 0.08
    """Below it a composed hit of the rules is only noted."""
    doubt: tuple[float, float] = (0.0, 1.0)
    """From which share of the first encoder on, and up to which, the second one is asked."""

    def in_doubt(self, shares: Floats) -> NDArray[np.intp]:
        """The places of the shares of danger that are neither small nor great enough."""
        low, high = self.doubt
        return np.flatnonzero((shares >= low) & (shares < high))

    def most(self, share: float) -> Tier:
        """The tier that a composed hit of the rules may have at most."""
        if share < self.doubtful:
            return Tier.NOTE
        return Tier.CHECK if share < self.unsure else Tier.NOW

    def tier(self, share: float) -> Tier:
        if share >= self.same_day:
            return Tier.SAME_DAY
        return Tier.CHECK if share >= self.check else Tier.NONE


@dataclass(frozen=True)
class Judge:
    """An encoder with the pieces that it reads, and the last layer that was trained on it."""

    vocabulary: Vocabulary | Unigram
    encoder: Encoder
    head: tuple[Floats, Floats]

    def shares(self, pieces: Sequence[Sequence[int]]) -> Floats:
        """A row for each sequence of pieces, a column for each class."""
        weight, bias = self.head
        start, end = self.vocabulary.start, self.vocabulary.end
        rows = []
        for at in range(0, len(pieces), _AT_ONCE):
            ids = [[start, *one, end] for one in pieces[at : at + _AT_ONCE]]
            rows.append(self.encoder.vectors(ids) @ weight.T + bias)
        return softmax(np.concatenate(rows))


def build(manifest: Mapping[str, Any], files: Mapping[str, bytes]) -> "SafetyModel":
    """The model from its checked files. Raises EncoderMissing, KeyError, ValueError."""
    folder = package_folder()
    vocabulary = read_vocabulary(folder)
    pieces = Unigram(files[PIECES].decode("utf-8"))
    learnt, whole = read_safetensors(files[CHANGES]), unpacked(files[MULTILINGUAL])
    marks = read_safetensors(files[MARKS])
    return SafetyModel(
        version=str(manifest["version"]),
        reader=Reader(vocabulary, Glossary(files[WORDS].decode("utf-8"))),
        first=Judge(vocabulary, Encoder(read_weights(folder), learnt), _head(learnt)),
        second=Judge(pieces, Encoder(whole), _head(whole)),
        linear=Linear(marks["marks.weight"] * marks["marks.scale"], marks["marks.bias"]),
        weight=float(manifest["encoder_weight"]),
        bounds={name: Bounds(**one) for name, one in manifest["bounds"].items()},
    )


def _head(weights: Mapping[str, Floats]) -> tuple[Floats, Floats]:
    return weights["head.weight"], weights["head.bias"]


@dataclass
class SafetyModel:
    """Opinions about texts, the same for the same text. Safe in several threads."""

    version: str
    reader: Reader
    first: Judge
    second: Judge
    linear: Linear
    weight: float
    bounds: Mapping[str, Bounds]

    def __post_init__(self) -> None:
        # By a digest that only this process can make: no patient's words are kept.
        self._salt = os.urandom(16)
        self._known: OrderedDict[bytes, tuple[tuple[Opinion, ...], Tier]] = OrderedDict()
        self._lock = threading.Lock()

    def opinions(self, text: str) -> Sequence[Opinion]:
        """What the text may be about: at most *same day*, the model never says *now*."""
        return self._judged(text)[0]

    def most(self, text: str) -> Tier:
        """How far a composed hit of the rules may go, seen what the model makes of the text."""
        return self._judged(text)[1]

    def _judged(self, text: str) -> tuple[tuple[Opinion, ...], Tier]:
        key = hashlib.blake2b(text.encode("utf-8", "replace"), key=self._salt).digest()
        with self._lock:
            if key in self._known:
                self._known.move_to_end(key)
                return self._known[key]
        found = self._read(text)
        with self._lock:
            self._known[key] = found
            while len(self._known) > _REMEMBERED:
                self._known.popitem(last=False)
        return found

    def _read(self, text: str) -> tuple[tuple[Opinion, ...], Tier]:
        reading = self.reader.read(text)
        bounds = self.bounds[reading.language]
        best: dict[Category, Tier] = {}
        most = Tier.NONE
        for shares in self.shares(reading):
            danger = float(shares[:LIVE].sum())
            tier, most = bounds.tier(danger), max(most, bounds.most(danger))
            if tier is Tier.NONE:
                continue
            for category, share in zip(Category, shares, strict=False):
                if share >= _FURTHER * shares[:LIVE].max():
                    best[category] = max(tier, best.get(category, Tier.NONE))
        opinions = tuple(Opinion(category, tier) for category, tier in best.items())
        return opinions, most or Tier.NOW

    def shares(self, reading: Reading) -> Floats:
        """A row for each window that was read by an encoder, a column for each class."""
        if not reading.windows:
            return np.zeros((0, LIVE + 2), np.float32)
        plain = softmax(np.stack([self.linear.logits(one.text) for one in reading.windows]))
        chosen = _chosen(plain)
        own = self.first.shares([reading.windows[one].pieces for one in chosen])
        shares = self.weight * own + (1 - self.weight) * plain[chosen]
        doubt = self.bounds[reading.language].in_doubt(shares[:, :LIVE].sum(axis=1))
        if len(doubt):
            said = [self.second.vocabulary.pieces(reading.plain[chosen[one]]) for one in doubt]
            other = self.second.shares([one[:_MOST_PIECES] for one in said])
            shares[doubt] = (1 - _SECOND) * shares[doubt] + _SECOND * other
        return np.asarray(shares, np.float32)


def _chosen(plain: Floats) -> list[int]:
    """The windows for the encoder: all of a usual message, else those that look worst."""
    if len(plain) <= MOST_WINDOWS:
        return list(range(len(plain)))
    worst = np.argsort(-plain[:, :LIVE].sum(axis=1), kind="stable")[: MOST_WINDOWS - 2]
    # The beginning and the end are where people put what they came to say.
    return sorted({0, len(plain) - 1, *map(int, worst)})


def softmax(value: Floats) -> Floats:
    """Shares from logits, by row."""
    raised = np.exp(value - value.max(axis=-1, keepdims=True))
    return np.asarray(raised / raised.sum(axis=-1, keepdims=True), np.float32)
