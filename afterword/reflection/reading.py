"""Reading a typed answer to a question with options. What is not certain is never guessed."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from afterword.reflection.instrument import Kind, Option
from afterword.reflection.plan import Question

_SPACES = re.compile(r"\s+")
_EDGES = " .,;:!?()\"'“”‘’…-"
_NUMBER = re.compile(r"(?:an? |i(?:'d| would) say (?:an? )?)?(\d)(?: ?(?:/|out of|of) ?(\d{1,3}))?")
_NUMBER_WORDS = ("one", "two", "three", "four", "five", "six", "seven")
_NEGATION = re.compile(r"\b(not|no|never|hardly|isn't|wasn't|didn't|don't|cannot|can't|without)\b")
_ALTERNATIVE = re.compile(r"[\s,;:.(–—-]*(?:or|maybe|perhaps)\b")
_HEDGES = re.compile(
    r"^(?:i (?:think|guess|suppose|would say|felt|feel)|i'd say|maybe|probably|well|hm+|um+|like|"
    r"it was|was|that was|yes|yeah),? |,? (?:i (?:think|guess|suppose)|i'd say|maybe|probably|tbh|"
    r"really|to be honest)$"
)
# A hyphen alone goes on only beside a space: "partly-time" does not begin with "partly".
_GOES_ON = r"(?:\s*[,;:.(–—]|\s+-|-\s|\s+(?:but|because|though)\b)"
_MOST_WORDS_AROUND = 40


@dataclass(frozen=True)
class Reading:
    """What a typed text says: an option, with `words` when it says more; or neither, unclear."""

    option: Option | None
    words: str | None = None


UNCLEAR = Reading(None)


def read_option(question: Question, text: str, language: str) -> Reading:
    """The one option that `text` names, or UNCLEAR.

    A number counts from the first option. Two options, a negated one, or a number outside the
    scale are unclear: the patient is asked, the text is kept by the caller.
    """
    options = question.item.options
    plain = normalise(text)
    if found := _whole(options, plain, language, ordered=question.item.kind is Kind.SCALE):
        return Reading(found)
    without_hedges = _HEDGES.sub("", plain)
    if without_hedges != plain and (
        found := _whole(options, without_hedges, language, question.item.kind is Kind.SCALE)
    ):
        return Reading(found)
    if len(plain.split()) > _MOST_WORDS_AROUND:
        return UNCLEAR
    return _inside(options, plain, text, language)


def normalise(text: str) -> str:
    """Small letters, straight apostrophes, single spaces, no punctuation at the ends."""
    plain = unicodedata.normalize("NFKC", text).casefold().replace("’", "'")
    return _SPACES.sub(" ", plain).strip(_EDGES)


def phrases(option: Option, language: str) -> tuple[str, ...]:
    """All that stands for an option when typed, longest first, its label included."""
    known = {normalise(option.label[language])}
    known.update(normalise(word) for word in option.words.get(language, ()))
    return tuple(sorted(known, key=len, reverse=True))


def _whole(options: tuple[Option, ...], plain: str, language: str, ordered: bool) -> Option | None:
    for option in options:
        if plain in phrases(option, language):
            return option
    return _numbered(options, plain, ordered)


def _numbered(options: tuple[Option, ...], plain: str, ordered: bool) -> Option | None:
    if plain in _NUMBER_WORDS[: len(options)]:
        return options[_NUMBER_WORDS.index(plain)]
    match = _NUMBER.fullmatch(plain)
    if match is None:
        return None
    number, of = int(match[1]), match[2]
    # "4 of 10" is another scale; only our own number of options is certain.
    if of is not None and (not ordered or int(of) != len(options)):
        return None
    return options[number - 1] if 1 <= number <= len(options) else None


def _inside(options: tuple[Option, ...], plain: str, text: str, language: str) -> Reading:
    """An option's own label at the start of a longer text, "mostly, but he was late"."""
    found = [option for option in options if _starts_with(option, plain, language)]
    longest = max((_length(option, plain, language) for option in found), default=0)
    found = [option for option in found if _length(option, plain, language) == longest]
    if len(found) != 1:
        return UNCLEAR
    rest = plain[longest:]
    if _NEGATION.search(rest.split(" but ")[0]) or _ALTERNATIVE.match(rest):
        return UNCLEAR
    if _names_another(options, found[0], rest, language):
        return UNCLEAR
    return Reading(found[0], text.strip())


def _starts_with(option: Option, plain: str, language: str) -> bool:
    return _length(option, plain, language) > 0


def _length(option: Option, plain: str, language: str) -> int:
    candidates: Iterable[str] = phrases(option, language)
    for phrase in candidates:
        if re.match(rf"{re.escape(phrase)}{_GOES_ON}", plain):
            return len(phrase)
    return 0


def _names_another(options: tuple[Option, ...], found: Option, rest: str, language: str) -> bool:
    return any(
        re.search(rf"\b{re.escape(normalise(option.label[language]))}\b", rest)
        for option in options
        if option.id != found.id
    )
