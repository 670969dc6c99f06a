"""Whoever types an option's own words is understood, in each language of the questions."""

import pytest
from factory import adaptive

from afterword.datafiles import load_lexicon
from afterword.reflection.instrument import Item, Option
from afterword.reflection.plan import Question
from afterword.reflection.reading import read_option

LEXICONS = {language: load_lexicon(language) for language in adaptive().languages}
OPTIONS = [
    pytest.param(language, item, option, id=f"{language}-{item.id}-{option.id}")
    for language in adaptive().languages
    for item in adaptive().items.values()
    for option in item.options
]


def who_has(item: Item, typed: str, language: str) -> tuple[Option, ...]:
    return tuple(
        option
        for option in item.options
        if typed in (option.label[language], *option.words.get(language, ()))
    )


@pytest.mark.parametrize(("language", "item", "option"), OPTIONS)
def test_the_words_of_an_option_mean_it(language: str, item: Item, option: Option) -> None:
    for typed in (option.label[language], *option.words.get(language, ())):
        read = read_option(Question(item.id, item, "x"), typed, LEXICONS[language])
        having = who_has(item, typed, language)
        # What two neighbours have leaves it open, and is asked back.
        assert (read.options, read.sure) == (having, len(having) == 1), typed


@pytest.mark.parametrize(("language", "item", "option"), OPTIONS)
def test_the_name_of_an_option_is_its_own(language: str, item: Item, option: Option) -> None:
    assert who_has(item, option.label[language], language) == (option,)
