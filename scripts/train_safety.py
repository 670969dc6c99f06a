#!/usr/bin/env python3
"""Trains the safety model anew and writes safety/model/ (docs/safety-model.md).

    python scripts/train_safety.py           a third kept apart for the bounds, then all sentences
    python scripts/train_safety.py --folds   each third once; prints figures and writes nothing

Needs an environment of its own: scripts/safety-training.txt says how to make it. The same sentences
give the same model on the same kind of machine.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import struct
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "scripts")]

import safety_adapter  # noqa: E402
import torch  # noqa: E402

from afterword.screening.embedding import (  # noqa: E402
    WEIGHTS_SHA256,
    Encoder,
    package_folder,
    read_vocabulary,
    read_weights,
)
from afterword.screening.measured import (  # noqa: E402
    AIMS,
    Scored,
    bounds_for,
    curve,
    figures,
    scored,
)
from afterword.screening.ngrams import Linear  # noqa: E402
from afterword.screening.reader import Reader  # noqa: E402
from afterword.screening.scoring import Bounds, SafetyModel  # noqa: E402
from afterword.screening.spanish import Glossary  # noqa: E402
from afterword.screening.training import (  # noqa: E402
    Sentence,
    parts,
    read_sentences,
    train_linear,
)

SENTENCES = ROOT / "safety" / "sentences"
MODEL = ROOT / "safety" / "model"
FOLDS = 3
SEEDS = (7,)
"""One adapter each, and their mean. More are steadier, and take as much longer to train."""
ENCODER_WEIGHT = 0.9
FLOORS = {"en": {"check": 0.85, "same_day": 0.945}, "es": {"check": 0.0, "same_day": 0.0}}
"""What ordinary speech asks for: seen on a public corpus of counselling sessions (4,817 turns of
clients), which is not part of this project and on which nothing is trained. Look again after each
training: docs/safety-model.md."""
PLAN = safety_adapter.Plan()
CHOSEN = {
    "en": {"check": 0.6, "same_day": 0.85},
    "es": {"check": 0.6, "same_day": 0.85},
}
"""Lower than the aims ask for: why is in docs/decisions/0016-rules-and-model-together.md."""
PROBES = [
    Sentence(text, "none", "none", "en", "probes")
    for text in (
        "I want to kill myself",
        "my boyfriend hit me last night",
        "it was a good session, we talked about my mother",
        "i dont think i can keep going like this",
        "k1ll m y s e l f tonight 🔪",
        "ya no quiero vivir, estoy cansada de todo",
        "la sesión estuvo bien",
        "El psicólogo me tocó la pierna",
    )
]
"""Read by each release: a share that differs tells that messages are read in another way now."""


def main() -> None:
    arguments = argparse.ArgumentParser(description="Trains the safety model anew.")
    arguments.add_argument("--folds", action="store_true", help="measure each third, write nothing")
    every = arguments.parse_args().folds
    # More threads wait for each other more than they help, and would change the last digits.
    torch.set_num_threads(1)
    weights = read_weights(package_folder())
    sentences = read_sentences(SENTENCES)
    folds = parts(sentences, FOLDS)
    found: list[Scored] = []
    for fold in range(FOLDS if every else 1):
        found += _of_fold(sentences, folds, fold, weights)
    print(json.dumps({"bounds that would keep to the aims": bounds_of(found)}))
    bounds = CHOSEN
    measured = {"kept apart": figures(found, bounds), "curve": curve(found)}
    print(json.dumps({"bounds": bounds, **measured}, indent=1))
    if not every:
        learnt, linear = _learn(sentences, weights)
        write(learnt, linear, bounds, measured, model_of(learnt, linear, weights))


def bounds_of(found: Sequence[Scored]) -> dict[str, dict[str, float]]:
    """The bounds that keep to the aims, and are no lower than the floors."""
    return {
        lang: {
            tier: max(bound, FLOORS[lang][tier])
            for tier, bound in bounds_for(found, lang, AIMS[lang]).items()
        }
        for lang in AIMS
    }


def reader() -> Reader:
    glossary = (MODEL / "es-words.txt").read_text(encoding="utf-8")
    return Reader(read_vocabulary(package_folder()), Glossary(glossary))


def _of_fold(
    sentences: Sequence[Sentence], folds: np.ndarray, fold: int, weights: Mapping[str, np.ndarray]
) -> list[Scored]:
    """What a model says of a fold that it was not trained on."""
    others = [one for one, part in zip(sentences, folds, strict=True) if part != fold]
    learnt, linear = _learn(others, weights)
    model = model_of(learnt, linear, weights)
    return scored(model, [one for one, part in zip(sentences, folds, strict=True) if part == fold])


def _learn(
    sentences: Sequence[Sentence], weights: Mapping[str, np.ndarray]
) -> tuple[safety_adapter.Trained, Linear]:
    plans = [replace(PLAN, seed=seed) for seed in SEEDS]
    learnt = [safety_adapter.train(sentences, weights, reader(), plan) for plan in plans]
    return halved(mean(learnt)), rounded(train_linear(sentences, reader()))


def model_of(
    learnt: safety_adapter.Trained, linear: Linear, weights: Mapping[str, np.ndarray]
) -> SafetyModel:
    return SafetyModel(
        version="in training",
        reader=reader(),
        encoder=Encoder(weights, learnt.adapter),
        head=(learnt.head, learnt.bias),
        linear=linear,
        weight=ENCODER_WEIGHT,
        english=Bounds(1, 1),
        spanish=Bounds(1, 1),
    )


def mean(learnt: Sequence[safety_adapter.Trained]) -> safety_adapter.Trained:
    """One adapter that changes the encoder as much as all of them do in the middle."""
    share = np.float32(1 / len(learnt))
    adapter = {
        name: np.concatenate([one.adapter[name] for one in learnt], axis=0)
        if name.endswith(".down")
        else np.concatenate([one.adapter[name] * share for one in learnt], axis=1)
        for name in learnt[0].adapter
    }
    head = sum(one.head * share for one in learnt)
    return safety_adapter.Trained(adapter, head, sum(one.bias * share for one in learnt))


def halved(learnt: safety_adapter.Trained) -> safety_adapter.Trained:
    """As it will be stored: 16 bits for each number."""

    def half(value: np.ndarray) -> np.ndarray:
        return value.astype(np.float16).astype(np.float32)

    adapter = {name: half(value) for name, value in learnt.adapter.items()}
    return safety_adapter.Trained(adapter, half(learnt.head), half(learnt.bias))


def rounded(linear: Linear) -> Linear:
    """As it will be stored: 8 bits for each number."""
    scale = _scale(linear)
    return Linear(np.round(linear.weights / scale).astype(np.float32) * scale, linear.bias)


def _scale(linear: Linear) -> np.float32:
    return np.float32(np.abs(linear.weights).max() / 127)


def write(
    learnt: safety_adapter.Trained,
    linear: Linear,
    bounds: Mapping[str, object],
    measured: Mapping[str, object],
    model: SafetyModel,
) -> None:
    """The artefact: two files of numbers, and the manifest that says what they are."""
    scale = _scale(linear)
    adapter = {**learnt.adapter, "head.weight": learnt.head, "head.bias": learnt.bias}
    files = {
        "adapter.safetensors": safetensors(
            {name: value.astype(np.float16) for name, value in adapter.items()}
        ),
        "marks.safetensors": safetensors(
            {
                "marks.weight": np.round(linear.weights / scale).astype(np.int8),
                "marks.scale": np.array([scale], np.float32),
                "marks.bias": linear.bias.astype(np.float32),
            }
        ),
        "es-words.txt": (MODEL / "es-words.txt").read_bytes(),
    }
    digests = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
    whole = hashlib.sha256("".join(digests.values()).encode()).hexdigest()
    manifest = {
        "layout": 1,
        "version": whole[:12],
        "files": digests,
        "sentences": {
            path.name: hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(SENTENCES.glob("*.jsonl"))
        },
        "encoder": WEIGHTS_SHA256,
        "encoder_weight": ENCODER_WEIGHT,
        "bounds": bounds,
        "plan": vars(PLAN),
        "probes": {one.sentence.text: round(one.share, 4) for one in scored(model, PROBES)},
        "figures": measured,
    }
    for name, content in files.items():
        (MODEL / name).write_bytes(content)
    text = json.dumps(manifest, indent=2) + "\n"
    (MODEL / "manifest.json").write_text(text, encoding="utf-8")


def safetensors(tensors: Mapping[str, np.ndarray]) -> bytes:
    """The file format: the length of a JSON header, the header, the numbers."""
    kinds = {"float16": "F16", "float32": "F32", "int8": "I8"}
    header: dict[str, object] = {}
    at = 0
    for name, value in sorted(tensors.items()):
        end = at + value.nbytes
        header[name] = {
            "dtype": kinds[value.dtype.name],
            "shape": list(value.shape),
            "data_offsets": [at, end],
        }
        at = end
    head = json.dumps(header, separators=(",", ":")).encode()
    head += b" " * (-len(head) % 8)
    return (
        struct.pack("<Q", len(head))
        + head
        + b"".join(np.ascontiguousarray(value).tobytes() for _, value in sorted(tensors.items()))
    )


if __name__ == "__main__":
    main()
