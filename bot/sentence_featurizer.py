"""What a message means as a whole: the vectors of sentence encoders, as a feature for Rasa."""

from __future__ import annotations

import hashlib
import os
from collections import deque
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.featurizers.dense_featurizer.dense_featurizer import DenseFeaturizer
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.sentence_vectors import FILES, SentenceVectors

_BATCH = 32


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=False)
class SentenceFeaturizer(DenseFeaturizer, GraphComponent):
    """Adds the vectors of `SentenceVectors`. Rasa trains nothing of them.

    `scale` is the length of each vector, so that it weighs as much as the counted words beside it.
    """

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """As other featurizers, and `scale`."""
        return {**DenseFeaturizer.get_default_config(), "scale": 6.0}

    def __init__(self, config: dict[str, Any], name: str) -> None:
        """Reads the encoders. Raises EncoderMissing."""
        super().__init__(name, config)
        self._scale = float(config["scale"])
        self._vectors = SentenceVectors()

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
        """Other encoders: what Rasa has cached of this component is not used."""
        digest = hashlib.sha256()
        for path in FILES:
            digest.update(path.read_bytes())
        return digest.hexdigest()

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """As `process`, on all cores."""
        messages = [one for one in training_data.training_examples if one.get(TEXT)]
        batches = [messages[at : at + _BATCH] for at in range(0, len(messages), _BATCH)]
        # The matrices are multiplied outside of Python's lock.
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            deque(pool.map(self._add, batches), maxlen=0)
        return training_data

    def process(self, messages: list[Message]) -> list[Message]:
        """Adds the vectors to each message, in place."""
        if written := [one for one in messages if one.get(TEXT)]:
            self._add(written)
        return messages

    def _add(self, messages: Sequence[Message]) -> None:
        vectors = self._vectors.of([str(one.get(TEXT)) for one in messages]) * self._scale
        for message, vector in zip(messages, vectors, strict=True):
            # A sentence has one row; Rasa's classifier wants a row for the words as well.
            row = vector[None, :]
            self.add_features_to_message(row, row, TEXT, message)
