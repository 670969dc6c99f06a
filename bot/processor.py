"""Rasa's message processor, with one difference in meaning: an action that fails ends the turn.

Stock Rasa logs "Bot will continue, but the actions events are lost", goes on to the next rule and
says thank you for an answer that nobody stored.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from rasa.core.actions.action import Action, ActionExecutionRejection, action_for_name_or_text
from rasa.core.channels.channel import OutputChannel, UserMessage
from rasa.core.nlg import NaturalLanguageGenerator
from rasa.core.policies.policy import PolicyPrediction
from rasa.core.processor import MessageProcessor
from rasa.engine import loader
from rasa.engine.storage.local_model_storage import LocalModelStorage
from rasa.exceptions import ActionLimitReached, ModelNotFound
from rasa.model import get_latest_model
from rasa.shared.core.constants import ACTION_EXTRACT_SLOTS
from rasa.shared.core.events import ActionExecutionRejected, Event, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.utils.common import TempDirectoryPath, get_temp_dir_name
from rasa.utils.endpoints import EndpointConfig

from bot.action_endpoint import ActionEndpoint
from bot.answer_gate import LIKELY
from bot.runner import OrderedGraphRunner

# Of the whole ranking that a classifier gives; the tracker travels to the action server each time.
_RANKED = 3


class TurnFailed(Exception):
    """A turn cannot be completed, so nothing of it may be kept. Carries no text of the patient."""


class StrictProcessor(MessageProcessor):
    """A processor whose turns are done whole or not at all."""

    def __init__(
        self, *args: Any, action_endpoint: EndpointConfig | None = None, **kwargs: Any
    ) -> None:
        """As the parent, on an endpoint that keeps its connections."""
        kept = ActionEndpoint(action_endpoint) if action_endpoint else None
        super().__init__(*args, action_endpoint=kept, **kwargs)

    @staticmethod
    def _load_model(model_path: str | Path) -> tuple[str, Any, Any]:
        """As the parent, with the runner that does not plan the graph at each message."""
        found = Path(model_path)
        # Only a folder has a latest model: for a file that is gone, Rasa would quietly take the
        # newest of its neighbours.
        archive = get_latest_model(str(found)) if found.is_dir() else found
        if not archive or not Path(archive).is_file():
            raise ModelNotFound(f"No model found at path '{model_path}'.")
        with TempDirectoryPath(get_temp_dir_name()) as folder:
            metadata, runner = loader.load_predict_graph_runner(
                Path(folder), Path(archive), LocalModelStorage, OrderedGraphRunner
            )
        return Path(archive).name, metadata, runner

    def understand(
        self, text: str, metadata: dict[str, Any], tracker: DialogueStateTracker
    ) -> dict[str, Any]:
        """Ask the trained pipeline what a text means: intent, entities, the head of the ranking.

        Unlike `parse_message`, this writes nothing of the text to the debug log.
        """
        message = UserMessage(text=text, sender_id=tracker.sender_id, metadata=metadata)
        parsed = self._parse_message_with_graph(message, tracker)
        return {
            "intent": parsed["intent"],
            "entities": parsed["entities"],
            "intent_ranking": parsed.get("intent_ranking", [])[:_RANKED],
            LIKELY: parsed.get(LIKELY, {}),
        }

    async def begin(self, tracker: DialogueStateTracker, output: OutputChannel) -> None:
        """Start the session of a new conversation.

        Only of a new one: a reflection stays open for days, and Rasa's session expiry would drop
        the open form at the next message.
        """
        if not tracker.events:
            await self._update_tracker_session(tracker, output)

    async def decide(self, tracker: DialogueStateTracker, output: OutputChannel) -> None:
        """Let slots, rules, forms and actions answer the user message that was logged last.

        Raises:
            TurnFailed: an action failed, or the rules never came to listening again.
        """
        tracker = await self.run_action_extract_slots(output, tracker)
        await self._run_prediction_loop(output, tracker)

    async def run_action_extract_slots(
        self, output_channel: OutputChannel, tracker: DialogueStateTracker
    ) -> DialogueStateTracker:
        """Set slots from the latest user message; as the parent, without copies for its log."""
        action = action_for_name_or_text(ACTION_EXTRACT_SLOTS, self.domain, self.action_endpoint)
        events = await self._attempt(action, output_channel, self.nlg, tracker)
        await self._send_bot_messages(events, tracker, output_channel)
        tracker.update_with_events(events, self.domain)
        return tracker

    async def _run_prediction_loop(
        self, output_channel: OutputChannel, tracker: DialogueStateTracker
    ) -> None:
        going_on = True
        while going_on and self._should_handle_message(tracker):
            try:
                action, prediction = self.predict_next_with_tracker_if_should(tracker)
            except ActionLimitReached:
                raise TurnFailed("the rules go round without an end") from None
            going_on = await self._run_action(action, tracker, output_channel, self.nlg, prediction)

    async def _run_action(
        self,
        action: Action,
        tracker: DialogueStateTracker,
        output_channel: OutputChannel,
        nlg: NaturalLanguageGenerator,
        prediction: PolicyPrediction,
    ) -> bool:
        """Run one action and log what it did; whether another one should follow."""
        # The policy's events count only when the action is not rejected.
        trial = tracker.copy()
        trial.update_with_events(prediction.events, self.domain)
        try:
            events = await self._attempt(action, output_channel, nlg, trial)
        except ActionExecutionRejection:
            tracker.update(
                ActionExecutionRejected(
                    action.name(), prediction.policy_name, prediction.max_confidence
                )
            )
            return self.should_predict_another_action(action.name())
        self._log_events(tracker, action, events, prediction)
        if any(isinstance(event, UserUttered) for event in events):
            await self.run_action_extract_slots(output_channel, tracker)
        await self.execute_side_effects(events, tracker, output_channel)
        return self.should_predict_another_action(action.name())

    async def _attempt(
        self,
        action: Action,
        output_channel: OutputChannel,
        nlg: NaturalLanguageGenerator,
        tracker: DialogueStateTracker,
    ) -> list[Event]:
        try:
            return await action.run(output_channel, nlg, tracker, self.domain) or []
        except (ActionExecutionRejection, asyncio.CancelledError, TurnFailed):
            raise
        except Exception as error:
            # The error's own words may quote the tracker, so they end here.
            raise TurnFailed(f"{action.name()}: {type(error).__name__}") from None

    def _log_events(
        self,
        tracker: DialogueStateTracker,
        action: Action,
        events: list[Event],
        prediction: PolicyPrediction,
    ) -> None:
        if not any(isinstance(event, ActionExecutionRejected) for event in events):
            tracker.update_with_events(prediction.events, self.domain)
            tracker.update(action.event_for_successful_execution(prediction))
        tracker.update_with_events(events, self.domain)
