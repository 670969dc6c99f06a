"""Compares ways to build the safety model, by cross-validation on `safety/sentences/` alone.

    python bench/safety_models.py               what needs no training library
    python bench/safety_models.py --trained     the trained encoder too: scripts/safety-training.txt

Each way gets, by language, the bound that 6 of 100 harmless sentences reach, and is asked how many
live ones reach it; once more with 1 of 100.
"""

from __future__ import annotations

import argparse
import resource
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "scripts")]

from afterword.screening.embedding import (  # noqa: E402
    Encoder,
    package_folder,
    read_vocabulary,
    read_weights,
)
from afterword.screening.reader import Reader, Reading  # noqa: E402
from afterword.screening.scoring import LIVE, softmax  # noqa: E402
from afterword.screening.spanish import Glossary  # noqa: E402
from afterword.screening.training import (  # noqa: E402
    CLASSES,
    Sentence,
    parts,
    read_sentences,
    train_linear,
)

FOLDS = 3
Shares = Callable[[Reading], np.ndarray]
"""A row of shares for each window of a message."""
Way = Callable[[Sequence[Sentence]], Shares]


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("--trained", action="store_true", help="train the encoder for each fold")
    sentences = read_sentences(ROOT / "safety" / "sentences")
    words = (ROOT / "safety" / "model" / "es-words.txt").read_text(encoding="utf-8")
    reader = Reader(read_vocabulary(package_folder()), Glossary(words))
    weights = read_weights(package_folder())
    frozen = Encoder(weights)
    ways: dict[str, Way] = {
        "letters and words": lambda own: letters_and_words(own, reader),
        "encoder as it is": lambda own: encoder_as_it_is(own, frozen, reader),
        "both, mean": lambda own: mean(
            letters_and_words(own, reader), encoder_as_it_is(own, frozen, reader), 0.5
        ),
    }
    if asked.parse_args().trained:
        ways["trained encoder"] = lambda own: trained(own, weights, reader)
        ways["trained encoder and letters, 0.9 to 0.1"] = lambda own: mean(
            trained(own, weights, reader), letters_and_words(own, reader), 0.9
        )
    folds = parts(sentences, FOLDS)
    readings = [reader.read(one.text) for one in sentences]
    print(f"{len(sentences)} sentences, {FOLDS} folds; per cent of live sentences found")
    print("way | en, 6 % | en, 1 % | es, 6 % | es, 1 % | ms a sentence")
    for name, way in ways.items():
        print(f"{name} | " + " | ".join(_row(way, sentences, readings, folds)), flush=True)
    print(f"most memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} MB")


def _row(
    way: Way, sentences: Sequence[Sentence], readings: Sequence[Reading], folds: np.ndarray
) -> list[str]:
    found = np.zeros(len(sentences))
    milliseconds = []
    for fold in range(FOLDS):
        shares = way([one for one, part in zip(sentences, folds, strict=True) if part != fold])
        for number in np.flatnonzero(folds == fold):
            before = time.process_time()
            own = shares(readings[number])
            milliseconds.append((time.process_time() - before) * 1000)
            found[number] = own[:, :LIVE].sum(axis=1).max() if len(own) else 0
    cells = []
    for lang in ("en", "es"):
        harmless = [one.lang == lang and one.label == "none" for one in sentences]
        live = [one.lang == lang and one.live for one in sentences]
        for part in (0.06, 0.01):
            bound = np.quantile(found[harmless], 1 - part)
            cells.append(f"{100 * (found[live] > bound).mean():.0f}")
    return [*cells, f"{np.mean(milliseconds):.1f}"]


def letters_and_words(sentences: Sequence[Sentence], reader: Reader) -> Shares:
    linear = train_linear(sentences, reader)
    return lambda reading: _rows([linear.logits(one.text) for one in reading.windows])


def encoder_as_it_is(sentences: Sequence[Sentence], encoder: Encoder, reader: Reader) -> Shares:
    """A softmax regression over the vectors that the encoder gives without any adapting."""
    found = [
        (vectors.mean(axis=0), one.target)
        for one in sentences
        if len(vectors := _vectors(encoder, reader, reader.read(one.text)))
    ]
    matrix = np.stack([vector for vector, _ in found])
    goal = np.eye(len(CLASSES), dtype=np.float32)[[target for _, target in found]]
    middle, spread = matrix.mean(axis=0), matrix.std(axis=0) + 1e-6
    scaled = (matrix - middle) / spread
    weights, bias = np.zeros((matrix.shape[1], len(CLASSES))), np.zeros(len(CLASSES))
    for _ in range(400):
        error = (softmax(scaled @ weights + bias) - goal) / len(scaled)
        weights -= 0.5 * (scaled.T @ error + 1e-3 * weights)
        bias -= 0.5 * error.sum(axis=0)
    return lambda reading: _rows(
        list((_vectors(encoder, reader, reading) - middle) / spread @ weights + bias)
        if reading.windows
        else []
    )


def trained(
    sentences: Sequence[Sentence], weights: dict[str, np.ndarray], reader: Reader
) -> Shares:
    """The encoder trained on these sentences; most of an hour for each fold."""
    import safety_encoder
    import torch

    torch.set_num_threads(1)
    plan = safety_encoder.Plan()
    learnt = safety_encoder.train(sentences, weights, reader, plan, say=lambda _: None)
    encoder = Encoder(weights, learnt.changes)
    return lambda reading: _rows(
        list(_vectors(encoder, reader, reading) @ learnt.head.T + learnt.bias)
        if reading.windows
        else []
    )


def mean(first: Shares, second: Shares, weight: float) -> Shares:
    return lambda reading: weight * first(reading) + (1 - weight) * second(reading)


def _vectors(encoder: Encoder, reader: Reader, reading: Reading) -> np.ndarray:
    if not reading.windows:
        return np.zeros((0, 384), np.float32)
    return encoder.vectors([reader.ids(one) for one in reading.windows])


def _rows(logits: list[np.ndarray]) -> np.ndarray:
    return softmax(np.stack(logits)) if logits else np.zeros((0, len(CLASSES)), np.float32)


if __name__ == "__main__":
    main()
