"""Says where the reflection stands when no question is open."""

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType
from rasa_sdk.executor import CollectingDispatcher

from actions.desk import desk
from actions.talk import gather, show, standing


class ActionClosed(Action):
    def name(self) -> str:
        return "action_closed"

    def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[EventType]:
        at = desk()
        with at.records.read() as tx:
            talk = gather(tx, at, tracker)
        show(dispatcher, standing(talk))
        return []
