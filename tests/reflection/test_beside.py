"""Two things in one message: an answer, and an answer that was given before, put right."""

import pytest
from factory import asker, by_question, rated

from afterword.reflection.answers import Answers
from afterword.reflection.exchange import Heard, Open, Outcome, Pending
from afterword.reflection.plan import REVIEW
from afterword.reflection.turns import take, take_as_answer, take_beside

GIVEN = by_question(rated("heard", 2), rated("safe", 3))


def said(text: str, at: str = "goals", answers: Answers = GIVEN) -> Outcome | None:
    return take_beside(Heard(text, "answer"), Open(at), answers, asker())


@pytest.mark.parametrize(
    ("text", "here", "question", "there"),
    [
        ("4. oh and for heard I meant mostly", 4, "heard", 3),
        ("very much, and the first one should be partly not mostly", 4, "heard", 2),
        ("mostly. sorry can you put the one before as completely", 3, "safe", 5),
        ("Completely! And change safe to 2 please", 5, "safe", 2),
    ],
)
def test_both_are_kept(text: str, here: int, question: str, there: int) -> None:
    found = said(text)
    assert found is not None
    assert found.store == (rated("goals", here), rated(question, there))
    assert [line.key for line in found.say] == ["understood", "changed"]
    assert found.open == Open("approach")


def test_an_answer_that_is_not_certain_is_shown_back_and_the_other_one_is_put_right() -> None:
    found = said("3 or 4. And make heard a 5")
    assert found is not None
    assert found.store == (rated("heard", 5),)
    assert found.open is not None
    assert (found.open.pending, found.open.candidates) == (Pending.CONFIRM, ("3", "4"))


@pytest.mark.parametrize(
    "text",
    [
        "4, I mean 3",
        "mostly, sorry, completely",
        "I meant mostly",
        "make heard a 4",
        "4, and change heard",
        "mostly. She should be told that the first one was a bit much",
        "mostly, but I was wrong about the first question",
    ],
)
def test_what_is_about_one_answer_alone_is_not_both(text: str) -> None:
    assert said(text) is None


def test_while_a_yes_or_a_no_is_waited_for_it_is_read_as_that() -> None:
    asked = Open("goals", pending=Pending.CONFIRM, candidates=("4",))
    heard = Heard("yes. and make heard a 4", "answer")
    assert take_beside(heard, asked, GIVEN, asker()) is None


@pytest.mark.parametrize(
    ("text", "shared"),
    [
        ("ratings only, oh and set the safe one to 4", "ratings"),
        ("make safe a 4 and share everything", "share"),
        ("keep it private but safe should be a 4", "private"),
    ],
)
def test_at_the_review_it_is_put_right_first_and_sharing_waits_for_a_yes(
    text: str, shared: str
) -> None:
    found = said(text, REVIEW)
    assert found is not None
    assert found.store == (rated("safe", 4),)
    assert found.share is None
    assert found.open == Open(REVIEW, pending=Pending.SHARE, candidates=(shared,))


def test_while_nothing_is_answered_a_correction_is_an_answer() -> None:
    """ "I meant mostly" at the very first question: there is nothing else that it can be."""
    first = (Open("heard"), {}, asker())
    found = take_as_answer(Heard("I meant mostly", "correct"), *first)
    assert found is not None
    assert found.store == (rated("heard", 3),)
    assert take_as_answer(Heard("can I change my answer", "correct"), *first) is None
    assert take_as_answer(Heard("I meant mostly", "correct"), Open("safe"), GIVEN, asker()) is None


def test_a_correction_that_puts_no_other_answer_right_is_an_answer_to_the_open_question() -> None:
    given = by_question(rated("heard", 2), rated("approach", 4))
    here = (Open("snag"), given, asker())
    found = take_as_answer(Heard("I wanted to press none but honestly some", "correct"), *here)
    assert found is not None
    assert [(one.question, one.value) for one in found.store] == [("snag", "2")]
    asked = take_as_answer(Heard("that's a negative, no tension", "correct"), *here)
    assert asked is not None and asked.open is not None
    assert (asked.open.pending, asked.open.candidates) == (Pending.CONFIRM, ("5",))
    for text in ("I made a mistake", "the first one is wrong", "I meant mostly", "make heard a 4"):
        assert take_as_answer(Heard(text, "correct"), *here) is None


def test_at_an_open_question_a_correction_in_a_sentence_is_heard_and_words_are_kept() -> None:
    given = by_question(rated("heard", 2), rated("approach", 4))
    at = (Open("wish"), given, asker())
    text = "The way of working should be partly"
    assert take(Heard(text, "answer", guess="correct"), *at).store == (rated("approach", 2),)
    # Without the guess, without a value, or without a word of change it is what was written.
    for heard in (
        Heard(text, "answer"),
        Heard("the way of working should be gentler", "answer", guess="correct"),
        Heard("the way of working suits me partly", "answer", guess="correct"),
    ):
        (kept,) = take(heard, *at).store
        assert (kept.question, kept.words) == ("wish", heard.text)


def test_a_turn_takes_both() -> None:
    found = take(Heard("4. And make heard a 5", "answer"), Open("goals"), GIVEN, asker())
    assert found.store == (rated("goals", 4), rated("heard", 5))
