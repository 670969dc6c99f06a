"""How people of one language say how much, yes, no and the like; built from plain data."""

import re
import unicodedata
from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from afterword.problems import DataProblem

QUANTITIES = ("none", "hardly", "little", "some", "mostly", "much", "all")
MANNERS = ("yes", "no", "good", "bad")
"""Agreement and praise: they say which way, not how much."""
EXTREMES = ("best", "worst")
"""Both ends of what is good, whatever is asked: "wouldn't change a thing" is no amount."""
GROUPS = frozenset((*QUANTITIES, *MANNERS))
"""What an option of an instrument may stand for (`says`)."""

# fmt: off
_LISTS = (
    "soft", "negators", "at_all", "light", "breaks", "or", "numbers", "out_of", "percent", "stars",
    "star_signs", "units", "skip", "decline", "affirm", "deny", "go", "not_now", "first", "second",
    "lower", "higher", "ordinals", "last", "change", "share", "share_ratings", "keep_private",
    "standing", "topic", "places", "asking", "meant", "half", "lead", "ones", "correctors", "ends",
    "subjects", "unsettled", "no_slips", "opening", "pronouns", "share_beside", "thanking",
    "delete_yes", "delete_no", "join", "instead", "unable", "between", "better", "worse", "than",
    "attending", "even", "put", "unreal", "doubting", "saying",
    "joining", "greeting", "greeting_beside", "no_session", "about_options", "thanking_beside",
    "ease", "ill",
)
# fmt: on
_SPACES = re.compile(r"\s+")
_TOKEN = re.compile(r"\d+(?:[.,]\d+)?|[^\W\d_]+(?:['-][^\W\d_]+)*[+]?|[^\w\s]", re.UNICODE)
_CHOICE = re.compile(r"\(([^()]*)\)")
_ASIDE = frozenset(",.!…")
_IN_ONE_GO = {"not_now"}
"""Lists in which a comma changes nothing: "no, thanks, another time"."""
_LENGTHS = range(6, 0, -1)
"""In words, of a phrase that stands among others: the longest counts."""
_EDGES = " .,;:!?()\"'“”‘’…-"
# Skin tones and the mark that asks for a coloured emoji: they change nothing in what is meant.
_NOT = "is was are were do does did have has had ca could wo would should ai must need"
_WITHOUT_SIGN = {f"{verb}nt": f"{verb}n't" for verb in _NOT.split()}
"""How many people type a "not"; the lists have it with its apostrophe or without."""

_DENIED = frozenset(["did", "do", "does", "could", "would", "have", "had"])
_DRESSING = re.compile("[\ufe0e\ufe0f\U0001f3fb-\U0001f3ff]")

Tokens = tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Lexicon:
    """`groups` holds phrases by group, `lists` all others by their name, both as tokens.

    It is big, and made once for each language: only the same one is equal, so that what is made of
    it can be kept.

    `spelled` holds how people write a word, "yeh", and the words that are meant.
    """

    language: str
    groups: Mapping[str, frozenset[Tokens]] = field(repr=False)
    lists: Mapping[str, frozenset[Tokens]] = field(repr=False)
    order: Mapping[str, tuple[str, ...]] = field(repr=False)
    grades: Mapping[str, int] = field(repr=False)
    spelled: Mapping[str, Tokens] = field(repr=False)

    def has(self, name: str, text: str) -> bool:
        """Whether the whole of a text is a phrase of the list."""
        said = tokens(normalise(text))
        if name in _IN_ONE_GO:
            said = tuple(word for word in said if word not in _ASIDE)
        return said in self.lists[name]

    def contains(self, name: str, text: str) -> bool:
        """Whether a phrase of the list is in a text."""
        said, longest = tokens(text), max(map(len, self.lists[name]))
        return any(
            said[at : at + length] in self.lists[name]
            for at in range(len(said))
            for length in range(1, longest + 1)
        )

    def greets(self, text: str) -> bool:
        """Whether a text is a greeting and nothing else: "hiya, hope you're well"."""
        said = tuple(word for word in tokens(text) if word[0].isalnum())
        length = length_at(said, 0, self.lists["greeting"])
        return length > 0 and self.words("greeting_beside").issuperset(said[length:])

    def thanks(self, text: str) -> bool:
        """Whether a text is thanks and nothing else, a face or not: "thank you so much 😊"."""
        said = tuple(word for word in tokens(text) if word[0].isalnum())
        length = length_at(said, 0, self.lists["thanking"])
        return length > 0 and self.words("thanking_beside").issuperset(said[length:])

    def extreme(self, words: Tokens, at: int) -> tuple[str, int] | None:
        """Which of EXTREMES "couldn't have been better" is, and where it ends."""
        start = at + length_at(words, at, self.lists["unable"])
        end = start
        while words[end : end + 1] and words[end] in self.words("between"):
            end += 1
        if at == start or start == end:
            return None
        for name, which in zip(("better", "worse"), EXTREMES, strict=True):
            length = length_at(words, end, self.lists[name])
            # "Couldn't get more than a word in" is none.
            if length and words[end + length : end + length + 1] not in self.lists["than"]:
                return which, end + length
        return None

    def turns(self, words: Tokens, at: int, length: int, phrases: Container[Tokens]) -> bool:
        """Whether a phrase ends in a "not" that belongs to what follows: "definitely not | bad"."""
        negators, end = self.words("negators") - {"no"}, at + length
        if length == 1 or words[end - 1] not in negators:
            return False
        while words[end : end + 1] in self.lists["light"] and not _starts(words, end, phrases):
            end += 1
        return end < len(words) and words[end] not in negators and _starts(words, end, phrases)

    @staticmethod
    def goes_on(words: Tokens, at: int, length: int, phrases: Container[Tokens]) -> bool:
        """Whether what begins within a phrase says more: "she didn't", "didn't miss a thing"."""
        return any(
            words[start : start + longer] in phrases
            for start in range(at + 1, at + length)
            for longer in range(length + 1, len(words) - start + 1)
        )

    def number(self, word: str) -> float | None:
        """What a word or a numeral counts."""
        if word in self.order["numbers"]:
            return float(self.order["numbers"].index(word))
        try:
            return float(word.replace(",", "."))
        except ValueError:
            return None

    def beside_a_unit(self, words: Tokens, at: int) -> bool:
        """Whether a number counts sessions or hours, or is part of a time."""
        after = words[at + 1] if at + 1 < len(words) else ""
        before = words[at - 1] if at else ""
        # "5:30" is a time; "nota: 4" is not.
        if (before == ":" and at > 1 and words[at - 2].isdigit()) or after == ":":
            return True
        return not self.words("units").isdisjoint({after, before})

    def words(self, name: str) -> frozenset[str]:
        """The phrases of a list that are one token."""
        return self._single[name]

    @cached_property
    def padding(self) -> frozenset[Tokens]:
        """What says nothing about how much by itself."""
        return self.lists["light"] | self.lists["or"] | self.lists["at_all"]

    @cached_property
    def vocabulary(self) -> frozenset[str]:
        """Every word that is in a phrase: none of them is a slip for another."""
        every = (*self.groups.values(), *self.lists.values())
        return frozenset(word for phrases in every for phrase in phrases for word in phrase)

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
    unknown = set(data) - {
        *("language", "quantities", "grades", "spelled"),
        *MANNERS,
        *EXTREMES,
        *_LISTS,
    }
    if unknown:
        raise DataProblem((min(unknown),), "is not a list that is known here.")
    quantities = data.get("quantities", {})
    if set(quantities) != set(QUANTITIES):
        raise DataProblem(("quantities",), f"must have {', '.join(QUANTITIES)}.")
    groups = {name: _phrases(quantities[name], ("quantities", name)) for name in QUANTITIES}
    groups |= {name: _phrases(data.get(name), (name,)) for name in (*MANNERS, *EXTREMES)}
    lists = {name: _phrases(data.get(name), (name,)) for name in _LISTS}
    order = {name: tuple(str(one) for one in data[name]) for name in ("numbers", "ordinals")}
    grades = {str(name): int(value) for name, value in data.get("grades", {}).items()}
    spelled = {str(name): tokens(str(one)) for name, one in data.get("spelled", {}).items()}
    return Lexicon(str(data.get("language")), groups, lists, order, grades, spelled)


def length_at(words: Tokens, at: int, phrases: frozenset[Tokens]) -> int:
    """How many words at a place are one of the phrases; 0: none is there."""
    return next((n for n in _LENGTHS if words[at : at + n] in phrases and at + n <= len(words)), 0)


def _starts(words: Tokens, at: int, phrases: Container[Tokens]) -> bool:
    """Whether one of the phrases begins at a place."""
    return any(words[at:end] in phrases for end in range(at + 1, len(words) + 1))


def tokens(text: str) -> Tokens:
    """Words, numbers and signs of a text, each on its own, as `plain` leaves them.

    "Did not" is one word, as "didn't" is.
    """
    found: list[str] = []
    for word in _TOKEN.findall(plain(text)):
        if word == "not" and found and found[-1] in _DENIED:
            found[-1] += "n't"
        else:
            found.append(_WITHOUT_SIGN.get(word, word))
    return tuple(found)


def plain(text: str) -> str:
    """Small letters, straight apostrophes, single spaces; no skin tones."""
    folded = unicodedata.normalize("NFKC", text).casefold().replace("’", "'")
    return _SPACES.sub(" ", _DRESSING.sub("", folded)).strip()


def has_number(text: str) -> bool:
    """Whether a number is written in it, of another scale perhaps: people use those differently."""
    return any(sign.isdigit() for sign in text)


def normalise(text: str) -> str:
    """As `plain`, without punctuation at the ends."""
    return plain(text).strip(_EDGES)


def _phrases(value: Any, path: tuple[str | int, ...]) -> frozenset[Tokens]:
    if not isinstance(value, list) or not value:
        raise DataProblem(path, "name at least one word, as [one, two].")
    for at, phrase in enumerate(value):
        if not isinstance(phrase, str) or not tokens(phrase):
            raise DataProblem((*path, at), "must be a text; put it in quotes.")
    return frozenset(tokens(one) for phrase in value for one in _spelled_out(phrase))


def _spelled_out(phrase: str) -> Iterator[str]:
    """ "(hell|god) no" is two phrases; "not (even|) once" too."""
    choice = _CHOICE.search(phrase)
    if choice is None:
        yield phrase
        return
    for one in choice[1].split("|"):
        yield from _spelled_out(phrase[: choice.start()] + one + phrase[choice.end() :])
