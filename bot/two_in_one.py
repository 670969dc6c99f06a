"""Two things in one message: an answer, and a question to the assistant. Pure.

"Mostly. Who can see this?" is an answer and a request; neither may be lost. Whole and parts are
each classified; here it is decided what the message is, and what it is besides.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.choices import ANSWER

# What is answered besides an answer. Skipping and correcting are about the answer itself.
BESIDE = frozenset(
    {
        "ask_who_sees",
        "ask_why",
        "ask_human",
        "ask_if_human",
        "ask_language",
        "help",
        "medical_question",
        "pause",
        "stop",
        "stop_delete",
        "technical_problem",
        "wrong_session",
    }
)
# Said besides an answer they are heard too; as a whole message they stay what they are.
AFTERWARDS = frozenset({"back", "thanks"})
# Nothing said beside something else changes the language: it is the message.
LANGUAGE = "ask_language"
DECLINING = frozenset({"skip", "rather_not_say"})
LEAVING = frozenset({"pause", "stop", "stop_delete", "back"})
START, DELETE, BACK, MEDICAL = "start", "stop_delete", "back", "medical_question"
_ANSWERED_BEFORE = {DELETE, BACK}
_NO, _EDGES = {"no", "nope", "nah", "n"}, " .,;!"
RATED = "rated_"
_FEWEST_ANSWER_WORDS, _MOST_WORDS_OF_A_REASON = 2, 7


@dataclass(frozen=True)
class Sureness:
    """From which confidence on a part counts, from 0 to 1.

    `leaving` is what AnswerGate asks of it at an open question: it stops what is being answered.
    """

    beside: float = 0.65
    leaving: float = 0.9
    answer: float = 0.5
    declined: float = 0.9


SURENESS = Sureness()


def combine(
    whole: Mapping[str, Any], parts: Iterable[Mapping[str, Any]], expects: str | None
) -> tuple[dict[str, Any], str | None]:
    """The intent of the message, and a second one or None.

    Args:
        whole: the intent of the whole text, as the pipeline gives it.
        parts: the intents of its parts, each with the `text` of the part.
    """
    intent, known = dict(whole), list(parts)
    name = str(intent.get("name"))
    if name == ANSWER:
        beside = _best(part for part in known if part.get("name") in BESIDE | AFTERWARDS)
        return intent, (str(beside["name"]) if beside else None)
    if name == MEDICAL and expects == "text":
        # "Why am I still so tired?" is for the clinician to read. That we do not answer it is said.
        return {**intent, "name": ANSWER, "instead_of": name}, name
    if expects is None and name in BESIDE and any(_starts(part) for part in known):
        return {"name": START, "confidence": 1.0}, name
    if name in BESIDE | {BACK} and any(
        _answers(part, expects) for part in _answering(known, name, expects)
    ):
        confidence = float(intent.get("confidence") or 0.0)
        return {"name": ANSWER, "confidence": confidence, "instead_of": name}, name
    declined = next((part for part in known if _declines(part)), None)
    if name in BESIDE and name not in LEAVING and expects and declined:
        # "Prefer not to say. Who sees this?" declines too; the same must not be asked again.
        return {**declined, "instead_of": name}, name
    # Beside another request a wish to leave takes no answer's place, and it is asked about first.
    asked = [part for part in known if _confidence(part) >= SURENESS.beside]
    second = _most(part for part in asked if part.get("name") in (BESIDE | AFTERWARDS) - {name})
    if second is None:
        return intent, None
    if name in BESIDE and _comes_first(second, name, asked):
        return dict(second), name
    return intent, str(second["name"])


def _answering(
    parts: Sequence[Mapping[str, Any]], name: str, expects: str | None
) -> Sequence[Mapping[str, Any]]:
    """The parts that may be an answer beside a request: "2 and can we go back one".

    "Wipe it. All of it": after such a request how much is of the request; and "no, go back" is no
    answer.
    """
    if name not in _ANSWERED_BEFORE:
        return _not_explaining(parts, expects)
    at = next((n for n, part in enumerate(parts) if part.get("name") == name), 1)
    return [part for part in parts[:at] if not _refuses(part)]


def _refuses(part: Mapping[str, Any]) -> bool:
    return str(part.get("text", "")).strip(_EDGES).lower() in _NO


def _not_explaining(
    parts: Sequence[Mapping[str, Any]], expects: str | None
) -> Sequence[Mapping[str, Any]]:
    """The parts without those that only give the reason of a request before them.

    "Does HR get this? I work for the hospital": a few words after it are not what was asked for.
    """
    at = next((n for n, part in enumerate(parts) if part.get("name") in BESIDE), len(parts))
    if expects != "text":
        return parts
    return [one for n, one in enumerate(parts) if n < at or _words(one) > _MOST_WORDS_OF_A_REASON]


def _comes_first(second: Mapping[str, Any], name: str, asked: Sequence[Mapping[str, Any]]) -> bool:
    """Which of two requests is served as the message: what was said first, as a rule."""
    also = second["name"]
    if DELETE in (also, name) and {also, name} <= LEAVING:
        # "I'm done, and get rid of it": deleting ends it as well.
        return bool(also == DELETE)
    if LANGUAGE in (also, name):
        return bool(also == LANGUAGE)
    said = [part["name"] for part in asked if part.get("name") in (also, name)]
    return also in BESIDE and said.index(also) == 0


def _declines(part: Mapping[str, Any]) -> bool:
    return part.get("name") in DECLINING and _confidence(part) >= SURENESS.declined


def _starts(part: Mapping[str, Any]) -> bool:
    return part.get("name") == START or part.get("go") is True


def _best(parts: Iterable[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    return _most(part for part in parts if _confidence(part) >= _needed(part))


def _most(parts: Iterable[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    return max(parts, key=_confidence, default=None)


def _needed(part: Mapping[str, Any]) -> float:
    return SURENESS.leaving if part.get("name") in LEAVING else SURENESS.beside


def _answers(part: Mapping[str, Any], expects: str | None) -> bool:
    if part.get("degree"):
        return True
    if part.get("name") != ANSWER or _confidence(part) < SURENESS.answer:
        return False
    if expects == "text":
        return _words(part) >= _FEWEST_ANSWER_WORDS
    return str(part.get("instead_of") or "").startswith(RATED)


def _words(part: Mapping[str, Any]) -> int:
    return len(str(part.get("text", "")).split())


def _confidence(intent: Mapping[str, Any]) -> float:
    return float(intent.get("confidence") or 0.0)
