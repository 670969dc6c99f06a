"""Opens a reflection, goes on with one, or takes a shared one back."""

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.desk import Desk, desk
from actions.talk import TAKE_BACK, Talk, as_events, closing, gather, open_slots, say, show
from afterword.records import consents, reflections
from afterword.records.consents import Subject, Wording
from afterword.reflection.exchange import ASIDE_LINES, Line, Open
from afterword.reflection.plan import REVIEW


class ActionOpen(Action):
    def name(self) -> str:
        return "action_open"

    def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[EventType]:
        at = desk()
        with at.records.begin() as tx:
            talk = gather(tx, at, tracker)
            wants_back = talk.heard.choice == TAKE_BACK
            taken_back = wants_back and reflections.take_back(tx, talk.reflection.id)
            if taken_back or not talk.ended:
                consents.give(tx, talk.reflection.id, _wording(at, talk), "chat")
            if not talk.ended:
                reflections.begin(tx, talk.reflection.id)
        if taken_back:
            say(dispatcher, talk, Line("taken_back"))
            return as_events(open_slots(Open(REVIEW), short=True))
        if talk.ended:
            return _stay_closed(dispatcher, talk, wants_back)
        say(dispatcher, talk, Line("welcome_back" if talk.answers else "opening"))
        if talk.heard.also in ASIDE_LINES:
            say(dispatcher, talk, Line(ASIDE_LINES[talk.heard.also]))
        following = talk.asker.plan.next(talk.answers)
        question = REVIEW if following is None else following.id
        return as_events(open_slots(Open(question), short=False))


def _wording(at: Desk, talk: Talk) -> Wording:
    """What stood above the button that was tapped."""
    language = talk.asker.language
    say = at.phrasing.of(talk.reflection.clinic.id).catalogues[language].section("page")
    return Wording.of(Subject.REFLECTION, language, say)


def _stay_closed(dispatcher: CollectingDispatcher, talk: Talk, wants_back: bool) -> list[EventType]:
    if wants_back:
        say(dispatcher, talk, Line("cannot_take_back"))
    show(dispatcher, closing(talk, ended=talk.reflection.state))
    # With its slot filled the form that follows has nothing to ask and ends at once.
    return [SlotSet("answer", "closed")]
