"""What is said last counts, where it is the option's own word and nothing speaks against it."""

import pytest
from factory import lexicon

from afterword.evaluation.scenes import scene
from afterword.reflection.reading import read_option


def read(text: str, of: str = "heard", language: str = "en") -> str | None:
    place = scene(of, language)
    question = place.asker.plan.question(of, place.answers)
    assert question is not None
    option = read_option(question, text, place.asker.lexicon).option
    return option and option.id


@pytest.mark.parametrize(
    ("text", "option"),
    [
        ("he got the main things, missed a few of the small ones, so mostly", "3"),
        ("no not 'mostly', more than that: very much", "4"),
        ("it was session 4 and i'd say partly", "2"),
        ("i had said 3 an hour ago but put me down for a 4", "4"),
        ("very much... no hang on, partly", "2"),
        ("1... sorry hit the wrong key, 4", "4"),
        ("No, I didn't feel heard", "1"),
        ("5 out of 5 ⭐", "5"),
    ],
)
def test_an_answer_at_the_end_is_taken(text: str, option: str) -> None:
    assert read(text) == option


@pytest.mark.parametrize(
    ("text", "option"),
    [
        ("a las 4 tengo dentista así que rapidito: en parte", "2"),
        ("fue mi sesión 4 y diría que en parte", "2"),
        ("en líneas generales, sí", "3"),
        ("mucho mija, se tomó su tiempo conmigo", "4"),
        ("dos estrellas ⭐⭐ de cinco", "2"),
    ],
)
def test_an_answer_at_the_end_is_taken_in_spanish(text: str, option: str) -> None:
    assert read(text, language="es") == option


@pytest.mark.parametrize(
    "text",
    [
        "a bit, maybe more than a bit",
        "hardly, well, a little",
        "on the one thing very much, on the other not really",
        "4ish? or 3",
    ],
)
def test_what_leaves_it_open_at_the_end_is_asked_back(text: str) -> None:
    assert read(text) is None


@pytest.mark.parametrize("text", ["I had no session today", "i didnt have a session today"])
def test_no_session_is_no_answer(text: str) -> None:
    assert read(text) is None and read(text, "snag") is None


@pytest.mark.parametrize("text", ["hello", "Hiya, hope ur well", "good evening"])
def test_a_greeting_is_told_from_an_answer(text: str) -> None:
    assert lexicon().greets(text)


@pytest.mark.parametrize("text", ["good", "well", "hello from her dog was the best bit", "day"])
def test_an_answer_is_no_greeting(text: str) -> None:
    assert not lexicon().greets(text)


@pytest.mark.parametrize("text", ["thank you 😊", "Thanks so much!", "ty", "thank u 😊"])
def test_thanks_and_a_face_are_thanks(text: str) -> None:
    assert lexicon().thanks(text)


@pytest.mark.parametrize("text", ["very much, thank you", "kind of 😊", "thanks to him, 4", "😊"])
def test_an_answer_with_thanks_in_it_is_no_thanks(text: str) -> None:
    assert not lexicon().thanks(text)
