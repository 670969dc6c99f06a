"""Cutting a message into what it says one after the other: an answer, and something else. Pure."""

import re
from collections.abc import Iterable, Iterator

from afterword.reflection.lexicon import Lexicon, normalise, tokens
from afterword.reflection.reading import is_degree

_CUT = re.compile(
    r"[.!?;\n…]+\s+|\s+[-–—]+\s+|,?\s+(?:but|also|pero|además)\s+|,\s+(?:and|y|so|can|could|who|why|"
    r"quién|quien|puedo|por qué)\s+(?=\w)|"
    r"\s+(?:and|y|e|then)\s+(?=(?:can|could|who|why|where|how|what|are|is|do|does|stop|please|puedo|"
    r"puede|quién|quien|por qué|cómo|qué|eres|es|para)\b)",
    re.IGNORECASE,
)
_OPENING = re.compile(r"(?:can|could|who|why|quién|quien|puedo|por qué)\s+$", re.IGNORECASE)
_ANYWHERE = re.compile(
    r"\s*[,.;:!?…\n]+\s*|\s+[-–—]+\s+|\s+(?:and|y|but|pero|also|además)\s+", re.IGNORECASE
)
# "Ok, who reads this" answers nothing; "yes, who reads this" may.
_AGREEING = {"yes", "yeah", "yep", "yup", "sí", "si", "sip"}
_MOST_WORDS = 60


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
    match = _OPENING.search(text[:start])
    return match.start() if match else start


def after_degree(text: str, lexicons: Iterable[Lexicon]) -> list[str]:
    """How much, and what is said after it, "not at all, I want to stop"; nothing: no such message.

    After a word that says how much another thought begins at any comma, where one would cut other
    sentences to pieces.
    """
    known = tuple(lexicons)
    for head, rest in cuts(text):
        if any(_says_how_much(head, one) for one in known):
            return [head, *(parts_of(rest) or [rest])]
    return []


def cuts(text: str) -> Iterator[tuple[str, str]]:
    """Each way to cut a short message in two, the earliest first: at a stop, or at an "and"."""
    if len(text.split()) > _MOST_WORDS:
        return
    for match in _ANYWHERE.finditer(text):
        head, rest = text[: match.start()].strip(), text[match.end() :].strip()
        if head and rest:
            yield head, rest


def _says_how_much(head: str, lexicon: Lexicon) -> bool:
    if normalise(head) in _AGREEING:
        return True
    manner = lexicon.groups["yes"] | lexicon.groups["no"]
    return tokens(head) not in manner and is_degree(head, lexicon, only=True)
