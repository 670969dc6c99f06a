"""The dialogue stops at a message that the gateway has answered with a safe message.

The second layer: the gateway has looked, answered and told whom it had to tell before Rasa hears
of the message at all. What is left to do here is not to store it as an answer and not to ask on.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rasa.core.constants import POLICY_PRIORITY
from rasa.core.policies.policy import Policy, PolicyPrediction, confidence_scores_for
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.shared.core.constants import ACTION_LISTEN_NAME
from rasa.shared.core.domain import Domain
from rasa.shared.core.generator import TrackerWithCachedStates
from rasa.shared.core.trackers import DialogueStateTracker

# Key in the metadata of a user event: what the gateway's screen found (bot/incoming.py).
SAFETY = "safety"
HOLD = "action_safety_hold"
# RulePolicy has 4, and the first of two equals wins; nothing of Rasa's own has more.
_PRIORITY = 10


@DefaultV1Recipe.register(
    DefaultV1Recipe.ComponentType.POLICY_WITHOUT_END_TO_END_SUPPORT, is_trainable=False
)
class SafetyPolicy(Policy):
    """Predicts `action_safety_hold`, then listening; for every other message nothing.

    A form goes before every rule, so no rule can do this. Only a prediction that claims to use no
    user input goes before a form. It leaves the form as it is: were it marked as interrupted, the
    next message would not be validated, and an answer lost.
    """

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """Above RulePolicy, which claims to use no user input either while a form is open."""
        return {POLICY_PRIORITY: _PRIORITY}

    def train(
        self, training_trackers: list[TrackerWithCachedStates], domain: Domain, **kwargs: Any
    ) -> Resource:
        """Nothing to learn."""
        return self._resource

    def predict_action_probabilities(
        self,
        tracker: DialogueStateTracker,
        domain: Domain,
        rule_only_data: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> PolicyPrediction:
        """Hold and then listen, when the latest message is held."""
        message = tracker.latest_message
        if message is None or not is_held(message.metadata):
            return self._prediction(self._default_predictions(domain))
        following = ACTION_LISTEN_NAME if tracker.latest_action_name == HOLD else HOLD
        scores = confidence_scores_for(following, 1.0, domain)
        return self._prediction(scores, is_no_user_prediction=True)


def is_held(metadata: Mapping[str, Any] | None) -> bool:
    """Whether the gateway has answered this message, and the dialogue has no part in it."""
    return bool(((metadata or {}).get(SAFETY) or {}).get("held"))


def is_trained_in(model: Any) -> bool:
    """Whether a model was trained with this policy; `model` is Rasa's metadata of it."""
    nodes = model.predict_schema.nodes.values()
    return any(issubclass(node.uses, SafetyPolicy) for node in nodes)
