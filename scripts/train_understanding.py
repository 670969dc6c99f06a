#!/usr/bin/env python3
"""Trains the sentence encoder of language understanding: understanding/encoder.safetensors.

    python scripts/train_understanding.py        about ten minutes on two free cores

It learns from 85 per cent of data/nlu and of understanding/degrees; with the rest, which it prints
figures of, thresholds may be chosen (docs/decisions/0018-a-sentence-encoder-beside-the-words.md).

Not needed when lines are added to data/nlu: `afterword train` learns those on top of the encoder as
it is. Worth while after many new lines, or a new intent. Needs torch: scripts/safety-training.txt
says how. Afterwards train the assistant and look at `afterword understanding evaluate`.
"""

from __future__ import annotations

import json
import math
import random
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from ruamel.yaml import YAML

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "scripts")]

import safety_encoder  # noqa: E402
import torch  # noqa: E402
from torch import nn  # noqa: E402
from torch.nn import functional  # noqa: E402
from train_safety import reader, safetensors  # noqa: E402

from afterword.screening.embedding import WIDTH, Encoder, package_folder, read_weights  # noqa: E402
from afterword.screening.reader import Reader  # noqa: E402

LINES = ROOT / "data" / "nlu"
DEGREES = ROOT / "understanding" / "degrees"
INTENT, EXTENT, STRAIN = range(3)
"""What a line teaches: what is wanted, or how much is meant, of one kind of scale or the other."""
CHANGES = ROOT / "understanding" / "encoder.safetensors"
PLAN = safety_encoder.Plan(epochs=4, rate=2e-4, head_rate=2e-3)
APART = 0.15


Label = tuple[int, str]


@dataclass(frozen=True)
class Example:
    """A line in word pieces: of `data/nlu` with its intent, an answer with the place it means."""

    pieces: tuple[int, ...]
    lesson: int
    label: str


def main() -> None:
    torch.set_num_threads(2)
    examples = [*read_examples(), *read_degrees()]
    random.Random(PLAN.seed).shuffle(examples)
    kept = round(APART * len(examples))
    labels = sorted({(one.lesson, one.label) for one in examples})
    weights = read_weights(package_folder())
    net = train(examples[kept:], labels, weights)
    changes = {
        f"{name.replace('-', '.')}.{kind}": value
        for name, module in net.whole.items()
        for kind, value in module.changes().items()
    }
    encoder = Encoder(weights, changes)
    for lesson, name in enumerate(("intents", "degrees", "degrees of strain")):
        apart = [one for one in examples[:kept] if one.lesson == lesson]
        right = correct(apart, labels, net, encoder)
        print(f"{name}: {right} of {len(apart)} lines that were kept back are understood")
    CHANGES.write_bytes(safetensors(changes))


def read_examples() -> list[Example]:
    """All lines of all intents, in both languages."""
    words = reader()
    return [
        Example(pieces_of(line.removeprefix("- ").strip(), words), INTENT, block["intent"])
        for path in sorted(LINES.rglob("*.yml"))
        for block in YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))["nlu"]
        for line in (block["examples"].splitlines() if "intent" in block else ())
    ]


def read_degrees() -> list[Example]:
    """All answers to questions with options; "0" is the label of those that are not sure."""
    words = reader()
    found = []
    for path in sorted(DEGREES.glob("*.jsonl")):
        for entry in map(json.loads, path.read_text(encoding="utf-8").splitlines()):
            place = entry["places"][0] if len(entry["places"]) == 1 else 0
            lesson = STRAIN if entry["question"] == "snag" else EXTENT
            found.append(Example(pieces_of(entry["text"], words), lesson, str(place)))
    return found


def pieces_of(text: str, words: Reader) -> tuple[int, ...]:
    windows = words.read(text).windows
    return tuple(words.ids(windows[0]) if windows else [words.vocabulary.start])


def train(
    examples: Sequence[Example], labels: Sequence[Label], weights: dict[str, np.ndarray]
) -> safety_encoder.Net:
    """The encoder with a linear layer over all labels; rare ones count for more."""
    torch.manual_seed(PLAN.seed)
    rng = random.Random(PLAN.seed)
    net = safety_encoder.Net(weights, PLAN)
    net.head = nn.Linear(WIDTH, len(labels))
    numbers = {label: number for number, label in enumerate(labels)}
    counts = np.bincount([numbers[one.lesson, one.label] for one in examples])
    scarcity = torch.tensor(np.sqrt(counts.mean() / counts), dtype=torch.float32)
    others = torch.tensor(
        [[0.0 if own == lesson else -1e9 for own, _ in labels] for lesson in range(STRAIN + 1)]
    )
    own = [value for name, value in net.named_parameters() if not name.startswith("head")]
    settings = [
        {"params": own, "lr": PLAN.rate},
        {"params": net.head.parameters(), "lr": PLAN.head_rate},
    ]
    optimiser = torch.optim.AdamW(settings, weight_decay=0.01)
    steps = PLAN.epochs * math.ceil(len(examples) / safety_encoder.LONGEST_BATCH)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimiser, lambda step: min((step + 1) / (0.06 * steps), max(0.02, 1 - step / steps))
    )
    for epoch in range(PLAN.epochs):
        total = 0.0
        net.train()
        for batch in batches(examples, rng):
            ids, mask = packed(batch, rng)
            with torch.autocast("cpu", torch.bfloat16):
                logits = net(ids, mask)
            # Among the labels of the same lesson only.
            logits = logits.float() + others[[one.lesson for one in batch]]
            targets = torch.tensor([numbers[one.lesson, one.label] for one in batch])
            loss = functional.cross_entropy(logits, targets, weight=scarcity)
            optimiser.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(net.parameters(), 1.0)
            optimiser.step()
            schedule.step()
            total += loss.item() * len(batch)
        print(f"epoch {epoch + 1} of {PLAN.epochs}: loss {total / len(examples):.4f}", flush=True)
    return net


def batches(examples: Sequence[Example], rng: random.Random) -> list[list[Example]]:
    """Batches of lines that are about as long as each other, in any order."""
    size = safety_encoder.LONGEST_BATCH
    mixed = sorted(examples, key=lambda one: len(one.pieces) + rng.random() * 4)
    found = [mixed[at : at + size] for at in range(0, len(mixed), size)]
    rng.shuffle(found)
    return found


def packed(batch: Sequence[Example], rng: random.Random) -> tuple[torch.Tensor, torch.Tensor]:
    """Numbers and mask of a batch, some pieces hidden so that no single word decides."""
    rows = [safety_encoder.masked(list(one.pieces), PLAN, rng) for one in batch]
    longest = max(map(len, rows))
    ids = torch.tensor([row + [0] * (longest - len(row)) for row in rows])
    mask = torch.tensor([[1.0] * len(row) + [0.0] * (longest - len(row)) for row in rows])
    return ids, mask


def correct(
    examples: Sequence[Example], labels: Sequence[Label], net: safety_encoder.Net, encoder: Encoder
) -> int:
    """How many lines the encoder, as it will be stored, and the last layer understand."""
    head, bias = net.head.weight.detach().numpy(), net.head.bias.detach().numpy()
    right = 0
    for one in examples:
        own = [at for at, (lesson, _) in enumerate(labels) if lesson == one.lesson]
        shares = encoder.vectors([one.pieces])[0] @ head[own].T + bias[own]
        right += labels[own[int(shares.argmax())]][1] == one.label
    return right


if __name__ == "__main__":
    main()
