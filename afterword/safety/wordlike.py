"""What of a message is words at all: only that is shown to the model.

The model has learned from sentences. Addresses, numbers of orders, keys and keyboard mash mean
nothing to it, and yet it has to say something of them. Rules are not touched by this: they look for
words, and find them wherever they stand.
"""

import re
from collections.abc import Iterable, Set
from dataclasses import dataclass
from functools import cached_property

# A place is tried where a word begins, and repeats are bounded: a message of one endless word must
# not take longer than others.
_ADDRESS = re.compile(
    r"(?<![a-z0-9+.-])[a-z][a-z0-9+.-]{0,20}://\S+|(?<!\S)(?:www\.|mailto:)\S+"
    r"|(?<!\S)[^\s@]{1,64}@[^\s@]{1,255}|(?<![a-z])[a-z]:\\\S+|(?<!\S)~?/[^\s/]+/\S+",
    re.I,
)
_CODE = re.compile(
    r"(?<!\w)(?=[A-Z0-9]*[A-Z])(?=[A-Z0-9]*\d)[A-Z0-9]{8,}(?!\w)"
    r"|(?<!\S)(?=(?:[\w-]*?\d){4})[\w-]{16,}(?!\S)"
)
_ENCODED = re.compile(r"\S{20,}")
_MIXED = re.compile(r"\d[a-z]+\d|[a-z]\d+[a-z]+\d|[+=/_\\]", re.I)
_STEP = re.compile(r"(?<=[a-z])(?=[A-Z])")
_LETTERS = re.compile(r"[^\W\d_]+")
_NAMED = re.compile(r"""["'][\w-]{1,40}["']\s*:""")
ENOUGH = 1_000
"""Words to tell by; with fewer, most words would look like none."""
_LONG = 3
"""Letters of a word that can be judged by its letters."""
_LEAST = 0.5
"""Share of words of which one can say that they are words."""
_SEEN = 0.6
"""Share of the threes of letters of a word that other words have too."""
_FEW = 3
"""Words that one knows: with these a text is language, whatever else is in it."""


@dataclass(frozen=True)
class Wordlike:
    """Knows the words of all languages of the rules."""

    words: Set[str]

    @cached_property
    def threes(self) -> Set[str]:
        """Every three letters that stand together in a word, its ends too."""
        return frozenset(three for word in self.words for three in _threes(word))

    def readable(self, text: str) -> str:
        """The text without addresses and keys; empty when the rest is no language."""
        plain = _CODE.sub(" ", _ENCODED.sub(_unless_words, _ADDRESS.sub(" ", text)))
        written = [one.lower() for one in _LETTERS.findall(_NAMED.sub(" ", plain))]
        if not written:
            # Signs may speak without words: a knife, pills.
            return "" if plain.isascii() else plain
        return plain if self._language(written) else ""

    def _language(self, written: list[str]) -> bool:
        known = sum(word in self.words for word in written)
        if known >= _FEW:
            return True
        likely = sum(self._likely(word) for word in written)
        return likely >= _LEAST * len(written)

    def _likely(self, word: str) -> bool:
        """Slips and words of other languages have the letters of words; mash has not."""
        if word in self.words or not word.isascii() or len(word) < _LONG:
            return True
        found = list(_threes(word))
        return sum(three in self.threes for three in found) >= _SEEN * len(found)


def _threes(word: str) -> Iterable[str]:
    ended = f"^{word}$"
    return (ended[at : at + 3] for at in range(len(ended) - 2))


def _unless_words(found: re.Match[str]) -> str:
    """Twenty characters without a space, of letters and digits by turns, are a key."""
    run = found[0]
    return " " if _MIXED.search(run) and len(_STEP.findall(run)) > 1 else run
