"""How people of one language say how much, yes, no and the like; built from plain data."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from afterword.problems import DataProblem

QUANTITIES = ("none", "hardly", "little", "some", "mostly", "much", "all")
MANNERS = ("yes", "no", "good", "bad")
"""Agreement and praise: they say which way, not how much."""
GROUPS = frozenset((*QUANTITIES, *MANNERS))
"""What an option of an instrument may stand for (`says`)."""

# fmt: off
_LISTS = (
    "soft", "negators", "at_all", "light", "breaks", "or", "numbers", "out_of", "percent", "stars",
    "star_signs", "units", "skip", "decline", "affirm", "deny", "go", "not_now", "first", "second",
    "lower", "higher", "ordinals", "last", "change", "share", "share_ratings", "keep_private",
    "standing", "topic", "places", "asking", "meant", "half", "lead", "ones", "correctors", "ends",
    "subjects", "delete_yes", "delete_no", "join", "instead",
)
# fmt: on
_SPACES = re.compile(r"\s+")
_TOKEN = re.compile(r"\d+(?:[.,]\d+)?|[^\W\d_]+(?:['-][^\W\d_]+)*[+]?|[^\w\s]", re.UNICODE)
_EDGES = " .,;:!?()\"'“”‘’…-"
# Skin tones and the mark that asks for a coloured emoji: they change nothing in what is meant.
_DRESSING = re.compile("[\ufe0e\ufe0f\U0001f3fb-\U0001f3ff]")

Tokens = tuple[str, ...]


@dataclass(frozen=True)
class Lexicon:
    """`groups` holds phrases by group, `lists` all others by their name, both as tokens."""

    language: str
    groups: Mapping[str, frozenset[Tokens]] = field(repr=False)
    lists: Mapping[str, frozenset[Tokens]] = field(repr=False)
    order: Mapping[str, tuple[str, ...]] = field(repr=False)
    grades: Mapping[str, int] = field(repr=False)

    def has(self, name: str, text: str) -> bool:
        """Whether the whole of a text is a phrase of the list."""
        return tokens(normalise(text)) in self.lists[name]

    def contains(self, name: str, text: str) -> bool:
        """Whether a phrase of the list is in a text."""
        said, longest = tokens(text), max(map(len, self.lists[name]))
        return any(
            said[at : at + length] in self.lists[name]
            for at in range(len(said))
            for length in range(1, longest + 1)
        )

    def words(self, name: str) -> frozenset[str]:
        """The phrases of a list that are one token."""
        return self._single[name]

    @cached_property
    def padding(self) -> frozenset[Tokens]:
        """What says nothing about how much by itself."""
        return self.lists["light"] | self.lists["or"] | self.lists["at_all"]

    @cached_property
    def _single(self) -> dict[str, frozenset[str]]:
        return {
            name: frozenset(phrase[0] for phrase in phrases if len(phrase) == 1)
            for name, phrases in self.lists.items()
        }


def build_lexicon(data: Any) -> Lexicon:
    """Checks plain data. Raises DataProblem."""
    if not isinstance(data, Mapping):
        raise DataProblem((), "write the lists as name: [words].")
    unknown = set(data) - {"language", "quantities", "grades", *MANNERS, *_LISTS}
    if unknown:
        raise DataProblem((min(unknown),), "is not a list that is known here.")
    quantities = data.get("quantities", {})
    if set(quantities) != set(QUANTITIES):
        raise DataProblem(("quantities",), f"must have {', '.join(QUANTITIES)}.")
    groups = {name: _phrases(quantities[name], ("quantities", name)) for name in QUANTITIES}
    groups |= {name: _phrases(data.get(name), (name,)) for name in MANNERS}
    lists = {name: _phrases(data.get(name), (name,)) for name in _LISTS}
    order = {name: tuple(str(one) for one in data[name]) for name in ("numbers", "ordinals")}
    grades = {str(name): int(value) for name, value in data.get("grades", {}).items()}
    return Lexicon(str(data.get("language")), groups, lists, order, grades)


def tokens(text: str) -> Tokens:
    """Words, numbers and signs of a text, each on its own, as `plain` leaves them."""
    return tuple(_TOKEN.findall(plain(text)))


def plain(text: str) -> str:
    """Small letters, straight apostrophes, single spaces; no skin tones."""
    folded = unicodedata.normalize("NFKC", text).casefold().replace("’", "'")
    return _SPACES.sub(" ", _DRESSING.sub("", folded)).strip()


def normalise(text: str) -> str:
    """As `plain`, without punctuation at the ends."""
    return plain(text).strip(_EDGES)


def _phrases(value: Any, path: tuple[str | int, ...]) -> frozenset[Tokens]:
    if not isinstance(value, list) or not value:
        raise DataProblem(path, "name at least one word, as [one, two].")
    for at, phrase in enumerate(value):
        if not isinstance(phrase, str) or not tokens(phrase):
            raise DataProblem((*path, at), "must be a text; put it in quotes.")
    return frozenset(tokens(phrase) for phrase in value)
