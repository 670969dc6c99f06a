"""A message as the numbers that the sentence encoder reads (BERT's word pieces, lower case).

Before that, what is typed in a hurry becomes what the encoder knows from books: `dont` is `don't`,
`rn` is `right now`, letters that are stretched, spaced or written as digits are letters.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from functools import lru_cache

LONGEST = 12_000
"""Characters that are looked at; a message may have 10,000."""
_LONGEST_WORD = 40
UNKNOWN = "[UNK]"

_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff]"
)
_APOSTROPHE = re.compile("[\u2018\u2019\u02bc\u00b4`\uff07]")
_SPACED = re.compile(r"(?<!\w)(?:[a-z][ \t.*_-]+){3,}[a-z](?!\w)")
_STRETCHED = re.compile(r"([a-z])\1{2,}")
_LEET = str.maketrans("013457@$", "oieastas")
# An id or a reference is no word that anybody says; read as letters it looks like nothing known.
_NUMBER_OF_A_THING = re.compile(r"\b(?=(?:[a-f-]*\d){3})(?=[\d-]*[a-f])[\da-f-]{8,}\b")
_MIXED = re.compile(
    r"(?<![\w@$])(?=\w*[a-z])[a-z]+[013457@$][\w@$]*|(?<![\w@$])[013457@$]+[a-z]{3,}\w*"
)
_AMOUNT = re.compile(r"[a-z]?\d+[a-z]{0,5}|[a-z]+\d+")
_WORD = re.compile(r"[a-z0-9]+|[^\sa-z0-9]")

_EMOJI = {
    "\U0001f52a": "knife", "\U0001f5e1": "knife", "\U0001fa78": "blood", "\U0001f48a": "pills",
    "\U0001f52b": "gun", "\u26b0": "coffin", "\U0001faa6": "grave", "\U0001f480": "skull",
    "\u2620": "skull", "\U0001f602": "lol", "\U0001f923": "lol", "\U0001f606": "lol",
    "\U0001f605": "lol", "\U0001f44b": "bye",
}  # fmt: skip
_ANY_EMOJI = re.compile("[\u2190-\u2bff\U0001f000-\U0001faff]")

# "shed", "id" and "ill" are words, too.
_SHORTENED = (
    "don't can't won't didn't doesn't isn't aren't wasn't weren't couldn't wouldn't shouldn't "
    "haven't hasn't hadn't ain't i'm i've you're they're we're you've they've he's she's that's "
    "what's there's it'd they'd they'll you'll"
)
_HURRIED = {
    **{word.replace("'", ""): word for word in _SHORTENED.split()},
    **{
        "u": "you", "ur": "your", "rn": "right now", "kms": "kill myself", "kys": "kill yourself",
        "wanna": "want to", "gonna": "going to", "gotta": "got to", "bc": "because",
        "cuz": "because", "cos": "because", "tho": "though", "thru": "through", "pls": "please",
        "plz": "please", "abt": "about", "tmrw": "tomorrow", "tmr": "tomorrow",
        "2nite": "tonight", "tonite": "tonight", "nite": "night", "ppl": "people",
        "bf": "boyfriend", "gf": "girlfriend", "sh": "self harm", "od": "overdose",
        "unalive": "kill",
        "idk": "i don't know", "idc": "i don't care", "ngl": "", "tbh": "", "smth": "something",
        "q": "que", "xq": "porque", "pq": "porque", "tmb": "tambien", "xfa": "por favor",
    },
}  # fmt: skip


def cleaned(text: str) -> str:
    """Lower case, in words that the encoder has read before. Accents stay: Spanish needs them."""
    plain = _INVISIBLE.sub("", unicodedata.normalize("NFKC", text[:LONGEST])).lower()
    plain = _APOSTROPHE.sub("'", plain)
    plain = _ANY_EMOJI.sub(_emoji, plain)
    plain = _SPACED.sub(lambda found: " " + re.sub(r"[^a-z]", "", found[0]) + " ", plain)
    plain = _NUMBER_OF_A_THING.sub(" ", plain)
    plain = _MIXED.sub(_unleet, plain)
    plain = _STRETCHED.sub(r"\1", plain)
    plain = re.sub(r"\w+(?:'[a-z]+)?", lambda found: _HURRIED.get(found[0], found[0]), plain)
    return re.sub(r"[^\S\n]+", " ", plain).strip()


def unaccented(text: str) -> str:
    """The text without accents, which the encoder does not know."""
    if text.isascii():
        return text
    apart = unicodedata.normalize("NFD", text)
    return "".join(sign for sign in apart if not unicodedata.combining(sign))


class Vocabulary:
    """Word pieces and their numbers. `words` is the vocabulary in its order."""

    def __init__(self, words: Mapping[str, int]) -> None:
        self._words = words
        self.start, self.end, self.pad = words["[CLS]"], words["[SEP]"], words["[PAD]"]
        self.hidden = words["[MASK]"]
        self._of_word = lru_cache(maxsize=20_000)(self._pieces)

    def pieces(self, text: str) -> list[int]:
        """The numbers of a cleaned text, without start and end."""
        return [piece for word in _WORD.findall(unaccented(text)) for piece in self._of_word(word)]

    def _pieces(self, word: str) -> tuple[int, ...]:
        if len(word) > _LONGEST_WORD:
            return (self._words[UNKNOWN],)
        found = tuple(self._greedy(word))
        return (self._words[UNKNOWN],) if -1 in found else found

    def _greedy(self, word: str) -> Iterator[int]:
        """The longest pieces from the left; ends with -1 where nothing fits."""
        at = 0
        while at < len(word):
            for end in range(len(word), at, -1):
                piece = word[at:end] if at == 0 else "##" + word[at:end]
                if piece in self._words:
                    yield self._words[piece]
                    at = end
                    break
            else:
                yield -1
                return


def _emoji(found: re.Match[str]) -> str:
    return f" {_EMOJI.get(found[0], '')} "


def _unleet(found: re.Match[str]) -> str:
    word = found[0]
    return word if _AMOUNT.fullmatch(word) else word.translate(_LEET)
