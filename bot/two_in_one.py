"""Two things in one message: an answer, and a question to the assistant. Pure.

"Mostly. Who can see this?" is an answer and a request; neither may be lost. Whole and parts are
each classified; here it is decided what the message is, and what it is besides.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from bot.choices import ANSWER

# What is answered besides an answer. Going back, skipping, correcting are about the answer itself.
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
START = "start"
RATED = "rated_"
_CUT = re.compile(
    r"[.!?;\n]+\s+|\s+[-–—]+\s+|,?\s+(?:but|also|pero|además)\s+|,\s+(?:and|y|so|can|could|who|why|"
    r"quién|quien|puedo|por qué)\s+(?=\w)|"
    r"\s+(?:and|y|e|then)\s+(?=(?:can|could|who|why|where|how|what|are|is|do|does|stop|please|puedo|"
    r"puede|quién|quien|por qué|cómo|qué|eres|es|para)\b)",
    re.IGNORECASE,
)
_BEGINS = re.compile(r"(?:can|could|who|why|quién|quien|puedo|por qué)\s+$", re.IGNORECASE)
_MOST_WORDS = 60
_FEWEST_ANSWER_WORDS = 2


@dataclass(frozen=True)
class Sureness:
    """From which confidence on a part counts, from 0 to 1."""

    beside: float = 0.65
    answer: float = 0.5


SURENESS = Sureness()


def parts_of(text: str) -> list[str]:
    """The sentences and clauses of a short message, or nothing when it has only one."""
    if len(text.split()) > _MOST_WORDS:
        return []
    starts = [0, *(match.end() for match in _CUT.finditer(text))]
    ends = [*(match.start() for match in _CUT.finditer(text)), len(text)]
    # The word that a part begins with belongs to it: "can I stop", "who sees".
    found = [
        text[_word_before(text, start) : end].strip()
        for start, end in zip(starts, ends, strict=True)
    ]
    parts = [part for part in found if part]
    return parts if len(parts) > 1 else []


def _word_before(text: str, start: int) -> int:
    match = re.search(
        r"(?:can|could|who|why|quién|quien|puedo|por qué)\s+$", text[:start], re.IGNORECASE
    )
    return match.start() if match else start


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
        beside = _best(part for part in known if part.get("name") in BESIDE)
        return intent, (str(beside["name"]) if beside else None)
    if expects is None and name in BESIDE and any(part.get("name") == START for part in known):
        return {"name": START, "confidence": 1.0}, name
    if name in BESIDE and any(_answers(part, expects) for part in known):
        confidence = float(intent.get("confidence") or 0.0)
        return {"name": ANSWER, "confidence": confidence, "instead_of": name}, name
    return intent, None


def _best(parts: Iterable[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    sure = [part for part in parts if _confidence(part) >= SURENESS.beside]
    return max(sure, key=_confidence, default=None)


def _answers(part: Mapping[str, Any], expects: str | None) -> bool:
    if part.get("degree"):
        return True
    if part.get("name") != ANSWER or _confidence(part) < SURENESS.answer:
        return False
    if expects == "text":
        return len(str(part.get("text", "")).split()) >= _FEWEST_ANSWER_WORDS
    return str(part.get("instead_of") or "").startswith(RATED)


def _confidence(intent: Mapping[str, Any]) -> float:
    return float(intent.get("confidence") or 0.0)
