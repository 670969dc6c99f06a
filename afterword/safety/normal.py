"""L0: a message in the form that patterns are written for.

Lower case without accents and apostrophes, words with single spaces, ` . ` where a sentence ends
and ` , ` at a lesser break. Disguises are undone: full width, invisible characters, digits for letters,
spaced and stretched letters, one slip of the finger.
"""

import re
import unicodedata
from collections.abc import Callable
from functools import lru_cache

LONGEST = 12_000
"""Characters that are looked at; a message may have 10,000."""

_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff]"
)
_APOSTROPHE = re.compile("(?<=\\w)[\u0027\u2018\u2019\u02bc\u00b4`\uff07](?=\\w)")
_QUOTES = re.compile('["\u201c\u201d\u00ab\u00bb\u2018\u2019\u0027]+')
_END = re.compile(r"[.!?\u2026\n\r]+")
_BREAK = re.compile(r"[,;:()\[\]\u2013\u2014]+|(?<=\s)-+(?=\s)")
_OTHER = re.compile(r"[^\w\s.,<>/']+")
_SPACED = re.compile(r"(?<!\w)(?:[a-z][ \t.*_-]+){3,}[a-z](?!\w)")
_STRETCHED = re.compile(r"([a-z])\1{2,}")
_LEET = str.maketrans(
    {"0": "o", "1": "i", "3": "e", "4": "a", "5": "s", "7": "t", "@": "a", "$": "s"}
)
_MIXED = re.compile(r"(?=\w*[a-z])(?=\w*[013457@$])[\w@$]*[a-z][\w@$]*")
_TIME_OR_AMOUNT = re.compile(
    r"\d+(?:st|nd|rd|th|am|pm|x|h|mg|ml|g|kg|km|min|mins|hrs|hr|yo|ish|s|k|m|ra|do|to|er)?"
)

EMOJI = {
    "\U0001f52a": "emoji_knife", "\U0001f5e1": "emoji_knife", "\U0001fa78": "emoji_blood",
    "\U0001f48a": "emoji_pills", "\U0001f52b": "emoji_gun", "\u26b0": "emoji_coffin",
    "\U0001faa6": "emoji_grave", "\U0001f480": "emoji_skull", "\u2620": "emoji_skull",
    "\U0001f602": "emoji_laugh", "\U0001f923": "emoji_laugh", "\U0001f606": "emoji_laugh",
    "\U0001f605": "emoji_laugh", "\U0001f44b": "emoji_wave",
}  # fmt: skip
_EMOJI = re.compile("|".join(map(re.escape, EMOJI)))

Mend = Callable[[str], str]


def normal_form(text: str, mend: Mend = lambda word: word) -> str:
    """The normal form; `mend` may put right a word that is slightly wrong."""
    plain = _folded(text[:LONGEST])
    plain = _EMOJI.sub(lambda found: f" {EMOJI[found[0]]} ", plain)
    plain = _MIXED.sub(_unleet, plain)
    plain = _SPACED.sub(lambda found: " " + re.sub(r"[^a-z]", "", found[0]) + " ", plain)
    plain = _APOSTROPHE.sub("", plain)
    plain = _QUOTES.sub(" ", plain)
    plain = _END.sub(" . ", plain)
    plain = _BREAK.sub(" , ", plain)
    plain = _OTHER.sub(" ", plain).replace("/", " ").replace("'", " ")
    return " ".join(mend(_unstretched(word)) for word in plain.split()).lstrip(" .,")


@lru_cache(maxsize=4096)
def _folded(text: str) -> str:
    wide = unicodedata.normalize("NFKC", _INVISIBLE.sub("", text)).lower()
    split = unicodedata.normalize("NFD", wide)
    return unicodedata.normalize("NFC", "".join(c for c in split if not unicodedata.combining(c)))


def _unleet(found: re.Match[str]) -> str:
    word = found[0]
    return word if _TIME_OR_AMOUNT.fullmatch(word) else word.translate(_LEET)


def _unstretched(word: str) -> str:
    return _STRETCHED.sub(r"\1", word) if "_" not in word else word
