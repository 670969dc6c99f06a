"""A change of one text by a clinic, and which changes hold."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Change:
    """One text in one language from now on; an empty `text` is the shipped one again.

    `number` counts all changes of a clinic, whatever the text, so the order of them is known.
    """

    language: str
    key: str
    number: int
    text: str
    at: datetime
    reason: str = ""
    author: str = ""


def holding(changes: Iterable[Change]) -> dict[tuple[str, str], Change]:
    """The last change of each text by (language, key), those that were taken back left out."""
    last: dict[tuple[str, str], Change] = {}
    for one in sorted(changes, key=lambda change: change.number):
        last[one.language, one.key] = one
    return {place: one for place, one in last.items() if one.text}


def upto(changes: Iterable[Change], number: int) -> list[Change]:
    """The changes that had been made when `number` was."""
    return [one for one in changes if one.number <= number]
