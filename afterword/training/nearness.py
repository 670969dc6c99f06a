"""Whether two lines are nearly the same: by their words, or by their letters. Pure."""

import re
from collections import defaultdict
from collections.abc import Iterable
from difflib import SequenceMatcher

import numpy as np

_WORDS_ALIKE, _LETTERS_ALIKE = 0.8, 0.9
# Of the pairs of letters of a line, how many another one has to share to be looked at at all.
_WORTH_A_LOOK = 0.4


def plain(text: str) -> str:
    """Without case, apostrophes and punctuation; emoji and the like stay as they are."""
    words = re.findall(r"[\w%/+.<>=]+", re.sub(r"['’]", "", text.casefold()))
    return " ".join(word.strip(".") for word in words).strip() or text


def is_near(one: str, other: str) -> bool:
    """Nearly the same words, or nearly the same letters, of two plain texts."""
    # Texts of other lengths share neither their words nor their letters.
    if not int(len(one) * 0.75) <= len(other) <= int(len(one) * 1.3) + 6:
        return False
    words, others = set(one.split()), set(other.split())
    if len(words & others) >= _WORDS_ALIKE * len(words | others):
        return True
    matcher = SequenceMatcher(None, one, other, autojunk=False)
    # The first two are upper bounds that cost next to nothing.
    bounds = (matcher.real_quick_ratio, matcher.quick_ratio, matcher.ratio)
    return all(bound() >= _LETTERS_ALIKE for bound in bounds)


class Index:
    """Plain texts among which the ones near to another are found in a millisecond."""

    def __init__(self, texts: Iterable[str]) -> None:
        self.texts = list(texts)
        places: dict[str, list[int]] = defaultdict(list)
        for place, text in enumerate(self.texts):
            for pair in _pairs(text):
                places[pair].append(place)
        self._places = {pair: np.array(found, np.int32) for pair, found in places.items()}

    def near(self, text: str) -> list[int]:
        """The places of the texts that are near to a plain text, in order."""
        pairs = _pairs(text)
        found = [self._places[pair] for pair in pairs if pair in self._places]
        if not found:
            return []
        shared = np.bincount(np.concatenate(found))
        worth_a_look = np.flatnonzero(shared >= _WORTH_A_LOOK * len(pairs)).tolist()
        return [place for place in worth_a_look if is_near(text, self.texts[place])]


def _pairs(text: str) -> set[str]:
    return {text[at : at + 2] for at in range(max(1, len(text) - 1))}
