"""Finish later: the next thing that is asked is whether to go on."""

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType
from rasa_sdk.executor import CollectingDispatcher

from actions.talk import pending_only
from afterword.reflection.exchange import Pending


class ActionPause(Action):
    def name(self) -> str:
        return "action_pause"

    def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[EventType]:
        return pending_only(Pending.PAUSE)
