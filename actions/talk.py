"""Gathering what an action needs to know, and saying what was decided."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from rasa_sdk import Tracker
from rasa_sdk.events import EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.desk import Desk
from afterword.records import people, reflections
from afterword.records.history import history_of
from afterword.records.store import Tx
from afterword.records.views import Reflection
from afterword.reflection.answers import Answer, ReflectionState
from afterword.reflection.asking import Asker, Choice, Prompt
from afterword.reflection.exchange import Heard, Line, Open, Outcome, Pending
from afterword.reflection.plan import REVIEW, Plan
from afterword.reflection.tongues import spoken

TAKE_BACK = "closed.take_back"
GO_ON, DELETE = "menu.start", "menu.stop_delete"
AFTER_SAFETY, AT_REVIEW, AT_SCALE = "safety", "review", "scale"
"""In the slot `expects`: *go on or stop here*, the review, a question with options in order that
are of no kind which was learnt; see AnswerGate."""


@dataclass(frozen=True)
class Talk:
    """One message of one conversation, with all that deciding over it needs."""

    reflection: Reflection
    answers: dict[str, Answer]
    asker: Asker
    heard: Heard
    message_id: str
    open: Open

    @property
    def ended(self) -> bool:
        return self.reflection.state not in (ReflectionState.INVITED, ReflectionState.OPEN)

    def line(self, key: str, **values: Any) -> str:
        """A line of the catalogue; the names of clinic and clinician are always at hand."""
        clinic = self.reflection.clinic
        known = {
            "clinician": self.reflection.clinician.name,
            "clinic": clinic.name,
            "phone": clinic.phone,
            "urgent_phone": clinic.urgent_phone,
            "session": self._moment(self.reflection.session_at),
        }
        return self.asker.say(key, **(known | values))

    def until(self) -> str:
        """When the next session begins, in the clinic's time, as part of a sentence."""
        start = self.reflection.next_session_at
        if start is None:
            return ""
        # Texts of the catalogue have no space at their ends.
        return f" {self.line('paused_until', time=self._moment(start))}"

    def _moment(self, at: datetime) -> str:
        """A day and a time of the clinic's, in the language of the reflection."""
        local = at.astimezone(ZoneInfo(self.reflection.clinic.timezone))
        say = self.asker.say
        return say(
            "date_time",
            weekday=say("weekdays").split()[local.weekday()],
            day=local.day,
            month=say("months").split()[local.month - 1],
            time=f"{local:%H:%M}",
        )


class UnknownConversation(Exception):
    """Rasa asks about a conversation that the records do not have."""


def gather(tx: Tx, desk: Desk, tracker: Tracker) -> Talk:
    """Reads the record of this conversation. Raises UnknownConversation."""
    reflection = reflections.by_conversation(tx, tracker.sender_id)
    if reflection is None:
        raise UnknownConversation
    desk.phrasing.refresh(tx)
    words = desk.phrasing.of(reflection.clinic.id)
    answers = reflections.answers_of(tx, reflection.id)
    goals = {goal.id: goal.text for goal in people.goals_of(tx, reflection.patient_id)}
    plan = Plan(
        instrument=words.instruments[reflection.instrument, reflection.instrument_version],
        goals=goals,
        history=history_of(tx, reflection, words.instruments),
    )
    language = spoken(reflection.language, plan.instrument.languages)
    asker = Asker(
        plan,
        language,
        reflection.clinician.name,
        words.catalogues[language].section("bot"),
        desk.lexicons[language],
    )
    return Talk(
        reflection=reflection,
        answers=answers,
        asker=asker,
        heard=heard_in(tracker),
        message_id=metadata_of(tracker)["message"],
        open=_open(tracker, plan, answers),
    )


def heard_in(tracker: Tracker) -> Heard:
    """The patient's message."""
    return Heard(
        text=tracker.latest_message.get("text") or "",
        intent=intent_of(tracker),
        choice=metadata_of(tracker).get("choice"),
        guess=(tracker.latest_message.get("intent") or {}).get("instead_of"),
        also=tracker.latest_message.get("also"),
        likely=tracker.latest_message.get("likely") or {},
    )


def metadata_of(tracker: Tracker) -> dict[str, Any]:
    """What the channel knows of the patient's message besides its words."""
    return tracker.latest_message.get("metadata") or {}


def intent_of(tracker: Tracker) -> str:
    """The intent of the patient's message, tapped or typed."""
    return str((tracker.latest_message.get("intent") or {}).get("name") or "")


def _open(tracker: Tracker, plan: Plan, answers: dict[str, Answer]) -> Open:
    stored = open_in(tracker)
    if stored.question == REVIEW or plan.question(stored.question, answers):
        return stored
    # Not begun, or a correction has closed the follow-up that was open.
    following = plan.next(answers)
    return replace(stored, question=REVIEW if following is None else following.id)


def open_in(tracker: Tracker) -> Open:
    """Where the dialogue stands by its slots alone; the question is empty when none is open."""
    pending = tracker.get_slot("pending")
    return Open(
        question=tracker.get_slot("question") or "",
        pending=Pending(pending) if pending else None,
        misses=int(tracker.get_slot("misses") or 0),
        draft=tracker.get_slot("draft"),
        candidates=tuple(tracker.get_slot("candidates") or ()),
    )


def open_slots(open_: Open, *, short: bool) -> dict[str, Any]:
    """The dialogue's state as slots; `answer` is emptied so that the form goes on asking."""
    return {
        "answer": None,
        "question": open_.question,
        "asked": 1 if short else 0,
        "pending": open_.pending,
        "misses": open_.misses,
        "draft": open_.draft,
        "candidates": list(open_.candidates),
    }


def pending_only(pending: Pending | None) -> list[EventType]:
    """What a yes or no refers to from now on; the open question stays open."""
    return as_events({"pending": pending, "draft": None, "candidates": []})


def keep(tx: Tx, talk: Talk, outcome: Outcome) -> None:
    """Writes down what was decided over the patient's message."""
    for answer in outcome.store:
        reflections.record_answer(tx, talk.reflection.id, answer, talk.message_id)
    if outcome.remove is not None:
        reflections.remove_answer(tx, talk.reflection.id, outcome.remove, talk.message_id)
    if outcome.share is not None:
        private = talk.asker.plan.instrument.private
        reflections.share(tx, talk.reflection.id, outcome.share, private)
    if outcome.erase:
        reflections.erase(tx, talk.reflection.id)


def as_events(slots: dict[str, Any]) -> list[EventType]:
    return [SlotSet(name, value) for name, value in slots.items()]


def say(dispatcher: CollectingDispatcher, talk: Talk, *lines: Line, input: str = "none") -> None:
    """Utters lines of the catalogue, one message each; `input` when no question follows them."""
    for line in lines:
        show(dispatcher, Prompt(talk.line(line.key, **line.values), (), kind="say", input=input))


def show(dispatcher: CollectingDispatcher, prompt: Prompt) -> None:
    """Utters a prompt: text, buttons and what the page needs to draw it, as one message."""
    dispatcher.utter_message(
        text=prompt.text,
        buttons=[_button(choice) for choice in prompt.choices],
        json_message={
            "kind": prompt.kind,
            "input": prompt.input,
            "question": prompt.question,
            "progress": prompt.progress and {"at": prompt.progress[0], "of": prompt.progress[1]},
            "rows": [vars(row) for row in prompt.rows],
        },
    )


def closing(talk: Talk, *, ended: ReflectionState, key: str | None = None) -> Prompt:
    """Where an ended reflection stands; it can be taken back until a clinician opens it.

    `key` is the line that says so, when it has only now ended.
    """
    back = ended is not ReflectionState.DELETED and not talk.reflection.opened
    choices = (Choice(TAKE_BACK, talk.line("choice_take_back"), "quiet", "start"),)
    return Prompt(
        talk.line(key or f"closed_{ended}"), choices if back else (), kind="closed", input="none"
    )


def standing(talk: Talk) -> Prompt:
    """What to say when no question is open."""
    if talk.ended:
        return closing(talk, ended=talk.reflection.state)
    words = tuple(" ".join(phrase) for phrase in sorted(talk.asker.lexicon.lists["go"]))
    go_on = Choice(GO_ON, talk.line("choice_go_on"), "primary", "start", words)
    return Prompt(talk.line("not_open"), (go_on,), kind="say")


def _button(choice: Choice) -> dict[str, Any]:
    return {
        "title": choice.title,
        "payload": f"/{choice.intent}",
        "token": choice.token,
        "style": choice.style,
        "words": list(choice.words),
    }
