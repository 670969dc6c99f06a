"""Which language a patient asks for, and in which one a reflection can be held."""

import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from afterword.reflection.lexicon import Tokens, tokens

# In front of a language's name, in the same part of the sentence: it is not that one.
_NOT = {
    *("no", "not", "don't", "dont", "can't", "cant", "cannot", "never", "instead", "than"),
    *("nunca", "tampoco", "vez"),
}
_BREAKS = set(".,;:!?¿¡")


@dataclass(frozen=True)
class Tongue:
    """What a language is called, as it is shown first, and small words that it is known by."""

    names: tuple[str, ...]
    signs: frozenset[str]

    @classmethod
    def of(cls, say: Callable[..., str]) -> "Tongue":
        """From the lines of the catalogue of that language."""
        names, signs = say("language_names").split("|"), say("language_signs").split("|")
        return cls(tuple(names), frozenset(_folded(sign) for sign in signs))

    @property
    def name(self) -> str:
        return self.names[0]


def spoken(language: str, languages: Sequence[str]) -> str:
    """The language that a reflection is held in: the wanted one where its questions have it."""
    return language if language in languages else languages[0]


def asked_for(text: str, here: str, tongues: Mapping[str, Tongue]) -> str | None:
    """The language of `tongues` that a request means, while `here` is spoken; None: not clear.

    A language that is named decides; without one, the language that the request is written in.
    """
    named = list(_named(tokens(_folded(text)), tongues))
    wanted = [language for language, refused in named if not refused]
    refused = {language for language, refused in named if refused}
    for language in wanted:
        if language != here:
            return language
    if here in wanted or refused - {here}:
        return here
    others = [language for language in tongues if language != here]
    if here in refused:
        return others[0] if len(others) == 1 else None
    return _written_in(text, here, tongues)


def _named(said: Tokens, tongues: Mapping[str, Tongue]) -> Iterator[tuple[str, bool]]:
    """The languages that are named, in their order, and whether each is refused."""
    known = {_folded(name): language for language, one in tongues.items() for name in one.names}
    refused = False
    for token in said:
        if token in known:
            yield known[token], refused
            refused = False
        elif token in _BREAKS:
            refused = False
        elif token in _NOT:
            refused = True


def _written_in(text: str, here: str, tongues: Mapping[str, Tongue]) -> str | None:
    """The other language that more words of a text are of; None when it is not another one."""
    said = tokens(_folded(text))
    signs = {language: sum(word in one.signs for word in said) for language, one in tongues.items()}
    most = max(signs, key=lambda language: signs[language])
    return most if signs[most] > signs.get(here, 0) else None


def _folded(text: str) -> str:
    """Small letters without accents, as many people type."""
    split = unicodedata.normalize("NFD", text.casefold())
    return "".join(letter for letter in split if not unicodedata.combining(letter))
