"""The statistical layer: sentences that no rule foresaw (docs/safety-model.md).

Two models give each window of a message a share for each class, and their weighted mean counts:
the sentence encoder with what it has learnt here, and a linear model over letters and words.
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
from afterword.screening.artefact import CHANGES, MARKS, WORDS
from afterword.screening.embedding import (
    Encoder,
    package_folder,
    read_safetensors,
    read_vocabulary,
    read_weights,
)
from afterword.screening.ngrams import Linear
from afterword.screening.reader import Reader, Reading
from afterword.screening.spanish import Glossary
from afterword.screening.windows import Window

MOST_WINDOWS = 8
"""Windows that the encoder reads in one message. The linear model reads all, and chooses them."""
LIVE = len(Category)
"""The first classes are the categories; after them come what is over, and what is harmless."""
_REMEMBERED = 512
_AT_ONCE = 4
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

    def most(self, share: float) -> Tier:
        """The tier that a composed hit of the rules may have at most."""
        if share < self.doubtful:
            return Tier.NOTE
        return Tier.CHECK if share < self.unsure else Tier.NOW

    def tier(self, share: float) -> Tier:
        if share >= self.same_day:
            return Tier.SAME_DAY
        return Tier.CHECK if share >= self.check else Tier.NONE


def build(manifest: Mapping[str, Any], files: Mapping[str, bytes]) -> "SafetyModel":
    """The model from its checked files. Raises EncoderMissing, KeyError, ValueError."""
    folder = package_folder()
    learnt = read_safetensors(files[CHANGES])
    marks = read_safetensors(files[MARKS])
    return SafetyModel(
        version=str(manifest["version"]),
        reader=Reader(read_vocabulary(folder), Glossary(files[WORDS].decode("utf-8"))),
        encoder=Encoder(read_weights(folder), learnt),
        head=(learnt["head.weight"], learnt["head.bias"]),
        linear=Linear(marks["marks.weight"] * marks["marks.scale"], marks["marks.bias"]),
        weight=float(manifest["encoder_weight"]),
        english=Bounds(**manifest["bounds"]["en"]),
        spanish=Bounds(**manifest["bounds"]["es"]),
    )


@dataclass
class SafetyModel:
    """Opinions about texts, the same for the same text. Safe in several threads."""

    version: str
    reader: Reader
    encoder: Encoder
    head: tuple[Floats, Floats]
    linear: Linear
    weight: float
    english: Bounds
    spanish: Bounds

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
        bounds = self.spanish if reading.spanish else self.english
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
        """A row for each window that was read by both models, a column for each class."""
        if not reading.windows:
            return np.zeros((0, LIVE + 2), np.float32)
        plain = softmax(np.stack([self.linear.logits(one.text) for one in reading.windows]))
        chosen = _chosen(plain)
        own = softmax(self.encoder_logits([reading.windows[one] for one in chosen]))
        return np.asarray(self.weight * own + (1 - self.weight) * plain[chosen], np.float32)

    def encoder_logits(self, windows: Sequence[Window]) -> Floats:
        """A row for each window, by the encoder alone."""
        weight, bias = self.head
        rows = []
        for at in range(0, len(windows), _AT_ONCE):
            ids = [self.reader.ids(one) for one in windows[at : at + _AT_ONCE]]
            rows.append(self.encoder.vectors(ids) @ weight.T + bias)
        return np.concatenate(rows)


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
