"""Whether a message names anything at all. Pure.

"I did it twice this week" may be an exercise, or a cut: who it is about, how often and when, and no
word for what. A model hears the one that it has heard more often.
"""

import re
import unicodedata
from collections.abc import Iterable

_WORD = re.compile(r"[^\W\d_]+")
_APOSTROPHES = re.compile("['\u2019\u02bc]")


def names_nothing(text: str, lists: Iterable[frozenset[str]]) -> bool:
    """Whether all words are of one list: the words of a language that name no thing and no deed."""
    split = unicodedata.normalize("NFD", _APOSTROPHES.sub("", text.lower()))
    words = _WORD.findall("".join(sign for sign in split if not unicodedata.combining(sign)))
    return bool(words) and any(one.issuperset(words) for one in lists)
