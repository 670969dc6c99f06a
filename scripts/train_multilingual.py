#!/usr/bin/env python3
"""Trains the multilingual encoder of safety/model/ anew (docs/safety-model.md).

    python scripts/train_multilingual.py          more than an hour on two free cores

From multilingual-e5-small as it comes (scripts/multilingual_base.py) and on all of
safety/sentences/, Spanish ones twice for each English one that is drawn. Afterwards choose the
bounds anew: scripts/train_safety.py --bounds. Needs the environment of scripts/safety-training.txt.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "scripts")]

import safety_encoder  # noqa: E402
import torch  # noqa: E402
from multilingual_base import base  # noqa: E402
from train_safety import SENTENCES, bind, safetensors, write  # noqa: E402

from afterword.screening.artefact import MULTILINGUAL, PIECES  # noqa: E402
from afterword.screening.embedding import PARTS, STEP, WORDS  # noqa: E402
from afterword.screening.reader import Reading  # noqa: E402
from afterword.screening.training import Sentence, read_sentences  # noqa: E402
from afterword.screening.unigram import Unigram  # noqa: E402
from afterword.screening.windows import windows  # noqa: E402
from afterword.screening.wordpiece import cleaned  # noqa: E402

PLAN = replace(safety_encoder.Plan(), epochs=3, batches=6_300, seed=3)
ENGLISH_OF_AN_EPOCH = 40_000
LEARNER = "multilingual"


@dataclass(frozen=True)
class AsItIs:
    """Both languages in the same pieces."""

    vocabulary: Unigram

    def read(self, text: str) -> Reading:
        found = tuple(windows(cleaned(text), self.vocabulary.pieces))
        return Reading(found, tuple(one.text for one in found), spanish=False)


def main() -> None:
    torch.set_num_threads(2)
    sentences = read_sentences(SENTENCES)
    pieces, weights = base(one.text for one in sentences)
    english = [one for one in sentences if one.lang == "en"]
    spanish = [one for one in sentences if one.lang == "es"]

    def choose(rng: random.Random) -> list[Sentence]:
        return spanish * 2 + rng.sample(english, ENGLISH_OF_AN_EPOCH)

    reader = AsItIs(Unigram(pieces))
    learnt = safety_encoder.train(sentences, weights, reader, PLAN, choose=choose)
    stored = safetensors(whole(weights, learnt))
    write({MULTILINGUAL: stored, PIECES: pieces.encode()}, LEARNER)
    bind(None)


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
