"""How much a typed answer says, as learnt from lines: for words that no list has."""

from __future__ import annotations

import hashlib
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.shared.nlu.constants import METADATA, TEXT
from rasa.shared.nlu.training_data.features import Features
from rasa.shared.nlu.training_data.message import Message

from afterword.screening.embedding import read_safetensors
from afterword.screening.ngrams import marks
from afterword.screening.wordpiece import cleaned
from bot.answer_gate import LIKELY, SCALES, is_scale

WEIGHTS = Path(__file__).resolve().parent.parent / "understanding" / "degrees.safetensors"
CLASSES = 7
"""No degree, the five places, and a degree that leaves the place open."""
# The vectors and the marks weigh about as much as each other.
VECTOR_SCALE, MARKS_SCALE = 4.0, 2.0

Floats = NDArray[np.float32]


class Weights:
    """A linear model for each of `SCALES`, over the sentence vectors and the marks of a text."""

    def __init__(self, content: bytes) -> None:
        """Reads `<scale>.vector` (7 x 768), `.marks` (buckets x 7, in `.step`s) and `.bias` (7)."""
        self._all = read_safetensors(content)

    def likely(self, text: str, vector: Floats, scale: str | None) -> dict[str, list[float]]:
        """How likely no degree is meant, each place from 1 to 5, and one that is left open.

        For the scale, or for each of `SCALES` if it is none of them.
        """
        found = marks(cleaned(text))
        length = max(float(np.linalg.norm(vector)), 1e-9)
        names = (scale,) if scale in SCALES else SCALES
        return {name: self._of(name, found, vector / length) for name in names}

    def _of(self, name: str, found: NDArray[np.int64], vector: Floats) -> list[float]:
        logits = self._all[f"{name}.bias"] + self._all[f"{name}.vector"] @ vector * VECTOR_SCALE
        if len(found):
            rows = self._all[f"{name}.marks"][found].sum(axis=0) * self._all[f"{name}.step"]
            logits = logits + rows * MARKS_SCALE / np.sqrt(len(found))
        shares = np.exp(logits - logits.max())
        return [round(float(share), 4) for share in shares / shares.sum()]


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=False)
class DegreeReader(GraphComponent, IntentClassifier):
    """Adds `likely` to a message at a question with options in order. Rasa trains nothing of it.

    Place it after SentenceFeaturizer, whose vectors it uses; to Rasa it is a classifier that names
    no intent. What comes of it is decided where the question is known (`reflection/likely.py`). The
    weights are learnt from `understanding/degrees/` by scripts/train_degrees.py, so that training
    here, with lines of the clinic's own, never changes how an answer about the alliance is read.
    """

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """There is nothing to configure."""
        return {}

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> DegreeReader:
        """Called by Rasa's engine."""
        return cls()

    @classmethod
    def fingerprint_addon(cls, config: dict[str, Any]) -> str | None:
        """Other weights: what Rasa has cached of this component is not used."""
        return hashlib.sha256(WEIGHTS.read_bytes()).hexdigest()

    @cached_property
    def _weights(self) -> Weights:
        return Weights(WEIGHTS.read_bytes())

    def process(self, messages: list[Message]) -> list[Message]:
        """Adds `likely` where it may be asked for, in place."""
        for message in messages:
            vector = _vector(message)
            expects = (message.get(METADATA) or {}).get("expects")
            if vector is not None and is_scale(expects):
                likely = self._weights.likely(str(message.get(TEXT)), vector, expects)
                message.set(LIKELY, likely, add_to_output=True)
        return messages


def _vector(message: Message) -> Floats | None:
    """The sentence vectors that SentenceFeaturizer has added, as one."""
    _, sentence = message.get_dense_features(TEXT)
    if not isinstance(sentence, Features) or not message.get(TEXT):
        return None
    return np.asarray(sentence.features, np.float32)[0]
