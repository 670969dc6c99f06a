"""Goes back to the question before, with the answer that was given to it."""

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType
from rasa_sdk.executor import CollectingDispatcher

from actions.desk import desk
from actions.talk import as_events, gather, open_slots, say, show, standing
from afterword.reflection.exchange import Line, Open


class ActionBack(Action):
    def name(self) -> str:
        return "action_back"

    def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[EventType]:
        at = desk()
        with at.records.read() as tx:
            talk = gather(tx, at, tracker)
        if not tracker.active_loop:
            # Rasa has a rule of its own for an intent of this name, also when nothing is open.
            show(dispatcher, standing(talk))
            return []
        before = talk.asker.plan.before(talk.open.question, talk.answers)
        if before is None:
            say(dispatcher, talk, Line("no_question_before"))
            return as_events(open_slots(Open(talk.open.question), short=True))
        return as_events(open_slots(Open(before.id), short=True))
