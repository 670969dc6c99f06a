"""L0: a message in the form that patterns are written for.

Lower case without accents and apostrophes, words with single spaces, `.` where a sentence ends and
`,` at a lesser break. Disguises are undone: full width, invisible and look-alike characters, digits
and signs for letters, spaced and stretched letters, one slip of the finger.
"""

import re
import unicodedata
from collections.abc import Callable

LONGEST = 12_000
"""Characters that are looked at; a message may have 10,000."""
_LONGEST_WORD = 40

_INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f"
    "\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb"
    "\U000e0000-\U000e01ef]"
)
_APOSTROPHES = str.maketrans(
    dict.fromkeys(
        "\u2018\u2019\u201b\u2032\u2035\u02b9\u02bb\u02bc\u02bd\u02c8\u055a\u05f3\ua78c\u00b4`"
        "\u1fbd\u1fbf\u1ffd\u1fef\u0384\u07f4\u07f5",
        "'",
    )
)
# Letters of other alphabets that look like ours: pasted, or typed to get past a filter.
_LOOKALIKE = str.maketrans(
    "\u0430\u0435\u043e\u0440\u0441\u0443\u0445\u0456\u0458\u0455\u0501\u03b1\u03bf\u03b9\u03c1"
    "\u0131\u0142\u00f8",
    "aeopcyxijsdaoipilo",
)
_NUMBERED = re.compile(r"\A\s*(?:\(?\d{1,2}[.)]|[-*\u2022>]+)\s+(?=\S)")
_APOSTROPHE = re.compile(r"(?<=\w)'+(?=\w)")
_QUOTES = re.compile("[\"\u201c\u201d\u201e\u00ab\u00bb']+")
_END = re.compile("[.!?\u2026\n\r\u2028\u2029\x85]+")
_BREAK = re.compile(r"[,;:()\[\]\u2013\u2014\u00a1\u00bf]+|(?<=\s)-+(?=\s)")
_BREAKS = re.compile(r"(?<!\S)[.,](?: [.,])+(?!\S)")
_STARS = re.compile(r"(?<![a-z])[*#]+|[*#]+(?![a-z])")
_OTHER = re.compile(r"[^\w\s.,<>*]+")
_SPACED = (
    re.compile(r"(?<!\w)(?:[a-z](?:[ \t]|[.*_-]+)){3,}[a-z](?!\w)"),
    re.compile(r"(?<!\w)(?:[a-z][ \t.*_-]+){3,}[a-z](?!\w)"),
    # Three letters; not where a word of one letter stands first.
    re.compile(r"(?<!\w)(?![aeiouy]\W)(?:[a-z](?:[ \t]|[.*_-])){2}[a-z](?!\w)"),
)
_STRETCHED = re.compile(r"([a-z])\1{2,}")
_SIGN_FOR_I = re.compile(r"(?<!\w)([b-df-hj-np-tv-xz])!(?=[a-z])")
_LEET = str.maketrans("013457@$|", "oieastasl")
_MIXED = re.compile(r"(?<![\w@$|])(?=[^\W\d]*[\d@$|])(?=[\d@$|]*[^\W\d])[\w@$|]+")
_AMOUNT = re.compile(
    r"\$?\d{2,}[a-z]*|\$?\d(?:st|nd|rd|th|am|pm|x|h|mg|mcg|ml|cl|g|kg|mm|cm|m|km|min|mins|hrs|hr|yo"
    r"|yrs|yr|ish|s|k|w|wk|wks|d|lb|lbs|oz|ft|ra|ro|do|da|to|ta|er|mo|ma|vo|va|no|na|u|ever|p)"
    r"|[a-z]\d|mp\d|gad\d|phq\d|[a-z]{3,}\d\d+"
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
    plain = _NUMBERED.sub("", _folded(text[:LONGEST]))
    plain = _MIXED.sub(_unleet, _SIGN_FOR_I.sub(r"\1i", plain))
    for spaced in _SPACED:
        plain = spaced.sub(lambda found: " " + re.sub(r"[^a-z]", "", found[0]) + " ", plain)
    plain = _STARS.sub(" ", plain).replace("#", "*")
    plain = _QUOTES.sub(" ", _APOSTROPHE.sub("", plain))
    plain = _END.sub(" . ", plain)
    plain = _OTHER.sub(" ", _BREAK.sub(" , ", plain))
    words = (_unstretched(mend(word[:_LONGEST_WORD])) for word in plain.split())
    return _BREAKS.sub(_strongest, " ".join(words).replace("*", "")).lstrip(" .,")


def stretched_readings(word: str) -> list[str]:
    """What a stretched word may be: each long run as one letter or as two, doubled ones first."""
    readings = [""]
    last = 0
    for found in list(_STRETCHED.finditer(word))[:3]:
        before = word[last : found.start()]
        readings = [one + before + found[1] * n for one in readings for n in (2, 1)]
        last = found.end()
    return [_STRETCHED.sub(r"\1", one + word[last:]) for one in readings]


def _folded(text: str) -> str:
    """Lower case, without what cannot be seen and without accents."""
    if text.isascii():
        return _INVISIBLE.sub("", text).replace("`", "'").lower()
    # The apostrophes first: NFKC makes a space and an accent of some of them.
    seen = _INVISIBLE.sub("", text).translate(_APOSTROPHES)
    wide = unicodedata.normalize("NFKC", seen).lower()
    split = unicodedata.normalize("NFD", _EMOJI.sub(lambda found: f" {EMOJI[found[0]]} ", wide))
    bare = "".join(c for c in split if not unicodedata.combining(c))
    return unicodedata.normalize("NFC", bare).translate(_LOOKALIKE)


def _unleet(found: re.Match[str]) -> str:
    word = found[0].rstrip("|").lstrip("@")
    if _AMOUNT.fullmatch(word):
        return word
    return word.replace("11", "ll").translate(_LEET)


def _unstretched(word: str) -> str:
    return _STRETCHED.sub(r"\1", word) if "_" not in word else word


def _strongest(found: re.Match[str]) -> str:
    return "." if "." in found[0] else ","
