"""What a turn would have done with a line, and whether that is right. Pure."""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from afterword.evaluation.lines import DIGRESSIONS, Expected, Line
from afterword.evaluation.scenes import CONSENT, START, Scene
from afterword.reflection.answers import Answer, AnswerState, Sharing
from afterword.reflection.correcting import read_correction
from afterword.reflection.exchange import PENDING_AFTER, Heard, Open, Outcome, Pending
from afterword.reflection.plan import REVIEW
from afterword.reflection.turns import take, take_as_answer, take_beside

_NAMES = {intent: name for name, intent in DIGRESSIONS.items()}
_SHARED = {
    Sharing.ALL: "share",
    Sharing.RATINGS: "share_ratings",
    Sharing.PRIVATE: "keep_private",
}
_NOT_NOW = {"pause", "stop", "skip", "rather_not_say"}
"""Before the start: nothing is begun, whichever of them it is taken for."""

_SERVES_TOO = {"help": "repeat"}
"""What the answer to one request gives besides: *help* too says what the question means and asks it
once more in full."""

_KEPT_TOO = "medical_question"
"""At an open question its words are kept for the clinician too, besides what is answered."""

_ASKED_ALONE = (None, *PENDING_AFTER.values())
"""What is pending after a message that had a request in it and nothing to store."""


class Verdict(StrEnum):
    """`asked`: a confirming question, no harm; `wrong`: stored or acted on wrongly, unasked."""

    RIGHT = "right"
    ASKED = "asked"
    WRONG = "wrong"


@dataclass(frozen=True)
class Done:
    """What came of a line. `asked` holds the options that were shown back."""

    kind: str
    name: str | None = None
    value: int | None = None
    item: str | None = None
    asked: tuple[int, ...] = ()
    also: str | None = None


def done_with(text: str, parsed: dict[str, Any], scene: Scene) -> Done:
    """What a turn does with a text, as language understanding has parsed it."""
    intent, choice = str(parsed["intent"]), parsed.get("choice")
    guess, also, likely = parsed.get("guess"), parsed.get("also"), parsed.get("likely")
    heard = Heard(text, intent, choice, guess, also, likely or {})
    also = _NAMES.get(heard.also or "")
    if scene.context == CONSENT:
        return replace(_at_consent(heard, scene), also=also)
    if choice is None and (both := take_beside(heard, scene.open, scene.answers, scene.asker)):
        return _of_outcome(both, scene, "correct")
    if choice is None and intent == "correct":
        answered = take_as_answer(heard, scene.open, scene.answers, scene.asker)
        if answered is not None:
            return _of_outcome(answered, scene, also)
        found = read_correction(text, scene.answers, scene.asker)
        item = found.question.id if found else None
        value = found.answer.value if found and found.answer else None
        return Done("digression", "correct", _place(value), item, also=also)
    if choice is None and intent in _NAMES:
        return Done("digression", _NAMES[intent], also=also)
    if choice is None and intent == "start":
        return Done("digression", "start")
    outcome = take(heard, scene.open, scene.answers, scene.asker)
    return _of_outcome(outcome, scene, also)


def _at_consent(heard: Heard, scene: Scene) -> Done:
    lexicon = scene.asker.lexicon
    if heard.choice == START or heard.intent == "start" or lexicon.has("go", heard.text):
        return Done("yes")
    if lexicon.has("not_now", heard.text):
        return Done("no")
    if heard.intent in _NOT_NOW:
        return Done("no", name=_NAMES.get(heard.intent))
    if heard.intent in _NAMES:
        return Done("digression", _NAMES[heard.intent])
    return Done("asked")


def _of_outcome(outcome: Outcome, scene: Scene, also: str | None) -> Done:
    if outcome.share is not None:
        return Done(_SHARED[outcome.share])
    if outcome.store:
        answer = outcome.store[0]
        if answer.question != scene.open.question:
            value = _place(answer.value)
            return Done("digression", "correct", value, answer.question)
        return _of_answer(answer, also)
    if also is not None and _is_served(outcome.open, scene.open):
        return Done("digression", also)
    pending = outcome.open.pending if outcome.open else None
    if pending is Pending.SHARE and outcome.open is not None:
        return Done("asked", name=outcome.open.candidates[0], also=also)
    candidates = outcome.open.candidates if outcome.open else ()
    return Done("asked", asked=tuple(int(one) for one in candidates if one.isdigit()), also=also)


def _is_served(left: Open | None, before: Open) -> bool:
    """Whether a request is all that was taken from a message at a question."""
    if left is None or left.question != before.question or left.question == REVIEW:
        return False
    return left.pending in _ASKED_ALONE


def _of_answer(answer: Answer, also: str | None) -> Done:
    if answer.state is AnswerState.DECLINED:
        return Done("decline", also=also)
    if answer.state is AnswerState.SKIPPED:
        return Done("skip", also=also)
    if _place(answer.value) is None:
        return Done("words", also=also)
    value = _place(answer.value)
    return Done("rating_and_words" if answer.words else "rating", value=value, also=also)


def verdict(line: Line, done: Done) -> Verdict:
    """Whether what was done is right, was asked back, or is wrong."""
    if any(_is_right(expected, done) for expected in line.outcomes):
        return Verdict.RIGHT
    return Verdict.ASKED if done.kind == "asked" else Verdict.WRONG


def _is_right(expected: Expected, done: Done) -> bool:
    match expected.kind:
        case "rating":
            return done.kind in ("rating", "rating_and_words") and done.value == expected.value
        case "rating_and_words":
            return done.kind == "rating_and_words" and done.value == expected.value
        case "rating_range":
            return done.kind == "asked"
        case "nonsense":
            return done.kind == "asked"
        case "digression":
            if done.kind == "no":
                # Before the start *not now* and *finish later* do the same.
                return expected.name == done.name
            if done.kind == "words":
                return expected.name == done.also == _KEPT_TOO
            return done.kind == "digression" and _same_digression(expected, done)
        case kind:
            return done.kind == kind


def _same_digression(expected: Expected, done: Done) -> bool:
    if expected.name not in (done.name, _SERVES_TOO.get(done.name or "")):
        return done.name == expected.also and heard_both(expected, done)
    if expected.item is not None and done.item is not None and expected.item != done.item:
        return False
    return expected.value is None or done.value is None or expected.value == done.value


def heard_both(expected: Expected, done: Done) -> bool:
    """Whether the second request was heard; of two requests both are served, in either order."""
    if expected.also is None:
        return False
    return expected.also == done.also or {expected.name, expected.also} == {done.name, done.also}


def _place(value: str | None) -> int | None:
    """The option of a scale as a number; None for an option without order."""
    return int(value) if value and value.isdigit() else None
