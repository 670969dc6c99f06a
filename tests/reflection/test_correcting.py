"""Corrections in plain words change what was named, or what was said last, and nothing else."""

import pytest
from factory import asker, by_question, lexicon, rated, said, skipped

from afterword.reflection.answers import Answer
from afterword.reflection.correcting import Correction, read_correction, says_correction

GIVEN = by_question(
    rated("heard", 2),
    rated("safe", 3),
    rated("goals", 4),
    skipped("approach"),
    said("wish", "time"),
)


def correct(text: str, answers: dict[str, Answer] | None = None) -> Correction | None:
    return read_correction(text, GIVEN if answers is None else answers, asker())


@pytest.mark.parametrize(
    ("text", "question", "value"),
    [
        ("make heard a 4", "heard", "4"),
        ("Make heard a 4, please", "heard", "4"),
        ("can you change heard to mostly", "heard", "3"),
        ("could we please set heard to not really", "heard", "1"),
        ("sorry, heard should be a bit", "heard", "2"),
        ("I'd like to change safe to completely", "safe", "5"),
        ("change safety to 5", "safe", "5"),
        ("change heard to a lot", "heard", "4"),
        ("make heard a mostly", "heard", "3"),
        ("change safe to say things to 5", "safe", "5"),
        ("Change my answer on same goals to partly.", "goals", "2"),
        ("way of working was very much", "approach", "4"),
        ("approach = 4", "approach", "4"),
        ("oops, I meant heard 1", "heard", "1"),
        ("the safe one should say completely", "safe", "5"),
    ],
)
def test_a_named_answer_is_changed(text: str, question: str, value: str) -> None:
    found = correct(text)
    assert found is not None
    assert (found.question.id, found.answer) == (question, rated(question, value))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("I meant mostly", "3"),
        ("no, I meant a 2", "2"),
        ("make it a 5", "5"),
        ("make that mostly", "3"),
        ("it should have been not at all", "1"),
        ("mostly", "3"),
        ("wait, my last answer should be partly", "2"),
    ],
)
def test_without_a_name_the_answer_that_was_given_last_is_meant(text: str, value: str) -> None:
    found = correct(text, by_question(rated("safe", 4), rated("heard", 4), said("wish", "x")))
    assert found is not None
    assert found.answer == rated("heard", value)


@pytest.mark.parametrize(
    "text",
    [
        "change heard",
        "heard should be different",
        "make heard a 9",
        "heard was 3 or 4",
        "fix heard",
    ],
)
def test_a_name_without_a_clear_value_asks_again(text: str) -> None:
    found = correct(text)
    assert found is not None
    assert (found.question.id, found.answer) == ("heard", None)


@pytest.mark.parametrize(
    ("text", "question", "value"),
    [
        ("the second one should be 5", "safe", "5"),
        ("very much. and my first answer should be partly not mostly", "heard", "2"),
        ("I put the wrong thing for the first question, it was only partly", "heard", "2"),
        ("I said mostly for heard but it's partly", "heard", "2"),
        ("put a 4 for heard, not a 3", "heard", "4"),
        ("the last one, the goals one, make it very much", "goals", "4"),
        ("question 3 is mostly", "goals", "3"),
        ("make heard a 4 not a 2", "heard", "4"),
        ("heard was mostly instead of partly", "heard", "3"),
    ],
)
def test_by_its_place_and_with_what_it_was_before(text: str, question: str, value: str) -> None:
    found = correct(text)
    assert found is not None
    assert (found.question.id, found.answer) == (question, rated(question, value))


@pytest.mark.parametrize(
    "text", ["in session 3 not so much", "between the second and the third", "week 2 was better"]
)
def test_another_number_is_no_place(text: str) -> None:
    assert correct(text) is None


def test_an_answer_in_own_words_is_asked_again() -> None:
    found = correct("change wish to more time")
    assert found is not None
    assert (found.question.id, found.answer) == ("wish", None)


@pytest.mark.parametrize(
    "text", ["", "change something", "I want to correct my answer", "fix it", "7"]
)
def test_what_names_nothing_changes_nothing(text: str) -> None:
    assert correct(text) is None


def test_what_was_not_answered_yet_cannot_be_corrected() -> None:
    assert correct("make strain a 4") is None
    assert correct("make heard a 4", {}) is None


@pytest.mark.parametrize(
    "text", ["make it a 4", "Oops, I meant mostly", "can you change heard to 2"]
)
def test_a_correction_is_known_by_how_it_begins(text: str) -> None:
    assert says_correction(text, lexicon())


@pytest.mark.parametrize("text", ["mostly", "he made me feel heard", "a change of pace", ""])
def test_an_answer_does_not_begin_like_a_correction(text: str) -> None:
    assert not says_correction(text, lexicon())
