"""A patient who answers in prose, changes their mind, asks, and goes on in another language."""

import html
from typing import Any

import pytest
from stack import Stack

from afterword.locales import load
from afterword.reflection.answers import AnswerState, Visibility
from afterword.settings import PROJECT

ADAPTIVE = PROJECT / "instruments" / "core.yml"
HELPED = "Hablar de mi hermana sin prisa, y que no me interrumpiera."
WISH = "Quiero empezar por lo del trabajo."


def text_of(lines: list[dict[str, Any]]) -> str:
    return "\n".join(line["text"] for line in lines)


@pytest.fixture(scope="module")
def adaptive(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The product with the questions that new reflections ask."""
    with Stack(tmp_path_factory.mktemp("prose"), instrument=ADAPTIVE) as running:
        yield running


def test_prose_corrections_questions_and_another_language(adaptive: Stack) -> None:
    case = adaptive.case(goals=())
    patient = case.patient()
    patient.start()
    assert patient.open["question"] == "heard"

    # Another scale is shown back, and stored after a yes.
    said = patient.type("I'd say 7/10")
    assert case.answers() == {}
    assert "Mostly" in text_of(said)
    patient.type("mostly")
    assert case.answers()["heard"].value == "3"

    patient.type("very much, it was easy to talk about my sister")
    assert (case.answers()["safe"].value, patient.open["question"]) == ("4", "goals")

    # By name, and by meaning; the open question stays open.
    assert "Changed" in text_of(patient.type("make heard a 4"))
    assert "Changed" in text_of(patient.type("sorry, I meant completely"))
    assert patient.open["question"] == "goals"
    assert {key: answer.value for key, answer in case.answers().items()} == {
        "heard": "4",
        "safe": "5",
    }

    # Two questions, each answered, and the question again.
    assert "sees what you choose to share" in text_of(patient.type("who can see this?"))
    assert "same place" in text_of(patient.type("why are you asking me that"))
    # Two requests in one line, and both are served.
    said = text_of(patient.type("the page is frozen. who can read this by the way?"))
    assert "sees what you choose to share" in said
    assert "does not work, load the page again" in said
    assert patient.open["question"] == "goals"
    patient.type("completely")

    # Back once: the answer so far is shown.
    assert patient.open["question"] == "approach"
    assert "Completely" in text_of(patient.type("can we go back to the question before"))
    assert patient.open["question"] == "goals"
    patient.type("mostly")
    assert patient.open["question"] == "approach"
    patient.type("mostly, but we ran out of time")

    assert "kept" in text_of(patient.type("I'll finish this later"))
    patient.client.close()

    # Another browser, another day.
    other = case.patient()
    assert "Welcome back" in text_of(other.start())
    assert other.open["question"] == "snag"
    assert "en español" in text_of(other.type("en español por favor"))
    assert other.open["question"] == "snag"
    other.type("casi nada")
    while other.open["question"] not in ("helped", "review"):
        # Those that take their turn are the instrument's own affair.
        other.type("prefiero no decirlo")
    other.type(HELPED)
    other.type(WISH)
    assert other.open["kind"] == "review"
    other.type("compártelo todo")

    assert case.state() == "shared"
    answers = case.answers()
    declined = {key for key, one in answers.items() if one.state is AnswerState.DECLINED}
    assert {key: (one.value, one.words) for key, one in answers.items() if key not in declined} == {
        "heard": ("4", None),
        "safe": ("5", None),
        "goals": ("3", None),
        "approach": ("3", "mostly, but we ran out of time"),
        "snag": ("4", None),
        "helped": (None, HELPED),
        "wish": (None, WISH),
    }
    assert len(declined) == 2, "two that take turns"
    assert {one.visibility for one in answers.values()} == {Visibility.SHARED}
    page = html.unescape(case.digest())
    assert HELPED in page
    assert WISH in page


def test_what_was_shown_back_is_confirmed_with_a_yes(adaptive: Stack) -> None:
    case = adaptive.case(goals=())
    patient = case.patient()
    patient.start()
    patient.type("9/10 but the room was cold")
    assert case.answers() == {}
    patient.type("the first one")
    answer = case.answers()["heard"]
    assert (answer.value, answer.words) == ("4", "9/10 but the room was cold")
    # Eight of ten is one option: a yes is enough.
    patient.type("8/10")
    assert "Very much" in text_of(patient.lines[-1:])
    patient.type("yes")
    assert case.answers()["safe"].value == "4"


def test_a_request_in_many_words_is_answered_and_the_question_comes_again(adaptive: Stack) -> None:
    case = adaptive.case(goals=())
    patient = case.patient()
    patient.start()
    patient.tap("heard.4")
    lines = patient.type("my session got cancelled, he was ill. So there's nothing to rate?")
    say = load("en").section("bot")
    assert "If that is wrong, you can skip them or stop here" in text_of(lines)
    assert say("unclear") not in text_of(lines)
    assert list(case.answers()) == ["heard"]
    assert patient.open["question"] == "safe"


def test_words_that_people_read_differently_are_shown_back_as_both_options(adaptive: Stack) -> None:
    case = adaptive.case(goals=())
    patient = case.patient()
    patient.start()
    patient.type("kinda")
    tokens = [choice["token"] for choice in patient.open["choices"]]
    assert tokens[:2] == ["heard.2", "heard.3"]
    assert case.answers() == {}
    patient.tap("heard.3")
    assert case.answers()["heard"].value == "3"


def test_an_answer_and_a_correction_in_one_message(adaptive: Stack) -> None:
    case = adaptive.case(goals=())
    patient = case.patient()
    patient.start()
    # Nothing is answered yet that it could put right.
    patient.type("I meant mostly")
    assert case.answers()["heard"].value == "3"
    assert patient.open["question"] == "safe"
    said = text_of(patient.type("4. oh and for heard I meant completely"))
    assert "Very much" in said
    assert "Changed" in said
    assert {key: answer.value for key, answer in case.answers().items()} == {
        "heard": "5",
        "safe": "4",
    }
    # An answer before a request to go back is kept.
    patient.type("2 and can we go back one")
    assert (case.answers()["goals"].value, patient.open["question"]) == ("2", "safe")
    patient.type("very much")
    while patient.open["kind"] != "review":
        patient.type("I'd rather not say")
    patient.type("ratings only, oh and set the safe one to 2")
    assert case.state() == "open"
    assert case.answers()["safe"].value == "2"
    patient.type("yes")
    assert case.state() == "shared"
    assert {one.visibility for one in case.answers().values() if one.value} == {Visibility.SHARED}


def test_help_shows_the_question_in_full_again(adaptive: Stack) -> None:
    patient = adaptive.case(goals=()).patient()
    asked = text_of(patient.start()[-1:])
    patient.type("who can see this?")
    short = patient.lines[-1]["text"]
    said = text_of(patient.type("I don't get it"))
    assert "You can pick an answer" in said
    assert patient.lines[-1]["text"] in asked
    assert patient.lines[-1]["text"] != short


def test_a_question_about_health_is_kept_for_the_clinician_at_an_open_question(
    adaptive: Stack,
) -> None:
    case = adaptive.case(goals=())
    patient = case.patient()
    patient.start()
    # With options to choose from it is no answer.
    asked = "is it safe to take ibuprofen with my tablets?"
    said = text_of(patient.type(asked))
    assert "cannot answer questions about health" in said
    assert (case.answers(), patient.open["question"]) == ({}, "heard")
    while patient.open["input"] != "text":
        patient.type("skip")
    open_question = patient.open["question"]
    said = text_of(patient.type(asked))
    assert "kept your words" in said
    assert "cannot answer questions about health" in said
    assert case.answers()[open_question].words == asked
    assert patient.open["question"] != open_question
