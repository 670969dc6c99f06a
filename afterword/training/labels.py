"""What a message may mean: the labels of the domain, and those that touch safety."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from afterword.records.misheard import ANSWER, SECOND_PERSON
from afterword.training.corpus import labels

__all__ = ["ANSWER", "SECOND_PERSON", "by_words", "known"]


@cache
def known(project: Path) -> frozenset[str]:
    """Every label that a line may have."""
    return frozenset(labels(project))


def by_words(project: Path, words: Mapping[str, str]) -> list[tuple[str, str]]:
    """Each label with what it is called, in the order of those words."""
    return sorted(((one, words[one]) for one in known(project)), key=lambda pair: pair[1])
