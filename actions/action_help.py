"""Says what can be typed here, and asks the open question once more in full."""

from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.events import EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.digression import Reply


class ActionHelp(Reply):
    intent = "help"

    def name(self) -> str:
        return "action_help"

    def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[EventType]:
        # "I don't get it" may be about the question: with its name alone nobody gets further.
        return [*super().run(dispatcher, tracker, domain), SlotSet("asked", 0)]
