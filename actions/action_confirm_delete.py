"""Asks once before everything is deleted."""

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.desk import desk
from actions.talk import gather, show
from afterword.reflection.asking import Choice, Prompt
from afterword.reflection.turns import DELETE_NO, DELETE_YES, Pending


class ActionConfirmDelete(Action):
    def name(self) -> str:
        return "action_confirm_delete"

    def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[EventType]:
        at = desk()
        with at.records.read() as tx:
            talk = gather(tx, at, tracker)
        choices = (
            Choice(DELETE_YES, talk.line("choice_delete_yes"), "danger"),
            Choice(DELETE_NO, talk.line("choice_delete_no"), "primary"),
        )
        show(dispatcher, Prompt(talk.line("confirm_delete"), choices, kind="say"))
        return [SlotSet("pending", Pending.DELETE), SlotSet("draft", None)]
