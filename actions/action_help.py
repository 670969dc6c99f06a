"""Says what can be typed here and what the open question means, and asks it once more in full."""

from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.events import EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.digression import Reply, means_lines
from actions.talk import Talk
from afterword.reflection.exchange import Line


class ActionHelp(Reply):
    intent = "help"

    def name(self) -> str:
        return "action_help"

    def lines(self, talk: Talk) -> tuple[Line, ...]:
        # "I don't get it" may be about the question.
        return (*super().lines(talk), *means_lines(talk))

    def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[EventType]:
        # With its name alone nobody gets further.
        return [*super().run(dispatcher, tracker, domain), SlotSet("asked", 0)]
