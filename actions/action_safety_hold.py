"""Stops at a message that the gateway has answered with a safe message: it is no answer."""

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType
from rasa_sdk.executor import CollectingDispatcher

from actions.talk import AFTER_SAFETY, as_events, heard_in, metadata_of, open_in
from afterword.reflection.asides import hold
from afterword.safety.finding import Route


class ActionSafetyHold(Action):
    """Says nothing and reads no record: it must work when nothing else does."""

    def name(self) -> str:
        return "action_safety_hold"

    def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[EventType]:
        if not tracker.active_loop:
            # No question is open, so there is none to go on with.
            return []
        safety = metadata_of(tracker).get("safety") or {}
        confidential = safety.get("route") == Route.SAFEGUARDING
        after = hold(heard_in(tracker), open_in(tracker), confidential=confidential)
        slots = {"pending": after.pending, "draft": after.draft, "expects": AFTER_SAFETY}
        # Rasa has already taken the words for an answer.
        return as_events({"answer": None, **slots})
