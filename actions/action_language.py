"""Goes on in another language, where the questions have it. Answers are kept."""

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType
from rasa_sdk.executor import CollectingDispatcher

from actions.desk import Desk, desk
from actions.digression import second_line
from actions.talk import Talk, gather, pending_only, say
from afterword.records import reflections
from afterword.reflection.exchange import PENDING_AFTER, Line, Pending
from afterword.reflection.tongues import Tongue, asked_for


class ActionLanguage(Action):
    def name(self) -> str:
        return "action_language"

    def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[EventType]:
        at = desk()
        with at.records.begin() as tx:
            talk = gather(tx, at, tracker)
            tongues = _tongues(talk, at)
            wanted = asked_for(talk.heard.text, talk.asker.language, tongues)
            switches = wanted is not None and wanted != talk.asker.language
            if wanted is not None and switches:
                reflections.set_language(tx, talk.reflection.id, wanted)
                talk = gather(tx, at, tracker)
        first = Line("language_now") if switches else _stays(talk, tongues)
        say(dispatcher, talk, first, *second_line(talk))
        if talk.open.pending is Pending.SAFETY:
            # As in a digression: no question slips in behind *go on or stop here*.
            return []
        return pending_only(PENDING_AFTER.get(talk.heard.also or ""))


def _tongues(talk: Talk, at: Desk) -> dict[str, Tongue]:
    """The languages that this reflection can be held in."""
    words = at.phrasing.of(talk.reflection.clinic.id)
    return {
        language: Tongue.of(words.catalogues[language].section("bot"))
        for language in talk.asker.plan.instrument.languages
    }


def _stays(talk: Talk, tongues: dict[str, Tongue]) -> Line:
    others = [one.name for language, one in tongues.items() if language != talk.asker.language]
    return Line("language_same", {"others": ", ".join(others)}) if others else Line("language_only")
