"""Which option without order a typed text names: by its own words, its number, or first. Pure."""

import re

from afterword.reflection.instrument import Option
from afterword.reflection.lexicon import Lexicon, Tokens, normalise, tokens

_KEPT = frozenset("%+")
_NEGATION = re.compile(
    r"\b(not|no|never|hardly|isn't|wasn't|didn't|don't|cannot|can't|without|ni|sin)\b"
)
_ALTERNATIVE = re.compile(r"[\s,;:.(–—-]*(?:or|maybe|perhaps|o|quizá|quizás|tal vez)\b")
# A hyphen alone goes on only beside a space: "partly-time" does not begin with "partly".
_GOES_ON = r"(?:\s*[,;:.(–—]|\s+-|-\s|\s+(?:but|because|though|pero|porque|aunque)\b)"


def named_option(options: tuple[Option, ...], plain: str, lexicon: Lexicon) -> Option | None:
    """The option whose words, or number, are all of a text in normal form."""
    light = without_light(plain, lexicon)
    for option in options:
        known = phrases(option, lexicon.language)
        if plain in known or light in known:
            return option
    numbers = {str(at): at for at in range(1, len(options) + 1)}
    numbers |= dict(zip(lexicon.order["numbers"][1:], range(1, len(options) + 1), strict=False))
    return options[numbers[plain] - 1] if plain in numbers else None


def without_light(text: str, lexicon: Lexicon) -> str:
    """Without hedges at both ends: "I think still mine I guess" is "still mine"."""
    words, light = tokens(text), lexicon.lists["light"]
    while (length := _light_at(words, light)) and length < len(words):
        words = words[length:]
    backwards = frozenset(phrase[::-1] for phrase in light)
    while (length := _light_at(words[::-1], backwards)) and length < len(words):
        words = words[:-length]
    return " ".join(words)


def _light_at(words: Tokens, light: frozenset[Tokens]) -> int:
    """How many words at the start say nothing about which option is meant."""
    if words and not words[0].isalnum() and words[0] not in _KEPT:
        return 1
    return next((n for n in (4, 3, 2, 1) if words[:n] in light), 0)


def phrases(option: Option, language: str) -> tuple[str, ...]:
    """All that stands for an option when typed, longest first, its label included."""
    known = {normalise(option.label[language])}
    known.update(normalise(word) for word in option.words.get(language, ()))
    return tuple(sorted(known, key=len, reverse=True))


def leading_option(options: tuple[Option, ...], plain: str, language: str) -> Option | None:
    """The option whose own words begin a longer text, "time, and he was late"; None: not one."""
    lengths = {option.id: _length(option, plain, language) for option in options}
    longest = max(lengths.values(), default=0)
    found = [option for option in options if longest and lengths[option.id] == longest]
    if len(found) != 1:
        return None
    rest = plain[longest:]
    if _NEGATION.search(rest.split(" but ")[0]) or _ALTERNATIVE.match(rest):
        return None
    others = [option for option in options if option.id != found[0].id]
    if any(_names(option, rest, language) for option in others):
        return None
    return found[0]


def _length(option: Option, plain: str, language: str) -> int:
    for phrase in phrases(option, language):
        if re.match(rf"{re.escape(phrase)}{_GOES_ON}", plain):
            return len(phrase)
    return 0


def _names(option: Option, rest: str, language: str) -> bool:
    label = re.escape(normalise(option.label[language]))
    return re.search(rf"\b{label}\b", rest) is not None
