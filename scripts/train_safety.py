#!/usr/bin/env python3
"""Trains the English encoder and the linear model of safety/model/ anew (docs/safety-model.md).

    python scripts/train_safety.py                 about an hour on two free cores
    python scripts/train_safety.py --speech FILE   also says what real speech would meet
    python scripts/train_safety.py --polish        only the last stage, from the model there is
    python scripts/train_safety.py --more          goes on from the model there is, with the files
                                                   that it has not seen as they are now
    python scripts/train_safety.py --bounds        trains nothing; new bounds for the model there is

The model is trained on all of safety/sentences/. The figures are read off lines that are kept
apart, tests/safety/data/heldout_*.jsonl and ordinary_en.jsonl, and off FILE: one JSON object a
line with `text`, ordinary speech that is not part of the project. The bounds are CHOSEN by hand,
from the curve that is printed: docs/decisions/0033-a-second-encoder-where-the-first-is-in-doubt.md
says how.

Needs an environment of its own: scripts/safety-training.txt says how to make it. The same sentences
give the same model on the same kind of machine.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
import struct
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "scripts")]

import safety_encoder  # noqa: E402
import torch  # noqa: E402

from afterword.screening.artefact import (  # noqa: E402
    CHANGES,
    FILES,
    LAYOUT,
    MANIFEST,
    MARKS,
)
from afterword.screening.embedding import (  # noqa: E402
    WEIGHTS_SHA256,
    package_folder,
    read_safetensors,
    read_vocabulary,
    read_weights,
)
from afterword.screening.measured import Scored, curve, figures, scored  # noqa: E402
from afterword.screening.model import load_model  # noqa: E402
from afterword.screening.ngrams import Linear  # noqa: E402
from afterword.screening.reader import Reader  # noqa: E402
from afterword.screening.scoring import SafetyModel, build  # noqa: E402
from afterword.screening.spanish import Glossary  # noqa: E402
from afterword.screening.training import Sentence, read_sentences, train_linear  # noqa: E402

SENTENCES = ROOT / "safety" / "sentences"
MODEL = ROOT / "safety" / "model"
APART = ROOT / "tests" / "safety" / "data"
ENCODER_WEIGHT = 0.9
PLAN = safety_encoder.Plan()
POLISH = replace(PLAN, epochs=1, rate=5e-5, head_rate=2e-4)
ASSISTANT = "assistant"
ENGLISH = "english"
"""Of whom the manifest says which sentences it has learnt."""
MORE = replace(PLAN, epochs=2, rate=1e-4, head_rate=5e-4)
OTHERS = 9_000
CHOSEN = {
    "en": {"check": 0.54, "same_day": 0.87, "unsure": 0.5, "doubtful": 0.2, "doubt": (0.3, 0.9)},
    "es": {"check": 0.46, "same_day": 0.8, "unsure": 0.4, "doubtful": 0.2, "doubt": (0.2, 0.93)},
}
"""Chosen by hand: decisions 0033 and 0040."""
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
    asked = argparse.ArgumentParser(description="Trains the safety model anew.")
    asked.add_argument("--speech", type=Path, help="ordinary speech, JSON Lines with text")
    asked.add_argument("--polish", action="store_true", help="only the last stage")
    asked.add_argument("--more", action="store_true", help="go on with files that are new")
    asked.add_argument("--bounds", action="store_true", help="only write the bounds anew")
    asked.add_argument("--threads", type=int, default=2, help="other ones change the last digits")
    given = asked.parse_args()
    if given.bounds:
        bind(given.speech)
        return
    torch.set_num_threads(given.threads)
    weights = read_weights(package_folder())
    sentences = read_sentences(SENTENCES)
    if given.polish:
        learnt = learnt_before()
    elif given.more:
        going_on = with_new_ones(sentences, ENGLISH)
        learnt = safety_encoder.train(going_on, weights, reader(), MORE, learnt_before())
    else:
        learnt = safety_encoder.train(sentences, weights, reader(), PLAN)
    # What people say to the assistant itself is short, and little of it is in so many sentences.
    polished = safety_encoder.train(polishing(sentences), weights, reader(), POLISH, learnt)
    learnt = learnt.halfway(polished)
    if given.more:
        # Finds more and cries wolf less than either (docs/decisions/0017): a quarter of the way.
        before = learnt_before()
        learnt = before.halfway(before.halfway(learnt))
    write(artefact(learnt, train_linear(sentences, reader())), ENGLISH)
    bind(given.speech)


def polishing(sentences: Sequence[Sentence]) -> list[Sentence]:
    """What is said to the assistant, several times, among a part of all others."""
    own = [one for one in sentences if one.source == ASSISTANT]
    others = [one for one in sentences if one.source != ASSISTANT]
    return own * 2 + random.Random(PLAN.seed).sample(others, OTHERS)


def with_new_ones(
    sentences: Sequence[Sentence], learner: str, others_each: int = 1
) -> list[Sentence]:
    """Those of files that this learner has not seen, and so many others each against forgetting."""
    seen = json.loads((MODEL / MANIFEST).read_text(encoding="utf-8"))["sentences"][learner]
    new = {path.stem for path in SENTENCES.glob("*.jsonl") if seen.get(path.name) != _hash(path)}
    fresh = [one for one in sentences if one.source in new]
    others = [one for one in sentences if one.source not in new]
    kept = random.Random(PLAN.seed).sample(others, min(others_each * len(fresh), len(others)))
    print(f"{len(fresh)} sentences of {', '.join(sorted(new))}, and {len(kept)} others", flush=True)
    return fresh + kept


def _hash(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def learnt_before() -> safety_encoder.Trained:
    kept = read_safetensors((MODEL / CHANGES).read_bytes())
    head, bias = kept.pop("head.weight"), kept.pop("head.bias")
    return safety_encoder.Trained(kept, head, bias)


def bind(speech: Path | None) -> None:
    """Reads the model's figures off the lines that are kept apart, and writes them with CHOSEN."""
    model = load_model(MODEL)
    found = scored(model, apart())
    measured = {"kept apart": figures(found, CHOSEN), "curve": curve(found)}
    print(json.dumps({"bounds": CHOSEN, **measured}, indent=1))
    if speech is not None:
        print(json.dumps({"real speech": _of_speech(model, speech)}))
    path = MODEL / MANIFEST
    manifest = json.loads(path.read_text(encoding="utf-8"))
    manifest |= {"bounds": CHOSEN, "figures": measured}
    path.write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")


def apart() -> list[Sentence]:
    """The lines that nothing is trained on."""
    return [one for one in read_sentences(APART) if one.source.startswith(("heldout", "ordinary"))]


def _of_speech(model: SafetyModel, path: Path) -> dict[str, float]:
    """Per cent of the lines at or above each bound that may be chosen."""
    texts = [json.loads(line)["text"] for line in path.read_text(encoding="utf-8").splitlines()]
    lines = [Sentence(text, "none", "none", "en", "speech") for text in texts if text.strip()]
    found: list[Scored] = scored(model, lines)
    return {str(row["bound"]): row["harmless"] for row in curve(found)["en"]}


def reader() -> Reader:
    glossary = (MODEL / "es-words.txt").read_text(encoding="utf-8")
    return Reader(read_vocabulary(package_folder()), Glossary(glossary))


def _scale(linear: Linear) -> np.float32:
    return np.float32(np.abs(linear.weights).max() / 127)


def artefact(learnt: safety_encoder.Trained, linear: Linear) -> dict[str, bytes]:
    """The files of the English encoder and of the linear model, by name."""
    scale = _scale(linear)
    changes = {**learnt.changes, "head.weight": learnt.head, "head.bias": learnt.bias}
    return {
        CHANGES: safetensors(changes),
        MARKS: safetensors(
            {
                "marks.weight": np.round(linear.weights / scale).astype(np.int8),
                "marks.scale": np.array([scale], np.float32),
                "marks.bias": linear.bias.astype(np.float32),
            }
        ),
    }


def write(files: Mapping[str, bytes], learner: str) -> None:
    """Puts these files in place, and writes the manifest that says what all of them are."""
    for name, content in files.items():
        (MODEL / name).write_bytes(content)
    path = MODEL / MANIFEST
    before = json.loads(path.read_text(encoding="utf-8"))
    contents = {name: (MODEL / name).read_bytes() for name in FILES}
    digests = {name: hashlib.sha256(content).hexdigest() for name, content in contents.items()}
    learnt_from = {one.name: _hash(one) for one in sorted(SENTENCES.glob("*.jsonl"))}
    manifest = {
        "layout": LAYOUT,
        "version": hashlib.sha256("".join(digests.values()).encode()).hexdigest()[:12],
        "files": digests,
        "sentences": {**before["sentences"], learner: learnt_from},
        "encoder": WEIGHTS_SHA256,
        "encoder_weight": ENCODER_WEIGHT,
        "bounds": CHOSEN,
        "plan": vars(PLAN),
    }
    model = build(manifest, contents)
    manifest["probes"] = {one.sentence.text: round(one.share, 4) for one in scored(model, PROBES)}
    path.write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")


def safetensors(tensors: Mapping[str, np.ndarray]) -> bytes:
    """The file format: the length of a JSON header, the header, the numbers."""
    kinds = {"float32": "F32", "int8": "I8"}
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
