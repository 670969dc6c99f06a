"""The lists of names and places that are shipped, read once. `scripts/deid_lists.py` made them."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path

_HERE = Path(__file__).with_name("lists")


@cache
def names() -> Mapping[str, frozenset[str]]:
    """Given and family names, folded; with each the languages in which it is a word too.

    A given name has `given` among them, and one that counts although we ship it as a word `always`.
    """
    return _read("names.txt")


@cache
def places() -> Mapping[str, frozenset[str]]:
    """Countries, regions and towns, folded, words divided by single spaces; as `names`."""
    return _read("places.txt")


@cache
def longest_place() -> int:
    """How many words the longest of them has."""
    return max(name.count(" ") + 1 for name in places())


def _read(file: str) -> Mapping[str, frozenset[str]]:
    found = {}
    for line in (_HERE / file).read_text(encoding="utf-8").splitlines():
        name, *marks = line.split()
        found[name.replace("_", " ")] = frozenset(marks)
    return found


@cache
def given(letter: str, length: int) -> tuple[str, ...]:
    """Given names that begin with a letter and are about so long, for a slip of the finger."""
    return tuple(
        name
        for name, marks in names().items()
        if "given" in marks and name.startswith(letter) and abs(len(name) - length) <= 1
    )
