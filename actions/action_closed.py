"""Says where the reflection stands when no question is open."""

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType
from rasa_sdk.executor import CollectingDispatcher

from actions.desk import desk
from actions.talk import GO_ON, closing, gather, show
from afterword.reflection.asking import Choice, Prompt


class ActionClosed(Action):
    def name(self) -> str:
        return "action_closed"

    def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[EventType]:
        at = desk()
        with at.records.read() as tx:
            talk = gather(tx, at, tracker)
        if talk.ended:
            show(dispatcher, closing(talk, ended=talk.reflection.state))
        else:
            go_on = Choice(GO_ON, talk.line("choice_go_on"), "primary", "start")
            show(dispatcher, Prompt(talk.line("not_open"), (go_on,), kind="say"))
        return []
