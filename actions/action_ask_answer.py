"""Asks the open question: in full the first time, in short form after a digression.

Before it, what is still to be decided: whether to delete, to go on later, to go on at all.
"""

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions import noticing
from actions.desk import desk
from actions.talk import AFTER_SAFETY, AT_REVIEW, AT_SCALE, DELETE, GO_ON, Talk, gather, show
from afterword.reflection.asides import stops
from afterword.reflection.asking import Choice, Prompt
from afterword.reflection.exchange import DELETE_NO, DELETE_YES, SAFETY_GO_ON, SAFETY_STOP, Pending
from afterword.reflection.instrument import Kind
from afterword.reflection.likely import learnt_scale
from afterword.reflection.plan import REVIEW


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
        noticing.after_aside(at, tracker, talk)
        if stops(talk.heard, talk.open):
            return [SlotSet("expects", AFTER_SAFETY)]
        prompt = _prompt(talk, short=asked > 0)
        show(dispatcher, prompt)
        return [
            SlotSet("question", prompt.question or talk.open.question),
            SlotSet("asked", asked + 1),
            SlotSet("expects", _expects(talk, prompt)),
        ]


def _expects(talk: Talk, prompt: Prompt) -> str:
    if talk.open.pending is Pending.SAFETY:
        return AFTER_SAFETY
    if prompt.question == REVIEW:
        return AT_REVIEW
    question = talk.asker.plan.question(prompt.question or "", talk.answers)
    if question is None or question.item.kind is not Kind.SCALE:
        return prompt.input
    return learnt_scale(question.item.options) or AT_SCALE


def _prompt(talk: Talk, *, short: bool) -> Prompt:
    if talk.open.pending is Pending.DELETE:
        return _confirm_delete(talk)
    if talk.open.pending is Pending.PAUSE:
        return _paused(talk)
    if talk.open.pending is Pending.SAFETY:
        return _go_on_or_stop(talk)
    if talk.open.pending is Pending.STOP:
        return _stopped(talk)
    if talk.open.pending is Pending.SHARE:
        return talk.asker.confirm_sharing(talk.open.candidates[0])
    question = talk.asker.plan.question(talk.open.question, talk.answers)
    if talk.open.question == REVIEW or question is None:
        return talk.asker.review(talk.answers, short=short)
    keep = talk.open.pending is Pending.KEEP
    if talk.open.pending is Pending.CONFIRM:
        keep = talk.open.draft is not None
        if talk.open.candidates:
            return talk.asker.confirm(question, talk.open.candidates, keep=keep)
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


def _stopped(talk: Talk) -> Prompt:
    choices = (
        Choice(GO_ON, talk.line("choice_go_on"), "option", "start"),
        Choice(DELETE, talk.line("choice_delete"), "quiet", "stop_delete"),
    )
    return Prompt(talk.line("stopped"), choices, kind="say")


def _go_on_or_stop(talk: Talk) -> Prompt:
    choices = (
        Choice(SAFETY_GO_ON, talk.line("choice_go_on")),
        Choice(SAFETY_STOP, talk.line("choice_stop_here")),
    )
    return Prompt(talk.line("safety_ask"), choices, kind="say")
