"""A message at an open question is an answer, unless it is clearly something else."""

from __future__ import annotations

import re
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

from afterword.datafiles import load_lexicon
from afterword.reflection.nonsense import is_nonsense
from afterword.reflection.plan import REVIEW
from afterword.reflection.reading import is_degree
from bot.choices import ANSWER
from bot.request_share import request_share

LIKELY = "likely"
"""What DegreeReader adds: for each scale how likely no degree is meant, then each place, then that
it is left open which."""
SCALE = "scale"
SCALES = ("extent", "strain")
"""The kinds of scales whose degrees were learnt; another one is a `SCALE`."""
SAFETY = "safety"
START, SMALL_TALK = "start", "thanks"
_SAID_BY = {
    "correct": ("change", "meant", "ordinals", "last", "places", "topic"),
    "thanks": ("thanking",),
}
"""Lists of the lexicons: each such request of the lines that were held out has a word of them."""
_ASKING = {SCALE, *SCALES, "choice", "text"}
_CODE = re.compile(r"[<>{}\[\]\\|=;`$]|--")
_MUCH_CODE = 2

_GROUPS = ("none", "hardly", "little", "some", "mostly", "much", "all")


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=False)
class AnswerGate(GraphComponent, IntentClassifier):
    """Turns the predicted intent into `answer` when it is not clear enough. Nothing is trained.

    Place it in `config.yml` after the intent classifier. It reads `expects` from the message's
    metadata, which our channel takes from the slot of that name:

    - `text`, an open question ("what would you like your clinician to know?"): here words like
      "help" or "stop" belong to most answers, so requests must reach `text_threshold`, and the
      message must not have more than `max_words` words. The intents in `answers_at_text` are
      answers there however sure. Who may want to leave or to reach a person (`leave_intents`) is
      heard from `leave_threshold` on: nothing happens before a yes. Who would rather not say is
      heard from `decline_threshold` on: it costs no held-out answer;
    - `review`, all answers and what to share: requests must reach `review_threshold`. Words of
      sharing (`intents_at_review`) count nowhere else. "Looks right, go ahead" begins nothing;
    - `extent`, `strain`, or another `scale`, options in order: what only says how much, or says it
      first, is an answer, whatever its words may be taken for ("last option", "very much so, thank
      you"). So is what was learnt to say how much (`bot/degree_reader.py`), be it open which option
      is meant: "in the end yes, after we sorted out what I meant", "there was a moment"; not where
      no degree is as likely as `no_degree` (for `declining` as `no_degree_declined`), and never one
      of `firm_intents`. Where it is as likely
      as `surely_no_degree`, requests must reach `no_degree_threshold`, else `scale_threshold`;
    - `safety`, *go on or stop here* after a safe message: as at `text`, and only for
      `intents_at_safety`. In `words_at_safety` words or fewer, "stop" and "go on" answer it;
    - anything else: requests must reach `choice_threshold`;
    - nothing, before the start and after the end, when no answer can be lost: `idle_threshold`.

    Requests are taken together (`bot/request_share.py`), where the first of them reaches `least`;
    those that are `alone` count by themselves: a message that may be *skip* or *help* is unclear.

    A greeting and nothing else is small talk everywhere: "hello" starts nothing.

    What is only about how much, or what to share (`guesses`), is an answer always: it tells the
    actions what the words may mean, and they ask it back.

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
            "least": 0.4,
            "alone": ["start", "skip", "rather_not_say"],
            "max_words": 12,
            "answers_at_text": ["start"],
            "guesses": [f"rated_{group}" for group in _GROUPS],
            "intents_at_review": ["share_all", "share_ratings", "keep_private"],
            "decline_threshold": 0.8,
            "leave_threshold": 0.75,
            "leave_intents": ["stop", "stop_delete", "ask_human"],
            "intents_at_safety": ["stop_delete", "ask_human", "ask_who_sees", "ask_language"],
            "words_at_safety": 2,
            "choice_threshold": 0.5,
            "review_threshold": 0.5,
            "scale_threshold": 0.5,
            "no_degree": 0.2,
            "surely_no_degree": 0.9,
            "no_degree_threshold": 0.5,
            "declining": ["skip", "rather_not_say"],
            "no_degree_declined": 0.003,
            "firm_intents": ["stop_delete", "ask_human", "correct", "thanks"],
            "idle_threshold": 0.5,
        }

    def __init__(self, config: dict[str, Any]) -> None:
        """Keeps the thresholds."""
        self._config = config
        self._lexicons = [load_lexicon(language) for language in ("en", "es")]

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
            if _expects(message) != SAFETY and self._greets(message):
                # It is no consent, and no answer.
                greeting = {INTENT_NAME_KEY: SMALL_TALK, PREDICTED_CONFIDENCE_KEY: 1.0}
                message.set(INTENT, {**greeting, "instead_of": name}, add_to_output=True)
                continue
            degree = self._is_degree(message)
            if degree or (name != ANSWER and not self._is_something_else(message, intent)):
                judged = {INTENT_NAME_KEY: ANSWER, PREDICTED_CONFIDENCE_KEY: _confidence(intent)}
                before = {} if name == ANSWER else {"instead_of": name}
                judged |= {**before, **({"degree": True} if degree else {})}
                message.set(INTENT, judged, add_to_output=True)
            if self._is_go(message):
                message.set(INTENT, {**message.get(INTENT), "go": True}, add_to_output=True)
        return messages

    def _greets(self, message: Message) -> bool:
        text = message.get(TEXT) or ""
        return any(one.greets(text) for one in self._lexicons)

    def _is_degree(self, message: Message) -> bool:
        text = message.get(TEXT) or ""
        if not is_scale(_expects(message)) or any(
            one.contains("no_session", text) for one in self._lexicons
        ):
            # "I had no session today" does not say how it was.
            return False
        if _name(message) == SMALL_TALK and any(one.thanks(text) for one in self._lexicons):
            return False
        # "I don't know" leaves open how much; it asks for nothing.
        return _is_signs(text) or any(
            one.has("unsettled", text) or is_degree(text, one) for one in self._lexicons
        )

    def _is_go(self, message: Message) -> bool:
        """Before the start: whether the words only say to begin."""
        text = message.get(TEXT) or ""
        return _expects(message) is None and any(one.has("go", text) for one in self._lexicons)

    def _is_something_else(self, message: Message, intent: dict[str, Any]) -> bool:
        name = intent.get(INTENT_NAME_KEY)
        if is_scale(_expects(message)) and (
            self._is_of_degree(message, name) or not self._says_so(message, name)
        ):
            return False
        if _expects(message) == REVIEW and name == START:
            return False
        return not self._is_guess(name) and self._is_clear(message, intent)

    def _is_of_degree(self, message: Message, name: str | None) -> bool:
        """Whether it was learnt that the text says how much, at this kind of scale."""
        none = _no_degree(message)
        if none is None or name in self._config["firm_intents"]:
            return False
        declined = name in self._config["declining"]
        return bool(none < self._config["no_degree_declined" if declined else "no_degree"])

    def _says_so(self, message: Message, name: str | None) -> bool:
        """Whether a word of the text says what it is taken for; else it is about the scale."""
        text, lists = message.get(TEXT) or "", _SAID_BY.get(str(name), ())
        if name == START:
            # "Getting there" is how it was; "go on" asks for the question again.
            return any(one.has("go", text) for one in self._lexicons)
        return not lists or any(one.contains(of, text) for one in self._lexicons for of in lists)

    def _is_guess(self, name: str | None) -> bool:
        return name in self._config["guesses"] or name in self._config["intents_at_review"]

    def _is_clear(self, message: Message, intent: dict[str, Any]) -> bool:
        expects = _expects(message)
        text = message.get(TEXT) or ""
        if expects in _ASKING and (_is_signs(text) or is_nonsense(text)):
            return False
        name = intent.get(INTENT_NAME_KEY)
        if expects == "text":
            if len(_CODE.findall(text)) >= _MUCH_CODE:
                # No request is written like that; it is kept as it is.
                return False
            return name not in self._config["answers_at_text"] and self._is_sure(message, intent)
        if expects == SAFETY:
            return (
                name in self._config["intents_at_safety"]
                and _words(message) > self._config["words_at_safety"]
                and self._is_sure(message, intent)
            )
        return self._asks(message, intent) >= self._threshold(message)

    def _threshold(self, message: Message) -> float:
        """How sure a request has to be where words of one's own are no answer, or seldom one."""
        expects, none = _expects(message), _no_degree(message)
        if is_scale(expects) and none is not None:
            sure = none >= self._config["surely_no_degree"]
            return float(self._config["no_degree_threshold" if sure else "scale_threshold"])
        if expects == REVIEW:
            return float(self._config["review_threshold"])
        return float(self._config["choice_threshold" if expects else "idle_threshold"])

    def _is_sure(self, message: Message, intent: dict[str, Any]) -> bool:
        return (
            self._asks(message, intent) >= self._text_threshold(intent)
            and _words(message) <= self._config["max_words"]
        )

    def _asks(self, message: Message, intent: dict[str, Any]) -> float:
        ranking = message.get(INTENT_RANKING_KEY) or ()
        return request_share(intent, ranking, self._is_request, self._config["least"])

    def _is_request(self, name: str) -> bool:
        return name != ANSWER and name not in self._config["alone"] and not self._is_guess(name)

    def _text_threshold(self, intent: dict[str, Any]) -> float:
        if intent.get(INTENT_NAME_KEY) == "rather_not_say":
            return float(self._config["decline_threshold"])
        leaving = intent.get(INTENT_NAME_KEY) in self._config["leave_intents"]
        return float(self._config["leave_threshold" if leaving else "text_threshold"])


def is_scale(expects: str | None) -> bool:
    """Whether the open question has options in order."""
    return expects in (SCALE, *SCALES)


def _expects(message: Message) -> str | None:
    return (message.get(METADATA) or {}).get("expects")


def _no_degree(message: Message) -> float | None:
    """How likely it is, as learnt, that the text does not say how much; None where nothing is."""
    none = [shares[0] for shares in (message.get(LIKELY) or {}).values()]
    return max(none) if none else None


def _is_signs(text: str) -> bool:
    """Signs alone, such as emoji, say more or less how it was; they ask for nothing."""
    return not any(sign.isalnum() for sign in text)


def _name(message: Message) -> str | None:
    name: str | None = (message.get(INTENT) or {}).get(INTENT_NAME_KEY)
    return name


def _confidence(intent: dict[str, Any]) -> float:
    return float(intent.get(PREDICTED_CONFIDENCE_KEY) or 0.0)


def _words(message: Message) -> int:
    return len((message.get(TEXT) or "").split())
