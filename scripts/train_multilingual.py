#!/usr/bin/env python3
"""Trains the multilingual encoder of safety/model/ anew (docs/safety-model.md).

    python scripts/train_multilingual.py          more than an hour on two free cores
    python scripts/train_multilingual.py --more   goes on from the model there is, with the files
                                                  that it has not seen as they are now

From multilingual-e5-small as it comes (scripts/multilingual_base.py) and on all of
safety/sentences/, Spanish ones twice for each English one that is drawn. Afterwards choose the
bounds anew: scripts/train_safety.py --bounds. Needs the environment of scripts/safety-training.txt.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "scripts")]

import safety_encoder  # noqa: E402
import torch  # noqa: E402
from multilingual_base import LAYERS, base  # noqa: E402
from train_safety import MODEL, SENTENCES, bind, safetensors, with_new_ones, write  # noqa: E402

from afterword.screening.artefact import MULTILINGUAL, PIECES  # noqa: E402
from afterword.screening.embedding import PARTS, STEP, WORDS, unpacked  # noqa: E402
from afterword.screening.reader import Reading  # noqa: E402
from afterword.screening.training import Sentence, read_sentences  # noqa: E402
from afterword.screening.unigram import Unigram  # noqa: E402
from afterword.screening.windows import windows  # noqa: E402
from afterword.screening.wordpiece import cleaned  # noqa: E402

PLAN = replace(safety_encoder.Plan(), epochs=3, batches=6_300, seed=3)
ENGLISH_OF_AN_EPOCH = 40_000
LEARNER = "multilingual"
MORE = replace(PLAN, epochs=2, batches=None, rate=1e-4, head_rate=5e-4)
OTHERS = 4
"""So many sentences that it knows beside each new one."""


@dataclass(frozen=True)
class AsItIs:
    """Both languages in the same pieces."""

    vocabulary: Unigram

    def read(self, text: str) -> Reading:
        found = tuple(windows(cleaned(text), self.vocabulary.pieces))
        return Reading(found, tuple(one.text for one in found), spanish=False)


def main() -> None:
    asked = argparse.ArgumentParser(description="Trains the multilingual encoder anew.")
    asked.add_argument("--more", action="store_true", help="go on with files that are new")
    given = asked.parse_args()
    torch.set_num_threads(2)
    sentences = read_sentences(SENTENCES)
    write(going_on(sentences) if given.more else from_the_start(sentences), LEARNER)
    bind(None)


def from_the_start(sentences: Sequence[Sentence]) -> dict[str, bytes]:
    pieces, weights = base(one.text for one in sentences)
    english = [one for one in sentences if one.lang == "en"]
    spanish = [one for one in sentences if one.lang == "es"]

    def choose(rng: random.Random) -> list[Sentence]:
        return spanish * 2 + rng.sample(english, ENGLISH_OF_AN_EPOCH)

    reader = AsItIs(Unigram(pieces))
    learnt = safety_encoder.train(sentences, weights, reader, PLAN, choose=choose)
    return {MULTILINGUAL: safetensors(whole(weights, learnt)), PIECES: pieces.encode()}


def going_on(sentences: Sequence[Sentence]) -> dict[str, bytes]:
    """Half of the way from the model there is to one that has learnt the new sentences."""
    pieces = (MODEL / PIECES).read_text(encoding="utf-8")
    weights = {
        name: np.asarray(value, np.float32)
        for name, value in unpacked((MODEL / MULTILINGUAL).read_bytes()).items()
    }
    before = as_it_is(weights)
    chosen = with_new_ones(sentences, LEARNER, OTHERS)
    after = safety_encoder.train(chosen, weights, AsItIs(Unigram(pieces)), MORE, before)
    return {MULTILINGUAL: safetensors(whole(weights, before.halfway(after)))}


def as_it_is(weights: Mapping[str, np.ndarray]) -> safety_encoder.Trained:
    """The model there is, as changes to itself: none, but for the last layer."""
    changes = {}
    for number in range(len(LAYERS)):
        for part, name in PARTS.items():
            full, own = f"encoder.layer.{number}.{name}", f"{number}.{part}"
            none = np.zeros_like(weights[f"{full}.weight"])
            for key, value in safety_encoder.in_steps(none).items():
                changes[f"{own}.{key}"] = value
            changes[f"{own}.bias"] = weights[f"{full}.bias"]
    return safety_encoder.Trained(changes, weights["head.weight"], weights["head.bias"])


def whole(
    weights: Mapping[str, np.ndarray], learnt: safety_encoder.Trained
) -> dict[str, np.ndarray]:
    """All weights as they are now, matrices in steps (`afterword.screening.embedding.unpacked`)."""
    found = {name: value.astype(np.float32) for name, value in weights.items()}
    matrices = [WORDS]
    for number in range(len({name.partition(".")[0] for name in learnt.changes})):
        for part, name in PARTS.items():
            full, own = f"encoder.layer.{number}.{name}", f"{number}.{part}"
            change = learnt.changes[f"{own}.change"] * learnt.changes[f"{own}{STEP}"][:, None]
            found[f"{full}.weight"] = weights[f"{full}.weight"] + change
            found[f"{full}.bias"] = learnt.changes[f"{own}.bias"]
            matrices.append(f"{full}.weight")
    for name in matrices:
        steps = safety_encoder.in_steps(found[name])
        found[name], found[f"{name}{STEP}"] = steps["change"], steps["step"]
    return found | {"head.weight": learnt.head, "head.bias": learnt.bias}


if __name__ == "__main__":
    main()
