"""Corrects an earlier answer in plain words; the open question stays open."""

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType
from rasa_sdk.executor import CollectingDispatcher

from actions import noticing
from actions.desk import desk
from actions.talk import Talk, as_events, gather, keep, open_slots, say, show
from afterword.records import reflections
from afterword.reflection.asking import Choice, Prompt
from afterword.reflection.correcting import Correction, read_correction
from afterword.reflection.exchange import Line, Open, Outcome
from afterword.reflection.turns import take_as_answer, take_beside


class ActionCorrect(Action):
    def name(self) -> str:
        return "action_correct"

    def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[EventType]:
        at = desk()
        with at.records.begin() as tx:
            talk = gather(tx, at, tracker)
            outcome = _answered_too(talk)
            if outcome is not None:
                keep(tx, talk, outcome)
            correction = read_correction(talk.heard.text, talk.answers, talk.asker)
            if outcome is None and correction and correction.answer and not talk.ended:
                reflections.record_answer(
                    tx, talk.reflection.id, correction.answer, talk.message_id
                )
        if outcome is not None and outcome.open is not None:
            noticing.after_answer(at, tracker, talk, outcome)
            say(dispatcher, talk, *outcome.say)
            return as_events(open_slots(outcome.open, short=outcome.short))
        question = None if correction is None else correction.question.id
        noticing.after_correction(at, tracker, talk, question)
        return _go_on(dispatcher, talk, correction)


def _answered_too(talk: Talk) -> Outcome | None:
    """What a message says of the open question besides; None when it is a correction alone."""
    if talk.ended:
        return None
    seen = (talk.heard, talk.open, talk.answers, talk.asker)
    return take_beside(*seen) or take_as_answer(*seen)


def _go_on(
    dispatcher: CollectingDispatcher, talk: Talk, correction: Correction | None
) -> list[EventType]:
    here = as_events(open_slots(Open(talk.open.question), short=True))
    if correction is None:
        _ask_which(dispatcher, talk)
        return here
    if correction.answer is None:
        return as_events(open_slots(Open(correction.question.id), short=True))
    answer = talk.asker.answer_text(correction.question, correction.answer)
    label = talk.asker.label(correction.question)
    say(dispatcher, talk, Line("changed", {"label": label, "answer": answer}))
    return here


def _ask_which(dispatcher: CollectingDispatcher, talk: Talk) -> None:
    given = [q for q in talk.asker.plan.questions(talk.answers) if q.id in talk.answers]
    if not given:
        say(dispatcher, talk, Line("nothing_to_change"))
        return
    choices = tuple(Choice(f"change.{q.id}", talk.asker.label(q), "quiet") for q in given)
    show(dispatcher, Prompt(talk.line("which_one"), choices, kind="say", input="choice"))
