#!/usr/bin/env python3
"""Trains the sentence encoder of language understanding: understanding/encoder.safetensors.

    python scripts/train_understanding.py        about ten minutes on two free cores

It learns from 85 per cent of data/nlu; with the rest, which it prints figures of, thresholds may be
chosen (docs/decisions/0018-a-sentence-encoder-beside-the-words.md).

Not needed when lines are added to data/nlu: `afterword train` learns those on top of the encoder as
it is. Worth while after many new lines, or a new intent. Needs torch: scripts/safety-training.txt
says how. Afterwards train the assistant and look at `afterword understanding evaluate`.
"""

from __future__ import annotations

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

LINES = ROOT / "data" / "nlu"
CHANGES = ROOT / "understanding" / "encoder.safetensors"
PLAN = safety_encoder.Plan(epochs=4, rate=2e-4, head_rate=2e-3)
APART = 0.15


@dataclass(frozen=True)
class Example:
    """A line of data/nlu, in word pieces."""

    pieces: tuple[int, ...]
    intent: str


def main() -> None:
    torch.set_num_threads(2)
    examples = read_examples()
    random.Random(PLAN.seed).shuffle(examples)
    kept = round(APART * len(examples))
    intents = sorted({one.intent for one in examples})
    weights = read_weights(package_folder())
    net = train(examples[kept:], intents, weights)
    changes = {
        f"{name.replace('-', '.')}.{kind}": value
        for name, module in net.whole.items()
        for kind, value in module.changes().items()
    }
    right = correct(examples[:kept], intents, net, Encoder(weights, changes))
    print(f"{right} of {kept} lines that were kept back are understood")
    CHANGES.write_bytes(safetensors(changes))


def read_examples() -> list[Example]:
    """All lines of all intents, in both languages."""
    words = reader()
    found = []
    for path in sorted(LINES.rglob("*.yml")):
        for block in YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))["nlu"]:
            for line in block["examples"].splitlines() if "intent" in block else ():
                windows = words.read(line.removeprefix("- ").strip()).windows
                pieces = words.ids(windows[0]) if windows else [words.vocabulary.start]
                found.append(Example(tuple(pieces), block["intent"]))
    return found


def train(
    examples: Sequence[Example], intents: Sequence[str], weights: dict[str, np.ndarray]
) -> safety_encoder.Net:
    """The encoder with a linear layer over the intents; rare intents count for more."""
    torch.manual_seed(PLAN.seed)
    rng = random.Random(PLAN.seed)
    net = safety_encoder.Net(weights, PLAN)
    net.head = nn.Linear(WIDTH, len(intents))
    numbers = {intent: number for number, intent in enumerate(intents)}
    counts = np.bincount([numbers[one.intent] for one in examples], minlength=len(intents))
    scarcity = torch.tensor(np.sqrt(counts.mean() / counts), dtype=torch.float32)
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
            targets = torch.tensor([numbers[one.intent] for one in batch])
            loss = functional.cross_entropy(
                logits.float(), targets, weight=scarcity, label_smoothing=PLAN.smoothing
            )
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
    examples: Sequence[Example], intents: Sequence[str], net: safety_encoder.Net, encoder: Encoder
) -> int:
    """How many lines the encoder, as it will be stored, and the last layer understand."""
    head, bias = net.head.weight.detach().numpy(), net.head.bias.detach().numpy()
    found = [
        intents[int((encoder.vectors([one.pieces])[0] @ head.T + bias).argmax())]
        for one in examples
    ]
    return sum(intent == one.intent for intent, one in zip(found, examples, strict=True))


if __name__ == "__main__":
    main()
