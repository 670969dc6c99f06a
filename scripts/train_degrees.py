#!/usr/bin/env python3
"""Learns how much a typed answer says: understanding/degrees.safetensors.

    .venv/rasa/bin/python scripts/train_degrees.py           some minutes
    .venv/rasa/bin/python scripts/train_degrees.py --dump F  also writes what it said of each line
                                                             that was kept back

From `understanding/degrees/*.jsonl`: one object a line with `question` (heard, safe, goals,
approach or snag), `text` and `places`, the options that are meant, from 1: one when it is sure,
several when it is open, none when it says no degree. Words of degree of data/nlu, which belong to
no question, are learnt with them, and its requests, which say no degree. What it prints are the
lines that were kept back from the encoder (scripts/train_understanding.py), judged by what the
others have taught; what it writes has learnt from all.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from safetensors.numpy import save
from scipy import sparse
from sklearn.linear_model import LogisticRegression

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "scripts")]

from bot import tensorflow_stand_in  # noqa: E402

tensorflow_stand_in.install()

import understanding_lines as lines  # noqa: E402
from understanding_lines import Line  # noqa: E402

from afterword.screening.ngrams import BUCKETS, marks  # noqa: E402
from afterword.screening.wordpiece import cleaned  # noqa: E402
from bot.answer_gate import SCALES  # noqa: E402
from bot.degree_reader import CLASSES, MARKS_SCALE, VECTOR_SCALE, WEIGHTS  # noqa: E402
from bot.sentence_vectors import SentenceVectors  # noqa: E402

STRENGTH = 20.0


def main() -> None:
    asked = argparse.ArgumentParser(description="Learns how much a typed answer says.")
    asked.add_argument("--dump", type=Path, help="where to write what was said of each line")
    given = asked.parse_args()
    found = [*lines.read_degrees(), *lines.read_words(), *lines.read_requests()]
    inputs = features([line.text for line in found])
    # Lines that the encoder knows say nothing of how far it carries over.
    apart = np.array([lines.kept_back(line.text) for line in found])
    said = np.zeros((len(found), CLASSES))
    kept: dict[str, np.ndarray] = {}
    for scale in SCALES:
        own = np.array([at for at, line in enumerate(found) if line.scale == scale])
        targets = np.array([CLASSES - 1 if found[at].open else found[at].place for at in own])
        rest = apart[own]
        said[own[rest]] = learn(inputs[own[~rest]], targets[~rest]).predict_proba(inputs[own[rest]])
        kept |= stored(scale, learn(inputs[own], targets))
    judged = [at for at in np.flatnonzero(apart) if found[at].question]
    show([found[at] for at in judged], said[judged])
    if given.dump:
        write(given.dump, [found[at] for at in judged], said[judged])
    WEIGHTS.write_bytes(save(kept))


def features(texts: Sequence[str]) -> sparse.csr_matrix:
    """The sentence vectors beside the marks, as bot/degree_reader.py weighs them."""
    vectors = SentenceVectors().of(texts)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    found = [marks(cleaned(text)) for text in texts]
    counted = sparse.csr_matrix(
        (
            np.concatenate([np.full(len(one), MARKS_SCALE / np.sqrt(len(one))) for one in found]),
            np.concatenate(found),
            np.cumsum([0, *map(len, found)]),
        ),
        shape=(len(texts), BUCKETS),
    )
    return sparse.hstack([sparse.csr_matrix(vectors * VECTOR_SCALE), counted]).tocsr()


def learn(inputs: sparse.csr_matrix, targets: np.ndarray) -> LogisticRegression:
    return LogisticRegression(C=STRENGTH, max_iter=120, tol=1e-3).fit(inputs, targets)


def stored(scale: str, learnt: LogisticRegression) -> dict[str, np.ndarray]:
    vector, counted = learnt.coef_[:, :-BUCKETS], learnt.coef_[:, -BUCKETS:].T
    step = np.float32(np.abs(counted).max() / 127)
    return {
        f"{scale}.vector": np.ascontiguousarray(vector, np.float32),
        f"{scale}.marks": np.ascontiguousarray(np.round(counted / step), np.int8),
        f"{scale}.step": np.array([step], np.float32),
        f"{scale}.bias": learnt.intercept_.astype(np.float32),
    }


def show(found: Sequence[Line], said: np.ndarray) -> None:
    """What is right and wrong from which share on, by scale and language."""
    for scale in SCALES:
        for language in ("en", "es"):
            own = [
                at
                for at, line in enumerate(found)
                if (line.scale, line.language) == (scale, language)
            ]
            places = np.array([found[at].place for at in own])
            unsure = said[own][:, :1] + said[own][:, -1:]
            shares = np.hstack([unsure, said[own][:, 1:-1]])
            best, share = shares.argmax(axis=1), shares.max(axis=1)
            print(f"{scale} {language}: {len(own)} lines, {np.count_nonzero(places)} of them sure")
            for bound in (0.6, 0.7, 0.8, 0.9, 0.95):
                taken = (best > 0) & (share >= bound)
                right = np.count_nonzero(taken & (best == places)) / np.count_nonzero(places)
                wrong = np.count_nonzero(taken & (best != places)) / len(own)
                print(f"  from {bound:.2f}: {right:6.1%} of the sure, {wrong:5.1%} of all wrong")


def write(path: Path, found: Sequence[Line], said: np.ndarray) -> None:
    with path.open("w", encoding="utf-8") as file:
        for line, shares in zip(found, said, strict=True):
            entry = {**vars(line), "likely": [round(float(share), 4) for share in shares]}
            file.write(json.dumps(entry, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
