"""Asks the open question once more, in full, and says what it means."""

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.digression import means_lines, second_line, talk_of
from actions.talk import say


class ActionRepeat(Action):
    def name(self) -> str:
        return "action_repeat"

    def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[EventType]:
        talk = talk_of(tracker)
        say(dispatcher, talk, *means_lines(talk), *second_line(talk))
        return [SlotSet("asked", 0)]
