"""Keeps what was not understood, for people of the clinic to teach the assistant.

Runs after the turn is decided and kept, in a transaction of its own: whatever goes wrong here, the
patient's answer stands. Never at an open question, never what was answered with a safe message;
the records ask for the patient's consent and take names and numbers out.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from rasa_sdk import Tracker

from actions.desk import Desk
from actions.talk import AFTER_SAFETY, Talk
from afterword.records import misheard
from afterword.records.misheard import Reason
from afterword.records.store import Tx
from afterword.reflection.asking import CONFIRM_OTHER, KEEP_WORDS
from afterword.reflection.exchange import Outcome, Pending
from afterword.reflection.instrument import Kind
from afterword.reflection.plan import REVIEW

START = "start"
"""In the place of a question, while none is open yet."""
_UNCLEAR = frozenset({"unclear", "unclear_again", "unclear_review"})
_DENIED = "which_then"
# From AnswerGate's point of view such a lead is clear; for people it is worth a look.
_CLOSE = 0.2
_MOST_GUESSES = 5
_AT_TEXT = "text"
_NOTHING = "none"
_ASKED_ASIDE = (Pending.DELETE, Pending.STOP, Pending.PAUSE, Pending.SAFETY)

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Said:
    """A message that the patient typed, and the question that was open then."""

    text: str
    question: str
    guesses: tuple[tuple[str, float], ...]
    intent: str

    @property
    def is_close(self) -> bool:
        """Whether the two likeliest meanings are near each other."""
        scores = [sure for _, sure in self.guesses]
        return len(scores) > 1 and scores[0] - scores[1] < _CLOSE


def after_answer(desk: Desk, tracker: Tracker, talk: Talk, outcome: Outcome) -> None:
    """At the open question: not understood, or read as something that was not meant."""
    heard, before = talk.heard, talk.open
    said = latest(tracker)
    if heard.choice == KEEP_WORDS and before.draft:
        _carry_out(
            desk,
            lambda tx: misheard.was_answer(
                tx, talk.reflection.id, before.question, before.draft or ""
            ),
        )
    elif before.pending is Pending.CONFIRM and _is_denied(heard.choice, outcome):
        _note(desk, talk, earlier(tracker), Reason.NOT_MEANT, "asked_back")
    elif any(answer.question != before.question for answer in outcome.store):
        _note_corrected(desk, talk, tracker, {answer.question for answer in outcome.store})
    elif keys := _UNCLEAR & {line.key for line in outcome.say}:
        reason = Reason.MARGIN if said and said.is_close else Reason.FALLBACK
        _note(desk, talk, said, reason, min(keys))


def after_correction(desk: Desk, tracker: Tracker, talk: Talk, question: str | None) -> None:
    """The patient corrects; `question` is what they named, None for "that is not what I meant"."""
    if question is None:
        _note(desk, talk, earlier(tracker), Reason.NOT_MEANT, "stored")
    else:
        _note_corrected(desk, talk, tracker, {question})


def after_aside(desk: Desk, tracker: Tracker, talk: Talk) -> None:
    """A request was taken up although another meaning was nearly as likely."""
    said = latest(tracker)
    if said and said.is_close and said.intent not in (misheard.ANSWER, START):
        _note(desk, talk, said, Reason.MARGIN, f"acted.{said.intent}")


def before_start(desk: Desk, tracker: Tracker, talk: Talk) -> None:
    """Nothing is open yet, and the message was neither a start nor a request."""
    said = latest(tracker)
    if said and said.intent == misheard.ANSWER:
        _note(desk, talk, said, Reason.FALLBACK, "not_open")


def latest(tracker: Tracker) -> Said | None:
    """The message of this turn; None when it was tapped, or held by the safety screen."""
    return _said(tracker, back=0)


def earlier(tracker: Tracker) -> Said | None:
    """The message of the turn before, likewise."""
    return _said(tracker, back=1)


def _said(tracker: Tracker, back: int) -> Said | None:
    """Walks through the conversation: which question was open stands in its slots."""
    question, found = "", []
    for event in tracker.events:
        if event.get("event") == "slot" and event.get("name") == "question":
            question = str(event.get("value") or "")
        elif event.get("event") == "user":
            found.append((event, question))
    if len(found) <= back:
        return None
    event, question = found[-1 - back]
    parsed: dict[str, Any] = event.get("parse_data") or {}
    metadata = parsed.get("metadata") or event.get("metadata") or {}
    if metadata.get("choice") or _is_marked(metadata.get("safety") or {}):
        return None
    if metadata.get("expects") in (_AT_TEXT, AFTER_SAFETY):
        return None
    ranking = parsed.get("intent_ranking") or []
    return Said(
        text=str(event.get("text") or ""),
        question=question or START,
        guesses=tuple(
            (str(one.get("name")), float(one.get("confidence") or 0.0))
            for one in ranking[:_MOST_GUESSES]
        ),
        intent=str((parsed.get("intent") or {}).get("name") or ""),
    )


def _is_marked(safety: Mapping[str, Any]) -> bool:
    """Whether the safety screen has found anything, held or not."""
    return bool(safety.get("held")) or safety.get("tier", _NOTHING) != _NOTHING


def _is_denied(choice: str | None, outcome: Outcome) -> bool:
    return choice == CONFIRM_OTHER or any(line.key == _DENIED for line in outcome.say)


def _note_corrected(desk: Desk, talk: Talk, tracker: Tracker, questions: set[str]) -> None:
    before = earlier(tracker)
    if before is not None and before.question in questions:
        _note(desk, talk, before, Reason.CORRECTED, "stored")


def _note(desk: Desk, talk: Talk, said: Said | None, reason: Reason, did: str) -> None:
    if said is None or not said.text.strip() or _is_open(talk, said.question):
        return
    if talk.open.pending in _ASKED_ASIDE and reason in (Reason.FALLBACK, Reason.MARGIN):
        # A yes or a no to "delete everything?" teaches nothing about the question.
        return
    _carry_out(
        desk,
        lambda tx: misheard.note(
            tx,
            talk.reflection.id,
            question=said.question,
            language=talk.asker.language,
            text=said.text,
            reason=reason,
            did=did,
            guesses=said.guesses,
            model="",
        ),
    )


def _is_open(talk: Talk, question: str) -> bool:
    """Whether answers to it may be words of the patient's own: at all but scales."""
    if question in (REVIEW, START):
        return False
    found = talk.asker.plan.question(question, talk.answers)
    return found is None or found.item.kind is not Kind.SCALE


def _carry_out(desk: Desk, work: Callable[[Tx], None]) -> None:
    try:
        with desk.records.begin() as tx:
            work(tx)
    except Exception as error:  # the boundary: nothing here may cost a patient their answer
        logger.error("a misunderstood message was not kept", extra={"error": error})
