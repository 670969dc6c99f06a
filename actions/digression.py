"""What digressions have in common: they say something, and the open question stays open."""

from abc import ABC, abstractmethod
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType
from rasa_sdk.executor import CollectingDispatcher

from actions.desk import desk
from actions.talk import Talk, gather, pending_only, say
from afterword.reflection.exchange import ASIDE_LINES, Line, Pending


class Digression(Action, ABC):
    """Says one line; a yes or no that was awaited is no longer.

    Except *go on or stop here* after a safe message: no question slips in behind a typed one.
    """

    def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[EventType]:
        at = desk()
        with at.records.read() as tx:
            talk = gather(tx, at, tracker)
        say(dispatcher, talk, self.line(talk))
        if talk.open.pending is Pending.SAFETY and talk.heard.choice is None:
            return []
        return pending_only(None)

    @abstractmethod
    def name(self) -> str: ...

    @abstractmethod
    def line(self, talk: Talk) -> Line: ...


class Reply(Digression):
    """A digression that one line of the catalogue answers, whatever question is open."""

    intent: str

    def line(self, talk: Talk) -> Line:
        return Line(ASIDE_LINES[self.intent])
