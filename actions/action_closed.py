"""Says where the reflection stands when no question is open."""

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType
from rasa_sdk.executor import CollectingDispatcher

from actions import noticing
from actions.desk import desk
from actions.talk import gather, say, show, standing
from afterword.reflection.exchange import SAFETY_STOP, Line


class ActionClosed(Action):
    def name(self) -> str:
        return "action_closed"

    def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[EventType]:
        at = desk()
        with at.records.read() as tx:
            talk = gather(tx, at, tracker)
        if talk.heard.choice == SAFETY_STOP and not talk.ended:
            # Not "shall we go on": the patient has just said no.
            say(dispatcher, talk, Line("safety_stopped"), input="choice")
        elif not talk.ended and talk.asker.lexicon.has("not_now", talk.heard.text):
            say(dispatcher, talk, Line("paused", {"until": talk.until()}), input="choice")
        else:
            if not talk.ended:
                noticing.before_start(at, tracker, talk)
            show(dispatcher, standing(talk))
        return []
