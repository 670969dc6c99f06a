#!/usr/bin/env python3
"""Trains the sentence encoders of language understanding: understanding/*.safetensors.

    python scripts/train_understanding.py                  some twenty minutes on two free cores
    python scripts/train_understanding.py --only english   or multilingual, half of that

Each learns what a message wants from 85 per cent of data/nlu, and how much an answer says from as
much of understanding/degrees, both at once; with the rest, which it prints figures of, thresholds
may be chosen (docs/decisions/0018-a-sentence-encoder-beside-the-words.md,
0027-how-much-is-learnt-too.md and 0038-two-encoders-understand-too.md). Afterwards run
scripts/train_degrees.py: its weights belong to the encoders.

Not needed when lines are added to data/nlu: `afterword train` learns those on top of the encoders
as they are. Worth while after many new lines, or a new intent. Needs torch:
scripts/safety-training.txt says how. Afterwards train the assistant and look at
`afterword understanding evaluate`.
"""

from __future__ import annotations

import argparse
import math
import random
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "scripts")]

import safety_encoder  # noqa: E402
import torch  # noqa: E402
import understanding_lines as lines  # noqa: E402
from multilingual_base import layers  # noqa: E402
from torch import nn  # noqa: E402
from torch.nn import functional  # noqa: E402
from train_multilingual import AsItIs, whole  # noqa: E402
from train_safety import reader, safetensors  # noqa: E402

from afterword.screening.embedding import (  # noqa: E402
    WIDTH,
    package_folder,
    read_weights,
    unpacked,
)
from afterword.screening.training import disturbed  # noqa: E402
from afterword.screening.unigram import Unigram  # noqa: E402
from bot.sentence_vectors import BOTH_LAYERS, BOTH_PIECES, BOTH_WORDS, CHANGES  # noqa: E402

PLAN = safety_encoder.Plan(epochs=4, rate=2e-4, head_rate=2e-3, disturbed=0.15)
INTENT = "intent"
LAYER = "encoder.layer."


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

    @classmethod
    def of(cls, examples: Sequence[Example]) -> Heads:
        heads = sorted({one.head for one in examples})
        return cls({head: sorted({o.target for o in examples if o.head == head}) for head in heads})

    def __len__(self) -> int:
        return sum(map(len, self.classes.values()))

    def part(self, head: str) -> slice:
        names = list(self.classes)
        start = sum(len(self.classes[name]) for name in names[: names.index(head)])
        return slice(start, start + len(self.classes[head]))

    def number(self, one: Example) -> int:
        return self.classes[one.head].index(one.target)


@dataclass(frozen=True)
class Base:
    """An encoder as it comes: how it reads, its weights, and how what was learnt is stored."""

    words: safety_encoder.Reads
    weights: dict[str, np.ndarray]
    path: Path
    stored: Callable[[Mapping[str, np.ndarray], safety_encoder.Trained], dict[str, np.ndarray]]

    def ids(self, text: str) -> list[int]:
        """The numbers of the pieces of a text's first window."""
        signs, windows = self.words.vocabulary, self.words.read(text).windows
        return [signs.start, *(windows[0].pieces if windows else ()), signs.end]


def english() -> Base:
    """all-MiniLM-L6-v2; what changed is stored."""
    return Base(reader(), read_weights(package_folder()), CHANGES, lambda _, learnt: learnt.changes)


def multilingual() -> Base:
    """multilingual-e5-small with the words of the safety screen; its layers are stored."""
    words = AsItIs(Unigram(BOTH_PIECES.read_text(encoding="utf-8")))
    screen = unpacked(BOTH_WORDS.read_bytes())
    kept = {name: value.astype(np.float32) for name, value in screen.items() if LAYER not in name}
    return Base(words, kept | layers(), BOTH_LAYERS, only_layers)


def only_layers(
    weights: Mapping[str, np.ndarray], learnt: safety_encoder.Trained
) -> dict[str, np.ndarray]:
    return {name: value for name, value in whole(weights, learnt).items() if LAYER in name}


ENCODERS = {"english": english, "multilingual": multilingual}


def main() -> None:
    asked = argparse.ArgumentParser(description="Trains the encoders of understanding anew.")
    asked.add_argument("--only", choices=ENCODERS, help="one of them")
    given = asked.parse_args()
    torch.set_num_threads(2)
    for name in [given.only] if given.only else ENCODERS:
        print(name, flush=True)
        renew(ENCODERS[name]())


def renew(base: Base) -> None:
    kept, learnt_from = [], []
    for one in read_examples():
        (kept if lines.kept_back(one.text) else learnt_from).append(one)
    heads = Heads.of(learnt_from)
    net = train(learnt_from, heads, base)
    changes = {
        f"{name.replace('-', '.')}.{kind}": value
        for name, module in net.whole.items()
        for kind, value in module.changes().items()
    }
    for head in heads.classes:
        own = [one for one in kept if one.head == head]
        print(f"{head}: {correct(own, heads, base, net)} of {len(own)} kept back are understood")
    last = net.head.weight.detach().numpy(), net.head.bias.detach().numpy()
    learnt = safety_encoder.Trained(changes, *last)
    base.path.write_bytes(safetensors(base.stored(base.weights, learnt)))


def read_examples() -> list[Example]:
    """All lines of all intents, and all answers that say how much, in both languages."""
    intents = [Example(text, INTENT, intent) for intent, text, _ in lines.read_intents()]
    return intents + [Example(one.text, one.scale, str(one.place)) for one in lines.read_degrees()]


def train(examples: Sequence[Example], heads: Heads, base: Base) -> safety_encoder.Net:
    """The encoder with a linear layer over all classes; rare classes count for more."""
    torch.manual_seed(PLAN.seed)
    rng = random.Random(PLAN.seed)
    net = safety_encoder.Net(base.weights, PLAN)
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
        for batch in batches(examples, base, rng):
            ids, mask = packed([pieces for pieces, _ in batch], base.words.vocabulary, rng)
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
    examples: Sequence[Example], base: Base, rng: random.Random
) -> list[list[tuple[list[int], Example]]]:
    """Batches of lines that are about as long as each other, in any order; some have a slip."""
    items = []
    for one in examples:
        text = disturbed(one.text, rng) if rng.random() < PLAN.disturbed else one.text
        items.append((base.ids(text), one))
    size = safety_encoder.LONGEST_BATCH
    mixed = sorted(items, key=lambda item: len(item[0]) + rng.random() * 4)
    found = [mixed[at : at + size] for at in range(0, len(mixed), size)]
    rng.shuffle(found)
    return found


def packed(
    rows: Sequence[list[int]], signs: safety_encoder.Pieces, rng: random.Random
) -> tuple[torch.Tensor, torch.Tensor]:
    """Numbers and mask of a batch, some pieces hidden so that no single word decides."""
    rows = [safety_encoder.masked(row, signs.hidden, PLAN, rng) for row in rows]
    longest = max(map(len, rows))
    ids = torch.tensor([row + [signs.pad] * (longest - len(row)) for row in rows])
    mask = torch.tensor([[1.0] * len(row) + [0.0] * (longest - len(row)) for row in rows])
    return ids, mask


def correct(examples: Sequence[Example], heads: Heads, base: Base, net: safety_encoder.Net) -> int:
    """How many lines are understood by what was learnt, before it is put into 8 bits."""
    net.eval()
    right = 0
    with torch.no_grad():
        for one in examples:
            ids = torch.tensor([base.ids(one.text)])
            shares = net(ids, torch.ones(ids.shape))[0, heads.part(one.head)]
            right += int(shares.argmax()) == heads.number(one)
    return right


if __name__ == "__main__":
    main()
