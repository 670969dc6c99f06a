"""After *stop* or *pause* the patient may come back by typing."""

import pytest
from factory import asker, by_question, rated

from afterword.reflection.answers import Answer
from afterword.reflection.exchange import Heard, Open, Outcome, Pending
from afterword.reflection.turns import take

HEARD = by_question(rated("heard", 4))


def typed(text: str, open_: Open, answers: dict[str, Answer]) -> Outcome:
    return take(Heard(text, "answer"), open_, answers, asker())


@pytest.mark.parametrize("pending", [Pending.STOP, Pending.PAUSE])
@pytest.mark.parametrize("text", ["keep going", "carry on", "yes", "Sigamos", "ok"])
def test_who_has_left_the_questions_goes_on(text: str, pending: Pending) -> None:
    assert typed(text, Open("safe", pending), HEARD) == Outcome(open=Open("safe"), short=True)


@pytest.mark.parametrize("pending", [Pending.STOP, Pending.PAUSE])
def test_an_answer_to_the_open_question_is_an_answer(pending: Pending) -> None:
    assert typed("mostly", Open("safe", pending), HEARD).store == (rated("safe", 3),)


def test_at_a_question_yes_is_no_wish_to_go_on() -> None:
    assert typed("yes", Open("safe"), HEARD).open != Open("safe")
