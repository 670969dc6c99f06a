"""What digressions have in common: they say something, and the open question stays open."""

from abc import ABC, abstractmethod
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType
from rasa_sdk.executor import CollectingDispatcher

from actions.desk import desk
from actions.talk import Talk, gather, heard_in, pending_only, say
from afterword.reflection.exchange import ASIDE_LINES, PENDING_AFTER, Line, Pending


class Digression(Action, ABC):
    """Says its lines, and one for what else was asked; a yes or no that was awaited is no longer.

    Except *go on or stop here* after a safe message: no question slips in behind a typed one.
    """

    def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[EventType]:
        talk = talk_of(tracker)
        own = self.lines(talk)
        say(dispatcher, talk, *own, *(line for line in second_line(talk) if line not in own))
        if talk.open.pending is Pending.SAFETY and talk.heard.choice is None:
            return []
        return pending_only(PENDING_AFTER.get(talk.heard.also or ""))

    @abstractmethod
    def name(self) -> str: ...

    @abstractmethod
    def lines(self, talk: Talk) -> tuple[Line, ...]: ...


def why_line(talk: Talk) -> Line:
    """Why the open question is asked, or why one looks at the answers again."""
    question = talk.asker.plan.question(talk.open.question, talk.answers)
    if question is None:
        return Line("why_review")
    return Line("as_is", {"text": talk.asker.why(question)})


def means_lines(talk: Talk) -> tuple[Line, ...]:
    """What the open question means, where it says so: for who did not understand it.

    Not behind a safe message: there *go on or stop here* is open, and no question slips in.
    """
    if talk.open.pending is Pending.SAFETY:
        return ()
    question = talk.asker.plan.question(talk.open.question, talk.answers)
    meant = talk.asker.means(question) if question else ""
    return (Line("as_is", {"text": meant}),) if meant else ()


def second_line(talk: Talk) -> tuple[Line, ...]:
    """The line for a second thing in the same message, where one line answers it."""
    if talk.heard.also == "ask_why":
        return (why_line(talk),)
    key = ASIDE_LINES.get(talk.heard.also or "")
    return (Line(key),) if key else ()


def answer_second(dispatcher: CollectingDispatcher, tracker: Tracker) -> None:
    """Says that line, for an action that has none of its own."""
    if heard_in(tracker).also in {"ask_why", *ASIDE_LINES}:
        talk = talk_of(tracker)
        say(dispatcher, talk, *second_line(talk))


def talk_of(tracker: Tracker) -> Talk:
    """What is known of the reflection that a message belongs to."""
    at = desk()
    with at.records.read() as tx:
        return gather(tx, at, tracker)


class Leaving(Action, ABC):
    """Asks next whether to stop, to finish later or to delete; nothing happens before a yes."""

    pending: Pending

    def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[EventType]:
        answer_second(dispatcher, tracker)
        return pending_only(self.pending)

    @abstractmethod
    def name(self) -> str: ...


class Reply(Digression):
    """A digression that one line of the catalogue answers, whatever question is open."""

    intent: str

    def lines(self, talk: Talk) -> tuple[Line, ...]:
        return (Line(ASIDE_LINES[self.intent]),)
