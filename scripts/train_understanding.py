#!/usr/bin/env python3
"""Trains the sentence encoder of language understanding: understanding/encoder.safetensors.

    python scripts/train_understanding.py        some twenty minutes on two free cores

It learns what a message wants from 85 per cent of data/nlu, and how much an answer says from as
much of understanding/degrees, both at once; with the rest, which it prints figures of, thresholds
may be chosen (docs/decisions/0018-a-sentence-encoder-beside-the-words.md and
0027-how-much-is-learnt-too.md). Afterwards run scripts/train_degrees.py: its weights belong to an
encoder.

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

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "scripts")]

import safety_encoder  # noqa: E402
import torch  # noqa: E402
import understanding_lines as lines  # noqa: E402
from torch import nn  # noqa: E402
from torch.nn import functional  # noqa: E402
from train_safety import reader, safetensors  # noqa: E402

from afterword.screening.embedding import WIDTH, Encoder, package_folder, read_weights  # noqa: E402
from afterword.screening.reader import Reader  # noqa: E402
from afterword.screening.training import disturbed  # noqa: E402

CHANGES = ROOT / "understanding" / "encoder.safetensors"
PLAN = safety_encoder.Plan(epochs=4, rate=2e-4, head_rate=2e-3, disturbed=0.15)
INTENT = "intent"


@dataclass(frozen=True)
class Example:
    """A text, and under which head it has which class."""

    text: str
    head: str
    target: str


@dataclass(frozen=True)
class Heads:
    """The last layer: a part of its outputs for each head, one output for each of its classes."""

    classes: dict[str, list[str]]

    def __len__(self) -> int:
        return sum(map(len, self.classes.values()))

    def part(self, head: str) -> slice:
        names = list(self.classes)
        start = sum(len(self.classes[name]) for name in names[: names.index(head)])
        return slice(start, start + len(self.classes[head]))

    def number(self, one: Example) -> int:
        return self.classes[one.head].index(one.target)


def main() -> None:
    torch.set_num_threads(2)
    kept, learnt_from = [], []
    for one in read_examples():
        (kept if lines.kept_back(one.text) else learnt_from).append(one)
    heads = Heads(
        {
            head: sorted({one.target for one in learnt_from if one.head == head})
            for head in sorted({one.head for one in learnt_from})
        }
    )
    words, weights = reader(), read_weights(package_folder())
    net = train(learnt_from, heads, words, weights)
    changes = {
        f"{name.replace('-', '.')}.{kind}": value
        for name, module in net.whole.items()
        for kind, value in module.changes().items()
    }
    encoder = Encoder(weights, changes)
    for head in heads.classes:
        own = [one for one in kept if one.head == head]
        right = correct(own, heads, words, net, encoder)
        print(f"{head}: {right} of {len(own)} lines that were kept back are understood")
    CHANGES.write_bytes(safetensors(changes))


def read_examples() -> list[Example]:
    """All lines of all intents, and all answers that say how much, in both languages."""
    intents = [Example(text, INTENT, intent) for intent, text, _ in lines.read_intents()]
    return intents + [Example(one.text, one.scale, str(one.place)) for one in lines.read_degrees()]


def train(
    examples: Sequence[Example], heads: Heads, words: Reader, weights: dict[str, np.ndarray]
) -> safety_encoder.Net:
    """The encoder with a linear layer over all classes; rare classes count for more."""
    torch.manual_seed(PLAN.seed)
    rng = random.Random(PLAN.seed)
    net = safety_encoder.Net(weights, PLAN)
    net.head = nn.Linear(WIDTH, len(heads))
    scarcity = {head: scarcities(examples, heads, head) for head in heads.classes}
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
        for batch in batches(examples, words, rng):
            ids, mask = packed([pieces for pieces, _ in batch], words.vocabulary.hidden, rng)
            with torch.autocast("cpu", torch.bfloat16, enabled=safety_encoder.HALF_DIGITS):
                logits = net(ids, mask)
            loss = loss_of(logits.float(), [one for _, one in batch], heads, scarcity)
            optimiser.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(net.parameters(), 1.0)
            optimiser.step()
            schedule.step()
            total += loss.item() * len(batch)
        print(f"epoch {epoch + 1} of {PLAN.epochs}: loss {total / len(examples):.4f}", flush=True)
    return net


def scarcities(examples: Sequence[Example], heads: Heads, head: str) -> torch.Tensor:
    """For each class of a head by how much more than the mean one of its examples counts."""
    numbers = [heads.number(one) for one in examples if one.head == head]
    counts = np.bincount(numbers, minlength=len(heads.classes[head]))
    return torch.tensor(np.sqrt(counts.mean() / counts), dtype=torch.float32)


def loss_of(
    logits: torch.Tensor,
    batch: Sequence[Example],
    heads: Heads,
    scarcity: dict[str, torch.Tensor],
) -> torch.Tensor:
    """The mean over a batch; each example is asked only under its own head."""
    found = []
    for head in {one.head: None for one in batch}:
        rows = [at for at, one in enumerate(batch) if one.head == head]
        targets = torch.tensor([heads.number(batch[at]) for at in rows])
        found.append(
            functional.cross_entropy(
                logits[rows, heads.part(head)],
                targets,
                weight=scarcity[head],
                label_smoothing=PLAN.smoothing,
            )
            * (len(rows) / len(batch))
        )
    return torch.stack(found).sum()


def batches(
    examples: Sequence[Example], words: Reader, rng: random.Random
) -> list[list[tuple[list[int], Example]]]:
    """Batches of lines that are about as long as each other, in any order; some have a slip."""
    items = []
    for one in examples:
        text = disturbed(one.text, rng) if rng.random() < PLAN.disturbed else one.text
        items.append((pieces_of(words, text), one))
    size = safety_encoder.LONGEST_BATCH
    mixed = sorted(items, key=lambda item: len(item[0]) + rng.random() * 4)
    found = [mixed[at : at + size] for at in range(0, len(mixed), size)]
    rng.shuffle(found)
    return found


def packed(
    rows: Sequence[list[int]], hidden: int, rng: random.Random
) -> tuple[torch.Tensor, torch.Tensor]:
    """Numbers and mask of a batch, some pieces hidden so that no single word decides."""
    rows = [safety_encoder.masked(row, hidden, PLAN, rng) for row in rows]
    longest = max(map(len, rows))
    ids = torch.tensor([row + [0] * (longest - len(row)) for row in rows])
    mask = torch.tensor([[1.0] * len(row) + [0.0] * (longest - len(row)) for row in rows])
    return ids, mask


def correct(
    examples: Sequence[Example],
    heads: Heads,
    words: Reader,
    net: safety_encoder.Net,
    encoder: Encoder,
) -> int:
    """How many lines the encoder, as it will be stored, and the last layer understand."""
    head, bias = net.head.weight.detach().numpy(), net.head.bias.detach().numpy()
    right = 0
    for one in examples:
        vector = encoder.vectors([pieces_of(words, one.text)])[0]
        shares = (head @ vector + bias)[heads.part(one.head)]
        right += int(shares.argmax()) == heads.number(one)
    return right


def pieces_of(words: Reader, text: str) -> list[int]:
    """The numbers of the pieces of a text's first window."""
    windows = words.read(text).windows
    return words.ids(windows[0]) if windows else [words.vocabulary.start, words.vocabulary.end]


if __name__ == "__main__":
    main()
