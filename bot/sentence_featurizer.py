"""What a message means as a whole: the vector of a sentence encoder, as a feature for Rasa."""

from __future__ import annotations

import hashlib
import os
from collections import deque
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.featurizers.dense_featurizer.dense_featurizer import DenseFeaturizer
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from afterword.screening.embedding import (
    Encoder,
    package_folder,
    read_safetensors,
    read_vocabulary,
    read_weights,
)
from afterword.screening.reader import Reader
from afterword.screening.spanish import Glossary

ROOT = Path(__file__).resolve().parent.parent
WORDS = ROOT / "safety" / "model" / "es-words.txt"
CHANGES = ROOT / "understanding" / "encoder.safetensors"
_BATCH = 32


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=False)
class SentenceFeaturizer(DenseFeaturizer, GraphComponent):
    """Adds the vector of all-MiniLM-L6-v2, run with numpy. Rasa trains nothing of it.

    The encoder is the one of the safety screen, with changes of its own, that were trained on our
    lines (scripts/train_understanding.py). It has read only English; a Spanish message is read
    through the screen's word list. Only the first window of a message counts, about forty words:
    what a patient asks of the assistant is shorter.

    `scale` is the length of the vector, so that it weighs as much as the counted words beside it.
    """

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """As other featurizers, and `scale`."""
        return {**DenseFeaturizer.get_default_config(), "scale": 6.0}

    def __init__(self, config: dict[str, Any], name: str) -> None:
        """Reads the encoder, 90 MB. Raises EncoderMissing."""
        super().__init__(name, config)
        folder = package_folder()
        self._scale = float(config["scale"])
        self._encoder = Encoder(read_weights(folder), read_safetensors(CHANGES.read_bytes()))
        glossary = Glossary(WORDS.read_text(encoding="utf-8"))
        self._reader = Reader(read_vocabulary(folder), glossary)

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> SentenceFeaturizer:
        """Called by Rasa's engine."""
        return cls(config, execution_context.node_name)

    @classmethod
    def validate_config(cls, config: dict[str, Any]) -> None:
        """Nothing that could be wrong."""

    @classmethod
    def fingerprint_addon(cls, config: dict[str, Any]) -> str | None:
        """Other changes or words: what Rasa has cached of this component is not used."""
        digest = hashlib.sha256(CHANGES.read_bytes())
        digest.update(WORDS.read_bytes())
        return digest.hexdigest()

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """As `process`, in batches of messages that are about as long as each other."""
        messages = [one for one in training_data.training_examples if one.get(TEXT)]
        messages.sort(key=lambda one: len(str(one.get(TEXT))))
        batches = [messages[at : at + _BATCH] for at in range(0, len(messages), _BATCH)]
        # The matrices are multiplied outside of Python's lock.
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            deque(pool.map(self._add, batches), maxlen=0)
        return training_data

    def process(self, messages: list[Message]) -> list[Message]:
        """Adds the vector to each message, in place."""
        if written := [one for one in messages if one.get(TEXT)]:
            self._add(written)
        return messages

    def _add(self, messages: Sequence[Message]) -> None:
        vectors = self._encoder.vectors([self._ids(str(one.get(TEXT))) for one in messages])
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        scaled = vectors / np.maximum(lengths, 1e-9) * self._scale
        for message, vector in zip(messages, scaled, strict=True):
            # A sentence has one row; Rasa's classifier wants a row for the words as well.
            row = vector[None, :]
            self.add_features_to_message(row, row, TEXT, message)

    def _ids(self, text: str) -> list[int]:
        found = self._reader.read(text).windows
        vocabulary = self._reader.vocabulary
        return self._reader.ids(found[0]) if found else [vocabulary.start, vocabulary.end]
