"""Asks the open question: in full the first time, in short form after a digression."""

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.desk import desk
from actions.talk import Talk, gather, show
from afterword.reflection.asking import Prompt
from afterword.reflection.plan import REVIEW
from afterword.reflection.turns import Pending


class ActionAskAnswer(Action):
    def name(self) -> str:
        return "action_ask_answer"

    def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[EventType]:
        at = desk()
        asked = int(tracker.get_slot("asked") or 0)
        with at.records.read() as tx:
            talk = gather(tx, at, tracker)
        prompt = _prompt(talk, short=asked > 0)
        show(dispatcher, prompt)
        return [
            SlotSet("question", prompt.question),
            SlotSet("asked", asked + 1),
            SlotSet("expects", prompt.input),
        ]


def _prompt(talk: Talk, *, short: bool) -> Prompt:
    question = talk.asker.plan.question(talk.open.question, talk.answers)
    if talk.open.question == REVIEW or question is None:
        return talk.asker.review(talk.answers, short=short)
    keep = talk.open.pending is Pending.KEEP
    return talk.asker.prompt(question, talk.answers, short=short, keep=keep)
