"""Which language is asked for, and that a question is the same one in every language."""

import pytest
from factory import adaptive, by_question, core, lexicon, rated

from afterword.locales import load
from afterword.reflection.asking import Asker
from afterword.reflection.plan import Plan
from afterword.reflection.tongues import Tongue, asked_for, spoken

TONGUES = {language: Tongue.of(load(language).section("bot")) for language in ("en", "es")}
GERMAN = Tongue(("Deutsch", "German", "alemán"), frozenset({"bitte", "ich", "auf"}))


@pytest.mark.parametrize(
    "text",
    [
        *("español", "Español", "ESPANOL", "spanish", "castellano", "habla espanol"),
        *("can we do this in Spanish?", "en español por favor", "no, en español"),
        *("no hablo inglés", "I don't speak English", "Spanish, not English"),
        *("mejor en español que en inglés", "better in spanish than in english"),
        *("¿podemos hablar en mi idioma?", "no entiendo", "¿puedes cambiar de idioma?"),
    ],
)
def test_spanish_is_asked_for(text: str) -> None:
    assert asked_for(text, "en", TONGUES) == "es"


@pytest.mark.parametrize(
    "text",
    [
        *("English", "english please", "en inglés", "Inglés", "mejor en ingles"),
        *("no hablo español", "I can't read this, can you use my language"),
        *("en inglés en vez de español", "not Spanish, English"),
    ],
)
def test_english_is_asked_for(text: str) -> None:
    assert asked_for(text, "es", TONGUES) == "en"


@pytest.mark.parametrize(
    ("text", "here"),
    [("do you speak English", "en"), ("¿hablas español?", "es"), ("not Spanish", "en")],
)
def test_it_is_that_language_already(text: str, here: str) -> None:
    assert asked_for(text, here, TONGUES) == here


@pytest.mark.parametrize("text", ["change the language", "speak French please", "?", ""])
def test_what_names_no_language_that_we_have_is_not_guessed(text: str) -> None:
    assert asked_for(text, "en", TONGUES) is None


def test_with_three_languages_a_refusal_alone_names_none() -> None:
    three = TONGUES | {"de": GERMAN}
    assert asked_for("I don't speak English", "en", three) is None
    assert asked_for("not English, German", "en", three) == "de"
    assert asked_for("bitte auf deutsch", "es", three) == "de"


def test_with_one_language_there_is_nothing_to_change_to() -> None:
    only = {"en": TONGUES["en"]}
    assert asked_for("español", "en", only) is None
    assert asked_for("I don't speak English", "en", only) is None


def test_a_reflection_is_held_in_a_language_of_its_questions() -> None:
    assert spoken("es", adaptive().languages) == "es"
    assert spoken("es", core().languages) == "en"


def test_what_was_offered_in_one_language_can_be_tapped_in_the_other() -> None:
    plan = Plan(adaptive(), {"g1": "Sleep"})
    askers = [
        Asker(plan, language, "Ada", load(language).section("bot"), lexicon(language))
        for language in ("en", "es")
    ]
    low = by_question(*(rated(name, 1) for name in ("heard", "safe", "goals", "approach")))
    for question in plan.questions(low):
        english, spanish = (one.prompt(question, low, short=False, keep=True) for one in askers)
        assert [one.token for one in english.choices] == [one.token for one in spanish.choices]
        assert english.text != spanish.text
