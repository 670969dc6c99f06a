"""Finish later: everything is kept, and it is said until when."""

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType
from rasa_sdk.executor import CollectingDispatcher

from actions.desk import desk
from actions.digression import no_longer_pending
from actions.talk import GO_ON, gather, show
from afterword.reflection.asking import Choice, Prompt


class ActionPause(Action):
    def name(self) -> str:
        return "action_pause"

    def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[EventType]:
        at = desk()
        with at.records.read() as tx:
            talk = gather(tx, at, tracker)
        text = talk.line("paused", until=talk.until())
        go_on = Choice(GO_ON, talk.line("choice_go_on"), "primary", "start")
        show(dispatcher, Prompt(text, (go_on,), kind="say", input="choice"))
        return no_longer_pending()
