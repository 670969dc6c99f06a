"""Cutting a typed text into clauses: at punctuation, before "but" and the like. Pure."""

import re
import unicodedata

from afterword.reflection.lasting import is_announced
from afterword.reflection.lexicon import Tokens, tokens
from afterword.reflection.slips import mended
from afterword.reflection.tags import only_repeats, without_tag
from afterword.reflection.vocabulary import ENDS, Vocabulary

# A new line, or a dash before a word: "Completely - no homework", "3 - he missed the point".
_PAUSE = re.compile(r"\s*\n\s*|(?<=\w)\s+[-–—]+\s+(?=[^\W\d])")


def clauses_of(text: str, known: Vocabulary) -> list[Tokens]:
    """The text cut at punctuation and before "but" and the like; nothing empty."""
    breaks, ends = known.lexicon.words("breaks"), known.lexicon.lists["ends"]
    found: list[list[str]] = [[]]
    said = mended(tokens(_PAUSE.sub(" . ", text.strip())), known.slipping, known.lexicon)
    kept = known.with_breaks
    words = _without_spoken_ends(said, ends, _within_phrases(said, kept))
    whole = _within_phrases(words, kept)
    for at, word in enumerate(words):
        ends_here = _is_end(word, known) and not _within_a_number(words, at)
        if at not in whole and (ends_here or (word in breaks and at)):
            found.append([])
        elif at not in whole and is_announced(words, at, known.lexicon):
            # "It was session 4 and I'd say partly"
            found.append([word])
        else:
            found[-1].append(word)
    clauses: list[Tokens] = []
    for own in (without_tag(tuple(words), known.lexicon) for words in found if words):
        if not clauses or not only_repeats(own, clauses[-1], known.lexicon):
            clauses.append(own)
    return clauses


def _is_end(word: str, known: Vocabulary) -> bool:
    """Punctuation, or an emoji that says nothing by itself: "partly 😕 too fast"."""
    if word in ENDS:
        return True
    own = (word,) in known.phrases or word in known.lexicon.words("star_signs")
    return len(word) == 1 and unicodedata.category(word) == "So" and not own


def _within_phrases(words: Tokens, kept: frozenset[Tokens]) -> set[int]:
    """Where words are that would be cut to pieces: "la verdad, no", "worlds apart"."""
    return {
        place
        for phrase in kept
        for at in range(len(words) - len(phrase) + 1)
        if words[at : at + len(phrase)] == phrase
        for place in range(at, at + len(phrase))
    }


def _without_spoken_ends(words: Tokens, ends: frozenset[Tokens], kept: set[int]) -> Tokens:
    """ "Very much comma but" as somebody dictates it."""
    found: list[str] = []
    at = 0
    while at < len(words):
        whole = at in kept
        length = next((n for n in (2, 1) if at and not whole and words[at : at + n] in ends), 0)
        found.append("." if length else words[at])
        at += length or 1
    return tuple(found)


def _within_a_number(words: Tokens, at: int) -> bool:
    near = words[max(0, at - 1) : at] + words[at + 1 : at + 2]
    return words[at] == ":" and len(near) == 2 and all(word[0].isdigit() for word in near)
