"""Versions of a question set: what the product ships, and what a clinic has made of its words.

A clinic's edition keeps the shipped version in its number, so that the two never meet: version 2
with the clinic's change 7 is 200007, and 3 is whatever the product ships next.
"""

import unicodedata
from collections.abc import Iterable

from afterword.reflection.instrument import Instrument, Item

_ROOM = 100_000
MOST_CHANGES = _ROOM - 1
"""The last change of words that still has a number in its edition."""


def edition(shipped: int, change: int) -> int:
    """The version that a question set has with a clinic's changes up to this one; 0: none."""
    return shipped * _ROOM + change if change else shipped


def shipped_of(version: int) -> int:
    """The shipped version that an edition is made of."""
    return version // _ROOM or version


def change_of(version: int) -> int:
    """The last of the clinic's changes in an edition; 0 for the words as shipped."""
    return version % _ROOM if version >= _ROOM else 0


def is_same_question(
    now: Instrument, then: Instrument, question: Item, languages: Iterable[str]
) -> bool:
    """Whether answers to a question on two versions may be compared.

    They may where both come of one shipped version, and what is asked and what could be chosen
    had the same words in these languages.
    """
    item = then.items.get(question.id)
    if item is None or now.id != then.id:
        return False
    if shipped_of(now.version) != shipped_of(then.version):
        return False
    return all(asked_words(item, one) == asked_words(question, one) for one in languages)


def asked_words(item: Item, language: str) -> tuple[str, ...]:
    """What a person goes by when they answer, without regard to case, spaces and signs."""
    texts = (item.ask, item.again, *(option.label for option in item.options))
    return tuple(fold(text.get(language, "")) for text in texts)


def fold(text: str) -> str:
    """A text down to its words: a comma more is the same question."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    kept = (one if one.isalnum() or one in "{}_" else " " for one in plain)
    return " ".join("".join(kept).split())
