"""The places where Rasa 3.6.21 has no setting for what we need, and is changed by name instead.

Rasa 3.6.21 is the last of its line, so these names do not move. `tests/bot` runs the real server
through each of them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

import rasa.core.agent
import rasa.shared.nlu.training_data.util
from rasa.core.actions.action import RemoteAction
from rasa.core.agent import Agent
from rasa.core.tracker_store import InMemoryTrackerStore, TrackerStore
from rasa.nlu.classifiers.logistic_regression_classifier import LogisticRegressionClassifier
from rasa.nlu.tokenizers.tokenizer import Token
from rasa.shared.exceptions import RasaException
from rasa.shared.nlu.training_data.message import Message

from bot.action_endpoint import is_action_result
from bot.feature_rows import feature_rows, hashed
from bot.processor import StrictProcessor


def install() -> None:
    """Apply all changes. Calling it again changes nothing."""
    # 1. A failing action fails the turn (bot/processor.py).
    rasa.core.agent.MessageProcessor = StrictProcessor
    # 2. A failing tracker store fails the turn: stock Rasa wraps the store in one that goes on with
    #    an empty conversation in memory, and files the next answers under the wrong questions.
    Agent._create_tracker_store = staticmethod(_as_configured)
    # 3. The shape of an action's result is checked with schemas compiled once; stock Rasa checks
    #    the schema itself again at every action, half of a turn's time (bot/action_endpoint.py).
    RemoteAction._validate_action_result = _validate_action_result
    # 4. The classifier gets its rows in one step (bot/feature_rows.py), and tokens and features
    #    are hashed in one; stock Rasa hashes every part of every token after every component, and
    #    writes every number of a feature out. That was a third of the time that training took.
    LogisticRegressionClassifier._create_X = _create_x
    Token.fingerprint = _fingerprint
    rasa.shared.nlu.training_data.util.sparse_matrix_to_string = hashed


def _create_x(_: LogisticRegressionClassifier, messages: Sequence[Message]) -> Any:
    return feature_rows(messages)


def _fingerprint(token: Token) -> str:
    content = (token.text, token.start, token.end, token.lemma, token.data)
    return hashlib.sha256(repr(content).encode()).hexdigest()


def _as_configured(store: TrackerStore | None, domain: Any) -> TrackerStore:
    if store is None:
        return InMemoryTrackerStore(domain)
    store.domain = domain
    return store


def _validate_action_result(action: RemoteAction, result: Any) -> bool:
    if not is_action_result(result):
        # Not the validator's own message: it quotes the result, which holds what patients wrote.
        raise RasaException(f"The result of {action.name()} does not have the shape Rasa expects.")
    return True
