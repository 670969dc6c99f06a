"""A text without what leads to somebody, and the words of it that might still tell who wrote it."""

from afterword.deid import dates, numbers
from afterword.deid.known import NOBODY, Known
from afterword.deid.people import Reader
from afterword.deid.spans import TAGGED, plain, replaced
from afterword.deid.tokens import tokens
from afterword.deid.vocabulary import fixed, shipped, words_in


def mask(text: str, language: str, known: Known = NOBODY) -> str:
    """The text with a tag in the place of each name, place, date, number and address.

    `known` are the clinic's own names. Nothing finds everything: whoever reads the result may say
    that it is still personal. What is masked stays as it is when it is masked again.
    """
    clean = plain(text)
    for found in (numbers.addresses, dates.found, numbers.long_numbers):
        clean = replaced(clean, found(clean))
    return replaced(clean, Reader(tokens(clean), language, known).found())


def telling(text: str, language: str) -> frozenset[str]:
    """The words of a masked text that we do not ship ourselves."""
    return frozenset(words_in(TAGGED.sub(" ", text))) - shipped(language) - fixed(language)
