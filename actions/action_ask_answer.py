"""Asks the open question: in full the first time, in short form after a digression.

Before it, what is still to be decided: whether to delete, to go on later, to go on at all.
"""

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.desk import desk
from actions.talk import AFTER_SAFETY, GO_ON, Talk, gather, show
from afterword.reflection.asking import Choice, Prompt
from afterword.reflection.plan import REVIEW
from afterword.reflection.turns import (
    DELETE_NO,
    DELETE_YES,
    SAFETY_GO_ON,
    SAFETY_STOP,
    Pending,
    stops,
)


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
        if stops(talk.heard, talk.open):
            return [SlotSet("expects", AFTER_SAFETY)]
        prompt = _prompt(talk, short=asked > 0)
        safety = talk.open.pending is Pending.SAFETY
        show(dispatcher, prompt)
        return [
            SlotSet("question", prompt.question or talk.open.question),
            SlotSet("asked", asked + 1),
            SlotSet("expects", AFTER_SAFETY if safety else prompt.input),
        ]


def _prompt(talk: Talk, *, short: bool) -> Prompt:
    if talk.open.pending is Pending.DELETE:
        return _confirm_delete(talk)
    if talk.open.pending is Pending.PAUSE:
        return _paused(talk)
    if talk.open.pending is Pending.SAFETY:
        return _go_on_or_stop(talk)
    question = talk.asker.plan.question(talk.open.question, talk.answers)
    if talk.open.question == REVIEW or question is None:
        return talk.asker.review(talk.answers, short=short)
    keep = talk.open.pending is Pending.KEEP
    return talk.asker.prompt(question, talk.answers, short=short, keep=keep)


def _confirm_delete(talk: Talk) -> Prompt:
    choices = (
        Choice(DELETE_YES, talk.line("choice_delete_yes"), "danger"),
        Choice(DELETE_NO, talk.line("choice_delete_no"), "primary"),
    )
    return Prompt(talk.line("confirm_delete"), choices, kind="say")


def _paused(talk: Talk) -> Prompt:
    go_on = Choice(GO_ON, talk.line("choice_go_on"), "primary", "start")
    return Prompt(talk.line("paused", until=talk.until()), (go_on,), kind="say")


def _go_on_or_stop(talk: Talk) -> Prompt:
    choices = (
        Choice(SAFETY_GO_ON, talk.line("choice_go_on")),
        Choice(SAFETY_STOP, talk.line("choice_stop_here")),
    )
    return Prompt(talk.line("safety_ask"), choices, kind="say")
