"""Trains the sentence encoder on the safety sentences, and keeps what changed in it.

All matrices of its layers are trained. Thin matrices beside them, or the change cut down to a low
rank, found one to three live lines in a hundred less: docs/decisions/0017-a-model-of-many-hands.md.

Needs torch (scripts/safety-training.txt); nothing that is served does.
"""

from __future__ import annotations

import math
import random
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from afterword.screening.embedding import HEADS, LAYERS, PARTS, WIDTH
from afterword.screening.reader import Reading
from afterword.screening.training import CLASSES, NONE, Sentence, disturbed

# Half of such a sentence may well mean harm.
_GRAVE = re.compile(
    r"suicid|kill|dead|die\b|dying|death|murder|hurt|harm|cut|blood|bleed|knife|gun|pill|tablet|"
    r"overdos|hit|punch|burn|rape|touch|kiss|naked|chest|breath|faint|jump|bridge|end it|goodbye|"
    r"mata|muer|morir|suicid|cort|sangre|cuchill|pastill|pega|golpe|viol|toc|bes|pecho|respir",
    re.IGNORECASE,
)
LONGEST_BATCH = 32
# Half the digits: five times as quick where the processor knows it, and as good.
HALF_DIGITS = torch.backends.cpu.get_cpu_capability().startswith("AVX512")


class Pieces(Protocol):
    """The numbers of an encoder's own signs: `hidden` stands for a piece that is not shown."""

    start: int
    end: int
    pad: int
    hidden: int


class Reads(Protocol):
    """Texts to windows of pieces."""

    @property
    def vocabulary(self) -> Pieces: ...

    def read(self, text: str) -> Reading: ...


@dataclass(frozen=True)
class Plan:
    """How the encoder is trained."""

    epochs: int = 4
    batches: int | None = None
    """How many in all, instead of whole epochs."""
    rate: float = 2e-4
    head_rate: float = 1e-3
    dropout: float = 0.1
    smoothing: float = 0.05
    disturbed: float = 0.2
    buried: float = 0.15
    masked: float = 0.1
    fragments: float = 0.5
    seed: int = 7


def in_steps(change: np.ndarray) -> dict[str, np.ndarray]:
    """A change in 8 bits: `change` in steps from -127 to 127, and the size of a `step` by row."""
    step = (np.abs(change).max(axis=1) / 127 + 1e-12).astype(np.float32)
    return {"change": np.round(change / step[:, None]).astype(np.int8), "step": step}


class Whole(nn.Module):
    """A matrix that is trained, from what it was."""

    def __init__(self, weight: torch.Tensor, bias: torch.Tensor) -> None:
        super().__init__()
        self.register_buffer("before", weight)
        self.weight = nn.Parameter(weight.clone())
        self.bias = nn.Parameter(bias.clone())

    def forward(self, state: torch.Tensor) -> torch.Tensor:
        return functional.linear(state, self.weight, self.bias)

    def changes(self) -> dict[str, np.ndarray]:
        """What was learnt, as it is stored: steps from -127 to 127, and the size of a step."""
        change = (self.weight.detach() - self.before).numpy()
        return {**in_steps(change), "bias": self.bias.detach().numpy()}


class Net(nn.Module):
    """The encoder, and a linear layer over the mean of its last states."""

    def __init__(self, weights: Mapping[str, np.ndarray], plan: Plan) -> None:
        super().__init__()
        self.plain = {name: torch.tensor(np.array(value)) for name, value in weights.items()}
        self.whole = nn.ModuleDict(
            {
                f"{number}-{part}": Whole(
                    self.plain[f"encoder.layer.{number}.{name}.weight"],
                    self.plain[f"encoder.layer.{number}.{name}.bias"],
                )
                for number in range(LAYERS)
                for part, name in PARTS.items()
            }
        )
        self.drop = nn.Dropout(plan.dropout)
        self.head = nn.Linear(WIDTH, len(CLASSES))

    def go_on(self, start: Trained) -> None:
        """Takes over what was learnt before."""
        with torch.no_grad():
            for name, module in self.whole.items():
                own = name.replace("-", ".")
                change, step, bias = (
                    torch.tensor(np.array(start.changes[f"{own}.{kind}"], np.float32))
                    for kind in ("change", "step", "bias")
                )
                module.weight.copy_(module.before + change * step[:, None])
                module.bias.copy_(bias)
            self.head.weight.copy_(torch.tensor(np.array(start.head)))
            self.head.bias.copy_(torch.tensor(np.array(start.bias)))

    def forward(self, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        words = self.plain["embeddings.word_embeddings.weight"][ids]
        places = self.plain["embeddings.position_embeddings.weight"][: ids.shape[1]]
        state = words + places + self.plain["embeddings.token_type_embeddings.weight"][0]
        state = self._norm(state, "embeddings.LayerNorm")
        aside = ((1 - mask) * -1e9)[:, None, None, :]
        for number in range(LAYERS):
            state = self._layer(state, aside, number)
        mean = (state * mask[:, :, None]).sum(1) / mask.sum(1, keepdim=True)
        return self.head(self.drop(mean))

    def _layer(self, state: torch.Tensor, aside: torch.Tensor, number: int) -> torch.Tensor:
        query, key, value = (
            self.whole[f"{number}-{part}"](state).unflatten(2, (HEADS, -1)).transpose(1, 2)
            for part in ("query", "key", "value")
        )
        # By hand: the one call for all of it is slow at going back through such short texts.
        score = query @ key.transpose(2, 3) / math.sqrt(WIDTH // HEADS) + aside
        mixed = score.softmax(3) @ value
        mixed = self.whole[f"{number}-mixed"](mixed.transpose(1, 2).flatten(2))
        state = self._norm(state + mixed, f"encoder.layer.{number}.attention.output.LayerNorm")
        wide = functional.gelu(self.whole[f"{number}-wide"](state), approximate="tanh")
        narrow = self.whole[f"{number}-narrow"](wide)
        return self._norm(state + narrow, f"encoder.layer.{number}.output.LayerNorm")

    def _norm(self, state: torch.Tensor, name: str) -> torch.Tensor:
        scale, shift = self.plain[f"{name}.weight"], self.plain[f"{name}.bias"]
        return functional.layer_norm(state, (WIDTH,), scale, shift, 1e-12)


@dataclass(frozen=True)
class Trained:
    """What is kept: the changes of the encoder by name, and the last layer."""

    changes: dict[str, np.ndarray]
    head: np.ndarray
    bias: np.ndarray

    def halfway(self, other: Trained) -> Trained:
        """The mean of both: it keeps more of what each does well than the later one alone
        (Wortsman et al. 2022, arXiv 2109.01903)."""
        changes: dict[str, np.ndarray] = {}
        for name in self.changes:
            part, _, kind = name.rpartition(".")
            if kind == "bias":
                changes[name] = (self.changes[name] + other.changes[name]) / np.float32(2)
            elif kind == "change":
                both = [
                    one.changes[name] * one.changes[f"{part}.step"][:, None]
                    for one in (self, other)
                ]
                for key, value in in_steps((both[0] + both[1]) / np.float32(2)).items():
                    changes[f"{part}.{key}"] = value
        half = np.float32(0.5)
        return Trained(changes, (self.head + other.head) * half, (self.bias + other.bias) * half)


def train(
    sentences: Sequence[Sentence],
    weights: Mapping[str, np.ndarray],
    reader: Reads,
    plan: Plan,
    start: Trained | None = None,
    say: Callable[[str], None] = print,
    choose: Callable[[random.Random], Sequence[Sentence]] | None = None,
) -> Trained:
    """What is learnt from these sentences; the same on the same machine each time.

    From the encoder as it comes, or from what was learnt before. `choose` gives those of an epoch.
    """
    torch.manual_seed(plan.seed)
    rng = random.Random(plan.seed)
    net = Net(weights, plan)
    if start is not None:
        net.go_on(start)
    own = [value for name, value in net.named_parameters() if not name.startswith("head")]
    settings = [
        {"params": own, "lr": plan.rate},
        {"params": net.head.parameters(), "lr": plan.head_rate},
    ]
    optimiser = torch.optim.AdamW(settings, weight_decay=0.01)
    # About a tenth more than sentences: the fragments.
    steps = plan.batches or plan.epochs * math.ceil(1.3 * len(sentences) / LONGEST_BATCH)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimiser, lambda step: min((step + 1) / (0.06 * steps), max(0.02, 1 - step / steps))
    )
    done = epoch = 0
    while epoch < plan.epochs and done < (plan.batches or math.inf):
        epoch += 1
        losses = []
        own_part = choose(rng) if choose else sentences
        net.train()
        for batch in _batches(_epoch(own_part, plan, rng), reader, rng):
            loss = _loss(net, batch, reader, plan, rng)
            optimiser.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(net.parameters(), 1.0)
            optimiser.step()
            schedule.step()
            losses.append(loss.item())
            done += 1
            if done == plan.batches:
                break
        say(f"epoch {epoch}: loss {np.mean(losses):.4f}")
    changes = {
        f"{name.replace('-', '.')}.{kind}": value
        for name, module in net.whole.items()
        for kind, value in module.changes().items()
    }
    return Trained(changes, net.head.weight.detach().numpy(), net.head.bias.detach().numpy())


Item = tuple[list[list[int]], int]


def _epoch(sentences: Sequence[Sentence], plan: Plan, rng: random.Random) -> list[tuple[str, int]]:
    """Each sentence once, some disturbed, some among harmless ones of its language."""
    harmless = {
        lang: [one.text for one in sentences if one.target == NONE and one.lang == lang]
        for lang in {one.lang for one in sentences}
    }
    found = []
    for one in sentences:
        text = one.text
        if rng.random() < plan.buried:
            other = rng.choice(harmless[one.lang])
            pieces = [text, other] if rng.random() < 0.4 else [other, text]
            text = rng.choice((". ", " ", " and ", ". ", "\n")).join(
                piece.rstrip(".") for piece in pieces
            )
        if rng.random() < plan.disturbed:
            text = disturbed(text, rng)
        found.append((text, one.target))
        if one.target == NONE and rng.random() < plan.fragments and not _GRAVE.search(text):
            found.append((_fragment(one.text, rng), NONE))
    return found


def _fragment(text: str, rng: random.Random) -> str:
    """Some words of it, as people say half a sentence."""
    words = text.split()
    size = rng.randint(1, max(1, min(len(words), 14)))
    start = rng.randint(0, len(words) - size)
    return " ".join(words[start : start + size])


def _batches(texts: list[tuple[str, int]], reader: Reads, rng: random.Random) -> list[list[Item]]:
    """Batches of texts that are about as long as each other, in any order."""
    items: list[Item] = []
    for text, target in texts:
        found = reader.read(text).windows
        items.append(([list(one.pieces) for one in found] or [[]], target))
    rng.shuffle(items)
    items.sort(key=lambda item: sum(map(len, item[0])) + rng.random() * 6)
    batches = [items[at : at + LONGEST_BATCH] for at in range(0, len(items), LONGEST_BATCH)]
    rng.shuffle(batches)
    return batches


def masked(ids: list[int], hidden: int, plan: Plan, rng: random.Random) -> list[int]:
    """Some pieces hidden, so that no single word decides."""
    return [
        hidden if 0 < at < len(ids) - 1 and rng.random() < plan.masked else one
        for at, one in enumerate(ids)
    ]


def _loss(
    net: Net, batch: list[Item], reader: Reads, plan: Plan, rng: random.Random
) -> torch.Tensor:
    """Of a text that says something, the window that shows it most counts; else all of them."""
    words = reader.vocabulary
    rows = [
        (number, masked([words.start, *pieces, words.end], words.hidden, plan, rng))
        for number, (found, _) in enumerate(batch)
        for pieces in found
    ]
    longest = max(len(row) for _, row in rows)
    ids = torch.tensor([row + [words.pad] * (longest - len(row)) for _, row in rows])
    mask = torch.tensor([[1.0] * len(row) + [0.0] * (longest - len(row)) for _, row in rows])
    with torch.autocast("cpu", torch.bfloat16, enabled=HALF_DIGITS):
        logits = net(ids, mask)
    logits = logits.float()
    targets = torch.tensor([batch[number][1] for number, _ in rows])
    losses = functional.cross_entropy(
        logits, targets, reduction="none", label_smoothing=plan.smoothing
    )
    owner = torch.tensor([number for number, _ in rows])
    kept = []
    for number, (_, target) in enumerate(batch):
        own = losses[owner == number]
        kept.append(own.mean() if target == NONE else own.min())
    return torch.stack(kept).mean()
