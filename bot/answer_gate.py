"""A message at an open question is an answer, unless it is clearly something else."""

from __future__ import annotations

from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.shared.nlu.constants import (
    INTENT,
    INTENT_NAME_KEY,
    INTENT_RANKING_KEY,
    METADATA,
    PREDICTED_CONFIDENCE_KEY,
    TEXT,
)
from rasa.shared.nlu.training_data.message import Message

from bot.choices import ANSWER


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=False)
class AnswerGate(GraphComponent, IntentClassifier):
    """Turns the predicted intent into `answer` when it is not clear enough. Nothing is trained.

    Place it in `config.yml` after the intent classifier. It reads `expects` from the message's
    metadata, which our channel takes from the slot of that name:

    - `text`, an open question ("what would you like your clinician to know?"): here words like
      "help" or "stop" belong to most answers, so another intent must reach `text_threshold`, lead
      the next intent by `margin`, and the message must not have more than `max_words` words. The
      intents in `answers_at_text` are answers there however sure: thanks and talk of something
      else are what the patient has to say. Whoever may want to leave or to reach a person
      (`leave_intents`) is heard sooner, at `leave_threshold`: nothing happens before a yes;
    - `safety`, *go on or stop here* after a safe message: as at `text`, and only for
      `intents_at_safety`. In `words_at_safety` words or fewer, "stop" and "go on" answer it;
    - anything else, or nothing: another intent must reach `choice_threshold` and lead by
      `choice_margin`.

    What the classifier said first stays readable: `{"name": "answer", "confidence": 0.6,
    "instead_of": "help"}`. The ranking is left as it was, so that its scores can be studied.
    """

    @classmethod
    def required_components(cls) -> list[type]:
        """There must be an intent to judge."""
        return [IntentClassifier]

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """Thresholds are confidences from 0 to 1."""
        return {
            "text_threshold": 0.75,
            "margin": 0.2,
            "max_words": 12,
            "answers_at_text": ["off_topic", "thanks", "start"],
            "leave_threshold": 0.75,
            "leave_intents": ["stop_delete", "ask_human"],
            "intents_at_safety": ["stop_delete", "ask_human", "ask_who_sees"],
            "words_at_safety": 2,
            "choice_threshold": 0.5,
            "choice_margin": 0.1,
        }

    def __init__(self, config: dict[str, Any]) -> None:
        """Keeps the thresholds."""
        self._config = config

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> AnswerGate:
        """Called by Rasa's engine."""
        return cls(config)

    def process(self, messages: list[Message]) -> list[Message]:
        """Judge the intent of each message, in place."""
        for message in messages:
            intent = message.get(INTENT) or {}
            name = intent.get(INTENT_NAME_KEY)
            if name != ANSWER and not self._is_clear(message, intent):
                confidence = _confidence(intent)
                judged = {INTENT_NAME_KEY: ANSWER, PREDICTED_CONFIDENCE_KEY: confidence}
                message.set(INTENT, {**judged, "instead_of": name}, add_to_output=True)
        return messages

    def _is_clear(self, message: Message, intent: dict[str, Any]) -> bool:
        expects = (message.get(METADATA) or {}).get("expects")
        name = intent.get(INTENT_NAME_KEY)
        if expects == "text":
            return name not in self._config["answers_at_text"] and self._is_sure(message, intent)
        if expects == "safety":
            return (
                name in self._config["intents_at_safety"]
                and _words(message) > self._config["words_at_safety"]
                and self._is_sure(message, intent)
            )
        confidence, lead = _confidence(intent), _lead(message, intent)
        return (
            confidence >= self._config["choice_threshold"] and lead >= self._config["choice_margin"]
        )

    def _is_sure(self, message: Message, intent: dict[str, Any]) -> bool:
        return (
            _confidence(intent) >= self._text_threshold(intent)
            and _lead(message, intent) >= self._config["margin"]
            and _words(message) <= self._config["max_words"]
        )

    def _text_threshold(self, intent: dict[str, Any]) -> float:
        leaving = intent.get(INTENT_NAME_KEY) in self._config["leave_intents"]
        return float(self._config["leave_threshold" if leaving else "text_threshold"])


def _confidence(intent: dict[str, Any]) -> float:
    return float(intent.get(PREDICTED_CONFIDENCE_KEY) or 0.0)


def _lead(message: Message, intent: dict[str, Any]) -> float:
    """How far the intent is ahead of the next one."""
    others = (
        _confidence(other)
        for other in message.get(INTENT_RANKING_KEY) or []
        if other.get(INTENT_NAME_KEY) != intent.get(INTENT_NAME_KEY)
    )
    return _confidence(intent) - max(others, default=0.0)


def _words(message: Message) -> int:
    return len((message.get(TEXT) or "").split())
