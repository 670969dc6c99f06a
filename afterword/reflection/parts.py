"""Cutting a message into what it says one after the other: an answer, and something else. Pure."""

import re
from collections.abc import Iterable, Iterator

from afterword.reflection.lexicon import Lexicon, normalise, tokens
from afterword.reflection.reading import is_degree

# A face after an answer ends it: "completely 😊 how many left?"
_FACE = r"(?<=[\u2600-\u27BF\U0001F300-\U0001FAFF])\s+(?=\w)"
_CUT = re.compile(
    r"[.!?;\n…]+\s+|\s+[-–—]+\s+|,?\s+(?:but|also|pero|además)\s+|,\s+(?:and|y|so|can|could|who|why|how|"
    r"quién|quien|puedo|por qué|cu[aá]nt[oa]s?)\s+(?=\w)|" + _FACE + r"|"
    r"\s+(?:and|y|e|then)\s+(?=(?:can|could|who|why|where|how|what|are|is|do|does|stop|please|puedo|"
    r"puede|quién|quien|por qué|cómo|qué|eres|es|para)\b)",
    re.IGNORECASE,
)
_OPENING = re.compile(
    r"(?:can|could|who|why|how|quién|quien|puedo|por qué|cu[aá]nt[oa]s?)\s+$", re.IGNORECASE
)
_ANYWHERE = re.compile(
    r"\s*[,.;:!?…\n]+\s*|\s+[-–—]+\s+|\s+(?:and|y|but|pero|also|además)\s+|" + _FACE,
    re.IGNORECASE,
)
# What asks the assistant something right after a word that says how much: "4 who sees this".
_ASKING = re.compile(
    r"(?<=[^\s,.;:!?…])\s+(?=(?:(?:who|why) (?:sees|reads|gets|can|do|are|is|will|else)|"
    r"(?:can|could) (?:i|we|you|u)|are (?:you|u)|r u|how (?:long|many|much (?:longer|more))|"
    r"do (?:you|u|i)|qui[eé]n (?:lo|ve|lee|va)|puedo|podemos|eres|"
    r"cu[aá]nt[oa]s? (?:falta|queda|faltan|quedan)|por qué)\b)",
    re.IGNORECASE,
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
    for head, rest in (*cuts(text), *_cut_at(_ASKING, text)):
        if any(_says_how_much(head, one) for one in known):
            return [head, *(parts_of(rest) or [rest])]
    return []


def cuts(text: str) -> Iterator[tuple[str, str]]:
    """Each way to cut a short message in two, the earliest first: at a stop, or at an "and"."""
    return _cut_at(_ANYWHERE, text)


def _cut_at(end: re.Pattern[str], text: str) -> Iterator[tuple[str, str]]:
    if len(text.split()) > _MOST_WORDS:
        return
    for match in end.finditer(text):
        head, rest = text[: match.start()].strip(), text[match.end() :].strip()
        if head and rest:
            yield head, rest


def _says_how_much(head: str, lexicon: Lexicon) -> bool:
    if normalise(head) in _AGREEING:
        return True
    manner = lexicon.groups["yes"] | lexicon.groups["no"]
    return tokens(head) not in manner and is_degree(head, lexicon, only=True)
